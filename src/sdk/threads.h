/*
 * threads: the library's own threads, which no signal of the application's ever reaches.
 */
#ifndef ROHAS_SDK_THREADS_H
#define ROHAS_SDK_THREADS_H

#include <pthread.h>
#include <stdbool.h>

/* With all signals blocked. name has at most 15 bytes. False where the system has no thread left. */
bool thread_start(pthread_t *thread_out, const char *name, void *(*run)(void *context), void *context);

#endif
