/* compact: all blocks that can be merged are, and the files hold nothing that was deleted. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "app/cli.h"
#include "app/db/db.h"
#include "app/progress.h"
#include "app/text/units.h"

/* The work runs on a thread of its own, so that this one can say how far it is. */
struct compaction {
	struct store *store;
	enum status status;
	struct error error;
	atomic_int step; /* 0 merging, 1 rewriting files, 2 done */
};

enum { MERGING, REWRITING, DONE };

static void *compact(void *context)
{
	struct compaction *compaction = context;

	compaction->status = rocksdb_store_compact(compaction->store, &compaction->error);
	atomic_store(&compaction->step, REWRITING);
	if (compaction->status == STATUS_OK)
		compaction->status = inspect_compact_files(compaction->store, &compaction->error);
	atomic_store(&compaction->step, DONE);
	return NULL;
}

static struct store_stats read_stats(struct store *store)
{
	struct store_stats stats = {0};
	struct error error;

	if (store_stats(store, &stats, &error) != STATUS_OK)
		return (struct store_stats){0};
	return stats;
}

static void watch(struct compaction *compaction)
{
	const struct timespec pause = {0, 100000000};
	int step;

	while ((step = atomic_load(&compaction->step)) != DONE) {
		struct store_stats stats = read_stats(compaction->store);

		if (step == MERGING)
			progress_tell("merging: %llu blocks", (unsigned long long)stats.block_count);
		else
			progress_tell("rewriting files: %.1f MB on disk", (double)stats.size_bytes / 1e6);
		nanosleep(&pause, NULL);
	}
	progress_wipe();
}

static int tell(const struct db_request *request, const struct store_stats *before,
		const struct store_stats *after)
{
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);
	int result;

	if (request->format == OUTPUT_TABLE) {
		units_count(&out, before->block_count);
		buffer_append_c(&out, " blocks became ");
		units_count(&out, after->block_count);
		buffer_append_c(&out, ", ");
		units_bytes(&out, before->size_bytes);
		buffer_append_c(&out, " on disk ");
		units_bytes(&out, after->size_bytes);
	} else {
		json_begin_object(&json);
		json_member_u64(&json, "blocks_before", before->block_count);
		json_member_u64(&json, "blocks", after->block_count);
		json_member_u64(&json, "size_bytes_before", before->size_bytes);
		json_member_u64(&json, "size_bytes", after->size_bytes);
		json_end_object(&json);
	}
	buffer_append_byte(&out, '\n');
	result = output_write(&out);
	buffer_release(&out);
	return result;
}

/* Who holds the store compacts it by itself. */
static int refuse(const struct db_request *request, enum status status, const struct error *error)
{
	if (status == STATUS_BUSY)
		return cli_fail("the store at %s is held by another process, which merges it by itself: stop "
				"it first, or let it",
				request->folder);
	return cli_fail("%s", error->message);
}

int db_compact(const struct db_request *request)
{
	const struct rocksdb_store_options options = {.path = request->folder, .sync = true};
	struct compaction compaction = {0};
	struct store_stats before, after;
	struct store *reader = db_open(request); /* an absent store is not to be made */
	pthread_t thread;
	enum status status;

	if (!reader)
		return CLI_FAILED;
	store_close(reader);
	status = rocksdb_store_open(&options, &compaction.store, &compaction.error);
	if (status != STATUS_OK)
		return refuse(request, status, &compaction.error);
	before = read_stats(compaction.store);
	if (pthread_create(&thread, NULL, compact, &compaction) == 0) {
		watch(&compaction);
		pthread_join(thread, NULL);
	} else {
		compact(&compaction);
	}
	after = read_stats(compaction.store);
	store_close(compaction.store);
	return compaction.status == STATUS_OK ? tell(request, &before, &after)
					      : cli_fail("%s", compaction.error.message);
}
