#include "sdk/threads.h"

#include <signal.h>

bool thread_start(pthread_t *thread_out, const char *name, void *(*run)(void *context), void *context)
{
	sigset_t all, before;
	bool started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(thread_out, NULL, run, context) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (started)
		pthread_setname_np(*thread_out, name);
	return started;
}
