#include "storage/columns/block_sequences.h"
#include "storage/columns/builder_internal.h"

#include <stdlib.h>

struct block_builder *block_builder_new(enum block_codec codec, int level)
{
	struct block_builder *builder = calloc(1, sizeof(*builder));

	if (!builder)
		return NULL;
	block_writer_init(&builder->writer, codec, level);
	arena_init(&builder->scratch, 0);
	arena_init(&builder->origin.arena, 0);
	return builder;
}

void block_builder_free(struct block_builder *builder)
{
	if (!builder)
		return;
	block_writer_release(&builder->writer);
	origin_writer_release(&builder->origin);
	for (size_t i = 0; i < BUILDER_TABLES; i++)
		table_writer_release(&builder->tables[i]);
	span_classes_release(&builder->classes);
	word_set_release(&builder->words);
	for (size_t i = 0; i < SAMPLES_FIELD_COUNT; i++)
		samples_release(&builder->samples[i]);
	vector_u32_release(&builder->traces);
	vector_u32_release(&builder->terms);
	vector_u32_release(&builder->hints);
	vector_u64_release(&builder->sequences);
	arena_release(&builder->scratch);
	free(builder);
}

void block_builder_set_sequences(struct block_builder *builder, row_sequence *of, const void *context,
				 uint64_t first)
{
	builder->sequence_of = of;
	builder->sequence_context = context;
	builder->first_sequence = first;
}

static void add_term(struct block_builder *builder, enum term_kind kind, struct str term,
		     struct block_header *header)
{
	if (term.size == 0 || !header->has_all_terms)
		return;
	if (builder->terms.count == HEADER_MOST_TERMS) {
		header->has_all_terms = false;
		vector_u32_clear(&builder->terms);
		return;
	}
	vector_u32_push(&builder->terms, header_term_hash(kind, term));
}

enum status block_builder_words(const struct block_builder *builder, const struct block_header *header,
				size_t part, struct buffer *out, struct error *error)
{
	return word_filter_encode(&builder->words, part, header->word_parts, out, error);
}

void builder_add_terms(struct block_builder *builder, enum term_kind kind,
		       const struct strings_builder *strings, struct block_header *header)
{
	const struct vector_str *list = strings->is_plain ? &strings->plain : &strings->dictionary.entries;

	for (size_t i = 0; i < list->count; i++)
		add_term(builder, kind, list->items[i], header);
}

void builder_add_services(struct block_builder *builder, struct block_header *header)
{
	const struct vector_pointer *resources = &builder->origin.resources.entries;

	for (size_t i = 0; i < resources->count; i++)
		add_term(builder, TERM_SERVICE, resource_service(resources->items[i]), header);
}

void builder_set_hint(struct block_builder *builder, size_t code, uint32_t shape)
{
	while (builder->hints.count <= code && !builder->hints.failed)
		vector_u32_push(&builder->hints, SHAPE_UNKNOWN);
	if (code < builder->hints.count)
		builder->hints.items[code] = shape;
}

static bool has_failed(const struct block_builder *builder, size_t table_count)
{
	bool failed = builder->failed || builder->classes.failed || origin_writer_failed(&builder->origin) ||
		      builder->traces.failed || builder->terms.failed || builder->hints.failed ||
		      builder->sequences.failed;

	for (size_t i = 0; i < table_count; i++)
		failed |= table_writer_failed(&builder->tables[i]);
	return failed;
}

/* The header's hashes must outlive the clearing: the vectors keep their memory, only their counts go. */
static void clear(struct block_builder *builder, size_t table_count)
{
	origin_writer_clear(&builder->origin);
	for (size_t i = 0; i < table_count; i++)
		table_writer_clear(&builder->tables[i]);
	span_classes_clear(&builder->classes);
	vector_u32_clear(&builder->traces);
	vector_u32_clear(&builder->terms);
	vector_u32_clear(&builder->hints);
	vector_u64_clear(&builder->sequences);
	builder->sequence_of = NULL;
	arena_clear(&builder->scratch);
	builder->failed = false;
}

enum status builder_seal(struct block_builder *builder, const uint8_t *ids, size_t table_count,
			 struct buffer *body, struct block_header *header, struct error *error)
{
	size_t before = body->size;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < table_count; i++)
		table_writer_encode_random(&builder->tables[i], &builder->writer, ids[i]);
	for (size_t i = 0; i < table_count; i++)
		table_writer_encode(&builder->tables[i], &builder->writer, ids[i]);
	origin_writer_encode(&builder->origin, &builder->writer);
	if (builder->sequences.count)
		block_sequences_encode(builder->sequences.items, builder->sequences.count, &builder->writer);
	if (has_failed(builder, table_count))
		builder->writer.raw.failed = true;
	status = block_writer_seal(&builder->writer, (enum signal)header->signal, header->row_count, body,
				   error);
	header->body_size = body->size - before;
	header->trace_count = header_sort_hashes(builder->traces.items, builder->traces.count);
	header->traces = builder->traces.items;
	header->term_count = header_sort_hashes(builder->terms.items, builder->terms.count);
	header->terms = builder->terms.items;
	clear(builder, table_count);
	return status;
}
