/*
 * files: folders and files that are there whole or not at all, also after the machine died.
 *
 * Ownership  everything is borrowed.
 * Threads    every call may run concurrently, on different paths.
 * Errors     STATUS_IO, with the path and the system's reason; STATUS_NO_MEMORY.
 */
#ifndef ROHAS_ARCHIVE_FILES_H
#define ROHAS_ARCHIVE_FILES_H

#include "base/buffer.h"
#include "base/status.h"

enum { PATH_SIZE = 4096 };

/* folder/name; STATUS_INVALID where that is longer than a path may be. */
enum status path_join(const char *folder, const char *name, char path_out[PATH_SIZE], struct error *error);

/* Makes the folder and those above it, with mode 0700. */
enum status folder_make(const char *path, struct error *error);

/* The same for the folder that path lies in. */
enum status folder_make_above(const char *path, struct error *error);

/* Forces the folder's list of names to the disk. */
enum status folder_sync(const char *path, struct error *error);

/* The same for the folder that path lies in. */
enum status folder_sync_above(const char *path, struct error *error);

/* Removes it with all that is in it; STATUS_OK where there is none. */
enum status folder_remove(const char *path, struct error *error);

/* Reads the file behind what is in out; STATUS_NOT_FOUND where there is none. */
enum status file_read(const char *path, struct buffer *out, struct error *error);

/* Puts a file of that content in the place of the one that is there, if any. */
enum status file_replace(const char *path, struct str content, struct error *error);

#endif
