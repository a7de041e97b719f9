#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/doctor/checks.h"
#include "storage/rocksdb/rocksdb_store.h"

/* Below either there is soon no room: a store needs some to merge. */
enum { LEAST_FREE_MB = 1024, LEAST_FREE_PERCENT = 5, FULL_FREE_MB = 64 };

/* The folder itself, or the nearest above it that is there. */
static void nearest_folder(const char *path, char out[4096])
{
	struct stat stat_of;
	char *slash;

	snprintf(out, 4096, "%s", path);
	while (stat(out, &stat_of) != 0 && (slash = strrchr(out, '/')) && slash != out)
		*slash = '\0';
	if (stat(out, &stat_of) != 0)
		strcpy(out, "/");
}

void check_disk(const struct checks *checks)
{
	char folder[4096];
	struct statvfs space;
	uint64_t free_bytes, total_bytes;
	bool is_full, is_scarce;

	nearest_folder(checks->config->store_path, folder);
	if (statvfs(folder, &space) != 0) {
		check_report(checks, FINDING_WARNING, "disk", NULL, "the disk of %s cannot be looked at: %s",
			     folder, strerror(errno));
		return;
	}
	free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
	total_bytes = (uint64_t)space.f_blocks * space.f_frsize;
	if (!total_bytes) {
		check_report(checks, FINDING_PROBLEM, "disk", "give telemetry.path a folder on a disk",
			     "%s is on a file system that holds no files", folder);
		return;
	}
	is_full = free_bytes < (uint64_t)FULL_FREE_MB << 20;
	is_scarce = free_bytes < (uint64_t)LEAST_FREE_MB << 20 ||
		    free_bytes < total_bytes / 100 * LEAST_FREE_PERCENT;
	check_report(checks,
		     is_full     ? FINDING_PROBLEM
		     : is_scarce ? FINDING_WARNING
				 : FINDING_GOOD,
		     "disk",
		     is_full || is_scarce
			     ? "make room, lower telemetry.retention_days or telemetry.max_storage_bytes, "
			       "or move telemetry.path; a full disk refuses requests (503)"
			     : NULL,
		     "the disk of the store has %.1f GB free of %.1f GB", (double)free_bytes / 1e9,
		     (double)total_bytes / 1e9);
}

/* Whether rows could be written there by whoever runs this. */
static bool check_folder(const struct checks *checks, bool *is_there_out)
{
	const char *path = checks->config->store_path;
	char folder[4096];
	struct stat stat_of;

	*is_there_out = stat(path, &stat_of) == 0;
	if (*is_there_out && !S_ISDIR(stat_of.st_mode)) {
		check_report(checks, FINDING_PROBLEM, "store", "give telemetry.path a folder",
			     "%s is no folder", path);
		return false;
	}
	nearest_folder(path, folder);
	if (access(folder, W_OK | X_OK) == 0)
		return true;
	check_report(checks, FINDING_PROBLEM, "store",
		     "let the user that runs the program own the folder, or give telemetry.path another one",
		     "%s cannot be written by user %u: %s", folder, (unsigned)geteuid(), strerror(errno));
	return false;
}

/* The process that holds RocksDB's lock, 0 where nobody does, -1 where that cannot be told. */
static pid_t lock_holder(const char *store_path)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[4200];
	int file;

	snprintf(path, sizeof(path), "%s/LOCK", store_path);
	file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return errno == ENOENT ? 0 : -1;
	if (fcntl(file, F_GETLK, &lock) != 0)
		lock.l_pid = -1;
	else if (lock.l_type == F_UNLCK)
		lock.l_pid = 0;
	close(file);
	return lock.l_pid;
}

static void check_holder(const struct checks *checks, bool may_be_held)
{
	pid_t holder = lock_holder(checks->config->store_path);

	if (holder > 0 && !may_be_held)
		check_report(checks, FINDING_PROBLEM, "store",
			     "stop that process, or give this one a telemetry.path of its own",
			     "process %d holds the store, and no program of this configuration answers",
			     (int)holder);
	else if (holder > 0)
		check_report(checks, FINDING_GOOD, "store", NULL,
			     "the running program (process %d) holds the store", (int)holder);
	else if (holder == 0)
		check_report(checks, FINDING_GOOD, "store", NULL, "nobody holds the store at %s",
			     checks->config->store_path);
}

/* Opened for reading, it says which format it has and what is damaged. */
static void check_contents(const struct checks *checks)
{
	const struct rocksdb_store_options options = {.path = checks->config->store_path,
						      .is_read_only = true};
	struct store_stats stats;
	struct store *store;
	struct error error = {0};
	enum status status = rocksdb_store_open(&options, &store, &error);

	if (status == STATUS_NOT_FOUND)
		return;
	if (status != STATUS_OK) {
		check_report(checks, status == STATUS_BUSY ? FINDING_NOTE : FINDING_PROBLEM, "store", NULL,
			     "the store cannot be read: %s", error.message);
		return;
	}
	if (store_stats(store, &stats, &error) == STATUS_OK)
		check_report(checks, FINDING_GOOD, "store", NULL,
			     "it has %llu spans, %llu metric points, %llu logs",
			     (unsigned long long)stats.span_count, (unsigned long long)stats.point_count,
			     (unsigned long long)stats.log_count);
	store_close(store);
}

void check_store(const struct checks *checks, bool may_be_held)
{
	bool is_there, is_good = check_folder(checks, &is_there);

	check_disk(checks);
	if (!is_good)
		return;
	if (!is_there) {
		check_report(checks, FINDING_GOOD, "store", NULL, "there is none yet; it will be made at %s",
			     checks->config->store_path);
		return;
	}
	check_holder(checks, may_be_held);
	check_contents(checks);
}
