/* Questions about a handler that its stored executions answer: the slowest, and who called. */
#include <math.h>
#include <stdlib.h>

#include "query/handlers.h"
#include "query/insides.h"
#include "query/trace.h"

enum { EXAMINED_MOST = 100 };

static struct span_filter filter_of(const struct handler_question *question)
{
	struct span_filter filter = SPAN_FILTER_ANY;

	filter.range = question->range;
	filter.handler = question->name;
	filter.language = question->language;
	if (question->type.size)
		handler_type_parse(question->type, &filter.handler_type);
	return filter;
}

/* Runs visit for each execution that meets the filter in the newest traces that have one. */
typedef enum status visit_execution(void *context, const struct trace *trace, const struct span *span,
				    struct error *error);

static enum status each_execution(struct query *query, const struct span_filter *filter, size_t trace_limit,
				  visit_execution *visit, void *context, struct error *error)
{
	const struct trace_page page = {.limit = trace_limit};
	struct trace_hit *hits = malloc(trace_limit * sizeof(*hits));
	uint64_t snapshot;
	size_t count = 0;
	enum status status =
		hits ? store_find_traces(query->store, filter, &page, hits, &count, &snapshot, error)
		     : error_set(error, STATUS_NO_MEMORY, "no memory for a list of executions");

	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		const struct trace *trace;

		status = trace_get(query, hits[i].trace_id, &trace, error);
		if (status == STATUS_NOT_FOUND || status == STATUS_TOO_LARGE) {
			status = STATUS_OK;
			continue;
		}
		if (status != STATUS_OK)
			break;
		for (size_t j = 0; j < trace->batch.span_count && status == STATUS_OK; j++)
			if (span_filter_match(filter, &trace->batch.spans[j]))
				status = visit(context, trace, &trace->batch.spans[j], error);
		trace_drop(trace);
	}
	free(hits);
	return status;
}

/* ---- the slowest ---- */

static enum status keep_span(void *context, const struct trace *trace, const struct span *span,
			     struct error *error)
{
	(void)trace;
	return batch_copy_span(context, span)
		       ? STATUS_OK
		       : error_set(error, STATUS_TOO_LARGE, "the slowest executions take too much memory");
}

static int slowest_first(const void *a, const void *b)
{
	uint64_t x = span_duration_ns(a), y = span_duration_ns(b);

	return (x < y) - (x > y);
}

enum status handler_slowest(struct query *query, const struct handler_question *question, size_t limit,
			    struct batch *batch_out, struct error *error)
{
	static const double quantiles[] = {0.999, 0.99, 0.95, 0.5, 0};
	struct span_filter filter = filter_of(question);
	const struct tally_question ask = {.metric = "handler.execution.duration",
					   .range = question->range,
					   .labels = {"handler_name"},
					   .only_label = "handler_name",
					   .only_value = question->name};
	struct tally tally;
	enum status status = tally_read(query, &ask, &tally, error);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		double least_ms = tally.count ? tally_row_quantile(&tally.rows[0], quantiles[i]) : 0;

		/* A percentile lies within its bucket: a little below it nothing is missed. */
		filter.min_duration_ns =
			quantiles[i] > 0 && least_ms > 0 ? (uint64_t)(least_ms * 0.95 * 1e6) : 0;
		batch_clear(batch_out);
		status = each_execution(query, &filter, EXAMINED_MOST, keep_span, batch_out, error);
		if (status != STATUS_OK || batch_out->span_count >= limit)
			break;
	}
	tally_release(&tally);
	qsort(batch_out->spans, batch_out->span_count, sizeof(*batch_out->spans), slowest_first);
	if (batch_out->span_count > limit)
		batch_out->span_count = limit;
	return status;
}

/* ---- callers ---- */

struct asking {
	struct arena *arena;
	struct handler_callers *callers;
};

static bool is_caller(const struct handler_caller *caller, const struct span *span)
{
	return str_equal(caller->name, span->handler.name) &&
	       str_equal(caller->language, span->handler.language) &&
	       str_equal(caller->service, resource_service(span->resource)) &&
	       str_equal_c(caller->type, handler_type_name(span->handler.type));
}

static enum status count_caller(struct asking *asking, const struct span *span, struct error *error)
{
	struct handler_callers *callers = asking->callers;
	struct handler_caller *caller;

	for (size_t i = 0; i < callers->caller_count; i++)
		if (is_caller(&callers->callers[i], span)) {
			callers->callers[i].count++;
			return STATUS_OK;
		}
	/* Names are bounded; what is beyond is no list to read. */
	if (callers->caller_count == CALLERS_MOST)
		return STATUS_OK;
	caller = &callers->callers[callers->caller_count];
	*caller = (struct handler_caller){
		.name = arena_copy(asking->arena, span->handler.name),
		.type = str_from(handler_type_name(span->handler.type)),
		.language = arena_copy(asking->arena, span->handler.language),
		.service = arena_copy(asking->arena, resource_service(span->resource)),
		.count = 1,
	};
	if (!caller->name.data || !caller->language.data || !caller->service.data)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a list of callers");
	callers->caller_count++;
	return STATUS_OK;
}

static enum status ask_for_caller(void *context, const struct trace *trace, const struct span *span,
				  struct error *error)
{
	struct asking *asking = context;
	const struct span *above =
		span_is_root(span) ? NULL : trace_find_execution(trace, span->parent_span_id);

	asking->callers->sampled++;
	if (above)
		return count_caller(asking, above, error);
	asking->callers->without_caller++;
	return STATUS_OK;
}

static int most_first(const void *a, const void *b)
{
	size_t x = ((const struct handler_caller *)a)->count, y = ((const struct handler_caller *)b)->count;

	return (x < y) - (x > y);
}

enum status handler_callers_read(struct query *query, const struct handler_question *question,
				 struct arena *arena, struct handler_callers *callers_out,
				 struct error *error)
{
	struct span_filter filter = filter_of(question);
	struct handler_callers callers = {.caller_count = 0};
	struct asking asking = {arena, &callers};
	enum status status = each_execution(query, &filter, CALLERS_SAMPLED, ask_for_caller, &asking, error);

	if (status != STATUS_OK)
		return status;
	qsort(callers.callers, callers.caller_count, sizeof(callers.callers[0]), most_first);
	*callers_out = callers;
	return STATUS_OK;
}
