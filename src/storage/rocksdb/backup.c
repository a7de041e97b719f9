/* Copies of a store that is in use, by RocksDB's checkpoints: files are linked where the file system allows. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/rocksdb/rocksdb_internal.h"

static enum status sync_above(const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	char *above = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	int folder = above ? open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	enum status status = STATUS_OK;

	if (folder < 0 || fsync(folder) != 0)
		status = error_set(error, STATUS_IO, "the folder of %s cannot be forced to the disk: %s",
				   path, strerror(errno));
	if (folder >= 0)
		close(folder);
	free(above);
	return status;
}

enum status rocksdb_store_backup(struct store *base, const char *folder, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	rocksdb_checkpoint_t *checkpoint;
	char *message = NULL;
	enum status status;

	if (access(folder, F_OK) == 0)
		return error_set(error, STATUS_INVALID, "%s is there already: give the backup another name",
				 folder);
	status = begin_read(store, error);
	if (status != STATUS_OK)
		return status;
	checkpoint = rocksdb_checkpoint_object_create(store->db, &message);
	/* 0: what is only in memory is written out first, whatever the log has. RocksDB lists its tables, and later its logs:
	 * headers in the log of bodies that it took over in between would have none in the copy. */
	if (!message) {
		pthread_mutex_lock(&store->take_over_lock);
		rocksdb_checkpoint_create(checkpoint, folder, 0, &message);
		pthread_mutex_unlock(&store->take_over_lock);
	}
	if (checkpoint)
		rocksdb_checkpoint_object_destroy(checkpoint);
	if (message)
		status = rocksdb_failed(message, "the backup cannot be made", error);
	return end_read(store, status == STATUS_OK ? sync_above(folder, error) : status);
}
