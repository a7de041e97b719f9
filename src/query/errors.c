#include "query/errors.h"

#include <stdio.h>
#include <stdlib.h>

#include "query/insides.h"
#include "query/trace.h"

/*
 * A decision is a note of the key "error/" and the group: the state's letter and the time in decimal digits. Who made
 * the store may be older or newer than who reads it: what is not understood is no decision.
 */
static const char note_prefix[] = "error/";
enum { NOTE_PREFIX_SIZE = sizeof(note_prefix) - 1 };
static const char state_letters[] = {[ERROR_OPEN] = 'o', [ERROR_RESOLVED] = 'r', [ERROR_IGNORED] = 'i'};

static const char *const state_names[] = {
	[ERROR_OPEN] = "open", [ERROR_RESOLVED] = "resolved", [ERROR_IGNORED] = "ignored"};

const char *error_state_name(enum error_state state)
{
	return state_names[state];
}

bool error_state_parse(struct str name, enum error_state *state_out)
{
	for (size_t i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++)
		if (str_equal_c(name, state_names[i])) {
			*state_out = (enum error_state)i;
			return true;
		}
	return false;
}

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory for a list of errors");
}

/* ---- what people said ---- */

static bool is_group(struct str group)
{
	uint8_t bytes[ERROR_GROUP_SIZE / 2];

	return hex_decode(group, bytes, sizeof(bytes));
}

enum status error_set_state(struct query *query, struct str group, enum error_state state, uint64_t now_ns,
			    struct error *error)
{
	char key[NOTE_PREFIX_SIZE + ERROR_GROUP_SIZE + 1], value[32];

	if (!is_group(group))
		return error_set(error, STATUS_INVALID,
				 "\"%.*s\" is no error's group; it must be %d hexadecimal digits",
				 group.size < 100 ? (int)group.size : 100, group.data, ERROR_GROUP_SIZE);
	snprintf(key, sizeof(key), "%s%.*s", note_prefix, ERROR_GROUP_SIZE, group.data);
	snprintf(value, sizeof(value), "%c%llu", state_letters[state], (unsigned long long)now_ns);
	return store_put_note(query->store, str_from(key), str_from(value), error);
}

static struct error_summary *find_group(struct error_list *list, struct str group)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_equal(list->errors[i].group, group))
			return &list->errors[i];
	return NULL;
}

static enum status take_decision(void *context, struct str key, struct str value, struct error *error)
{
	struct error_list *list = context;
	struct error_summary *summary;
	uint64_t decided_ns;

	(void)error;
	summary = find_group(list, str_make(key.data + NOTE_PREFIX_SIZE, key.size - NOTE_PREFIX_SIZE));
	if (!summary || value.size < 2 ||
	    !str_parse_u64(str_make(value.data + 1, value.size - 1), &decided_ns))
		return STATUS_OK;
	summary->decided_ns = decided_ns;
	if (value.data[0] == state_letters[ERROR_IGNORED])
		summary->state = ERROR_IGNORED;
	else if (value.data[0] == state_letters[ERROR_RESOLVED] && summary->last_ns <= decided_ns)
		summary->state = ERROR_RESOLVED;
	else if (value.data[0] == state_letters[ERROR_RESOLVED])
		summary->was_reopened = true;
	return STATUS_OK;
}

/* ---- counting ---- */

enum { LABEL_GROUP, LABEL_TYPE, LABEL_HANDLER, LABEL_LANGUAGE };

static enum status read_tally(struct query *query, struct time_range range, uint64_t step_ns,
			      struct str handler, struct tally *tally_out, struct error *error)
{
	const struct tally_question ask = {
		.metric = "error.count",
		.range = range,
		.labels = {[LABEL_GROUP] = "error_group",
			   [LABEL_TYPE] = "exception_type",
			   [LABEL_HANDLER] = "handler_name",
			   [LABEL_LANGUAGE] = "language"},
		.only_label = handler.size ? "handler_name" : NULL,
		.only_value = handler,
		.step_ns = step_ns,
	};

	return tally_read(query, &ask, tally_out, error);
}

static int by_group(const void *a, const void *b)
{
	const struct tally_row *x = *(const struct tally_row *const *)a,
			       *y = *(const struct tally_row *const *)b;
	int order = str_compare(x->labels[LABEL_GROUP], y->labels[LABEL_GROUP]);

	return order ? order : str_compare(x->labels[LABEL_HANDLER], y->labels[LABEL_HANDLER]);
}

static void take_example(struct error_summary *summary, const struct tally_row *row, uint64_t *time_ns)
{
	if (!row->exemplar || row->exemplar->time_ns < *time_ns)
		return;
	*time_ns = row->exemplar->time_ns;
	memcpy(summary->trace_id, row->exemplar->trace_id, TRACE_ID_SIZE);
	memcpy(summary->span_id, row->exemplar->span_id, SPAN_ID_SIZE);
}

static bool make_summary(struct error_list *list, const struct tally_row *const *rows, size_t count,
			 struct error_summary *summary)
{
	struct arena *arena = &list->arena;
	uint64_t example_ns = 0;

	*summary = (struct error_summary){
		.group = arena_copy(arena, rows[0]->labels[LABEL_GROUP]),
		.exception_type = arena_copy(arena, rows[0]->labels[LABEL_TYPE]),
		.message = str_make("", 0),
		.stack_trace = str_make("", 0),
		.counts = arena_calloc(arena, list->step_count, sizeof(uint64_t)),
		.parties = arena_calloc(arena, count, sizeof(*summary->parties)),
		.first_ns = UINT64_MAX,
	};
	if (!summary->group.data || !summary->exception_type.data || !summary->counts || !summary->parties)
		return false;
	for (size_t i = 0; i < count; i++) {
		summary->total_count += rows[i]->count;
		summary->first_ns =
			rows[i]->first_ns < summary->first_ns ? rows[i]->first_ns : summary->first_ns;
		summary->last_ns = rows[i]->last_ns > summary->last_ns ? rows[i]->last_ns : summary->last_ns;
		take_example(summary, rows[i], &example_ns);
	}
	return true;
}

/* Everything that is kept tells which errors there are, and since when. */
static enum status make_summaries(struct error_list *list, const struct tally *all, struct error *error)
{
	const struct tally_row **rows = malloc((all->count + 1) * sizeof(*rows));
	bool has_memory;

	list->errors = arena_alloc(&list->arena, (all->count + 1) * sizeof(*list->errors));
	has_memory = rows && list->errors;
	for (size_t i = 0; i < all->count && has_memory; i++)
		rows[i] = &all->rows[i];
	if (has_memory)
		qsort(rows, all->count, sizeof(*rows), by_group);
	for (size_t first = 0, end; first < all->count && has_memory; first = end) {
		for (end = first + 1; end < all->count; end++)
			if (!str_equal(rows[first]->labels[LABEL_GROUP], rows[end]->labels[LABEL_GROUP]))
				break;
		has_memory = make_summary(list, rows + first, end - first, &list->errors[list->count]);
		list->count += has_memory;
	}
	free(rows);
	return has_memory ? STATUS_OK : no_memory(error);
}

static struct error_party *find_party(struct error_list *list, struct error_summary *summary,
				      const struct tally_row *row)
{
	struct error_party *party;

	for (size_t i = 0; i < summary->party_count; i++)
		if (str_equal(summary->parties[i].handler_name, row->labels[LABEL_HANDLER]) &&
		    str_equal(summary->parties[i].language, row->labels[LABEL_LANGUAGE]))
			return &summary->parties[i];
	party = &summary->parties[summary->party_count++];
	party->handler_name = arena_copy(&list->arena, row->labels[LABEL_HANDLER]);
	party->language = arena_copy(&list->arena, row->labels[LABEL_LANGUAGE]);
	return party->handler_name.data && party->language.data ? party : NULL;
}

static int by_group_of_summary(const void *a, const void *b)
{
	return str_compare(((const struct error_summary *)a)->group,
			   ((const struct error_summary *)b)->group);
}

/* A group that was counted since all was read is left to the next question. */
static enum status count_in_range(struct error_list *list, const struct tally *now, struct error *error)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct tally_row *row = &now->rows[i];
		struct error_summary wanted = {.group = row->labels[LABEL_GROUP]}, *summary;
		struct error_party *party;
		uint64_t step = (row->window_ns - list->first_ns) / list->step_ns;

		summary = bsearch(&wanted, list->errors, list->count, sizeof(wanted), by_group_of_summary);
		if (!summary)
			continue;
		party = find_party(list, summary, row);
		if (!party)
			return no_memory(error);
		party->count += row->count;
		summary->count += row->count;
		if (step < list->step_count)
			((uint64_t *)summary->counts)[step] += row->count;
	}
	return STATUS_OK;
}

static int most_frequent_party(const void *a, const void *b)
{
	const struct error_party *x = a, *y = b;
	int order;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	order = str_compare(x->handler_name, y->handler_name);
	return order ? order : str_compare(x->language, y->language);
}

static int most_frequent(const void *a, const void *b)
{
	const struct error_summary *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return str_compare(x->group, y->group);
}

/* Those that are asked for, in order. */
static void choose(struct error_list *list, const struct error_question *question)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->errors[i].count &&
		    (!question->has_state || list->errors[i].state == question->state))
			list->errors[kept++] = list->errors[i];
	qsort(list->errors, kept, sizeof(*list->errors), most_frequent);
	list->count = kept < question->limit ? kept : question->limit;
	for (size_t i = 0; i < list->count; i++)
		qsort(list->errors[i].parties, list->errors[i].party_count, sizeof(*list->errors[i].parties),
		      most_frequent_party);
}

/* ---- examples ---- */

static const struct attributes *exception_of(const struct span *span)
{
	for (uint32_t i = span->event_count; i-- > 0;)
		if (str_equal_c(span->events[i].name, "exception"))
			return &span->events[i].attributes;
	return NULL;
}

static bool show_example(struct error_list *list, struct error_summary *summary, const struct span *span)
{
	const struct attributes *exception = exception_of(span);
	struct str message =
		exception ? attributes_find_str(exception, "exception.message") : span->status_message;
	struct str stack =
		exception ? attributes_find_str(exception, "exception.stacktrace") : str_make("", 0);

	summary->is_stored = true;
	summary->message = arena_copy(&list->arena, message);
	summary->stack_trace = arena_copy(&list->arena, stack);
	return summary->message.data && summary->stack_trace.data;
}

static enum status read_examples(struct query *query, struct error_list *list, struct error *error)
{
	static const uint8_t none[TRACE_ID_SIZE];
	enum status status = STATUS_OK;

	for (size_t i = 0; i < list->count && status == STATUS_OK; i++) {
		struct error_summary *summary = &list->errors[i];
		const struct trace *trace;
		const struct span *span;

		if (memcmp(summary->trace_id, none, TRACE_ID_SIZE) == 0)
			continue;
		status = trace_get(query, summary->trace_id, &trace, error);
		if (status == STATUS_NOT_FOUND || status == STATUS_TOO_LARGE) {
			status = STATUS_OK;
			continue;
		}
		if (status != STATUS_OK)
			break;
		span = trace_find_span(trace, summary->span_id);
		if (span && !show_example(list, summary, span))
			status = no_memory(error);
		trace_drop(trace);
	}
	return status;
}

static enum status fill(struct query *query, const struct error_question *question, const struct tally *all,
			const struct tally *now, struct error_list *list, struct error *error)
{
	enum status status = make_summaries(list, all, error);

	if (status == STATUS_OK)
		status = count_in_range(list, now, error);
	if (status == STATUS_OK)
		status = store_each_note(query->store, str_from(note_prefix), take_decision, list, error);
	if (status != STATUS_OK)
		return status;
	choose(list, question);
	return question->with_examples ? read_examples(query, list, error) : STATUS_OK;
}

enum status error_list_read(struct query *query, const struct error_question *question,
			    struct error_list *list_out, struct error *error)
{
	struct time_range range = question->range;
	uint64_t base_ns = range.start_ns / question->step_ns * question->step_ns;
	struct error_list list = {.step_ns = question->step_ns,
				  .first_ns = base_ns + question->step_ns,
				  .step_count =
					  (size_t)((range.end_ns - 1 - base_ns) / question->step_ns + 1)};
	struct tally all = {0}, now = {0};
	enum status status;

	if (list.step_count > ERROR_STEPS_MOST)
		return error_set(error, STATUS_TOO_LARGE, "the range has %zu steps; the most is %d",
				 list.step_count, ERROR_STEPS_MOST);
	arena_init(&list.arena, PAGE_LIMIT_BYTES);
	status = read_tally(query, TIME_RANGE_ALL, 0, question->handler, &all, error);
	if (status == STATUS_OK)
		status = read_tally(query, range, question->step_ns, question->handler, &now, error);
	if (status == STATUS_OK)
		status = fill(query, question, &all, &now, &list, error);
	tally_release(&all);
	tally_release(&now);
	if (status == STATUS_OK)
		*list_out = list;
	else
		error_list_release(&list);
	return status;
}

void error_list_release(struct error_list *list)
{
	arena_release(&list->arena);
	*list = (struct error_list){0};
}
