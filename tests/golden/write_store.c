/*
 * write_store FOLDER: a store of the rows that the golden blocks hold. As they are, golden stores are written
 * once for each format; what RocksDB can do without (LOG, LOCK, OPTIONS) is not kept.
 */
#include <stdio.h>

#include "contract/rows.h"
#include "storage/rocksdb/rocksdb_store.h"

enum { ROWS = 40 };

int main(int argc, char **argv)
{
	struct rocksdb_store_options options = {.path = argc == 2 ? argv[1] : "", .sync = true};
	struct random random[SIGNAL_COUNT] = {{1 + SIGNAL_TRACES}, {1 + SIGNAL_METRICS}, {1 + SIGNAL_LOGS}};
	struct error error;
	struct store *store;
	struct batch batch;
	struct batch *batches[] = {&batch};
	enum status status;

	if (argc != 2) {
		fprintf(stderr, "usage: write_store FOLDER\n");
		return 2;
	}
	batch_init(&batch, 0);
	add_random_spans(&batch, &random[SIGNAL_TRACES], ROWS);
	add_random_points(&batch, &random[SIGNAL_METRICS], ROWS);
	add_random_logs(&batch, &random[SIGNAL_LOGS], ROWS);
	status = rocksdb_store_open(&options, &store, &error);
	if (status == STATUS_OK) {
		status = store_append(store, batches, 1, &error);
		store_close(store);
	}
	batch_release(&batch);
	if (status != STATUS_OK)
		fprintf(stderr, "%s\n", error.message);
	return status != STATUS_OK;
}
