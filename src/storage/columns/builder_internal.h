/* builder_internal: what the schemas of the three signals share; not for other folders. */
#ifndef ROHAS_STORAGE_COLUMNS_BUILDER_INTERNAL_H
#define ROHAS_STORAGE_COLUMNS_BUILDER_INTERNAL_H

#include "storage/columns/builder.h"
#include "storage/columns/origin.h"
#include "storage/columns/point_schema.h"
#include "storage/columns/samples.h"
#include "storage/columns/span_classes.h"
#include "storage/columns/word_filter.h"

/* Table numbers from 16: the first tables belong to origin.h and block_sequences.h. */
enum {
	TABLE_SPANS = 16,
	TABLE_SPAN_EVENTS = 17,
	TABLE_SPAN_LINKS = 18,
	TABLE_SPAN_CLASSES = 19,
	TABLE_LOGS = 32,
	TABLE_LOG_BODIES = 33,
	TABLE_POINTS = 48,
	TABLE_SERIES = 49,
	TABLE_METRICS = 50,
	TABLE_EXEMPLARS = 51,
};

/* How many tables a schema may have besides the origins. */
enum { BUILDER_TABLES = 4 };

struct block_builder {
	struct block_writer writer;
	struct origin_writer origin;
	struct table_writer tables[BUILDER_TABLES];
	struct span_classes classes;
	struct vector_u32 traces, terms;                    /* hashes for the header */
	struct vector_u32 hints;                            /* the shape seen last for each class or metric */
	struct samples_writer samples[SAMPLES_FIELD_COUNT]; /* of points */
	struct word_set words;                              /* of the logs built last */
	struct arena scratch;
	row_sequence *sequence_of; /* NULL: rows of one commit */
	const void *sequence_context;
	uint64_t first_sequence;
	struct vector_u64 sequences;
	bool failed;
};

/* Notes the sequence of the row that stands next in the block. */
static inline void builder_note_row(struct block_builder *builder, const void *row)
{
	if (builder->sequence_of)
		vector_u64_push(&builder->sequences, builder->sequence_of(builder->sequence_context, row) -
							     builder->first_sequence);
}

/* Notes every string of a column as a term; too many and the block keeps none. */
void builder_add_terms(struct block_builder *builder, enum term_kind kind,
		       const struct strings_builder *strings, struct block_header *header);

/* Notes the service.name of every resource of the block. */
void builder_add_services(struct block_builder *builder, struct block_header *header);

/*
 * Writes origins and tables (table numbers in ids) and seals; completes the header. Clears everything for the
 * next block whether it succeeds or not.
 */
enum status builder_seal(struct block_builder *builder, const uint8_t *ids, size_t table_count,
			 struct buffer *body, struct block_header *header, struct error *error);

/* The shape hint of a class or metric, and noting the shape that it had. */
static inline uint32_t builder_hint(const struct block_builder *builder, size_t code)
{
	return code < builder->hints.count ? builder->hints.items[code] : SHAPE_UNKNOWN;
}
void builder_set_hint(struct block_builder *builder, size_t code, uint32_t shape);

#endif
