/*
 * system: how busy the machine and this process are, from /proc.
 *
 * Ownership  plain values.
 * Threads    one system_meter is used by one thread at a time.
 * Units      bytes; CPU as a share of all processors, 0 to 1.
 * Errors     a figure that the machine does not give is absent (has_… false).
 */
#ifndef ROHAS_PROCESSOR_SYSTEM_H
#define ROHAS_PROCESSOR_SYSTEM_H

#include "base/str.h"

struct system_usage {
	uint64_t memory_bytes, process_memory_bytes;
	double cpu, process_cpu; /* since the reading before */
	bool has_memory, has_process_memory, has_cpu, has_process_cpu;
};

/* Processor time counted so far, in ticks. */
struct cpu_ticks {
	uint64_t busy, total, process;
};

struct system_meter {
	struct cpu_ticks before;
};

/* The first reading, against which the next one is held. */
void system_meter_init(struct system_meter *meter);

void system_meter_read(struct system_meter *meter, struct system_usage *usage_out);

/* The parts that read a file's text, for every form that it may have. False where it has none of it. */
bool system_parse_stat(struct str text, uint64_t *busy_out, uint64_t *total_out); /* /proc/stat */
bool system_parse_process_stat(struct str text, uint64_t *ticks_out);             /* /proc/self/stat */
bool system_parse_meminfo(struct str text, uint64_t *used_bytes_out);             /* /proc/meminfo */
bool system_parse_statm(struct str text, uint64_t page_size,
			uint64_t *resident_bytes_out); /* /proc/self/statm */

#endif
