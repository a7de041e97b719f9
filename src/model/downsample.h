/*
 * downsample: fewer points of a series that say the same about every step of time.
 *
 * Steps are (t - step, t], t a multiple of the step since 1970, as the windows of a query are: a question whose
 * steps are multiples of these gets from the points that are left what it would have got from all of them.
 *
 *   gauge, sum that may fall   the last value; count, sum, min, max of all
 *   cumulative sum             the last value; count, min, max of what the points added. Where the count began
 *                              again, the points on both sides stay, as does the first of a run
 *   delta sum                  what all added; count, min, max of the single points
 *   cumulative histogram       the last one; the points around a new beginning stay
 *   delta histogram            the buckets added up, where they are alike
 *   summary                    the last one
 *
 * A number that stands for several has a count above 0: points that were received have none. Its time is that
 * of the last point; its start, where it was none before, the time of the first. A marker that a series ended
 * stays. A few exemplars stay.
 *
 * Ownership  points that are left borrow from those that were given, and from the arena.
 * Threads    pure.
 * Units      times are Unix nanoseconds.
 * Errors     false where memory ran out.
 */
#ifndef ROHAS_MODEL_DOWNSAMPLE_H
#define ROHAS_MODEL_DOWNSAMPLE_H

#include "base/arena.h"
#include "model/metric_point.h"

enum { DOWNSAMPLE_MOST_RULES = 8, DOWNSAMPLE_MOST_EXEMPLARS = 4 };

/* Days older than this have one point a step. */
struct downsample_rule {
	uint32_t age_days;
	uint64_t step_ns;
};

/* "7d:1m": an age of at least one whole day, a step from a second to an hour or more that divides a day. */
bool downsample_rule_parse(struct str text, struct downsample_rule *rule_out);

/*
 * Points of one series, in order of time, none twice; *count of them. Leaves *count points at the front of the
 * array.
 */
bool downsample_series(struct metric_point *points, size_t *count, uint64_t step_ns, struct arena *arena);

#endif
