/*
 * Opening a store to read it, beside the process that holds it.
 *
 * RocksDB reads the manifest, opens every table file that it names, and replays the log into memory. Files
 * that are open stay readable whatever the holder removes, so that only the opening itself can meet a folder
 * that changes:
 *
 *  - A table file that was compacted away in between: RocksDB says so, and we begin anew.
 *  - A log that was flushed and removed after the manifest was read and before the logs were listed: RocksDB
 *    does not notice, and the rows of that log would be missing without a word. So we list the logs before and
 *    after, and begin anew where one of the first list is gone: if none is, every log that the manifest could
 *    need was there all the time.
 *
 *  - Bodies that were taken over past the log (bulk.h) after the manifest was read, and whose headers are in the log that
 *    was replayed then: we begin anew. What is missing the next time too is damage.
 *
 * A record at the end of the log that is only half written was not acknowledged yet.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "storage/rocksdb/bulk.h"
#include "storage/rocksdb/rocksdb_internal.h"

enum { TRIES = 50, PAUSE_MS = 20, LOGS_MOST = 1024 };

/* The numbers of the logs in the folder: "000012.log" is 12. */
struct logs {
	uint64_t numbers[LOGS_MOST];
	size_t count;
};

static enum status list_logs(const char *path, struct logs *logs_out, struct error *error)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder)
		return error_set(error, STATUS_IO, "the store's folder %s cannot be read: %m", path);
	logs_out->count = 0;
	while ((entry = readdir(folder)) && logs_out->count < LOGS_MOST) {
		struct str name, rest;
		uint64_t number;

		if (str_split(str_from(entry->d_name), '.', &name, &rest) && str_equal_c(rest, "log") &&
		    str_parse_u64(name, &number))
			logs_out->numbers[logs_out->count++] = number;
	}
	closedir(folder);
	return STATUS_OK;
}

static bool has_log(const struct logs *logs, uint64_t number)
{
	for (size_t i = 0; i < logs->count; i++)
		if (logs->numbers[i] == number)
			return true;
	return false;
}

static bool is_any_gone(const struct logs *before, const struct logs *after)
{
	for (size_t i = 0; i < before->count; i++)
		if (!has_log(after, before->numbers[i]))
			return true;
	return false;
}

static enum status check_folder(const char *path, struct error *error)
{
	char current[4096];

	snprintf(current, sizeof(current), "%s/CURRENT", path);
	if (access(current, R_OK) == 0)
		return STATUS_OK;
	if (access(current, F_OK) == 0 || access(path, R_OK | X_OK) != 0)
		if (access(path, F_OK) == 0)
			return error_set(error, STATUS_IO, "the store at %s cannot be read: %m", path);
	return error_set(error, STATUS_NOT_FOUND, "there is no store at %s", path);
}

/* Whether it was opened before bodies were taken over, with a log from afterwards. */
static bool is_torn(const struct rocksdb_store *store, char torn[BULK_NAME_SIZE])
{
	char name[BULK_NAME_SIZE];
	bool is_known;

	if (!bulk_lacks_bodies(store, name))
		return false;
	is_known = memcmp(name, torn, sizeof(name)) == 0;
	memcpy(torn, name, sizeof(name));
	return !is_known;
}

/* STATUS_BUSY where the folder changed under it: worth another try. torn is the bulk for which that was so before. */
static enum status try_open(struct rocksdb_store *store, const char *const *family_names,
			    char torn[BULK_NAME_SIZE], struct error *error)
{
	const rocksdb_options_t *options[FAMILY_COUNT];
	struct logs before, after;
	char *message = NULL;
	enum status status = list_logs(store->path, &before, error);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		options[i] = store->options;
	store->db = rocksdb_open_for_read_only_column_families(store->options, store->path, FAMILY_COUNT,
							       family_names, options, store->families, 0,
							       &message);
	if (message) {
		bool is_missing = strstr(message, "No such file") != NULL;

		store->db = NULL;
		status = rocksdb_failed(message, "the store cannot be opened", error);
		return is_missing ? STATUS_BUSY : status;
	}
	status = list_logs(store->path, &after, error);
	if (status == STATUS_OK && (is_any_gone(&before, &after) || is_torn(store, torn)))
		status = error_set(error, STATUS_BUSY, "the store at %s changes faster than it can be opened",
				   store->path);
	if (status != STATUS_OK)
		database_close(store);
	return status;
}

enum status open_read_only(struct rocksdb_store *store, const char *const *family_names, struct error *error)
{
	const struct timespec pause = {0, PAUSE_MS * (long)NS_PER_MS};
	enum status status = check_folder(store->path, error);
	char torn[BULK_NAME_SIZE] = {0};
	bool is_lenient = false; /* a whole file that cannot be opened costs its rows, not the store */

	rocksdb_options_set_create_if_missing(store->options, 0);
	rocksdb_options_set_create_missing_column_families(store->options, 0);
	for (int try = 0; try < TRIES && status == STATUS_OK; try++) {
		status = try_open(store, family_names, torn, error);
		if (status == STATUS_OK)
			return STATUS_OK;
		if (status == STATUS_CORRUPT && !is_lenient) {
			log_error("storage", "%s; what it holds is left out", error->message);
			rocksdb_options_set_paranoid_checks(store->options, 0);
			is_lenient = true;
			status = STATUS_OK;
			continue;
		}
		if (status == STATUS_BUSY && try + 1 < TRIES) {
			nanosleep(&pause, NULL);
			status = STATUS_OK;
		}
	}
	return status;
}
