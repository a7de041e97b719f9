#include "storage/columns/distribution.h"

#include "storage/columns/numbers.h"

static void put_counts(const uint64_t *counts, uint32_t count, struct buffer *out)
{
	protobuf_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++)
		protobuf_put_varint(out, counts[i]);
}

static void put_side(const struct exponential_buckets *side, struct buffer *out)
{
	protobuf_put_varint(out, zigzag_encode(side->offset));
	put_counts(side->counts, side->count, out);
}

static void put_exponential(const struct exponential_histogram *histogram, struct buffer *out)
{
	protobuf_put_varint(out, zigzag_encode(histogram->scale));
	protobuf_put_varint(out, histogram->zero_count);
	buffer_append(out, &histogram->zero_threshold, sizeof(double));
	put_side(&histogram->positive, out);
	put_side(&histogram->negative, out);
}

void distribution_encode(const struct metric_point *point, struct buffer *buckets_out,
			 struct buffer *bounds_out)
{
	switch (point->metric->type) {
	case METRIC_EXPONENTIAL_HISTOGRAM: put_exponential(&point->exponential, buckets_out); break;
	case METRIC_SUMMARY:
		for (uint32_t i = 0; i < point->summary.count; i++) {
			buffer_append(buckets_out, &point->summary.quantiles[i].value, sizeof(double));
			buffer_append(bounds_out, &point->summary.quantiles[i].quantile, sizeof(double));
		}
		break;
	default: break;
	}
}

/* A cursor over the bytes that remembers damage. */
struct cursor {
	const uint8_t *at, *end;
	struct arena *arena;
	bool failed, is_out_of_memory;
};

static void *take_memory(struct cursor *cursor, size_t size)
{
	void *piece = arena_alloc(cursor->arena, size);

	cursor->is_out_of_memory = cursor->is_out_of_memory || !piece;
	return piece;
}

static uint64_t take(struct cursor *cursor)
{
	uint64_t value = 0;

	if (!protobuf_varint(&cursor->at, cursor->end, &value))
		cursor->failed = true;
	return value;
}

static uint64_t *take_counts(struct cursor *cursor, uint32_t *count_out)
{
	uint64_t count = take(cursor);
	uint64_t *counts;

	/* Each count takes at least a byte. */
	if (cursor->failed || count > (uint64_t)(cursor->end - cursor->at)) {
		cursor->failed = true;
		return NULL;
	}
	counts = take_memory(cursor, count * sizeof(*counts));
	if (!counts) {
		cursor->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		counts[i] = take(cursor);
	*count_out = (uint32_t)count;
	return counts;
}

static void take_side(struct cursor *cursor, struct exponential_buckets *side)
{
	side->offset = (int32_t)zigzag_decode(take(cursor));
	side->counts = take_counts(cursor, &side->count);
}

static void take_exponential(struct cursor *cursor, struct exponential_histogram *histogram)
{
	histogram->scale = (int32_t)zigzag_decode(take(cursor));
	histogram->zero_count = take(cursor);
	if (cursor->end - cursor->at < (ptrdiff_t)sizeof(double)) {
		cursor->failed = true;
		return;
	}
	memcpy(&histogram->zero_threshold, cursor->at, sizeof(double));
	cursor->at += sizeof(double);
	take_side(cursor, &histogram->positive);
	take_side(cursor, &histogram->negative);
}

static void take_summary(struct cursor *cursor, struct str bounds, struct summary *summary)
{
	size_t count = bounds.size / sizeof(double);
	struct quantile *quantiles = take_memory(cursor, count * sizeof(*quantiles));

	if (!quantiles || (size_t)(cursor->end - cursor->at) != count * sizeof(double)) {
		cursor->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		memcpy(&quantiles[i].quantile, bounds.data + i * sizeof(double), sizeof(double));
		memcpy(&quantiles[i].value, cursor->at + i * sizeof(double), sizeof(double));
	}
	cursor->at = cursor->end;
	*summary = (struct summary){quantiles, (uint32_t)count};
}

enum status distribution_decode(struct str buckets, struct str bounds, struct arena *arena,
				struct metric_point *point, struct error *error)
{
	struct cursor cursor = {(const uint8_t *)buckets.data, (const uint8_t *)buckets.data + buckets.size,
				arena, bounds.size % sizeof(double) != 0, false};

	switch (point->metric->type) {
	case METRIC_EXPONENTIAL_HISTOGRAM: take_exponential(&cursor, &point->exponential); break;
	case METRIC_SUMMARY: take_summary(&cursor, bounds, &point->summary); break;
	default: break;
	}
	if (cursor.is_out_of_memory)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the buckets of a metric point");
	if (cursor.failed || cursor.at != cursor.end)
		return error_set(error, STATUS_CORRUPT, "the buckets of a metric point are damaged");
	return STATUS_OK;
}
