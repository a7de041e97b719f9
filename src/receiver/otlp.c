#include "receiver/otlp.h"

#include <stdio.h>

void otlp_reject(struct otlp_outcome *outcome, uint64_t count, const char *reason)
{
	if (count && outcome->rejected == 0)
		snprintf(outcome->reason, sizeof(outcome->reason), "%s", reason);
	outcome->rejected += count;
}

static bool is_zero(const uint8_t *id, size_t size)
{
	uint64_t any = 0;

	for (size_t i = 0; i < size; i += sizeof(any)) {
		uint64_t word;

		memcpy(&word, id + i, sizeof(word));
		any |= word;
	}
	return any == 0;
}

/* A column for each key of each event or link of one span must fit into a block. */
static const char *parts_fault(const struct span *span)
{
	uint64_t of_events = 0, of_links = 0;

	for (uint32_t i = 0; i < span->event_count; i++)
		of_events += span->events[i].attributes.count;
	for (uint32_t i = 0; i < span->link_count; i++)
		of_links += span->links[i].attributes.count;
	if (of_events > OTLP_PART_ATTRIBUTES_MAX || of_links > OTLP_PART_ATTRIBUTES_MAX)
		return "a span's events or links have more than 60000 attributes together";
	return NULL;
}

static const char *exemplars_fault(const struct metric_point *point)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < point->exemplar_count; i++)
		count += point->exemplars[i].attributes.count;
	return count > OTLP_PART_ATTRIBUTES_MAX
		       ? "a data point's exemplars have more than 60000 attributes together"
		       : NULL;
}

const char *otlp_span_fault(const struct span *span)
{
	if (is_zero(span->trace_id, TRACE_ID_SIZE))
		return "a span's trace_id is missing or all zero; it must be 16 bytes";
	if (is_zero(span->span_id, SPAN_ID_SIZE))
		return "a span's span_id is missing or all zero; it must be 8 bytes";
	return span->event_count || span->link_count ? parts_fault(span) : NULL;
}

void otlp_log_complete(struct log_record *record, uint64_t now_ns)
{
	if (record->time_ns == 0)
		record->time_ns = record->observed_time_ns ? record->observed_time_ns : now_ns;
}

static const char *histogram_fault(const struct histogram *histogram)
{
	if (histogram->bucket_count != histogram->bound_count + 1 &&
	    (histogram->bucket_count != 0 || histogram->bound_count != 0))
		return "a histogram's buckets do not fit its bounds; there must be one bucket more than "
		       "bounds";
	/* Written so that a bound that is no number fails too. */
	for (uint32_t i = 1; i < histogram->bound_count; i++)
		if (!(histogram->bounds[i - 1] < histogram->bounds[i]))
			return "a histogram's bounds do not rise";
	return NULL;
}

/* The number of the last bucket must be a number too. */
static bool buckets_fit(const struct exponential_buckets *buckets)
{
	return (int64_t)buckets->offset + buckets->count <= INT32_MAX;
}

static const char *exponential_fault(const struct exponential_histogram *histogram)
{
	if (buckets_fit(&histogram->positive) && buckets_fit(&histogram->negative))
		return NULL;
	return "an exponential histogram's buckets go past the largest offset, 2147483647";
}

const char *otlp_point_complete(struct metric_point *point, uint64_t now_ns)
{
	bool has_value = !(point->flags & POINT_NO_RECORDED_VALUE);

	if (point->time_ns == 0)
		point->time_ns = now_ns;
	if (point->metric->name.size == 0)
		return "a metric has no name";
	if (point->exemplar_count && exemplars_fault(point))
		return exemplars_fault(point);
	switch (point->metric->type) {
	case METRIC_GAUGE:
	case METRIC_SUM:
		if (has_value && point->value.kind == NUMBER_NONE)
			return "a data point has no value, and no flag that says so";
		return NULL;
	case METRIC_HISTOGRAM: return histogram_fault(&point->histogram);
	case METRIC_EXPONENTIAL_HISTOGRAM: return exponential_fault(&point->exponential);
	default: return NULL;
	}
}
