#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli.h"
#include "archive/files.h"
#include "base/clock.h"
#include "storage/rocksdb/rocksdb_store.h"

struct request {
	const char *folder;
	bool replace;
};

static enum status failed(const char *path, struct error *error)
{
	return error_set(error, STATUS_IO, "%s cannot be copied: %s", path, strerror(errno));
}

static enum status copy_bytes(const char *from, const char *to, struct error *error)
{
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum status status = STATUS_OK;
	ssize_t size = 1;

	while (in >= 0 && out >= 0 && size > 0)
		size = copy_file_range(in, NULL, out, NULL, 1 << 30, 0);
	if (in < 0 || out < 0 || size < 0 || fsync(out) != 0)
		status = failed(from, error);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return status;
}

/* Tables never change once they are written: a link will do where there can be one. All else is copied, so that the
 * backup stays what it is. */
static enum status copy_file(const char *from, const char *to, struct error *error)
{
	if (str_ends_with(str_from(from), ".sst") && link(from, to) == 0)
		return STATUS_OK;
	return copy_bytes(from, to, error);
}

static enum status copy_folder(const char *from, const char *to, struct error *error)
{
	enum status status = folder_make(to, error);
	DIR *folder = status == STATUS_OK ? opendir(from) : NULL;
	struct dirent *entry;

	if (status == STATUS_OK && !folder)
		status = failed(from, error);
	while (status == STATUS_OK && (entry = readdir(folder))) {
		char source[PATH_SIZE], target[PATH_SIZE];

		if (entry->d_name[0] == '.')
			continue;
		status = path_join(from, entry->d_name, source, error);
		if (status == STATUS_OK)
			status = path_join(to, entry->d_name, target, error);
		if (status == STATUS_OK)
			status = copy_file(source, target, error);
	}
	if (folder)
		closedir(folder);
	return status == STATUS_OK ? folder_sync(to, error) : status;
}

static enum status count_rows(const char *path, struct store_stats *stats_out, struct error *error)
{
	const struct rocksdb_store_options options = {.path = path, .is_read_only = true};
	struct store *store;
	enum status status = rocksdb_store_open(&options, &store, error);

	if (status != STATUS_OK)
		return status;
	status = store_stats(store, stats_out, error);
	store_close(store);
	return status;
}

static bool is_empty_or_absent(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool is_empty = true;

	if (!folder)
		return errno == ENOENT;
	while (is_empty && (entry = readdir(folder)))
		is_empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(folder);
	return is_empty;
}

/* Whatever else is wrong with a store that is to be replaced does not matter. */
static bool is_held(const char *path)
{
	const struct rocksdb_store_options options = {.path = path};
	struct error error = {0};
	struct store *store;
	enum status status = rocksdb_store_open(&options, &store, &error);

	if (status == STATUS_OK)
		store_close(store);
	return status == STATUS_BUSY;
}

/* Takes what is at the store's place out of the way. */
static enum status set_aside(const char *path, bool replace, struct error *error)
{
	char aside[PATH_SIZE];

	if (is_empty_or_absent(path)) {
		if (rmdir(path) != 0 && errno != ENOENT)
			return error_set(error, STATUS_IO, "%s cannot be removed: %s", path, strerror(errno));
		return STATUS_OK;
	}
	if (!replace)
		return error_set(error, STATUS_INVALID,
				 "there is a store at %s: --replace keeps it beside, and takes its place",
				 path);
	if (is_held(path))
		return error_set(error, STATUS_BUSY,
				 "the store at %s is held by another process: stop it first", path);
	snprintf(aside, sizeof(aside), "%s.replaced-%llu", path,
		 (unsigned long long)(clock_now_ns(&clock_system) / NS_PER_SECOND));
	if (rename(path, aside) != 0)
		return error_set(error, STATUS_IO, "%s cannot be renamed: %s", path, strerror(errno));
	printf("the store that was there is at %s\n", aside);
	return STATUS_OK;
}

static enum status restore(const char *path, const struct request *request, struct store_stats *stats,
			   struct error *error)
{
	char partial[PATH_SIZE];
	enum status status = count_rows(request->folder, stats, error);

	if (status != STATUS_OK)
		return status;
	snprintf(partial, sizeof(partial), "%s.restoring", path);
	status = folder_make_above(partial, error);
	if (status == STATUS_OK)
		status = folder_remove(partial, error);
	if (status == STATUS_OK)
		status = copy_folder(request->folder, partial, error);
	if (status == STATUS_OK)
		status = count_rows(partial, stats, error);
	if (status == STATUS_OK)
		status = set_aside(path, request->replace, error);
	if (status != STATUS_OK) {
		struct error ignored;

		folder_remove(partial, &ignored);
		return status;
	}
	if (rename(partial, path) != 0)
		return error_set(error, STATUS_IO, "%s cannot be renamed: %s", partial, strerror(errno));
	return folder_sync_above(path, error);
}

static int run_restore(const struct config *config, const struct request *request)
{
	struct store_stats stats = {0};
	struct error error = {0};
	enum status status;

	umask(077);
	status = restore(config->store_path, request, &stats, &error);
	if (status != STATUS_OK) {
		cli_fail("%s", error.message);
		return status == STATUS_INVALID ? CLI_WRONG : CLI_FAILED;
	}
	printf("%llu spans, %llu log records and %llu metric points at %s\n",
	       (unsigned long long)stats.span_count, (unsigned long long)stats.log_count,
	       (unsigned long long)stats.point_count, config->store_path);
	return CLI_DONE;
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	const struct option options[] = {
		{"replace", NULL, "where there is a store, keep it beside, under another name", OPTION_FLAG,
		 &request.replace},
	};
	const struct command_line line = {
		&restore_command,
		"Puts a backup in the place of the store, telemetry.path, which must be absent or empty "
		"unless --replace is given\n"
		"and which no program may hold. The backup stays as it is. It is opened first, here and in "
		"its new place, and its\n"
		"rows are told.",
		options,
		sizeof(options) / sizeof(options[0]),
		"FOLDER",
		&request.folder,
	};
	struct config_request config_request;
	struct config config;
	int result;

	if (!cli_parse(&line, argc, argv, &config_request, &result))
		return result;
	result = cli_load_config(&config_request, &config) ? run_restore(&config, &request) : CLI_WRONG;
	config_release(&config);
	cli_release_request(&config_request);
	return result;
}

const struct command restore_command = {
	"restore",
	"Put a backup in the place of the store",
	run,
};
