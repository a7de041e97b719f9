/*
 * process: what a process has used, from /proc.
 *
 * Units      seconds of CPU; bytes.
 * Errors     process_read returns false when the process is gone or may not be read.
 */
#ifndef BENCH_LOAD_PROCESS_H
#define BENCH_LOAD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_usage {
	double user_seconds, system_seconds;
	uint64_t peak_memory_bytes, memory_bytes; /* resident */
	uint64_t written_bytes;                   /* handed to the disk; 0 where it may not be read */
};

bool process_read(pid_t pid, struct process_usage *usage_out);

#endif
