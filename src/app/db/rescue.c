/*
 * rescue: every row of a damaged store that can be read, written into a new store.
 *
 * RocksDB stops taking rows once it meets damage while it rewrites its files, and leaves the files as they are: so
 * nothing can be mended in place. Rows are decoded and appended anew: a block whose header is lost gets another.
 */
#include <stdio.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/db/db.h"
#include "app/progress.h"
#include "app/text/units.h"
#include "base/clock.h"
#include "storage/columns/log_reader.h"
#include "storage/columns/point_reader.h"
#include "storage/columns/span_reader.h"

struct rescue {
	const struct db_request *request;
	struct store *from, *to;
	struct buffer body;
	struct batch batch; /* the rows of one block */
	uint64_t rows, blocks, lost_blocks, lost_rows, total;
	bool knows_all; /* no block but those that were counted */
};

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory for the rows of a block");
}

static enum status read_spans(struct str body, struct batch *batch, struct error *error)
{
	struct span_reader *reader = arena_alloc(&batch->arena, sizeof(*reader));
	struct span *spans = NULL;
	enum status status = reader ? span_reader_open(reader, body, &batch->arena, error) : no_memory(error);

	if (status == STATUS_OK)
		spans = arena_alloc(&batch->arena, reader->block.row_count * sizeof(*spans));
	if (status == STATUS_OK && !spans)
		return no_memory(error);
	if (status == STATUS_OK)
		status = span_reader_read(reader, 0, reader->block.row_count, spans, error);
	for (size_t i = 0; status == STATUS_OK && i < reader->block.row_count; i++) {
		struct span *span = batch_add_span(batch);

		if (!span)
			return no_memory(error);
		*span = spans[i];
	}
	return status;
}

static enum status read_logs(struct str body, struct batch *batch, struct error *error)
{
	struct log_reader *reader = arena_alloc(&batch->arena, sizeof(*reader));
	struct log_record *logs = NULL;
	enum status status = reader ? log_reader_open(reader, body, &batch->arena, error) : no_memory(error);

	if (status == STATUS_OK)
		logs = arena_alloc(&batch->arena, reader->block.row_count * sizeof(*logs));
	if (status == STATUS_OK && !logs)
		return no_memory(error);
	if (status == STATUS_OK)
		status = log_reader_read(reader, 0, reader->block.row_count, logs, error);
	for (size_t i = 0; status == STATUS_OK && i < reader->block.row_count; i++) {
		struct log_record *log = batch_add_log(batch);

		if (!log)
			return no_memory(error);
		*log = logs[i];
	}
	return status;
}

static enum status read_points(struct str body, struct batch *batch, struct error *error)
{
	const struct point_filter any = POINT_FILTER_ANY;
	struct point_reader *reader = arena_alloc(&batch->arena, sizeof(*reader));
	enum status status =
		reader ? point_reader_open(reader, body, &batch->arena, error) : no_memory(error);

	return status == STATUS_OK ? point_reader_read(reader, &any, batch, error) : status;
}

static enum status read_rows(struct rescue *rescue, const struct stored_block *block, struct error *error)
{
	enum status status;

	buffer_clear(&rescue->body);
	batch_clear(&rescue->batch);
	status = inspect_read_body(rescue->from, block, &rescue->body, error);
	if (status != STATUS_OK)
		return status;
	switch (block->signal) {
	case SIGNAL_TRACES: return read_spans(buffer_str(&rescue->body), &rescue->batch, error);
	case SIGNAL_LOGS: return read_logs(buffer_str(&rescue->body), &rescue->batch, error);
	default: return read_points(buffer_str(&rescue->body), &rescue->batch, error);
	}
}

static enum status rescue_block(void *context, const struct stored_block *block, struct error *error)
{
	struct rescue *rescue = context;
	struct batch *batches[] = {&rescue->batch};
	enum status status;

	if (!db_wants(rescue->request, block))
		return STATUS_OK;
	progress_tell("rescuing: %llu of %llu blocks", (unsigned long long)rescue->blocks,
		      (unsigned long long)rescue->total);
	status = read_rows(rescue, block, error);
	if (status == STATUS_CORRUPT || status == STATUS_IO) {
		rescue->lost_blocks++;
		rescue->lost_rows += block->is_header_damaged ? 0 : block->header.row_count;
		return STATUS_OK;
	}
	if (status != STATUS_OK)
		return status;
	rescue->blocks++;
	rescue->rows += rescue->batch.span_count + rescue->batch.log_count + rescue->batch.point_count;
	return store_append(rescue->to, batches, 1, error);
}

static int tell(const struct rescue *rescue)
{
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);
	int result;

	if (rescue->request->format == OUTPUT_TABLE) {
		units_count(&out, rescue->rows);
		buffer_append_c(&out, " rows of ");
		units_count(&out, rescue->blocks);
		buffer_printf(&out, " block%s are in %s", rescue->blocks == 1 ? "" : "s",
			      rescue->request->to);
		if (rescue->lost_blocks) {
			buffer_append_c(&out, "; ");
			units_count(&out, rescue->lost_rows);
			buffer_append_c(&out, " rows of ");
			units_count(&out, rescue->lost_blocks);
			buffer_printf(&out, " block%s could not be read",
				      rescue->lost_blocks == 1 ? "" : "s");
		}
		if (!rescue->knows_all)
			buffer_append_c(&out, "; there may have been more blocks, of which nothing is left");
	} else {
		json_begin_object(&json);
		json_member_u64(&json, "rows", rescue->rows);
		json_member_u64(&json, "blocks", rescue->blocks);
		json_member_u64(&json, "lost_rows", rescue->lost_rows);
		json_member_u64(&json, "lost_blocks", rescue->lost_blocks);
		json_member_bool(&json, "all_blocks_known", rescue->knows_all);
		json_end_object(&json);
	}
	buffer_append_byte(&out, '\n');
	result = output_write(&out);
	buffer_release(&out);
	return result;
}

static enum status open_target(struct rescue *rescue, struct error *error)
{
	const struct rocksdb_store_options options = {.path = rescue->request->to};

	if (rmdir(rescue->request->to) != 0 && access(rescue->request->to, F_OK) == 0)
		return error_set(error, STATUS_INVALID, "%s is there already: name a new folder with --to",
				 rescue->request->to);
	return rocksdb_store_open(&options, &rescue->to, error);
}

static int run(struct rescue *rescue)
{
	struct store_stats stats;
	struct error error;
	enum status status = open_target(rescue, &error);

	if (status == STATUS_OK)
		status = store_stats(rescue->from, &stats, &error);
	if (status == STATUS_OK) {
		rescue->total = stats.block_count + stats.damaged_block_count;
		status = inspect_blocks(rescue->from, rescue_block, rescue, &rescue->knows_all, &error);
	}
	progress_wipe();
	/* Closing writes the rows into files. */
	store_close(rescue->to);
	return status == STATUS_OK ? tell(rescue) : cli_fail("%s", error.message);
}

int db_rescue(const struct db_request *request)
{
	struct rescue rescue = {.request = request};
	int result;

	if (!request->to) {
		cli_fail("db rescue needs a new folder for what can be read: --to DIR");
		return CLI_WRONG;
	}
	rescue.from = db_open(request);
	if (!rescue.from)
		return CLI_FAILED;
	batch_init(&rescue.batch, 0);
	result = run(&rescue);
	batch_release(&rescue.batch);
	buffer_release(&rescue.body);
	store_close(rescue.from);
	return result;
}
