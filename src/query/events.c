#include "query/events.h"

#include <math.h>
#include <stdlib.h>

#include "query/insides.h"

/* What is read, and its labels: the event, the handler, the language and, of handlings, the status. */
enum source { SOURCE_PUBLISHED, SOURCE_PUBLISHERS, SOURCE_HANDLED, SOURCE_QUEUE, SOURCE_COUNT };
enum { LABEL_EVENT, LABEL_HANDLER, LABEL_LANGUAGE, LABEL_STATUS };

static const char *const metrics[SOURCE_COUNT] = {
	[SOURCE_PUBLISHED] = "event.published.count",
	[SOURCE_PUBLISHERS] = "event.publisher.count",
	[SOURCE_HANDLED] = "event.handled.count",
	[SOURCE_QUEUE] = "event.queue.duration",
};

/* Rows of all sources, those of an event together, and in it those of a handler. */
struct part {
	enum source source;
	const struct tally_row *row;
};

static int by_event_and_handler(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	for (size_t i = LABEL_EVENT; i <= LABEL_LANGUAGE; i++) {
		int order = str_compare(x->row->labels[i], y->row->labels[i]);

		if (order)
			return order;
	}
	return (int)x->source - (int)y->source;
}

static bool same(const struct part *a, const struct part *b, size_t labels)
{
	for (size_t i = 0; i < labels; i++)
		if (!str_equal(a->row->labels[i], b->row->labels[i]))
			return false;
	return true;
}

static struct event_times times_of(const struct tally_row *row)
{
	return (struct event_times){
		.count = row->count,
		.mean_ms = row->count ? row->sum / (double)row->count : NAN,
		.p50_ms = tally_row_quantile(row, 0.5),
		.p95_ms = tally_row_quantile(row, 0.95),
		.p99_ms = tally_row_quantile(row, 0.99),
		.most_ms = row->count ? row->most : NAN,
	};
}

static bool add_queue(const struct part *parts, size_t count, struct event_times *times_out)
{
	struct tally_row queue = {0};
	bool has_memory = true;

	for (size_t i = 0; i < count && has_memory; i++)
		if (parts[i].source == SOURCE_QUEUE)
			has_memory = tally_row_add(&queue, parts[i].row);
	*times_out = times_of(&queue);
	tally_row_release(&queue);
	return has_memory;
}

/* The parts are those of one handler of one event. */
static bool add_parties(const struct part *parts, size_t count, struct event_summary *event)
{
	struct event_party party = {parts[0].row->labels[LABEL_HANDLER],
				    parts[0].row->labels[LABEL_LANGUAGE],
				    0,
				    0,
				    {0, NAN, NAN, NAN, NAN, NAN}};
	struct event_party publisher = party;

	for (size_t i = 0; i < count; i++) {
		const struct tally_row *row = parts[i].row;

		if (parts[i].source == SOURCE_PUBLISHERS)
			publisher.count += row->count;
		if (parts[i].source != SOURCE_HANDLED)
			continue;
		party.count += row->count;
		if (str_equal_c(row->labels[LABEL_STATUS], "error"))
			party.error_count += row->count;
	}
	if (!add_queue(parts, count, &party.queue))
		return false;
	if (publisher.count)
		event->publishers[event->publisher_count++] = publisher;
	if (party.count || party.queue.count)
		event->handlers[event->handler_count++] = party;
	return true;
}

static bool summarise(const struct part *parts, size_t count, struct arena *arena,
		      struct event_summary *event)
{
	*event = (struct event_summary){
		.name = parts[0].row->labels[LABEL_EVENT],
		.publishers = arena_alloc(arena, count * sizeof(*event->publishers)),
		.handlers = arena_alloc(arena, count * sizeof(*event->handlers)),
	};
	if (!event->publishers || !event->handlers || !add_queue(parts, count, &event->queue))
		return false;
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count && same(&parts[first], &parts[end], LABEL_STATUS); end++)
			;
		if (!add_parties(parts + first, end - first, event))
			return false;
	}
	for (size_t i = 0; i < count; i++)
		if (parts[i].source == SOURCE_PUBLISHED)
			event->published_count += parts[i].row->count;
		else if (parts[i].source == SOURCE_HANDLED)
			event->handled_count += parts[i].row->count;
	return true;
}

static bool copy_strings(struct event_list *list)
{
	struct arena *arena = &list->arena;
	bool has_memory = true;

	for (size_t i = 0; i < list->count; i++) {
		struct event_summary *event = &list->events[i];

		event->name = arena_copy(arena, event->name);
		has_memory &= event->name.data != NULL;
		for (size_t j = 0; j < event->publisher_count + event->handler_count; j++) {
			struct event_party *party = j < event->publisher_count
							    ? &event->publishers[j]
							    : &event->handlers[j - event->publisher_count];

			party->handler_name = arena_copy(arena, party->handler_name);
			party->language = arena_copy(arena, party->language);
			has_memory &= party->handler_name.data && party->language.data;
		}
	}
	return has_memory;
}

static enum status join(const struct tally tallies[SOURCE_COUNT], struct event_list *list,
			struct error *error)
{
	size_t total = 0, count = 0;
	struct part *parts;
	bool has_memory;

	for (size_t i = 0; i < SOURCE_COUNT; i++)
		total += tallies[i].count;
	parts = malloc((total + 1) * sizeof(*parts));
	list->events = arena_alloc(&list->arena, (total + 1) * sizeof(*list->events));
	has_memory = parts && list->events;
	for (size_t i = 0; i < SOURCE_COUNT && has_memory; i++)
		for (size_t j = 0; j < tallies[i].count; j++)
			parts[count++] = (struct part){(enum source)i, &tallies[i].rows[j]};
	if (has_memory)
		qsort(parts, count, sizeof(*parts), by_event_and_handler);
	for (size_t first = 0, end; first < count && has_memory; first = end) {
		for (end = first + 1; end < count && same(&parts[first], &parts[end], LABEL_HANDLER); end++)
			;
		has_memory =
			summarise(parts + first, end - first, &list->arena, &list->events[list->count++]);
	}
	free(parts);
	return has_memory && copy_strings(list)
		       ? STATUS_OK
		       : error_set(error, STATUS_NO_MEMORY, "no memory for a list of events");
}

enum status event_list_read(struct query *query, struct time_range range, struct event_list *list_out,
			    struct error *error)
{
	struct tally tallies[SOURCE_COUNT] = {0};
	struct event_list list = {0};
	enum status status = STATUS_OK;

	for (size_t i = 0; i < SOURCE_COUNT && status == STATUS_OK; i++) {
		const struct tally_question ask = {
			.metric = metrics[i],
			.range = range,
			.labels = {[LABEL_EVENT] = "event_name",
				   [LABEL_HANDLER] = "handler_name",
				   [LABEL_LANGUAGE] = "language",
				   [LABEL_STATUS] = "status"},
		};

		status = tally_read(query, &ask, &tallies[i], error);
	}
	arena_init(&list.arena, PAGE_LIMIT_BYTES);
	if (status == STATUS_OK)
		status = join(tallies, &list, error);
	for (size_t i = 0; i < SOURCE_COUNT; i++)
		tally_release(&tallies[i]);
	if (status == STATUS_OK)
		*list_out = list;
	else
		event_list_release(&list);
	return status;
}

void event_list_release(struct event_list *list)
{
	arena_release(&list->arena);
	*list = (struct event_list){0};
}
