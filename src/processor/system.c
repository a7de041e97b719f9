#include "processor/system.h"

#include <fcntl.h>
#include <unistd.h>

enum { FILE_MOST_BYTES = 8192 };

/* The beginning of a file, as much as fits; empty where it cannot be read. */
static struct str read_file(const char *path, char text_out[FILE_MOST_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size;

	if (fd < 0)
		return str_make(text_out, 0);
	size = read(fd, text_out, FILE_MOST_BYTES);
	close(fd);
	return str_make(text_out, size > 0 ? (size_t)size : 0);
}

/* Takes the next word of a line; false at its end. */
static bool next_word(struct str *line, struct str *word_out)
{
	*line = str_trim(*line);
	if (line->size == 0)
		return false;
	str_split(*line, ' ', word_out, line);
	return true;
}

static bool nth_number(struct str line, size_t n, uint64_t *number_out)
{
	struct str word;

	for (size_t i = 0; next_word(&line, &word); i++)
		if (i == n)
			return str_parse_u64(word, number_out);
	return false;
}

bool system_parse_stat(struct str text, uint64_t *busy_out, uint64_t *total_out)
{
	/* user nice system idle iowait irq softirq steal; the guest's time is in user already */
	enum { IDLE = 3, IOWAIT = 4, FIELD_COUNT = 8, FIELDS_NEEDED = 4 };
	uint64_t idle = 0, total = 0, ticks;
	struct str line, rest, word;
	size_t field = 0;

	str_split(text, '\n', &line, &rest);
	if (!next_word(&line, &word) || !str_equal_c(word, "cpu"))
		return false;
	for (; field < FIELD_COUNT && next_word(&line, &word); field++) {
		if (!str_parse_u64(word, &ticks))
			return false;
		total += ticks;
		if (field == IDLE || field == IOWAIT)
			idle += ticks;
	}
	if (field < FIELDS_NEEDED)
		return false;
	*busy_out = total - idle;
	*total_out = total;
	return true;
}

bool system_parse_process_stat(struct str text, uint64_t *ticks_out)
{
	/* Counted from the state, which follows the name; the name may hold anything, also a bracket. */
	enum { USER_TIME = 11, SYSTEM_TIME = 12 };
	uint64_t user, system;
	size_t after = text.size;
	struct str fields;

	while (after > 0 && text.data[after - 1] != ')')
		after--;
	if (after == 0)
		return false;
	fields = str_make(text.data + after, text.size - after);
	if (!nth_number(fields, USER_TIME, &user) || !nth_number(fields, SYSTEM_TIME, &system))
		return false;
	*ticks_out = user + system;
	return true;
}

bool system_parse_meminfo(struct str text, uint64_t *used_bytes_out)
{
	uint64_t total = 0, available = 0;
	bool has_total = false, has_available = false;
	struct str line;

	while (text.size) {
		str_split(text, '\n', &line, &text);
		if (str_starts_with(line, "MemTotal:"))
			has_total = nth_number(line, 1, &total);
		else if (str_starts_with(line, "MemAvailable:"))
			has_available = nth_number(line, 1, &available);
	}
	if (!has_total || !has_available || available > total)
		return false;
	*used_bytes_out = (total - available) * 1024;
	return true;
}

bool system_parse_statm(struct str text, uint64_t page_size, uint64_t *resident_bytes_out)
{
	uint64_t pages;

	if (!nth_number(text, 1, &pages))
		return false;
	*resident_bytes_out = pages * page_size;
	return true;
}

static bool read_stat(struct cpu_ticks *ticks)
{
	char text[FILE_MOST_BYTES];

	return system_parse_stat(read_file("/proc/stat", text), &ticks->busy, &ticks->total);
}

static bool read_process_stat(struct cpu_ticks *ticks)
{
	char text[FILE_MOST_BYTES];

	return system_parse_process_stat(read_file("/proc/self/stat", text), &ticks->process);
}

void system_meter_init(struct system_meter *meter)
{
	*meter = (struct system_meter){0};
	read_stat(&meter->before);
	read_process_stat(&meter->before);
}

/* The share of the ticks that went by; absent where none did. */
static bool share(uint64_t before, uint64_t now, uint64_t elapsed, double *share_out)
{
	if (elapsed == 0 || now < before)
		return false;
	*share_out = (double)(now - before) / (double)elapsed;
	if (*share_out > 1)
		*share_out = 1; /* the two files are not read at one instant */
	return true;
}

void system_meter_read(struct system_meter *meter, struct system_usage *usage_out)
{
	struct cpu_ticks now = meter->before;
	struct system_usage usage = {0};
	char text[FILE_MOST_BYTES];

	if (read_stat(&now) && now.total > meter->before.total) {
		uint64_t elapsed = now.total - meter->before.total;

		usage.has_cpu = share(meter->before.busy, now.busy, elapsed, &usage.cpu);
		usage.has_process_cpu = read_process_stat(&now) && share(meter->before.process, now.process,
									 elapsed, &usage.process_cpu);
	}
	usage.has_memory = system_parse_meminfo(read_file("/proc/meminfo", text), &usage.memory_bytes);
	usage.has_process_memory =
		system_parse_statm(read_file("/proc/self/statm", text), (uint64_t)sysconf(_SC_PAGESIZE),
				   &usage.process_memory_bytes);
	meter->before = now;
	*usage_out = usage;
}
