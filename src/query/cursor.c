#include "query/cursor.h"

#include "base/buffer.h"
#include "base/hash.h"

/* kind and version, check, then the fields of struct cursor: 8-byte little-endian numbers and the trace id.
 */
enum {
	AT_CHECK = 1,
	AT_NUMBERS = 9,
	NUMBER_COUNT = 6,
	AT_TRACE_ID = AT_NUMBERS + 8 * NUMBER_COUNT,
	CURSOR_BYTES = AT_TRACE_ID + TRACE_ID_SIZE,
};
_Static_assert(CURSOR_TEXT_SIZE > (CURSOR_BYTES + 2) / 3 * 4, "a cursor's text has room");

/* Raised when the layout changes, so that an old cursor is told apart. */
enum { CURSOR_VERSION = 1 };

static void number_put(uint8_t *at, uint64_t number)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t number_get(const uint8_t *at)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number |= (uint64_t)at[i] << (8 * i);
	return number;
}

static uint64_t bytes_check(const uint8_t bytes[CURSOR_BYTES])
{
	return hash_seeded(bytes + AT_NUMBERS, CURSOR_BYTES - AT_NUMBERS, bytes[0]);
}

void cursor_encode(enum cursor_kind kind, const struct cursor *cursor, char text_out[CURSOR_TEXT_SIZE])
{
	const uint64_t numbers[NUMBER_COUNT] = {cursor->range.start_ns, cursor->range.end_ns,
						cursor->filter_hash,    cursor->snapshot,
						cursor->position_ns,    cursor->skip};
	uint8_t bytes[CURSOR_BYTES];
	size_t size = base64_encoded_size(CURSOR_BYTES);

	bytes[0] = (uint8_t)(CURSOR_VERSION << 4 | kind);
	for (int i = 0; i < NUMBER_COUNT; i++)
		number_put(bytes + AT_NUMBERS + 8 * i, numbers[i]);
	memcpy(bytes + AT_TRACE_ID, cursor->trace_id, TRACE_ID_SIZE);
	number_put(bytes + AT_CHECK, bytes_check(bytes));

	base64_encode(bytes, CURSOR_BYTES, text_out);
	while (size && text_out[size - 1] == '=')
		size--;
	text_out[size] = '\0';
	for (size_t i = 0; i < size; i++)
		text_out[i] = text_out[i] == '+' ? '-' : text_out[i] == '/' ? '_' : text_out[i];
}

enum status cursor_decode(enum cursor_kind kind, struct str text, uint64_t filter_hash,
			  struct cursor *cursor_out, struct error *error)
{
	uint8_t bytes[CURSOR_TEXT_SIZE];
	const uint8_t *numbers = bytes + AT_NUMBERS;
	size_t size;

	if (text.size >= CURSOR_TEXT_SIZE || !base64_decode(text, bytes, &size) || size != CURSOR_BYTES ||
	    number_get(bytes + AT_CHECK) != bytes_check(bytes) || bytes[0] != (CURSOR_VERSION << 4 | kind))
		return error_set(error, STATUS_INVALID,
				 "the cursor is not one that this list gave; leave it out to begin again");
	if (number_get(numbers + 16) != filter_hash)
		return error_set(error, STATUS_INVALID,
				 "the cursor belongs to other filters; keep them, or leave the cursor out to "
				 "begin again");
	*cursor_out = (struct cursor){
		.range = {number_get(numbers), number_get(numbers + 8)},
		.filter_hash = filter_hash,
		.snapshot = number_get(numbers + 24),
		.position_ns = number_get(numbers + 32),
		.skip = number_get(numbers + 40),
	};
	memcpy(cursor_out->trace_id, bytes + AT_TRACE_ID, TRACE_ID_SIZE);
	return STATUS_OK;
}

/* Each part with its size in front, so that two filters never flow into the same bytes. */
static void part(struct buffer *parts, struct str s)
{
	buffer_append(parts, &s.size, sizeof(s.size));
	buffer_append_str(parts, s);
}

static void part_number(struct buffer *parts, uint64_t number)
{
	buffer_append(parts, &number, sizeof(number));
}

static uint64_t parts_hash(struct buffer *parts)
{
	uint64_t hash = hash_bytes(parts->data, parts->size);

	buffer_release(parts);
	return hash;
}

uint64_t span_filter_hash(const struct span_filter *filter)
{
	struct buffer parts = BUFFER_EMPTY;

	part(&parts, filter->handler);
	part(&parts, filter->language);
	part(&parts, filter->service);
	part(&parts, filter->operation);
	part_number(&parts, filter->handler_type);
	part_number(&parts, filter->outcome);
	part_number(&parts, filter->min_duration_ns);
	part_number(&parts, filter->max_duration_ns);
	for (size_t i = 0; i < filter->tag_count; i++) {
		part(&parts, filter->tags[i].key);
		part(&parts, filter->tags[i].value);
	}
	part(&parts, str_make(filter->trace_id, filter->trace_id ? TRACE_ID_SIZE : 0));
	predicate_describe(filter->predicate, &parts);
	return parts_hash(&parts);
}

uint64_t log_filter_hash(const struct log_filter *filter, const struct predicate *beside)
{
	struct buffer parts = BUFFER_EMPTY;

	part(&parts, filter->handler);
	part(&parts, filter->service);
	part_number(&parts, filter->lowest_level);
	part(&parts, str_make(filter->trace_id, filter->trace_id ? TRACE_ID_SIZE : 0));
	part(&parts, str_make(filter->span_id, filter->span_id ? SPAN_ID_SIZE : 0));
	for (size_t i = 0; i < filter->term_count; i++)
		part(&parts, filter->terms[i]);
	predicate_describe(filter->predicate, &parts);
	part_number(&parts, beside != NULL);
	predicate_describe(beside, &parts);
	return parts_hash(&parts);
}
