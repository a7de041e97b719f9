/* How long a handler's executions took over time, in buckets of half a power of two: 1, 1.41, 2, 2.83, … ms. */
#include <math.h>

#include "query/handlers.h"

enum { BUCKETS_A_DOUBLING = 2, LEAST_BUCKET = -40, MOST_BUCKET = 60 };

/* The bucket that a value lies in: (2^(i / 2), 2^((i + 1) / 2)]. What takes no time lies in the least. */
static int bucket_of(double value_ms)
{
	double place = value_ms > 0 ? ceil(log2(value_ms) * BUCKETS_A_DOUBLING) - 1 : LEAST_BUCKET;

	return place < LEAST_BUCKET ? LEAST_BUCKET : place > MOST_BUCKET ? MOST_BUCKET : (int)place;
}

/* The counted buckets are narrower, and lie whole in one of ours. */
static int bucket_of_counted(const struct bucket *bucket)
{
	if (!isfinite(bucket->upper))
		return bucket_of(bucket->lower * 1.01);
	return bucket_of(isfinite(bucket->lower) && bucket->lower > 0 ? sqrt(bucket->lower * bucket->upper)
								      : bucket->upper);
}

struct extent {
	int first, last; /* buckets */
};

static bool meets(const struct tally_row *row, const struct handler_question *question)
{
	return (!question->type.size || str_equal(row->labels[1], question->type)) &&
	       (!question->language.size || str_equal(row->labels[2], question->language));
}

static struct extent extent_of(const struct tally *tally, const struct handler_question *question)
{
	struct extent extent = {MOST_BUCKET + 1, LEAST_BUCKET - 1};

	for (size_t i = 0; i < tally->count; i++)
		for (size_t j = 0; meets(&tally->rows[i], question) && j < tally->rows[i].mixture.count;
		     j++) {
			int bucket = bucket_of_counted(&tally->rows[i].mixture.buckets[j]);

			extent.first = bucket < extent.first ? bucket : extent.first;
			extent.last = bucket > extent.last ? bucket : extent.last;
		}
	return extent;
}

static enum status fill(const struct tally *tally, const struct handler_question *question,
			struct extent extent, struct arena *arena, struct heat_map *map, struct error *error)
{
	double *bounds;
	uint64_t *counts;

	map->bucket_count = (size_t)(extent.last - extent.first + 1);
	bounds = arena_alloc(arena, (map->bucket_count + 1) * sizeof(*bounds));
	counts = arena_calloc(arena, map->bucket_count * map->step_count, sizeof(*counts));
	if (!bounds || !counts)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a heat map");
	for (size_t i = 0; i <= map->bucket_count; i++)
		bounds[i] = exp2((extent.first + (int)i) / (double)BUCKETS_A_DOUBLING);
	for (size_t i = 0; i < tally->count; i++) {
		const struct tally_row *row = &tally->rows[i];
		uint64_t step = (row->window_ns - map->first_ns) / map->step_ns;

		for (size_t j = 0; meets(row, question) && step < map->step_count && j < row->mixture.count;
		     j++)
			counts[step * map->bucket_count +
			       (size_t)(bucket_of_counted(&row->mixture.buckets[j]) - extent.first)] +=
				row->mixture.buckets[j].count;
	}
	map->bounds_ms = bounds;
	map->counts = counts;
	return STATUS_OK;
}

enum status handler_heat_map(struct query *query, const struct handler_question *question, uint64_t step_ns,
			     struct arena *arena, struct heat_map *map_out, struct error *error)
{
	const struct tally_question ask = {
		.metric = "handler.execution.duration",
		.range = question->range,
		.labels = {"handler_name", "handler_type", "language"},
		.only_label = "handler_name",
		.only_value = question->name,
		.step_ns = step_ns,
	};
	uint64_t first_ns = question->range.start_ns / step_ns * step_ns + step_ns;
	uint64_t count =
		(question->range.end_ns - 1 - question->range.start_ns / step_ns * step_ns) / step_ns + 1;
	struct heat_map map = {.first_ns = first_ns, .step_ns = step_ns, .step_count = (size_t)count};
	struct extent extent;
	struct tally tally;
	enum status status;

	if (count > HEAT_STEPS_MOST)
		return error_set(error, STATUS_TOO_LARGE,
				 "the range has %llu steps; a heat map has %d at most",
				 (unsigned long long)count, HEAT_STEPS_MOST);
	status = tally_read(query, &ask, &tally, error);
	if (status != STATUS_OK)
		return status;
	extent = extent_of(&tally, question);
	if (extent.first <= extent.last)
		status = fill(&tally, question, extent, arena, &map, error);
	tally_release(&tally);
	if (status == STATUS_OK)
		*map_out = map;
	return status;
}
