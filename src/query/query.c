#include "query/insides.h"

#include <stdlib.h>

#define DEFINITIONS_LIMIT_BYTES ((size_t)8 << 20)

enum status query_new(const struct query_options *options, struct query **query_out, struct error *error)
{
	struct query *query = calloc(1, sizeof(*query));

	if (!query)
		return error_set(error, STATUS_NO_MEMORY, "no memory for queries");
	query->store = options->store;
	query->cache = trace_cache_new(options->cache_trace_limit, options->cache_limit_bytes
									   ? options->cache_limit_bytes
									   : CACHE_STANDARD_BYTES);
	query->definitions = definitions_new(DEFINITIONS_LIMIT_BYTES);
	if (options->clock)
		query->running = running_new(options->clock, options->lost_after_ns);
	if (!query->cache || !query->definitions || (options->clock && !query->running)) {
		query_free(query);
		return error_set(error, STATUS_NO_MEMORY, "no memory for a cache of %zu traces",
				 options->cache_trace_limit);
	}
	*query_out = query;
	return STATUS_OK;
}

void query_free(struct query *query)
{
	if (!query)
		return;
	trace_cache_free(query->cache);
	definitions_free(query->definitions);
	running_free(query->running);
	free(query);
}

void query_note_batch(struct query *query, const struct batch *batch)
{
	if (query->running)
		running_note(query->running, batch);
	if (batch->span_count)
		trace_cache_note_spans(query->cache, batch->spans, batch->span_count);
	if (batch->start_count)
		trace_cache_note_spans(query->cache, batch->starts, batch->start_count);
}

enum status query_store_stats(struct query *query, struct store_stats *stats_out, struct error *error)
{
	return store_stats(query->store, stats_out, error);
}

void query_cache_stats(struct query *query, struct trace_cache_stats *stats_out)
{
	trace_cache_stats(query->cache, stats_out);
}

enum status query_list_running(struct query *query, const struct span_filter *filter, size_t limit,
			       struct batch *batch_out, uint64_t *last_heard_out, struct error *error)
{
	if (!query->running)
		return STATUS_OK;
	return running_list(query->running, filter, limit, batch_out, last_heard_out, error);
}

void query_running_stats(struct query *query, struct running_stats *stats_out)
{
	*stats_out = (struct running_stats){0};
	if (query->running)
		running_read_stats(query->running, stats_out);
}
