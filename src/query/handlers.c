#include "query/handlers.h"

#include <math.h>
#include <stdlib.h>

#include "query/insides.h"
#include "query/trace.h"

static const char metric_name[] = "handler.execution.duration";
enum { LABEL_NAME, LABEL_TYPE, LABEL_LANGUAGE, LABEL_STATUS };

/* A handler while it is added up. */
struct adding {
	const struct tally_row *labels; /* the first row of it */
	struct tally_row now, before;
	uint64_t errors_now, errors_before;
};

static bool meets(const struct tally_row *row, const struct handler_question *question)
{
	return (!question->name.size || str_equal(row->labels[LABEL_NAME], question->name)) &&
	       (!question->type.size || str_equal(row->labels[LABEL_TYPE], question->type)) &&
	       (!question->language.size || str_equal(row->labels[LABEL_LANGUAGE], question->language));
}

static int compare_labels(const struct tally_row *a, const struct tally_row *b)
{
	for (size_t i = 0; i <= LABEL_LANGUAGE; i++) {
		int order = str_compare(a->labels[i], b->labels[i]);

		if (order)
			return order;
	}
	return 0;
}

static int by_labels(const void *a, const void *b)
{
	return compare_labels(((const struct adding *)a)->labels, ((const struct adding *)b)->labels);
}

/* One entry a row, then those of one handler together. */
static size_t collect(const struct tally *tally, const struct handler_question *question, bool is_before,
		      struct adding *adding)
{
	size_t count = 0;

	for (size_t i = 0; i < tally->count; i++) {
		const struct tally_row *row = &tally->rows[i];
		bool is_error = str_equal_c(row->labels[LABEL_STATUS], "error");

		if (!meets(row, question))
			continue;
		adding[count] = (struct adding){.labels = row};
		*(is_before ? &adding[count].before : &adding[count].now) = *row;
		adding[count].errors_now = is_error && !is_before ? row->count : 0;
		adding[count].errors_before = is_error && is_before ? row->count : 0;
		count++;
	}
	return count;
}

static struct handler_figures figures_of(const struct tally_row *row, uint64_t errors)
{
	return (struct handler_figures){
		.count = row->count,
		.error_count = errors,
		.mean_ms = row->count ? row->sum / (double)row->count : NAN,
		.p50_ms = tally_row_quantile(row, 0.5),
		.p95_ms = tally_row_quantile(row, 0.95),
		.p99_ms = tally_row_quantile(row, 0.99),
		.most_ms = row->count ? row->most : NAN,
	};
}

static bool summarise(const struct adding *parts, size_t count, struct arena *arena,
		      struct handler_summary *summary)
{
	struct tally_row now = {0}, before = {0};
	uint64_t errors_now = 0, errors_before = 0;
	bool has_memory = true;

	for (size_t i = 0; i < count && has_memory; i++) {
		has_memory = tally_row_add(&now, &parts[i].now) && tally_row_add(&before, &parts[i].before);
		errors_now += parts[i].errors_now;
		errors_before += parts[i].errors_before;
	}
	*summary = (struct handler_summary){
		.name = arena_copy(arena, parts[0].labels->labels[LABEL_NAME]),
		.type = arena_copy(arena, parts[0].labels->labels[LABEL_TYPE]),
		.language = arena_copy(arena, parts[0].labels->labels[LABEL_LANGUAGE]),
		.now = figures_of(&now, errors_now),
		.before = figures_of(&before, errors_before),
		.last_run_ns = now.last_ns > before.last_ns ? now.last_ns : before.last_ns,
	};
	tally_row_release(&now);
	tally_row_release(&before);
	return has_memory && summary->name.data && summary->type.data && summary->language.data;
}

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory for a list of handlers");
}

static enum status add_up(const struct tally *now, const struct tally *before,
			  const struct handler_question *question, struct handler_list *list,
			  struct error *error)
{
	struct adding *adding = malloc((now->count + before->count + 1) * sizeof(*adding));
	size_t count;

	list->handlers =
		arena_alloc(&list->arena, (now->count + before->count + 1) * sizeof(*list->handlers));
	if (!adding || !list->handlers) {
		free(adding);
		return no_memory(error);
	}
	count = collect(now, question, false, adding);
	count += collect(before, question, true, adding + count);
	qsort(adding, count, sizeof(*adding), by_labels);
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count; end++)
			if (compare_labels(adding[first].labels, adding[end].labels) != 0)
				break;
		if (!summarise(adding + first, end - first, &list->arena, &list->handlers[list->count])) {
			free(adding);
			return no_memory(error);
		}
		list->count++;
	}
	free(adding);
	return STATUS_OK;
}

static enum status read_tally(struct query *query, const struct handler_question *question,
			      struct time_range range, uint64_t step_ns, struct tally *tally_out,
			      struct error *error)
{
	const struct tally_question tally = {
		.metric = metric_name,
		.range = range,
		.labels = {[LABEL_NAME] = "handler_name",
			   [LABEL_TYPE] = "handler_type",
			   [LABEL_LANGUAGE] = "language",
			   [LABEL_STATUS] = "status"},
		.only_label = question->name.size ? "handler_name" : NULL,
		.only_value = question->name,
		.step_ns = step_ns,
	};

	return tally_read(query, &tally, tally_out, error);
}

static struct time_range range_before(struct time_range range)
{
	uint64_t length_ns = range.end_ns - range.start_ns;

	return (struct time_range){range.start_ns > length_ns ? range.start_ns - length_ns : 0,
				   range.start_ns};
}

static bool is_handler(const struct handler_summary *summary, const struct handler *handler)
{
	return str_equal(summary->name, handler->name) && str_equal(summary->language, handler->language) &&
	       str_equal_c(summary->type, handler_type_name(handler->type));
}

/* Those that run for the first time have not been counted: they are listed by what is running alone. */
static enum status add_running(struct query *query, struct handler_list *list, struct error *error)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	struct batch spans;
	enum status status;

	filter.outcome = OUTCOME_RUNNING;
	batch_init(&spans, PAGE_LIMIT_BYTES);
	status = query_list_running(query, &filter, RUNNING_MOST, &spans, NULL, error);
	for (size_t i = 0; i < spans.span_count && status == STATUS_OK; i++)
		for (size_t j = 0; j < list->count; j++)
			list->handlers[j].running_count +=
				is_handler(&list->handlers[j], &spans.spans[i].handler);
	batch_release(&spans);
	return status;
}

enum status handler_list_read(struct query *query, const struct handler_question *question,
			      struct handler_list *list_out, struct error *error)
{
	struct handler_list list = {0};
	struct tally now = {0}, before = {0};
	enum status status = read_tally(query, question, question->range, 0, &now, error);

	arena_init(&list.arena, PAGE_LIMIT_BYTES);
	if (status == STATUS_OK)
		status = read_tally(query, question, range_before(question->range), 0, &before, error);
	if (status == STATUS_OK)
		status = add_up(&now, &before, question, &list, error);
	if (status == STATUS_OK)
		status = add_running(query, &list, error);
	tally_release(&now);
	tally_release(&before);
	if (status == STATUS_OK)
		*list_out = list;
	else
		handler_list_release(&list);
	return status;
}

void handler_list_release(struct handler_list *list)
{
	arena_release(&list->arena);
	*list = (struct handler_list){0};
}
