/*
 * windows: the figures of one line of a range, gathered window by window. The rules are in metrics.h.
 *
 * Ownership  the caller owns the cells, one a window, zero-initialised; cells_release frees what they hold.
 * Threads    one thread at a time.
 * Units      times are Unix nanoseconds.
 */
#ifndef ROHAS_QUERY_WINDOWS_H
#define ROHAS_QUERY_WINDOWS_H

#include "query/metrics.h"
#include "query/series.h"

struct windows {
	uint64_t base_ns; /* where the first window begins; it is not part of it */
	uint64_t step_ns;
	size_t count;
	enum series_mode mode;
	struct metric_agg agg;
};

struct cell {
	bool present;
	double total, count;
	double least, most;
	bool guesses_least, guesses_most; /* as an increase in it did */
	struct mixture mixture;
};

/* A series' level and what it did in the window that is open. */
struct level {
	bool holds;     /* there is a level */
	int64_t window; /* the open one; -1: before the first */
	uint64_t time_ns;
	double last, total, least, most;
	uint64_t count; /* points in the open window */
};

/* The window that a time lies in: -1 before the first, count behind the last. */
int64_t window_of(const struct windows *windows, uint64_t time_ns);
uint64_t window_end_ns(const struct windows *windows, size_t window);

/* Adds what a point of an increase or distribution adds. False as mixture_add. */
bool cells_add(const struct windows *windows, struct cell *cells, const struct increase *increase);

/* Adds a point of a level. */
void level_add(const struct windows *windows, struct cell *cells, struct level *level,
	       const struct increase *increase);

/* The series has ended at a time; UINT64_MAX: it has no more points. */
void level_end(const struct windows *windows, struct cell *cells, struct level *level, uint64_t time_ns);

/* NaN where there is none. */
double cell_figure(const struct windows *windows, const struct cell *cell);

/* How far the figure of a percentile may be from the true one, as a share of that: value_bounds_width. NaN where it is
 * no percentile of histograms, or there is none. */
double cell_error(const struct windows *windows, const struct cell *cell);

void cells_release(struct cell *cells, size_t count);

#endif
