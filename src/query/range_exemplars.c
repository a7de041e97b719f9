/* range_exemplars: the newest measurements that lead from a metric to traces. */
#include "query/range_work.h"

static bool has_trace(const struct exemplar *exemplar)
{
	static const uint8_t none[TRACE_ID_SIZE];

	return memcmp(exemplar->trace_id, none, sizeof(none)) != 0;
}

/* A sender of cumulative points repeats an exemplar until it has another one. */
static bool is_same(const struct metric_exemplar *kept, const struct metric_exemplar *exemplar)
{
	return kept->time_ns == exemplar->time_ns && kept->labels == exemplar->labels &&
	       number_as_double(kept->value) == number_as_double(exemplar->value) &&
	       memcmp(kept->trace_id, exemplar->trace_id, sizeof(kept->trace_id)) == 0 &&
	       memcmp(kept->span_id, exemplar->span_id, sizeof(kept->span_id)) == 0;
}

/* The oldest one goes where there is no room. */
static void keep(struct metric_range *range, const struct metric_exemplar *exemplar)
{
	struct metric_exemplar *kept = range->exemplars;
	size_t at = range->exemplar_count, moved;

	while (at > 0 && kept[at - 1].time_ns <= exemplar->time_ns) {
		at--;
		if (is_same(&kept[at], exemplar))
			return;
	}
	if (at == METRIC_EXEMPLARS_MOST)
		return;
	if (range->exemplar_count < METRIC_EXEMPLARS_MOST)
		range->exemplar_count++;
	moved = range->exemplar_count - at - 1;
	memmove(kept + at + 1, kept + at, moved * sizeof(*kept));
	kept[at] = *exemplar;
}

static bool is_in_windows(const struct windows *windows, uint64_t time_ns)
{
	int64_t window = window_of(windows, time_ns);

	return window >= 0 && window < (int64_t)windows->count;
}

enum status take_exemplars(struct work *work, const struct metric_point *point, const struct line *line,
			   struct error *error)
{
	struct metric_range *range = work->range;

	if (!work->question->with_exemplars || !is_in_windows(&work->windows, point->time_ns))
		return STATUS_OK;
	if (!range->exemplars)
		range->exemplars =
			arena_alloc(&range->arena, METRIC_EXEMPLARS_MOST * sizeof(*range->exemplars));
	if (!range->exemplars)
		return range_no_memory(error);
	for (uint32_t i = 0; i < point->exemplar_count; i++) {
		const struct exemplar *from = &point->exemplars[i];
		struct metric_exemplar exemplar = {
			.time_ns = from->time_ns ? from->time_ns : point->time_ns,
			.value = from->value,
			.labels = line->labels,
			.label_count = line->label_count,
		};

		memcpy(exemplar.trace_id, from->trace_id, sizeof(exemplar.trace_id));
		memcpy(exemplar.span_id, from->span_id, sizeof(exemplar.span_id));
		if (has_trace(from))
			keep(range, &exemplar);
	}
	return STATUS_OK;
}
