#include <stdlib.h>

#include "storage/columns/builder_internal.h"
#include "storage/columns/log_schema.h"

enum { LOGS = 0, BODIES = 1, TABLE_COUNT = 2 };
/* Smaller blocks are merged soon, and quickly searched until then. */
enum { LEAST_ROWS_WITH_WORDS = 16 };

static int compare_times(const void *a, const void *b)
{
	const struct log_record *x = *(const struct log_record *const *)a;
	const struct log_record *y = *(const struct log_record *const *)b;

	if (x->time_ns != y->time_ns)
		return x->time_ns > y->time_ns ? 1 : -1;
	return (x > y) - (x < y);
}

/* Senders write in order of time; then there is nothing to do. */
static void sort_logs(const struct log_record **logs, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (logs[i]->time_ns < logs[i - 1]->time_ns) {
			qsort(logs, count, sizeof(*logs), compare_times);
			return;
		}
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	static const uint8_t zeros[TRACE_ID_SIZE];

	return memcmp(bytes, zeros, size) == 0;
}

static void put_id(struct table_writer *table, uint8_t field, const uint8_t *id, size_t size)
{
	table_put_string(table, field, str_make(id, is_zero(id, size) ? 0 : size));
}

static void put_log(struct block_builder *builder, const struct log_record *record, uint64_t before_ns)
{
	struct table_writer *table = &builder->tables[LOGS];
	struct attribute body = {.key = {"", 0}, .value = record->body};
	struct attributes bodies = {&body, 1, 0};
	bool has_observed = record->observed_time_ns != 0;
	uint32_t code, shape;

	builder_note_row(builder, record);
	table_put_number(table, LOG_TIME_DELTA, record->time_ns - before_ns);
	table_put_number(table, LOG_HAS_OBSERVED, has_observed);
	table_put_number(table, LOG_OBSERVED,
			 has_observed ? zigzag_encode((int64_t)(record->observed_time_ns - record->time_ns))
				      : 0);
	table_put_number(table, LOG_SEVERITY, record->severity_number);
	table_put_number(table, LOG_FLAGS, record->flags);
	table_put_number(table, LOG_RESOURCE, origin_resource_code(&builder->origin, record->resource));
	code = origin_scope_code(&builder->origin, record->scope);
	table_put_number(table, LOG_SCOPE, code);
	put_id(table, LOG_TRACE_ID, record->trace_id, TRACE_ID_SIZE);
	put_id(table, LOG_SPAN_ID, record->span_id, SPAN_ID_SIZE);
	table_put_string(table, LOG_SEVERITY_TEXT, record->severity_text);
	table_put_string(table, LOG_EVENT_NAME, record->event_name);
	table_put_string(table, LOG_HANDLER, record->handler);
	/* Records of one logger have the same fields more often than not. */
	shape = attribute_writer_push(&table->attributes, &record->attributes, builder_hint(builder, code));
	builder_set_hint(builder, code, shape);
	attribute_writer_push(&builder->tables[BODIES].attributes, &bodies, 0);
	if (!is_zero(record->trace_id, TRACE_ID_SIZE))
		vector_u32_push(&builder->traces, header_trace_hash(record->trace_id));
}

static void add_text(void *context, struct str text)
{
	word_set_add_text(context, text);
}

/* The words of bodies that are no strings: those of the text that a search sees. */
static void add_structured_bodies(struct word_set *words, const struct log_record **logs, size_t count)
{
	struct buffer text = BUFFER_EMPTY;

	for (size_t i = 0; i < count; i++) {
		if (logs[i]->body.type == VALUE_STRING || logs[i]->body.type == VALUE_EMPTY)
			continue;
		buffer_clear(&text);
		value_to_text(&logs[i]->body, &text);
		words->failed |= buffer_failed(&text);
		word_set_add_text(words, buffer_str(&text));
	}
	buffer_release(&text);
}

/* Gathers the block's words; what is the same in many records is looked at once. A block without its words is
 * searched row by row: running out of memory here costs no more. */
static void note_words(struct block_builder *builder, const struct log_record **logs, size_t count,
		       struct block_header *header)
{
	struct word_set *words = &builder->words;

	word_set_clear(words);
	if (count < LEAST_ROWS_WITH_WORDS)
		return;
	attribute_writer_strings(&builder->tables[LOGS].attributes, add_text, words);
	attribute_writer_strings(&builder->tables[BODIES].attributes, add_text, words);
	add_structured_bodies(words, logs, count);
	header->word_parts = words->failed ? 0 : (uint8_t)word_set_parts(words);
}

enum status block_build_logs(struct block_builder *builder, const struct log_record **logs, size_t count,
			     struct buffer *body, struct block_header *header_out, struct error *error)
{
	static const uint8_t ids[TABLE_COUNT] = {TABLE_LOGS, TABLE_LOG_BODIES};
	struct table_writer *table = &builder->tables[LOGS];
	struct block_header header = {.signal = SIGNAL_LOGS, .row_count = count, .has_all_terms = true};

	sort_logs(logs, count);
	header.first_ns = logs[0]->time_ns;
	header.last_ns = logs[count - 1]->time_ns;
	table_put_number(table, LOG_FIRST_TIME, header.first_ns);
	for (size_t i = 0; i < count; i++) {
		enum log_record_level level = log_record_level(logs[i]);

		put_log(builder, logs[i], i ? logs[i - 1]->time_ns : logs[0]->time_ns);
		header.levels |= (uint32_t)1 << level;
		header.level_counts[level]++;
	}
	builder_add_services(builder, &header);
	builder_add_terms(builder, TERM_HANDLER, &table->strings[LOG_HANDLER - FIRST_STRINGS_FIELD], &header);
	note_words(builder, logs, count, &header);
	*header_out = header;
	return builder_seal(builder, ids, TABLE_COUNT, body, header_out, error);
}
