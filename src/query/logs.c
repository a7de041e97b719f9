#include "query/logs.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "query/insides.h"
#include "query/trace.h"

/* How many records a search by handler, and another walk, takes from the store at a time. */
enum { SCAN_RECORDS = 1000, WALK_RECORDS = 20000 };

/* The state of one walk over the records of a search. */
struct walk {
	struct query *query;
	const struct log_filter *filter; /* as the store is asked: without the handler */
	struct str handler;              /* empty: any */
	const struct predicate *handled; /* NULL: nothing */
	struct log_page page;
	size_t examined, traces;
	uint64_t tired_ns; /* clock_monotonic_ns when it has looked long enough */
	uint8_t last_trace_id[TRACE_ID_SIZE];
	bool ended; /* the store has no more */
};

static bool id_is_empty(const uint8_t *id, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (id[i])
			return false;
	return true;
}

enum status log_find_handler(struct query *query, const struct log_record *record, struct arena *arena,
			     struct str *handler_out, struct error *error)
{
	struct str handler = record->handler;
	const struct trace *trace = NULL;
	const struct span *execution;
	enum status status;

	if (handler.size == 0 && !id_is_empty(record->span_id, SPAN_ID_SIZE) &&
	    !id_is_empty(record->trace_id, TRACE_ID_SIZE)) {
		status = trace_get(query, record->trace_id, &trace, error);
		if (status != STATUS_OK && status != STATUS_NOT_FOUND && status != STATUS_TOO_LARGE &&
		    status != STATUS_UNSUPPORTED)
			return status;
		execution = trace ? trace_find_execution(trace, record->span_id) : NULL;
		if (execution)
			handler = execution->handler.name;
	}
	handler = arena_copy(arena, handler);
	trace_drop(trace);
	if (!handler.data)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a page of logs");
	*handler_out = handler;
	return STATUS_OK;
}

/* Moves the page's position past a record. */
static void pass(struct walk *walk, const struct log_record *record)
{
	if (walk->page.has_before && walk->page.before_ns == record->time_ns) {
		walk->page.skip++;
	} else {
		walk->page.has_before = true;
		walk->page.before_ns = record->time_ns;
		walk->page.skip = 1;
	}
	walk->examined++;
	if (memcmp(walk->last_trace_id, record->trace_id, TRACE_ID_SIZE) != 0) {
		memcpy(walk->last_trace_id, record->trace_id, TRACE_ID_SIZE);
		walk->traces++;
	}
}

/* Asks the store for one more than is wanted, to know whether there are more. */
static enum status read_page(struct walk *walk, size_t wanted, struct batch *batch_out, struct error *error)
{
	uint64_t snapshot = walk->page.snapshot;
	enum status status;

	walk->page.limit = wanted + 1;
	status = store_find_logs(walk->query->store, walk->filter, &walk->page, batch_out, &snapshot, error);
	if (status == STATUS_NO_MEMORY)
		return error_set(error, STATUS_TOO_LARGE,
				 "the records of this page take more than %zu MB; ask for fewer with limit",
				 PAGE_LIMIT_BYTES >> 20);
	if (status != STATUS_OK)
		return status;
	walk->page.snapshot = snapshot;
	walk->ended = batch_out->log_count <= wanted;
	if (!walk->ended)
		batch_out->log_count = wanted;
	return STATUS_OK;
}

static enum status list_any(struct walk *walk, size_t limit, struct batch *batch, struct error *error)
{
	enum status status = read_page(walk, limit, batch, error);

	for (size_t i = 0; status == STATUS_OK && i < batch->log_count; i++) {
		struct log_record *record = &batch->logs[i];

		pass(walk, record);
		status = log_find_handler(walk->query, record, &batch->arena, &record->handler, error);
	}
	return status;
}

static bool is_handled(const struct walk *walk, const struct log_record *record, struct str handler)
{
	struct log_record handled = *record;

	handled.handler = handler;
	return (walk->handler.size == 0 || str_equal(handler, walk->handler)) &&
	       (!walk->handled || predicate_match_log(walk->handled, &handled));
}

/* Copies the record where it resolves to the wanted handler. */
static enum status take_where_handled(struct walk *walk, const struct log_record *record, struct batch *batch,
				      struct error *error)
{
	struct log_record *copy;
	struct str handler;
	enum status status = log_find_handler(walk->query, record, &batch->arena, &handler, error);

	if (status != STATUS_OK || !is_handled(walk, record, handler))
		return status;
	copy = batch_copy_log(batch, record);
	if (!copy)
		return error_set(error, STATUS_TOO_LARGE,
				 "the records of this page take more than %zu MB; ask for fewer with limit",
				 PAGE_LIMIT_BYTES >> 20);
	copy->handler = handler;
	return STATUS_OK;
}

static bool is_tired(const struct walk *walk)
{
	return walk->examined >= LOG_LIST_EXAMINED_MOST || walk->traces >= LOG_LIST_TRACES_MOST ||
	       (walk->examined && clock_monotonic_ns() > walk->tired_ns);
}

static enum status list_handled(struct walk *walk, size_t limit, struct batch *batch, struct error *error)
{
	struct batch scan;
	enum status status = STATUS_OK;

	batch_init(&scan, PAGE_LIMIT_BYTES);
	while (status == STATUS_OK && !walk->ended && batch->log_count < limit && !is_tired(walk)) {
		batch_clear(&scan);
		status = read_page(walk, SCAN_RECORDS, &scan, error);
		for (size_t i = 0; status == STATUS_OK && i < scan.log_count; i++) {
			if (batch->log_count == limit || is_tired(walk)) {
				walk->ended = false;
				break;
			}
			pass(walk, &scan.logs[i]);
			status = take_where_handled(walk, &scan.logs[i], batch, error);
		}
	}
	batch_release(&scan);
	return status;
}

static enum status walk_start(struct walk *walk, struct log_filter *filter, uint64_t filter_hash,
			      struct str cursor_text, struct error *error)
{
	struct cursor cursor;
	enum status status;

	if (cursor_text.size == 0)
		return STATUS_OK;
	status = cursor_decode(CURSOR_LOGS, cursor_text, filter_hash, &cursor, error);
	if (status != STATUS_OK)
		return status;
	filter->range = cursor.range;
	walk->page.has_before = true;
	walk->page.before_ns = cursor.position_ns;
	walk->page.skip = (size_t)cursor.skip;
	walk->page.snapshot = cursor.snapshot;
	return STATUS_OK;
}

static void write_cursor(const struct walk *walk, uint64_t filter_hash, char text_out[CURSOR_TEXT_SIZE])
{
	struct cursor cursor = {
		.range = walk->filter->range,
		.filter_hash = filter_hash,
		.snapshot = walk->page.snapshot,
		.position_ns = walk->page.before_ns,
		.skip = walk->page.skip,
	};

	cursor_encode(CURSOR_LOGS, &cursor, text_out);
}

enum status log_list(struct query *query, const struct log_query *question, struct log_list *list_out,
		     struct error *error)
{
	uint64_t filter_hash = log_filter_hash(&question->filter, question->handled);
	struct log_filter filter = question->filter;
	struct walk walk = {.query = query,
			    .filter = &filter,
			    .handler = question->filter.handler,
			    .handled = question->handled,
			    .tired_ns = clock_monotonic_ns() + LOG_LIST_MS * NS_PER_MS};
	struct log_list list = {0};
	enum status status = walk_start(&walk, &filter, filter_hash, question->cursor, error);

	if (status != STATUS_OK)
		return status;
	filter.handler = str_make("", 0);
	batch_init(&list.batch, PAGE_LIMIT_BYTES);
	status = walk.handler.size || walk.handled ? list_handled(&walk, question->limit, &list.batch, error)
						   : list_any(&walk, question->limit, &list.batch, error);
	if (status != STATUS_OK) {
		log_list_release(&list);
		return status;
	}
	if (!walk.ended)
		write_cursor(&walk, filter_hash, list.next_cursor);
	*list_out = list;
	return STATUS_OK;
}

enum status log_walk(struct query *query, const struct log_query *which, bool wants_handlers, size_t most,
		     log_record_visit *visit, void *context, size_t *examined_out, bool *is_complete_out,
		     struct error *error)
{
	struct log_filter asked = which->filter;
	struct walk walk = {.query = query,
			    .filter = &asked,
			    .handler = which->filter.handler,
			    .handled = which->handled,
			    .tired_ns = clock_monotonic_ns() + LOG_LIST_MS * NS_PER_MS};
	bool looks = walk.handler.size || walk.handled, resolves = wants_handlers || looks;
	size_t visited = 0;
	struct batch scan;
	enum status status = STATUS_OK;

	asked.handler = str_make("", 0);
	batch_init(&scan, PAGE_LIMIT_BYTES);
	while (status == STATUS_OK && !walk.ended && visited < most && !(resolves && is_tired(&walk))) {
		size_t left = most - visited, page = resolves ? SCAN_RECORDS : WALK_RECORDS;

		batch_clear(&scan);
		status = read_page(&walk, !resolves && left < page ? left : page, &scan, error);
		for (size_t i = 0; status == STATUS_OK && i < scan.log_count; i++) {
			struct log_record *record = &scan.logs[i];

			if (visited == most || (resolves && is_tired(&walk))) {
				walk.ended = false;
				break;
			}
			pass(&walk, record);
			if (resolves)
				status =
					log_find_handler(query, record, &scan.arena, &record->handler, error);
			if (status != STATUS_OK || (looks && !is_handled(&walk, record, record->handler)))
				continue;
			visited++;
			status = visit(context, record, error);
		}
	}
	batch_release(&scan);
	*examined_out = walk.examined;
	*is_complete_out = walk.ended;
	return status;
}

/* ---- ids ---- */

static uint64_t mix(uint64_t hash, struct str s)
{
	return hash_seeded(s.data, s.size, hash + s.size);
}

static uint64_t mix_attributes(uint64_t hash, const struct attributes *attributes, struct buffer *scratch)
{
	for (uint32_t i = 0; i < attributes->count; i++) {
		buffer_clear(scratch);
		value_to_text(&attributes->items[i].value, scratch);
		hash = mix(mix(hash, attributes->items[i].key), buffer_str(scratch));
	}
	return hash;
}

struct log_id log_id_of(const struct log_record *record)
{
	struct buffer scratch = BUFFER_EMPTY;
	uint64_t hash = record->severity_number;

	value_to_text(&record->body, &scratch);
	hash = mix(hash, buffer_str(&scratch));
	hash = mix(hash, record->severity_text);
	hash = mix(hash, record->event_name);
	hash = mix(hash, str_make(record->trace_id, TRACE_ID_SIZE));
	hash = mix(hash, str_make(record->span_id, SPAN_ID_SIZE));
	hash = mix(hash, record->scope->name);
	hash = mix_attributes(hash, &record->attributes, &scratch);
	hash = mix_attributes(hash, &record->resource->attributes, &scratch);
	buffer_release(&scratch);
	return (struct log_id){record->time_ns, hash};
}

void log_id_write(struct log_id id, char text_out[LOG_ID_TEXT_SIZE])
{
	snprintf(text_out, LOG_ID_TEXT_SIZE, "%016llx%016llx", (unsigned long long)id.time_ns,
		 (unsigned long long)id.hash);
}

bool log_id_parse(struct str text, struct log_id *id_out)
{
	uint8_t bytes[16];
	uint64_t numbers[2] = {0};

	if (!hex_decode(text, bytes, sizeof(bytes)))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		numbers[i / 8] = numbers[i / 8] << 8 | bytes[i];
	*id_out = (struct log_id){numbers[0], numbers[1]};
	return true;
}

void log_list_release(struct log_list *list)
{
	batch_release(&list->batch);
}
