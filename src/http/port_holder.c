#include "http/port_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "0A" in the column st of /proc/net/tcp. */
enum { STATE_LISTEN = 10, INODES_MAX = 16 };

struct inodes {
	unsigned long items[INODES_MAX];
	size_t count;
};

static void read_listeners(const char *path, uint16_t port, struct inodes *inodes)
{
	FILE *file = fopen(path, "re");
	char line[512];

	if (!file)
		return;
	while (inodes->count < INODES_MAX && fgets(line, sizeof(line), file)) {
		unsigned local_port, state;
		unsigned long inode;

		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %lu",
			   &local_port, &state, &inode) == 3 &&
		    local_port == port && state == STATE_LISTEN)
			inodes->items[inodes->count++] = inode;
	}
	fclose(file);
}

static bool is_wanted(const char *link, const struct inodes *inodes)
{
	unsigned long inode;

	if (sscanf(link, "socket:[%lu]", &inode) != 1)
		return false;
	for (size_t i = 0; i < inodes->count; i++)
		if (inodes->items[i] == inode)
			return true;
	return false;
}

static bool holds_one(const char *pid, const struct inodes *inodes)
{
	char path[PATH_MAX], link[64];
	const struct dirent *entry;
	bool found = false;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	folder = opendir(path);
	if (!folder)
		return false;
	while (!found && (entry = readdir(folder))) {
		ssize_t size = readlinkat(dirfd(folder), entry->d_name, link, sizeof(link) - 1);

		if (size <= 0)
			continue;
		link[size] = '\0';
		found = is_wanted(link, inodes);
	}
	closedir(folder);
	return found;
}

static void read_name(const char *pid, char name_out[PORT_HOLDER_NAME_SIZE])
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(name_out, PORT_HOLDER_NAME_SIZE, file))
		snprintf(name_out, PORT_HOLDER_NAME_SIZE, "a process");
	name_out[strcspn(name_out, "\n")] = '\0';
	if (file)
		fclose(file);
}

bool port_holder_find(uint16_t port, char name_out[PORT_HOLDER_NAME_SIZE], pid_t *pid_out)
{
	struct inodes inodes = {.count = 0};
	const struct dirent *entry;
	bool found = false;
	DIR *folder;

	read_listeners("/proc/net/tcp", port, &inodes);
	read_listeners("/proc/net/tcp6", port, &inodes);
	folder = inodes.count ? opendir("/proc") : NULL;
	if (!folder)
		return false;
	while (!found && (entry = readdir(folder)))
		if (isdigit((unsigned char)entry->d_name[0]) && holds_one(entry->d_name, &inodes)) {
			read_name(entry->d_name, name_out);
			*pid_out = (pid_t)strtol(entry->d_name, NULL, 10);
			found = true;
		}
	closedir(folder);
	return found;
}
