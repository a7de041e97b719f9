#include "processor/joins.h"

#include <stdlib.h>

#include "base/clock.h"
#include "processor/pairs.h"

#define PRODUCER_WINDOW_NS (600 * NS_PER_SECOND)
#define WAITING_WINDOW_NS  (60 * NS_PER_SECOND)

/* Of one span. A batch of messages may have very many; past this the first ones stand for all. */
enum { LINKS_MOST = 1024 };

struct producer {
	struct id_entry entry;
	uint64_t end_ns;
	uint8_t operation; /* enum operation */
};

struct consumer {
	struct id_entry entry; /* of the producer */
	struct series_key key;
	uint64_t start_ns, end_ns;
};

struct link_ids {
	uint8_t trace_id[TRACE_ID_SIZE];
	uint8_t span_id[SPAN_ID_SIZE];
};

struct receive {
	struct id_entry entry;
	struct tally tally; /* its keys are owned */
	uint64_t start_ns;
	struct link_ids *producers;
	size_t producer_count;
};

static void release_consumer(void *context, struct id_entry *entry)
{
	(void)context;
	series_key_release(&((struct consumer *)(void *)entry)->key);
}

/* ---- time in queue ---- */

static void add_queue_time(struct joins *joins, const struct series_key *key, uint64_t produced_ns,
			   uint64_t start_ns, uint64_t end_ns, uint64_t now_ns)
{
	uint64_t waited_ns = start_ns > produced_ns ? start_ns - produced_ns : 0;

	joins->skewed_count += start_ns < produced_ns;
	tally_table_add(&joins->counters->queued, key, series_key_hash(key), 1, &waited_ns, end_ns, now_ns);
}

static void wait_for_producer(struct joins *joins, const struct link_ids *producer,
			      const struct series_key *key, uint64_t start_ns, uint64_t end_ns,
			      uint64_t now_ns)
{
	struct series_key copy = *key;
	struct id_entry *entry;

	if (!series_key_copy(&copy))
		return;
	entry = id_table_add(&joins->consumers, producer->trace_id, producer->span_id, now_ns);
	if (!entry) {
		series_key_release(&copy);
		return;
	}
	((struct consumer *)(void *)entry)->key = copy;
	((struct consumer *)(void *)entry)->start_ns = start_ns;
	((struct consumer *)(void *)entry)->end_ns = end_ns;
}

static void join_consumer(struct joins *joins, const struct link_ids *ids, const struct series_key *key,
			  uint64_t start_ns, uint64_t end_ns, uint64_t now_ns, bool may_wait)
{
	const struct id_entry *entry = id_table_find(&joins->producers, ids->trace_id, ids->span_id);
	const struct producer *producer = (const void *)entry;

	if (producer)
		add_queue_time(joins, key, producer->end_ns, start_ns, end_ns, now_ns);
	else if (may_wait)
		wait_for_producer(joins, ids, key, start_ns, end_ns, now_ns);
}

static void join_waiting(struct joins *joins, const struct span *producer, uint64_t now_ns)
{
	struct id_entry *entry;

	while ((entry = id_table_find(&joins->consumers, producer->trace_id, producer->span_id))) {
		const struct consumer *consumer = (const void *)entry;

		add_queue_time(joins, &consumer->key, producer->end_ns, consumer->start_ns, consumer->end_ns,
			       now_ns);
		release_consumer(NULL, entry);
		id_table_remove(&joins->consumers, entry);
	}
}

/* The producers that a consumer names: by its links, else its parent. At most LINKS_MOST. */
static size_t producer_count(const struct span *span)
{
	if (span->link_count)
		return span->link_count < LINKS_MOST ? span->link_count : LINKS_MOST;
	return !span_is_root(span);
}

static struct link_ids producer_ids(const struct span *span, size_t index)
{
	struct link_ids ids;

	memcpy(ids.trace_id, span->link_count ? span->links[index].trace_id : span->trace_id, TRACE_ID_SIZE);
	memcpy(ids.span_id, span->link_count ? span->links[index].span_id : span->parent_span_id,
	       SPAN_ID_SIZE);
	return ids;
}

static struct series_key queue_key(const struct handler *handler)
{
	return (struct series_key){.texts = {handler->event, handler->name, handler->language}};
}

static void join_producers(struct joins *joins, const struct span *span, uint64_t now_ns)
{
	struct series_key key = queue_key(&span->handler);

	for (size_t i = 0, count = producer_count(span); i < count; i++) {
		struct link_ids ids = producer_ids(span, i);

		join_consumer(joins, &ids, &key, span->start_ns, span->end_ns, now_ns, true);
	}
}

/* ---- create and send ---- */

static bool created(const struct joins *joins, const uint8_t *trace_id, const uint8_t *span_id)
{
	const struct id_entry *entry = id_table_find(&joins->producers, trace_id, span_id);

	return entry && ((const struct producer *)(const void *)entry)->operation == OPERATION_CREATE;
}

/* Whether the other span of the pair was here. */
static bool pair_was_counted(const struct joins *joins, const struct span *span)
{
	const struct id_entry *parent;

	if (id_table_find(&joins->carried, span->trace_id, span->span_id))
		return true;
	if (span->handler.operation == OPERATION_CREATE) {
		parent = id_table_find(&joins->producers, span->trace_id, span->parent_span_id);
		return parent && ((const struct producer *)(const void *)parent)->operation == OPERATION_SEND;
	}
	for (uint32_t i = 0; i < span->link_count && i < LINKS_MOST; i++)
		if (created(joins, span->links[i].trace_id, span->links[i].span_id))
			return true;
	return created(joins, span->trace_id, span->parent_span_id);
}

/* What the other span of the pair, should it come, is known by. */
static void note_pair(struct joins *joins, const struct span *span, uint64_t now_ns)
{
	if (span->handler.operation == OPERATION_CREATE) {
		if (!span_is_root(span))
			id_table_put(&joins->carried, span->trace_id, span->parent_span_id, now_ns);
		return;
	}
	for (uint32_t i = 0; i < span->link_count && i < LINKS_MOST; i++)
		id_table_put(&joins->carried, span->links[i].trace_id, span->links[i].span_id, now_ns);
}

bool joins_note_producer(struct joins *joins, const struct span *span, uint64_t now_ns)
{
	uint8_t operation = span->handler.operation;
	bool counts = true;
	struct id_entry *entry;

	if (operation == OPERATION_CREATE || operation == OPERATION_SEND) {
		counts = !pair_was_counted(joins, span);
		if (counts)
			note_pair(joins, span, now_ns);
	}
	entry = id_table_put(&joins->producers, span->trace_id, span->span_id, now_ns);
	if (entry) {
		((struct producer *)(void *)entry)->end_ns = span->end_ns;
		((struct producer *)(void *)entry)->operation = operation;
	}
	join_waiting(joins, span, now_ns);
	return counts;
}

/* ---- receive and process ---- */

static void release_receive(struct receive *receive)
{
	series_key_release(&receive->tally.execution);
	series_key_release(&receive->tally.event);
	free(receive->producers);
}

/* No process span came: the receive span is the handling. */
static void count_receive(void *context, struct id_entry *entry)
{
	struct receive *receive = (struct receive *)(void *)entry;
	struct joins *joins = context;
	struct series_key key = receive->tally.event;
	uint64_t now_ns = entry->since_ns;

	key.outcome = 0;
	counters_add(joins->counters, &receive->tally, now_ns + WAITING_WINDOW_NS);
	for (size_t i = 0; i < receive->producer_count; i++)
		join_consumer(joins, &receive->producers[i], &key, receive->start_ns, receive->tally.ended_ns,
			      now_ns, false);
	release_receive(receive);
}

static bool fill_receive(struct receive *receive, const struct span *span)
{
	struct tally *tally = &receive->tally;
	size_t count = producer_count(span);

	tally_fill(tally, span);
	receive->start_ns = span->start_ns;
	receive->producers = calloc(count + 1, sizeof(*receive->producers));
	receive->producer_count = receive->producers ? count : 0;
	for (size_t i = 0; i < receive->producer_count; i++)
		receive->producers[i] = producer_ids(span, i);
	if (!series_key_copy(&tally->execution))
		return false;
	if (series_key_copy(&tally->event))
		return true;
	series_key_release(&tally->execution);
	return false;
}

/* False where memory ran out: it is counted at once then. */
static bool hold_receive(struct joins *joins, const struct span *span, uint64_t now_ns)
{
	struct id_entry *entry = id_table_find(&joins->receives, span->trace_id, span->span_id);

	if (entry)
		return true; /* sent twice */
	entry = id_table_add(&joins->receives, span->trace_id, span->span_id, now_ns);

	if (!entry)
		return false;
	if (fill_receive((struct receive *)(void *)entry, span))
		return true;
	free(((struct receive *)(void *)entry)->producers);
	id_table_remove(&joins->receives, entry);
	return false;
}

static void note_process(struct joins *joins, const struct span *span, uint64_t now_ns)
{
	struct id_entry *receive = id_table_find(&joins->receives, span->trace_id, span->parent_span_id);

	if (receive) {
		release_receive((struct receive *)(void *)receive);
		id_table_remove(&joins->receives, receive);
	}
	id_table_put(&joins->processed, span->trace_id, span->parent_span_id, now_ns);
}

bool joins_note_consumer(struct joins *joins, const struct span *span, uint64_t now_ns)
{
	switch (span->handler.operation) {
	case OPERATION_RECEIVE:
		if (id_table_find(&joins->processed, span->trace_id, span->span_id) ||
		    hold_receive(joins, span, now_ns))
			return false;
		break;
	case OPERATION_PROCESS:
		if (!span_is_root(span))
			note_process(joins, span, now_ns);
		break;
	default: break;
	}
	join_producers(joins, span, now_ns);
	return true;
}

/* ---- all ---- */

void joins_init(struct joins *joins, struct counters *counters, size_t limit)
{
	*joins = (struct joins){.counters = counters};
	id_table_init(&joins->producers, &(struct id_table_options){.entry_size = sizeof(struct producer),
								    .limit = limit,
								    .window_ns = PRODUCER_WINDOW_NS});
	id_table_init(&joins->carried, &(struct id_table_options){.entry_size = sizeof(struct id_entry),
								  .limit = limit / 4 + 1,
								  .window_ns = PRODUCER_WINDOW_NS});
	id_table_init(&joins->consumers, &(struct id_table_options){.entry_size = sizeof(struct consumer),
								    .limit = limit / 4 + 1,
								    .window_ns = WAITING_WINDOW_NS,
								    .drop = release_consumer});
	id_table_init(&joins->receives, &(struct id_table_options){.entry_size = sizeof(struct receive),
								   .limit = limit / 16 + 1,
								   .window_ns = WAITING_WINDOW_NS,
								   .drop = count_receive,
								   .context = joins});
	id_table_init(&joins->processed, &(struct id_table_options){.entry_size = sizeof(struct id_entry),
								    .limit = limit / 4 + 1,
								    .window_ns = WAITING_WINDOW_NS});
}

static void expire_all(struct joins *joins, uint64_t now_ns)
{
	/* Receive spans first: they look for their producers. */
	id_table_expire(&joins->receives, now_ns);
	id_table_expire(&joins->processed, now_ns);
	id_table_expire(&joins->consumers, now_ns);
	id_table_expire(&joins->carried, now_ns);
	id_table_expire(&joins->producers, now_ns);
}

void joins_expire(struct joins *joins, uint64_t now_ns)
{
	expire_all(joins, now_ns);
}

void joins_settle(struct joins *joins)
{
	expire_all(joins, UINT64_MAX);
}

void joins_release(struct joins *joins)
{
	joins_settle(joins);
	id_table_release(&joins->producers);
	id_table_release(&joins->carried);
	id_table_release(&joins->consumers);
	id_table_release(&joins->receives);
	id_table_release(&joins->processed);
}

uint64_t joins_pushed_out(const struct joins *joins)
{
	return joins->producers.pushed_out_count + joins->carried.pushed_out_count +
	       joins->consumers.pushed_out_count + joins->receives.pushed_out_count +
	       joins->processed.pushed_out_count;
}
