#include "processor/ancestors.h"

#include "base/clock.h"
#include "model/error_group.h"

#define WINDOW_NS (30 * NS_PER_SECOND)

/* How far up: parents may form a ring. And how often a batch is gone through: mostly once, since children end
 * first. */
enum { STEPS_MOST = 100, PASSES_MOST = 16 };

struct climber {
	struct id_entry entry;
	struct series_key key; /* owned once the batch is gone */
	uint64_t count;
	struct example example; /* the span that it began at */
	uint8_t steps;
	bool is_error, is_owned, moved;
};

static const struct handler nobody;

static struct climber *climber_of(struct id_entry *entry)
{
	return (struct climber *)(void *)entry;
}

static void finish(struct ancestors *ancestors, struct climber *climber, const struct handler *handler,
		   uint64_t now_ns)
{
	struct series_key key = climber->key;

	key.texts[1] = handler->name;
	if (climber->is_error) {
		key.type = handler->type;
		if (!key.texts[2].size)
			key.texts[2] = handler->language;
		counters_add_error(ancestors->counters, &key, &climber->example, now_ns);
	} else {
		tally_table_add(&ancestors->counters->publishers, &key, series_key_hash(&key), climber->count,
				NULL, climber->example.time_ns, now_ns);
	}
	if (climber->is_owned)
		series_key_release(&climber->key);
}

static void give_up(void *context, struct id_entry *entry)
{
	finish(context, climber_of(entry), &nobody, entry->since_ns + WINDOW_NS);
}

void ancestors_init(struct ancestors *ancestors, struct counters *counters, size_t limit)
{
	*ancestors = (struct ancestors){.counters = counters};
	id_table_init(&ancestors->climbers, &(struct id_table_options){.entry_size = sizeof(struct climber),
								       .limit = limit / 4 + 1,
								       .window_ns = WINDOW_NS,
								       .drop = give_up,
								       .context = ancestors});
}

static bool says_the_same(const struct climber *a, const struct climber *b)
{
	return a->is_error == b->is_error && a->key.group == b->key.group &&
	       str_equal(a->key.texts[0], b->key.texts[0]) && str_equal(a->key.texts[2], b->key.texts[2]);
}

/* A handler may publish thousands of events: those of one name climb together. Errors of one group are one. */
static bool join_another(struct ancestors *ancestors, struct climber *climber, const struct span *span)
{
	struct climber *other;
	struct id_entry *entry = id_table_find(&ancestors->climbers, span->trace_id, span->parent_span_id);

	while (entry && !says_the_same(climber_of(entry), climber))
		entry = id_table_find_next(&ancestors->climbers, entry);
	if (!entry)
		return false;
	other = climber_of(entry);
	other->count += climber->count;
	ancestors->moved_count += climber->moved && !other->moved;
	other->moved = other->moved || climber->moved;
	if (climber->is_owned)
		series_key_release(&climber->key);
	return true;
}

/* Waits for the span's parent. False where it has none, or there is no memory. */
static bool wait_for_parent(struct ancestors *ancestors, struct climber *climber, const struct span *span,
			    uint64_t now_ns)
{
	struct id_entry *entry;
	struct climber *added;

	if (span_is_root(span))
		return false;
	if (join_another(ancestors, climber, span))
		return true;
	entry = id_table_add(&ancestors->climbers, span->trace_id, span->parent_span_id, now_ns);
	if (!entry)
		return false;
	added = climber_of(entry);
	memcpy((char *)added + sizeof(added->entry), (const char *)climber + sizeof(climber->entry),
	       sizeof(*climber) - sizeof(climber->entry));
	ancestors->added_count++;
	ancestors->moved_count += climber->moved;
	return true;
}

static void begin(struct ancestors *ancestors, const struct span *span, struct climber *climber,
		  uint64_t now_ns)
{
	climber->example = example_of(span);
	if (!wait_for_parent(ancestors, climber, span, now_ns))
		finish(ancestors, climber, &nobody, now_ns);
}

void ancestors_note_published(struct ancestors *ancestors, const struct span *span, uint64_t now_ns)
{
	struct climber climber = {
		.key.texts = {span->handler.event, {NULL, 0}, span->handler.language},
		.count = span->handler.messages,
	};

	begin(ancestors, span, &climber, now_ns);
}

void ancestors_note_errors(struct ancestors *ancestors, const struct span *span, uint64_t now_ns)
{
	struct climber climber = {.is_error = true};
	struct error_group group;

	if (span->handler.role == ROLE_EXECUTION) {
		ancestors->has_failures = true; /* it is looked at once its children are */
		return;
	}
	if (!error_group_of_exception(span, &group))
		return;
	climber.key = error_key(&group, &span->handler);
	begin(ancestors, span, &climber, now_ns);
}

/* Whether the error is the first of its group in that execution. */
static bool is_new_error(struct ancestors *ancestors, size_t execution, uint64_t group)
{
	for (size_t i = 0; i < ancestors->error_count; i++)
		if (ancestors->errors[i].execution == execution && ancestors->errors[i].group == group)
			return false;
	if (ancestors->error_count < COUNTED_ERRORS_MOST)
		ancestors->errors[ancestors->error_count++] = (struct counted_error){execution, group};
	return true;
}

static bool has_error(const struct ancestors *ancestors, size_t execution)
{
	for (size_t i = 0; i < ancestors->error_count; i++)
		if (ancestors->errors[i].execution == execution)
			return true;
	return false;
}

/* Found the execution that it happened in. */
static void arrive(struct ancestors *ancestors, struct climber *climber, const struct batch *batch,
		   size_t index, uint64_t now_ns)
{
	if (climber->is_error && !is_new_error(ancestors, index, climber->key.group)) {
		if (climber->is_owned)
			series_key_release(&climber->key);
		return;
	}
	finish(ancestors, climber, &batch->spans[index].handler, now_ns);
}

/* Waits for the parent of the span that it has reached. */
static void move_up(struct ancestors *ancestors, struct climber *climber, const struct span *span,
		    uint64_t now_ns)
{
	climber->moved = true;
	if (++climber->steps > STEPS_MOST || !wait_for_parent(ancestors, climber, span, now_ns))
		finish(ancestors, climber, &nobody, now_ns);
}

static void meet(struct ancestors *ancestors, const struct batch *batch, size_t index, uint64_t now_ns)
{
	const struct span *span = &batch->spans[index];
	struct id_entry *entry;

	while ((entry = id_table_find(&ancestors->climbers, span->trace_id, span->span_id))) {
		struct climber climber = *climber_of(entry);

		id_table_remove(&ancestors->climbers, entry);
		ancestors->moved_count -= climber.moved;
		climber.moved = false;
		if (span->handler.role == ROLE_EXECUTION)
			arrive(ancestors, &climber, batch, index, now_ns);
		else
			move_up(ancestors, &climber, span, now_ns);
	}
}

static void count_failures(struct ancestors *ancestors, const struct batch *batch, uint64_t now_ns)
{
	for (size_t i = 0; i < batch->span_count + batch->unsampled_count; i++) {
		const struct span *span = &batch->spans[i];
		bool is_failure = span->handler.outcome == OUTCOME_ERROR;
		struct climber climber = {.is_error = true, .example = example_of(span)};
		struct error_group group;

		if (span->handler.role != ROLE_EXECUTION || span->handler.outcome > OUTCOME_ERROR ||
		    !(span->event_count || is_failure))
			continue;
		if (!error_group_of_exception(span, &group)) {
			if (!is_failure || has_error(ancestors, i))
				continue;
			error_group_of_failure(span, &group);
		}
		climber.key = error_key(&group, &span->handler);
		arrive(ancestors, &climber, batch, i, now_ns);
	}
}

/* The batch goes: what still waits keeps copies of its names. What this batch added stands at the end. */
static void take_over(struct ancestors *ancestors)
{
	struct id_table *table = &ancestors->climbers;
	uint64_t number = table->next;

	for (; ancestors->added_count && number != table->first; ancestors->added_count--) {
		struct id_entry *entry = id_table_at(table, --number);
		struct climber *climber = climber_of(entry);

		if (!entry)
			continue;
		climber->moved = false;
		if (climber->is_owned)
			continue;
		climber->is_owned = series_key_copy(&climber->key);
		if (!climber->is_owned)
			id_table_remove(table, entry);
	}
}

void ancestors_climb(struct ancestors *ancestors, const struct batch *batch, uint64_t now_ns)
{
	int passes = 0;

	do {
		for (size_t i = 0;
		     i < batch->span_count + batch->unsampled_count && ancestors->climbers.live_count; i++)
			meet(ancestors, batch, i, now_ns);
	} while (ancestors->moved_count && ++passes < PASSES_MOST);
	if (ancestors->has_failures)
		count_failures(ancestors, batch, now_ns);
	take_over(ancestors);
	ancestors->has_failures = false;
	ancestors->error_count = ancestors->moved_count = ancestors->added_count = 0;
}

void ancestors_expire(struct ancestors *ancestors, uint64_t now_ns)
{
	id_table_expire(&ancestors->climbers, now_ns);
}

void ancestors_settle(struct ancestors *ancestors)
{
	id_table_expire(&ancestors->climbers, UINT64_MAX);
}

void ancestors_release(struct ancestors *ancestors)
{
	ancestors_settle(ancestors);
	id_table_release(&ancestors->climbers);
}
