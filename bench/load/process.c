#include "load/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A whole small file of /proc as text. */
static bool read_file(pid_t pid, const char *name, char *text, size_t capacity)
{
	char path[64];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "r");
	if (!file)
		return false;
	size = fread(text, 1, capacity - 1, file);
	text[size] = '\0';
	fclose(file);
	return size > 0;
}

/* The number behind "key:" at the start of a line; 0 where it is missing. */
static uint64_t find_number(const char *text, const char *key)
{
	size_t size = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, size) == 0 && line[size] == ':')
			return strtoull(line + size + 1, NULL, 10);
	}
	return 0;
}

bool process_read(pid_t pid, struct process_usage *usage_out)
{
	char text[8192];
	const char *behind_name;
	unsigned long long user, system;
	double ticks = (double)sysconf(_SC_CLK_TCK);
	struct process_usage usage = {0};

	/* The name stands in brackets and may hold anything; utime and stime are the 12th and 13th behind it.
	 */
	if (!read_file(pid, "stat", text, sizeof(text)) || !(behind_name = strrchr(text, ')')) ||
	    sscanf(behind_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
		   &system) != 2)
		return false;
	usage.user_seconds = (double)user / ticks;
	usage.system_seconds = (double)system / ticks;
	if (!read_file(pid, "status", text, sizeof(text)))
		return false;
	usage.peak_memory_bytes = find_number(text, "VmHWM") * 1024;
	usage.memory_bytes = find_number(text, "VmRSS") * 1024;
	if (read_file(pid, "io", text, sizeof(text)))
		usage.written_bytes = find_number(text, "write_bytes");
	*usage_out = usage;
	return true;
}
