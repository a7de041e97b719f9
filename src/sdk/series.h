/*
 * series: the application's own metrics: which there are, and what a thread adds to each.
 *
 * A metric with its labels is one row of a table that lives as long as the process, so that a handle is good across
 * closing and forking. What is counted lies in the cells of each thread's pool, and only grows there: the drain sends
 * what came since it looked last.
 *
 * Ownership  the table is the process's.
 * Threads    making a series takes a lock; a cell is written by its thread alone, and read by the drain.
 * Errors     index 0 where the table is full.
 */
#ifndef ROHAS_SDK_SERIES_H
#define ROHAS_SDK_SERIES_H

#include <stdatomic.h>

#include "base/str.h"
#include "rohas/telemetry.h"

enum { SERIES_TEXT_MOST = 512, CELL_BUCKETS = ROHAS_BOUNDS_MOST + 1 };

enum series_sort { SERIES_COUNTER = 1, SERIES_GAUGE, SERIES_HISTOGRAM };

/* Of one series in one pool. */
struct cell {
	_Atomic uint64_t sum; /* a double's bits */
	_Atomic uint64_t buckets[CELL_BUCKETS];
};

struct series {
	uint8_t sort; /* enum series_sort */
	uint8_t bound_count;
	uint16_t name_size, unit_size, labels_size;
	char text
		[SERIES_TEXT_MOST]; /* name, unit, then the labels as fields 7 (attributes) of a data point */
	double bounds[ROHAS_BOUNDS_MOST];
	_Atomic uint64_t gauge; /* a double's bits */
	_Atomic bool is_set;    /* since the drain looked */
};

/* Rows 1 to count are filled in and never change, but for the gauge's value. */
uint32_t series_count(void);
struct series *series_at(uint32_t index);

static inline struct str series_name(const struct series *series)
{
	return str_make(series->text, series->name_size);
}

static inline struct str series_unit(const struct series *series)
{
	return str_make(series->text + series->name_size, series->unit_size);
}

static inline struct str series_labels(const struct series *series)
{
	return str_make(series->text + series->name_size + series->unit_size, series->labels_size);
}

/* Around fork, so that the lock is nobody's in the child. */
void series_lock(void);
void series_unlock(void);

#endif
