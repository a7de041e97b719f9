/* recovery: a store whose write fails, and that is written again. */
#ifndef ROHAS_TESTS_UNIT_STORAGE_ROCKSDB_RECOVERY_H
#define ROHAS_TESTS_UNIT_STORAGE_ROCKSDB_RECOVERY_H

#include <unistd.h>

#include "storage/rocksdb/rocksdb_internal.h"
#include "unit/test.h"

/* As after a write that failed: the thread that merges opens the database anew with its next look. */
static inline void fail_write(struct store *store)
{
	store_note_failure((struct rocksdb_store *)store, "IO error: While appending to file: no");
}

static inline void wait_until_written_again(struct store *store)
{
	while (store_check_writable((struct rocksdb_store *)store, NULL) != STATUS_OK)
		usleep(1000);
}

#endif
