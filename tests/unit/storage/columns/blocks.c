#include "blocks.h"

#include <stdlib.h>
#include <time.h>

#include "contract/dump.h"
#include "storage/columns/log_reader.h"
#include "storage/columns/point_reader.h"
#include "storage/columns/span_reader.h"
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

void block_read_spans(struct str body, struct arena *arena, struct batch *batch_out)
{
	struct span_reader reader;
	struct error error = {0};
	struct span *spans;

	if (span_reader_open(&reader, body, arena, &error) != STATUS_OK)
		fail_msg("a block cannot be opened: %s", error.message);
	spans = arena_alloc(arena, reader.block.row_count * sizeof(*spans));
	if (span_reader_read(&reader, 0, reader.block.row_count, spans, &error) != STATUS_OK)
		fail_msg("a block cannot be read: %s", error.message);
	for (size_t i = 0; i < reader.block.row_count; i++)
		*batch_add_span(batch_out) = spans[i];
}

void block_read_logs(struct str body, struct arena *arena, struct batch *batch_out)
{
	struct log_reader reader;
	struct error error = {0};
	struct log_record *logs;

	if (log_reader_open(&reader, body, arena, &error) != STATUS_OK)
		fail_msg("a block cannot be opened: %s", error.message);
	logs = arena_alloc(arena, reader.block.row_count * sizeof(*logs));
	if (log_reader_read(&reader, 0, reader.block.row_count, logs, &error) != STATUS_OK)
		fail_msg("a block cannot be read: %s", error.message);
	for (size_t i = 0; i < reader.block.row_count; i++)
		*batch_add_log(batch_out) = logs[i];
}

void block_read_points(struct str body, struct arena *arena, struct batch *batch_out)
{
	struct point_filter any = POINT_FILTER_ANY;
	struct point_reader reader;
	struct error error = {0};

	if (point_reader_open(&reader, body, arena, &error) != STATUS_OK)
		fail_msg("a block cannot be opened: %s", error.message);
	if (point_reader_read(&reader, &any, batch_out, &error) != STATUS_OK)
		fail_msg("a block cannot be read: %s", error.message);
}

void block_dump(enum signal signal, struct str body, struct buffer *out)
{
	struct batch batch;
	struct arena arena;

	arena_init(&arena, 0);
	batch_init(&batch, 0);
	if (signal == SIGNAL_TRACES)
		block_read_spans(body, &arena, &batch);
	else if (signal == SIGNAL_LOGS)
		block_read_logs(body, &arena, &batch);
	else
		block_read_points(body, &arena, &batch);
	for (size_t i = 0; i < batch.span_count; i++)
		dump_span(&batch.spans[i], out);
	for (size_t i = 0; i < batch.log_count; i++)
		dump_log(&batch.logs[i], out);
	for (size_t i = 0; i < batch.point_count; i++)
		dump_point(&batch.points[i], out);
	batch_release(&batch);
	arena_release(&arena);
}

uint64_t test_seed(void)
{
	struct timespec now;
	uint64_t seed;

	clock_gettime(CLOCK_REALTIME, &now);
	seed = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	print_message("# seed %llu\n", (unsigned long long)seed);
	return seed;
}
