#include "storage/columns/header.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/protobuf.h"

/* The header is a protobuf message of our own: it may gain fields without a new format. */
enum {
	FIELD_SEQUENCE = 1,
	FIELD_FIRST_NS = 2,
	FIELD_LAST_NS = 3,
	FIELD_MIN_DURATION_NS = 4,
	FIELD_MAX_DURATION_NS = 5,
	FIELD_ROW_COUNT = 6,
	FIELD_BODY_SIZE = 7,
	FIELD_OUTCOMES = 8,
	FIELD_HANDLER_TYPES = 9,
	FIELD_LEVELS = 10,
	FIELD_SIGNAL = 11,
	FIELD_LEVEL = 12,
	FIELD_HAS_ALL_TERMS = 13,
	FIELD_TRACES = 14, /* the sorted hashes, four bytes each, little-endian */
	FIELD_TERMS = 15,
	FIELD_FIRST_SEQUENCE = 16, /* absent: the block's own sequence */
	FIELD_LAST_SEQUENCE = 17,
	FIELD_STEP_NS = 18,
	FIELD_WORD_PARTS = 19,   /* absent: none */
	FIELD_LEVEL_COUNTS = 20, /* packed varints, one a level; absent: not known */
};

uint32_t header_trace_hash(const uint8_t trace_id[TRACE_ID_SIZE])
{
	return (uint32_t)hash_bytes(trace_id, TRACE_ID_SIZE);
}

uint32_t header_term_hash(enum term_kind kind, struct str term)
{
	return (uint32_t)hash_seeded(term.data, term.size, (uint64_t)kind);
}

static int compare_hashes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

size_t header_sort_hashes(uint32_t *hashes, size_t count)
{
	size_t distinct = 0;

	if (count == 0)
		return 0;
	qsort(hashes, count, sizeof(*hashes), compare_hashes);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || hashes[i] != hashes[distinct - 1])
			hashes[distinct++] = hashes[i];
	return distinct;
}

static void put_level_counts(const struct block_header *header, struct buffer *out)
{
	struct buffer counts = BUFFER_EMPTY;
	uint64_t total = 0;

	for (size_t i = 0; i < LEVEL_COUNT; i++) {
		total += header->level_counts[i];
		protobuf_put_varint(&counts, header->level_counts[i]);
	}
	if (total)
		protobuf_put_bytes(out, FIELD_LEVEL_COUNTS, buffer_str(&counts));
	out->failed |= buffer_failed(&counts);
	buffer_release(&counts);
}

void header_encode(const struct block_header *header, struct buffer *out)
{
	protobuf_put_uint(out, FIELD_SEQUENCE, header->sequence);
	protobuf_put_uint(out, FIELD_FIRST_NS, header->first_ns);
	protobuf_put_uint(out, FIELD_LAST_NS, header->last_ns);
	protobuf_put_uint(out, FIELD_MIN_DURATION_NS, header->min_duration_ns);
	protobuf_put_uint(out, FIELD_MAX_DURATION_NS, header->max_duration_ns);
	protobuf_put_uint(out, FIELD_ROW_COUNT, header->row_count);
	protobuf_put_uint(out, FIELD_BODY_SIZE, header->body_size);
	protobuf_put_uint(out, FIELD_OUTCOMES, header->outcomes);
	protobuf_put_uint(out, FIELD_HANDLER_TYPES, header->handler_types);
	protobuf_put_uint(out, FIELD_LEVELS, header->levels);
	protobuf_put_uint(out, FIELD_SIGNAL, header->signal);
	protobuf_put_uint(out, FIELD_LEVEL, header->level);
	protobuf_put_uint(out, FIELD_HAS_ALL_TERMS, header->has_all_terms);
	if (header->first_sequence != header->sequence || header->last_sequence != header->sequence) {
		protobuf_put_uint(out, FIELD_FIRST_SEQUENCE, header->first_sequence);
		protobuf_put_uint(out, FIELD_LAST_SEQUENCE, header->last_sequence);
	}
	protobuf_put_uint(out, FIELD_STEP_NS, header->step_ns);
	if (header->word_parts)
		protobuf_put_uint(out, FIELD_WORD_PARTS, header->word_parts);
	put_level_counts(header, out);
	protobuf_put_bytes(out, FIELD_TRACES, str_make(header->traces, header->trace_count * 4));
	protobuf_put_bytes(out, FIELD_TERMS, str_make(header->terms, header->term_count * 4));
}

static bool copy_hashes(struct arena *arena, struct str bytes, const uint32_t **hashes_out, size_t *count_out)
{
	uint32_t *hashes = arena_alloc(arena, bytes.size);

	if (!hashes)
		return false;
	if (bytes.size)
		memcpy(hashes, bytes.data, bytes.size);
	*hashes_out = hashes;
	*count_out = bytes.size / 4;
	return true;
}

static void set_number(struct block_header *header, const struct protobuf_field *field)
{
	switch (field->number) {
	case FIELD_SEQUENCE: header->sequence = field->integer; break;
	case FIELD_FIRST_SEQUENCE: header->first_sequence = field->integer; break;
	case FIELD_LAST_SEQUENCE: header->last_sequence = field->integer; break;
	case FIELD_STEP_NS: header->step_ns = field->integer; break;
	case FIELD_FIRST_NS: header->first_ns = field->integer; break;
	case FIELD_LAST_NS: header->last_ns = field->integer; break;
	case FIELD_MIN_DURATION_NS: header->min_duration_ns = field->integer; break;
	case FIELD_MAX_DURATION_NS: header->max_duration_ns = field->integer; break;
	case FIELD_ROW_COUNT: header->row_count = field->integer; break;
	case FIELD_BODY_SIZE: header->body_size = field->integer; break;
	case FIELD_OUTCOMES: header->outcomes = (uint32_t)field->integer; break;
	case FIELD_HANDLER_TYPES: header->handler_types = (uint32_t)field->integer; break;
	case FIELD_LEVELS: header->levels = (uint32_t)field->integer; break;
	case FIELD_SIGNAL: header->signal = (uint8_t)field->integer; break;
	case FIELD_LEVEL: header->level = (uint8_t)field->integer; break;
	case FIELD_HAS_ALL_TERMS: header->has_all_terms = field->integer != 0; break;
	case FIELD_WORD_PARTS:
		header->word_parts = field->integer < UINT8_MAX ? (uint8_t)field->integer : UINT8_MAX;
		break;
	default: break;
	}
}

/* Counts that do not add up are as good as none. */
static void read_level_counts(struct block_header *header, struct str bytes)
{
	const uint8_t *at = (const uint8_t *)bytes.data, *end = at + bytes.size;
	uint32_t counts[LEVEL_COUNT];
	uint64_t count, total = 0;

	for (size_t i = 0; i < LEVEL_COUNT; i++) {
		if (!protobuf_varint(&at, end, &count) || count > header->row_count)
			return;
		counts[i] = (uint32_t)count;
		total += count;
	}
	if (at == end && total == header->row_count)
		memcpy(header->level_counts, counts, sizeof(counts));
}

static bool is_hashes(const struct protobuf_field *field)
{
	return field->wire == PROTOBUF_LEN && (field->number == FIELD_TRACES || field->number == FIELD_TERMS);
}

enum status header_decode(struct str bytes, struct arena *arena, struct block_header *header_out,
			  struct error *error)
{
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field;
	struct block_header header = {0};
	struct str level_counts = str_make("", 0);
	bool has_memory = true, is_whole = true;

	while (protobuf_next(&reader, &field)) {
		if (field.wire == PROTOBUF_VARINT)
			set_number(&header, &field);
		else if (field.wire == PROTOBUF_LEN && field.number == FIELD_TRACES)
			has_memory &= copy_hashes(arena, field.bytes, &header.traces, &header.trace_count);
		else if (field.wire == PROTOBUF_LEN && field.number == FIELD_TERMS)
			has_memory &= copy_hashes(arena, field.bytes, &header.terms, &header.term_count);
		else if (field.wire == PROTOBUF_LEN && field.number == FIELD_LEVEL_COUNTS)
			level_counts = field.bytes;
		is_whole &= !is_hashes(&field) || field.bytes.size % 4 == 0;
	}
	if (!has_memory)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a block's header");
	if (reader.failed || !is_whole || header.row_count == 0 || header.signal >= SIGNAL_COUNT ||
	    header.word_parts > HEADER_MOST_WORD_PARTS || (header.word_parts & (header.word_parts - 1)))
		return error_set(error, STATUS_CORRUPT, "a block's header is damaged");
	read_level_counts(&header, level_counts);
	if (header.last_sequence == 0)
		header.first_sequence = header.last_sequence = header.sequence;
	*header_out = header;
	return STATUS_OK;
}

static bool has_hash(const uint32_t *hashes, size_t count, uint32_t hash)
{
	size_t low = 0;

	while (count > 0) {
		size_t half = count / 2;

		if (hashes[low + half] < hash) {
			low += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return hashes[low] == hash;
}

bool header_may_hold_trace(const struct block_header *header, uint32_t trace_hash)
{
	return header->trace_count && trace_hash >= header->traces[0] &&
	       trace_hash <= header->traces[header->trace_count - 1] &&
	       has_hash(header->traces, header->trace_count, trace_hash);
}

static bool may_hold_term(const struct block_header *header, enum term_kind kind, struct str term)
{
	uint32_t hash;

	if (term.size == 0 || !header->has_all_terms)
		return true;
	hash = header_term_hash(kind, term);
	return header->term_count && hash <= header->terms[header->term_count - 1] &&
	       has_hash(header->terms, header->term_count, hash);
}

static bool may_hold_time(const struct block_header *header, struct time_range range)
{
	return header->last_ns >= range.start_ns && header->first_ns < range.end_ns;
}

/* What lies between two numbers, both included, some of which are in the block. Where a leaf has an order, one of the
 * ends meets it if anything does. */
static bool may_hold_number(const struct predicate *leaf, uint64_t least, uint64_t most)
{
	if (leaf->operator!= OPERATOR_EQUAL)
		return predicate_test_number(leaf, least) || predicate_test_number(leaf, most);
	for (size_t i = 0; i < leaf->operand_count; i++)
		if (leaf->operands[i].number >= least && leaf->operands[i].number <= most)
			return true;
	return leaf->is_negated;
}

static bool may_hold_level(const struct block_header *header, const struct predicate *leaf)
{
	for (uint64_t level = 0; level < LEVEL_COUNT; level++)
		if ((header->levels >> level & 1) && predicate_test_number(leaf, level))
			return true;
	return false;
}

static bool may_hold_bit(uint32_t bits, const struct predicate *leaf, const char *(*name_of)(uint8_t))
{
	for (uint8_t bit = 0; bit < 32; bit++)
		if ((bits >> bit & 1) && predicate_test_text(leaf, str_from(name_of(bit))))
			return true;
	return false;
}

static bool may_hold_one(const struct block_header *header, enum term_kind kind, const struct predicate *leaf)
{
	for (size_t i = 0; i < leaf->operand_count; i++)
		if (leaf->operands[i].text.size && may_hold_term(header, kind, leaf->operands[i].text))
			return true;
	return false;
}

static bool may_hold_one_trace(const struct block_header *header, const struct predicate *leaf)
{
	uint8_t id[TRACE_ID_SIZE];

	for (size_t i = 0; i < leaf->operand_count; i++)
		if (!hex_decode(leaf->operands[i].text, id, TRACE_ID_SIZE) ||
		    header_may_hold_trace(header, header_trace_hash(id)))
			return true;
	return false;
}

static bool may_hold_leaf(const struct block_header *header, const struct predicate *leaf)
{
	bool is_equality = leaf->operator== OPERATOR_EQUAL && !leaf->is_negated;

	switch (leaf->field) {
	case ROW_TIME: return may_hold_number(leaf, header->first_ns, header->last_ns);
	case ROW_DURATION: return may_hold_number(leaf, header->min_duration_ns, header->max_duration_ns);
	case ROW_LEVEL: return may_hold_level(header, leaf);
	case ROW_STATUS: return may_hold_bit(header->outcomes, leaf, outcome_name);
	case ROW_TYPE:
		return leaf->is_negated || may_hold_bit(header->handler_types, leaf, handler_type_name);
	case ROW_HANDLER: return !is_equality || may_hold_one(header, TERM_HANDLER, leaf);
	case ROW_SERVICE: return !is_equality || may_hold_one(header, TERM_SERVICE, leaf);
	case ROW_LANGUAGE: return !is_equality || may_hold_one(header, TERM_LANGUAGE, leaf);
	case ROW_OPERATION: return !is_equality || may_hold_one(header, TERM_OPERATION, leaf);
	case ROW_TRACE_ID: return !is_equality || may_hold_one_trace(header, leaf);
	default: return true;
	}
}

static bool may_hold_predicate(const struct block_header *header, const struct predicate *predicate)
{
	bool is_all = predicate->kind == PREDICATE_ALL;

	if (predicate->kind == PREDICATE_LEAF)
		return may_hold_leaf(header, predicate);
	for (size_t i = 0; i < predicate->part_count; i++)
		if (may_hold_predicate(header, &predicate->parts[i]) != is_all)
			return !is_all;
	return is_all;
}

bool header_may_hold_spans(const struct block_header *header, const struct span_filter *filter)
{
	return header->signal == SIGNAL_TRACES && may_hold_time(header, filter->range) &&
	       header->max_duration_ns >= filter->min_duration_ns &&
	       header->min_duration_ns <= filter->max_duration_ns &&
	       (filter->outcome == FILTER_ANY || header->outcomes >> filter->outcome & 1) &&
	       (filter->handler_type == FILTER_ANY || header->handler_types >> filter->handler_type & 1) &&
	       may_hold_term(header, TERM_HANDLER, filter->handler) &&
	       may_hold_term(header, TERM_SERVICE, filter->service) &&
	       may_hold_term(header, TERM_LANGUAGE, filter->language) &&
	       may_hold_term(header, TERM_OPERATION, filter->operation) &&
	       (!filter->trace_id || header_may_hold_trace(header, header_trace_hash(filter->trace_id))) &&
	       (!filter->predicate || may_hold_predicate(header, filter->predicate));
}

bool header_may_hold_logs(const struct block_header *header, const struct log_filter *filter)
{
	return header->signal == SIGNAL_LOGS && may_hold_time(header, filter->range) &&
	       header->levels >> filter->lowest_level != 0 &&
	       (!filter->trace_id || header_may_hold_trace(header, header_trace_hash(filter->trace_id))) &&
	       may_hold_term(header, TERM_SERVICE, filter->service) &&
	       may_hold_term(header, TERM_HANDLER, filter->handler) &&
	       (!filter->predicate || may_hold_predicate(header, filter->predicate));
}

bool header_may_hold_points(const struct block_header *header, const struct point_filter *filter)
{
	return header->signal == SIGNAL_METRICS && may_hold_time(header, filter->range) &&
	       may_hold_term(header, TERM_METRIC, filter->metric);
}
