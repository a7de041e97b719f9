#include "archive/files.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status failed(const char *path, const char *what, struct error *error)
{
	return error_set(error, STATUS_IO, "%s cannot be %s: %s", path, what, strerror(errno));
}

enum status path_join(const char *folder, const char *name, char path_out[PATH_SIZE], struct error *error)
{
	int size = snprintf(path_out, PATH_SIZE, "%s/%s", folder, name);

	if (size < 0 || size >= PATH_SIZE)
		return error_set(error, STATUS_INVALID, "the path of %s is longer than %d bytes", name,
				 PATH_SIZE - 1);
	return STATUS_OK;
}

enum status folder_make(const char *path, struct error *error)
{
	char partial[PATH_SIZE];

	if (strlen(path) >= sizeof(partial))
		return error_set(error, STATUS_INVALID, "the path of a folder is longer than %d bytes",
				 PATH_SIZE - 1);
	strcpy(partial, path);
	for (char *at = partial + (partial[0] != '\0');; at++) {
		char kept = *at;

		if (kept != '/' && kept != '\0')
			continue;
		*at = '\0';
		if (mkdir(partial, 0700) != 0 && errno != EEXIST)
			return failed(partial, "made", error);
		*at = kept;
		if (kept == '\0')
			return STATUS_OK;
	}
}

enum status folder_sync(const char *path, struct error *error)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status status = STATUS_OK;

	if (folder < 0 || fsync(folder) != 0)
		status = failed(path, "forced to the disk", error);
	if (folder >= 0)
		close(folder);
	return status;
}

static void name_above(const char *path, char above_out[PATH_SIZE])
{
	const char *slash = strrchr(path, '/');

	if (slash == path)
		strcpy(above_out, "/");
	else
		snprintf(above_out, PATH_SIZE, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

enum status folder_make_above(const char *path, struct error *error)
{
	char above[PATH_SIZE];

	name_above(path, above);
	return folder_make(above, error);
}

enum status folder_sync_above(const char *path, struct error *error)
{
	char above[PATH_SIZE];

	name_above(path, above);
	return folder_sync(above, error);
}

enum status folder_remove(const char *path, struct error *error)
{
	char *paths[] = {(char *)path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	enum status status = STATUS_OK;
	FTSENT *entry;

	if (!tree)
		return failed(path, "removed", error);
	while (status == STATUS_OK && (entry = fts_read(tree)))
		if (entry->fts_info != FTS_D && remove(entry->fts_accpath) != 0 && errno != ENOENT)
			status = failed(entry->fts_path, "removed", error);
	fts_close(tree);
	return status;
}

enum status file_read(const char *path, struct buffer *out, struct error *error)
{
	FILE *file = fopen(path, "re");
	enum status status = STATUS_OK;
	char piece[8192];
	size_t size;

	if (!file && errno == ENOENT)
		return error_set(error, STATUS_NOT_FOUND, "there is no %s", path);
	if (!file)
		return failed(path, "read", error);
	while ((size = fread(piece, 1, sizeof(piece), file)) > 0)
		buffer_append(out, piece, size);
	if (ferror(file))
		status = failed(path, "read", error);
	else if (buffer_failed(out))
		status = error_set(error, STATUS_NO_MEMORY, "no memory to read %s", path);
	fclose(file);
	return status;
}

static bool write_all(int file, struct str content)
{
	while (content.size) {
		ssize_t written = write(file, content.data, content.size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		content = str_make(content.data + written, content.size - (size_t)written);
	}
	return fsync(file) == 0;
}

enum status file_replace(const char *path, struct str content, struct error *error)
{
	char partial[PATH_SIZE + 8];
	bool is_written;
	int file;

	snprintf(partial, sizeof(partial), "%s.tmp", path);
	file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		return failed(partial, "written", error);
	is_written = write_all(file, content);
	if (close(file) != 0 || !is_written)
		return failed(partial, "written", error);
	if (rename(partial, path) != 0)
		return failed(path, "replaced", error);
	return folder_sync_above(path, error);
}
