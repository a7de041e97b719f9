/* blocks: blocks made of a batch's rows, for tests. */
#ifndef ROHAS_TESTS_UNIT_STORAGE_COLUMNS_BLOCKS_H
#define ROHAS_TESTS_UNIT_STORAGE_COLUMNS_BLOCKS_H

#include "model/batch.h"
#include "storage/columns/builder.h"

struct made_block {
	struct buffer body;
	struct block_header header;
	struct block_builder *builder; /* the header's arrays are its */
};

/* A block of the batch's rows of one signal; fails the test where it cannot be made. */
void block_make(struct made_block *block, enum signal signal, const struct batch *batch,
		enum block_codec codec);

/* The same with a builder that is there already: of what it held before, nothing may be seen. */
void block_remake(struct made_block *block, enum signal signal, const struct batch *batch);

/* Makes a block whose columns a test writes itself: starts the writer … */
void block_begin(struct block_writer *writer, enum block_codec codec);

/* … and seals it; fails the test where that fails. */
void block_end(struct block_writer *writer, enum signal signal, size_t row_count, struct buffer *body_out);
void block_release(struct made_block *block);

/* Adds the rows of a body to batch_out as they come; what they point to lies in the body and in arena. */
void block_read_spans(struct str body, struct arena *arena, struct batch *batch_out);
void block_read_logs(struct str body, struct arena *arena, struct batch *batch_out);
void block_read_points(struct str body, struct arena *arena, struct batch *batch_out);

/* Adds all rows of a body as text, in their order. */
void block_dump(enum signal signal, struct str body, struct buffer *out);

/* The seed of a test with random rows: another one each time; printed, so that a failure can be had again. */
uint64_t test_seed(void);

#endif
