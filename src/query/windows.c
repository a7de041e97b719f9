#include "query/windows.h"

#include <math.h>

int64_t window_of(const struct windows *windows, uint64_t time_ns)
{
	uint64_t window;

	if (time_ns <= windows->base_ns)
		return -1;
	window = (time_ns - windows->base_ns - 1) / windows->step_ns;
	return window < windows->count ? (int64_t)window : (int64_t)windows->count;
}

uint64_t window_end_ns(const struct windows *windows, size_t window)
{
	return windows->base_ns + (window + 1) * windows->step_ns;
}

static void cell_bound(struct cell *cell, double least, double most)
{
	/* fmin and fmax leave a NaN aside. */
	cell->least = cell->present ? fmin(cell->least, least) : least;
	cell->most = cell->present ? fmax(cell->most, most) : most;
	cell->present = true;
}

/* Gives each window the share of amount that it has of (from, to]. */
static void spread(const struct windows *windows, struct cell *cells, uint64_t from_ns, uint64_t to_ns,
		   double amount)
{
	int64_t first = window_of(windows, from_ns + (from_ns < to_ns)), last = window_of(windows, to_ns);

	if (last == (int64_t)windows->count)
		last--;
	for (int64_t i = first < 0 ? 0 : first; i <= last; i++) {
		uint64_t end_ns = window_end_ns(windows, (size_t)i), begin_ns = end_ns - windows->step_ns;
		double share = 1;

		if (from_ns < to_ns) {
			begin_ns = begin_ns > from_ns ? begin_ns : from_ns;
			end_ns = end_ns < to_ns ? end_ns : to_ns;
			share = (double)(end_ns - begin_ns) / (double)(to_ns - from_ns);
		}
		cells[i].total += amount * share;
		cells[i].present = true;
	}
}

static bool add_distribution(const struct windows *windows, struct cell *cell,
			     const struct increase *increase)
{
	cell_bound(cell, increase->least, increase->most);
	cell->guesses_least |= increase->guesses_least;
	cell->guesses_most |= increase->guesses_most;
	cell->total += increase->sum;
	cell->count += (double)increase->count;
	if (windows->agg.kind != AGG_PERCENTILE || increase->bucket_count == 0)
		return true;
	return mixture_add(&cell->mixture, increase->buckets, increase->bucket_count);
}

bool cells_add(const struct windows *windows, struct cell *cells, const struct increase *increase)
{
	int64_t window = window_of(windows, increase->to_ns);
	bool is_sum = windows->mode == SERIES_INCREASE;

	if (windows->agg.kind == AGG_RATE) {
		spread(windows, cells, increase->from_ns, increase->to_ns,
		       is_sum ? increase->value : (double)increase->count);
		return true;
	}
	if (window < 0 || window == (int64_t)windows->count)
		return true;
	if (windows->mode == SERIES_DISTRIBUTION)
		return add_distribution(windows, &cells[window], increase);
	cell_bound(&cells[window], is_sum ? increase->least : increase->value,
		   is_sum ? increase->most : increase->value);
	cells[window].total += is_sum ? increase->value : increase->sum;
	cells[window].count += (double)increase->count;
	return true;
}

/* Enters what a series did in a window: a level that was carried over has no points there. */
static void enter_level(const struct windows *windows, struct cell *cell, const struct level *level)
{
	bool carried = level->count == 0;

	if (windows->agg.kind == AGG_COUNT) {
		cell->present = cell->present || !carried;
		cell->count += (double)level->count;
		return;
	}
	cell_bound(cell, carried ? level->last : level->least, carried ? level->last : level->most);
	cell->count += 1;
	if (windows->agg.kind == AGG_SUM)
		cell->total += level->last;
	else
		cell->total += carried ? level->last : level->total / (double)level->count;
}

/* Closes the windows before the given one: the open one, and those in which the level only holds on. */
static void advance(const struct windows *windows, struct cell *cells, struct level *level, int64_t window)
{
	int64_t next = level->window;

	if (!level->holds || next >= window)
		return;
	if (level->count)
		enter_level(windows, &cells[next++], level);
	level->count = 0;
	for (next = next < 0 ? 0 : next; next < window; next++) {
		if (window_end_ns(windows, (size_t)next) > level->time_ns + METRIC_STALE_NS)
			break;
		enter_level(windows, &cells[next], level);
	}
	level->window = window;
}

/* A point of many covers windows before its own: of each it says the same, and no more points. */
static void cover(const struct windows *windows, struct cell *cells, struct level *level,
		  const struct increase *increase)
{
	struct level covered = {.count = 1,
				.last = increase->value,
				.total = increase->sum / (double)increase->count,
				.least = increase->least,
				.most = increase->most};
	int64_t window = window_of(windows, increase->to_ns), first = window_of(windows, increase->from_ns);

	advance(windows, cells, level, first);
	if (level->holds && level->count && first < window) {
		enter_level(windows, &cells[first++], level);
		level->count = 0;
	}
	for (first = first < 0 ? 0 : first; first < window && windows->agg.kind != AGG_COUNT; first++)
		enter_level(windows, &cells[first], &covered);
	if (level->window < window)
		level->window = window;
}

void level_add(const struct windows *windows, struct cell *cells, struct level *level,
	       const struct increase *increase)
{
	int64_t window = window_of(windows, increase->to_ns);

	if (increase->from_ns < increase->to_ns)
		cover(windows, cells, level, increase);
	else
		advance(windows, cells, level, window);
	if (window < 0 || window == (int64_t)windows->count) {
		level->count = 0;
	} else if (level->count == 0) {
		level->total = increase->sum;
		level->least = increase->least;
		level->most = increase->most;
		level->count = increase->count;
	} else {
		level->total += increase->sum;
		level->least = fmin(level->least, increase->least);
		level->most = fmax(level->most, increase->most);
		level->count += increase->count;
	}
	level->holds = true;
	level->window = window;
	level->time_ns = increase->to_ns;
	level->last = increase->value;
}

void level_end(const struct windows *windows, struct cell *cells, struct level *level, uint64_t time_ns)
{
	int64_t window = window_of(windows, time_ns);

	advance(windows, cells, level, window);
	/* What it did in the window in which it ended still counts. */
	if (level->holds && level->count && level->window == window && window < (int64_t)windows->count)
		enter_level(windows, &cells[window], level);
	level->holds = false;
	level->count = 0;
}

double cell_figure(const struct windows *windows, const struct cell *cell)
{
	if (!cell->present)
		return NAN;
	switch (windows->agg.kind) {
	case AGG_RATE: return cell->total / ((double)windows->step_ns / (double)NS_PER_SECOND);
	case AGG_SUM: return cell->total;
	case AGG_AVG: return cell->count > 0 ? cell->total / cell->count : NAN;
	case AGG_MIN: return cell->least;
	case AGG_MAX: return cell->most;
	case AGG_COUNT: return cell->count;
	default:
		if (windows->mode == SERIES_SUMMARY)
			return cell->total;
		return mixture_quantile(&cell->mixture, windows->agg.quantile, cell->least, cell->most);
	}
}

double cell_error(const struct windows *windows, const struct cell *cell)
{
	if (windows->mode != SERIES_DISTRIBUTION || windows->agg.kind != AGG_PERCENTILE || !cell->present)
		return NAN;
	return value_bounds_width(mixture_quantile_bounds(&cell->mixture, windows->agg.quantile,
							  cell->guesses_least ? -INFINITY : cell->least,
							  cell->guesses_most ? INFINITY : cell->most));
}

void cells_release(struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mixture_release(&cells[i].mixture);
}
