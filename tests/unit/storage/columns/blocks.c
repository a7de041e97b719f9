#include "blocks.h"

#include <stdlib.h>

#include "unit/test.h"

static enum status build(struct made_block *block, enum signal signal, const struct batch *batch,
			 const void **rows, struct error *error)
{
	struct block_builder *builder = block->builder;

	switch (signal) {
	case SIGNAL_TRACES:
		for (size_t i = 0; i < batch->span_count; i++)
			rows[i] = &batch->spans[i];
		return block_build_spans(builder, (const struct span **)rows, batch->span_count, &block->body,
					 &block->header, error);
	case SIGNAL_LOGS:
		for (size_t i = 0; i < batch->log_count; i++)
			rows[i] = &batch->logs[i];
		return block_build_logs(builder, (const struct log_record **)rows, batch->log_count,
					&block->body, &block->header, error);
	default:
		for (size_t i = 0; i < batch->point_count; i++)
			rows[i] = &batch->points[i];
		return block_build_points(builder, (const struct metric_point **)rows, batch->point_count,
					  &block->body, &block->header, error);
	}
}

void block_remake(struct made_block *block, enum signal signal, const struct batch *batch)
{
	const void **rows = malloc((batch_row_count(batch) + 1) * sizeof(*rows));
	struct error error = {0};

	buffer_clear(&block->body);
	if (build(block, signal, batch, rows, &error) != STATUS_OK)
		fail_msg("a block cannot be made: %s", error.message);
	free(rows);
}

void block_make(struct made_block *block, enum signal signal, const struct batch *batch,
		enum block_codec codec)
{
	*block = (struct made_block){.builder = block_builder_new(codec, 1)};
	assert_non_null(block->builder);
	block_remake(block, signal, batch);
}

void block_release(struct made_block *block)
{
	block_builder_free(block->builder);
	buffer_release(&block->body);
}

void block_begin(struct block_writer *writer, enum block_codec codec)
{
	block_writer_init(writer, codec, 1);
}

void block_end(struct block_writer *writer, enum signal signal, size_t row_count, struct buffer *body_out)
{
	struct error error = {0};

	*body_out = BUFFER_EMPTY;
	if (block_writer_seal(writer, signal, row_count, body_out, &error) != STATUS_OK)
		fail_msg("a block cannot be sealed: %s", error.message);
	block_writer_release(writer);
}
