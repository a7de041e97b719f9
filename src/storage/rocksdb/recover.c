/*
 * Writing, and what follows when it fails: a full disk, a broken one.
 *
 * A write that failed leaves RocksDB in doubt: its log may hold the record whole, in part or not at all. Going
 * on behind a part would make what follows unreadable, and a whole record would come back with the next start,
 * although its sender was told that it was not kept. So the first failure ends all writing: everybody is
 * refused with its sentence, reads go on. Once the disk takes bytes again the database is closed and opened
 * anew: it reads its log up to the last whole record and begins another. What was never acknowledged is then
 * taken out, and the index is read anew from what is there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "storage/rocksdb/rocksdb_internal.h"

enum {
	PROBE_BYTES = 4096,
	SPARE_BYTES = 1 << 20, /* beyond what the log's rows take as tables */
	LONGEST_PAUSE_SECONDS = 32,
	CALM_SECONDS = 600,
};

void recovery_init(struct recovery *recovery)
{
	pthread_mutex_init(&recovery->lock, NULL);
}

void recovery_release(struct recovery *recovery)
{
	pthread_mutex_destroy(&recovery->lock);
}

enum status store_check_writable(struct rocksdb_store *store, struct error *error)
{
	struct recovery *recovery = &store->recovery;
	enum status status = STATUS_OK;

	if (!atomic_load(&recovery->is_failing))
		return STATUS_OK;
	pthread_mutex_lock(&recovery->lock);
	if (recovery->is_failing)
		status = error_set(error, STATUS_IO, "%s", recovery->failure.message);
	pthread_mutex_unlock(&recovery->lock);
	return status;
}

/* RocksDB ends its messages with the system's words, behind paths that are nobody's business. */
static const char *reason_in(const char *message)
{
	const char *colon = strrchr(message, ':');

	return colon && colon[1] == ' ' ? colon + 2 : message;
}

void store_note_failure(struct rocksdb_store *store, const char *message)
{
	struct recovery *recovery = &store->recovery;

	pthread_mutex_lock(&recovery->lock);
	if (!recovery->is_failing) {
		error_set(&recovery->failure, STATUS_IO,
			  "the store cannot be written (%s): send again later, it goes on once it can",
			  reason_in(message));
		recovery->since_ns = clock_monotonic_ns();
		atomic_store(&recovery->is_failing, true);
		log_error("storage", "the store cannot be written, what is sent is refused until it can: %s",
			  message);
	}
	pthread_mutex_unlock(&recovery->lock);
}

enum status store_write(struct rocksdb_store *store, const rocksdb_writeoptions_t *options,
			rocksdb_writebatch_t *writes, struct error *error)
{
	enum status status = store_check_writable(store, error);
	char *message = NULL;

	if (status != STATUS_OK)
		return status;
	rocksdb_write(store->db, options, writes, &message);
	if (!message)
		return STATUS_OK;
	store_note_failure(store, message);
	rocksdb_free(message);
	return store_check_writable(store, error);
}

/* A damaged table fails each time that RocksDB tries to compact it: opening again and again is of no use then. */
static void take_longer(struct recovery *recovery)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns - recovery->not_before_ns > CALM_SECONDS * NS_PER_SECOND)
		recovery->pause_ns = 0;
	else if (recovery->pause_ns < LONGEST_PAUSE_SECONDS * NS_PER_SECOND)
		recovery->pause_ns = recovery->pause_ns ? recovery->pause_ns * 2 : NS_PER_SECOND;
	recovery->not_before_ns = now_ns + recovery->pause_ns;
}

/* RocksDB writes tables by itself; where it failed, it would say so to the next who writes. */
static void look_behind(struct rocksdb_store *store)
{
	uint64_t count = 0;

	if (atomic_load(&store->recovery.is_failing) ||
	    rocksdb_property_int(store->db, "rocksdb.background-errors", &count) != 0 || !count)
		return;
	take_longer(&store->recovery);
	store_note_failure(store, "a table cannot be written");
}

static uint64_t log_bytes(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	uint64_t bytes = 0;

	while (folder && (entry = readdir(folder))) {
		const char *dot = strrchr(entry->d_name, '.');
		struct stat about;

		if (dot && !strcmp(dot, ".log") && fstatat(dirfd(folder), entry->d_name, &about, 0) == 0)
			bytes += (uint64_t)about.st_size;
	}
	if (folder)
		closedir(folder);
	return bytes;
}

static bool has_room(const char *path)
{
	struct statvfs disk;

	return statvfs(path, &disk) != 0 ||
	       (uint64_t)disk.f_bavail * disk.f_frsize >= log_bytes(path) + SPARE_BYTES;
}

/* Whether the disk takes bytes: opening the database to find out would hold up the reads each time. */
static bool disk_takes_bytes(const char *path)
{
	static const char zeros[PROBE_BYTES];
	char probe[4096];
	bool done;
	int file;

	snprintf(probe, sizeof(probe), "%s/probe", path);
	file = open(probe, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		return false;
	done = write(file, zeros, sizeof(zeros)) == (ssize_t)sizeof(zeros) && fdatasync(file) == 0;
	close(file);
	unlink(probe);
	return done;
}

/* The index as the database has it now takes the place of the one in memory; the rest of a failed append goes. */
static enum status reload(struct rocksdb_store *store, struct error *error)
{
	rocksdb_writebatch_t *refused = rocksdb_writebatch_create();
	struct block_index index;
	enum status status;
	char *message = NULL;

	block_index_init(&index);
	status = load_headers(store, &index, block_index_last_sequence(&store->index), refused, error);
	if (status == STATUS_OK) {
		block_index_take(&store->index, &index);
		atomic_fetch_add(&store->generation, 1);
		rocksdb_write(store->db, store->write_options, refused, &message);
	}
	block_index_release(&index);
	rocksdb_writebatch_destroy(refused);
	if (message)
		status = rocksdb_failed(message, "what was refused cannot be removed", error);
	return status == STATUS_OK ? remove_leftovers(store, error) : status;
}

/* Writing goes on. The next failure may come at once: since when it was awaited is read before. */
static void end_failing(struct recovery *recovery)
{
	uint64_t since_ns;

	pthread_mutex_lock(&recovery->lock);
	since_ns = recovery->since_ns;
	atomic_store(&recovery->is_failing, false);
	pthread_mutex_unlock(&recovery->lock);
	log_info("storage", "the store is written again, after %llu s",
		 (unsigned long long)((clock_monotonic_ns() - since_ns) / NS_PER_SECOND));
}

/* Where it cannot be opened for writing, it is opened for reading, and the index in memory stays. */
static enum status reopen(struct rocksdb_store *store, struct error *error)
{
	enum status status;

	database_close(store);
	status = database_open(store, false, error);
	if (status == STATUS_OK)
		return reload(store, error);
	database_open(store, true, NULL);
	return status;
}

enum status store_recover(struct rocksdb_store *store, struct error *error)
{
	struct recovery *recovery = &store->recovery;
	enum status status;

	if (store->db)
		look_behind(store);
	if (!atomic_load(&recovery->is_failing))
		return STATUS_OK;
	if (clock_monotonic_ns() < recovery->not_before_ns || !has_room(store->path) ||
	    !disk_takes_bytes(store->path))
		return store_check_writable(store, error);
	/* Who rewrites files holds the lock for long: he gives up. */
	if (store->db)
		rocksdb_disable_manual_compaction(store->db);
	pthread_rwlock_wrlock(&store->db_lock);
	status = reopen(store, error);
	if (status == STATUS_OK)
		end_failing(recovery);
	pthread_rwlock_unlock(&store->db_lock);
	return status;
}
