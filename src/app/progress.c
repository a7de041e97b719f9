#include "app/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { LEFT_SIZE = 32 };

static volatile sig_atomic_t stopped;
static const uint64_t pause_ns = 200 * NS_PER_MS;
static const char clear_line[] = "\r\033[K";
static uint64_t shown_ns; /* when the line that stands there was shown; 0: there is none */

void progress_tell(const char *format, ...)
{
	uint64_t now_ns = clock_monotonic_ns();
	va_list args;

	if ((shown_ns && now_ns - shown_ns < pause_ns) || !isatty(STDERR_FILENO))
		return;
	shown_ns = now_ns;
	fputs(clear_line, stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fflush(stderr);
}

void progress_wipe(void)
{
	if (shown_ns)
		fputs(clear_line, stderr);
	shown_ns = 0;
}

static void note_stop(int number)
{
	(void)number;
	stopped = 1;
}

void progress_begin(struct progress *progress)
{
	const struct sigaction once = {.sa_handler = note_stop, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &once, NULL);
	sigaction(SIGTERM, &once, NULL);
	*progress = (struct progress){.start_ns = clock_monotonic_ns(), .start_part = -1};
}

bool progress_is_stopped(void)
{
	return stopped;
}

const volatile sig_atomic_t *progress_stop_flag(void)
{
	return &stopped;
}

static double seconds_of(const struct progress *progress)
{
	return (double)(clock_monotonic_ns() - progress->start_ns) / NS_PER_SECOND;
}

static void write_left(double seconds, char text[LEFT_SIZE])
{
	unsigned left = seconds < 359999 ? (unsigned)seconds : 359999;

	if (left >= 3600)
		snprintf(text, LEFT_SIZE, ", %u h %02u min left", left / 3600, left / 60 % 60);
	else if (left >= 60)
		snprintf(text, LEFT_SIZE, ", %u min %02u s left", left / 60, left % 60);
	else
		snprintf(text, LEFT_SIZE, ", %u s left", left);
}

void progress_show(struct progress *progress, const char *what, uint64_t row_count, uint64_t size_bytes,
		   double part)
{
	double seconds = seconds_of(progress), done;
	char percent[LEFT_SIZE] = "", left[LEFT_SIZE] = "";

	if (progress->start_part < 0)
		progress->start_part = part;
	done = part - progress->start_part;
	if (part > 0 && part <= 1)
		snprintf(percent, sizeof(percent), ", %d %%", (int)(part * 100));
	if (done > 0.01 && part < 1)
		write_left(seconds * (1 - part) / done, left);
	progress_tell("%s: %llu rows, %.1f MB, %.1f MB/s%s%s", what, (unsigned long long)row_count,
		      (double)size_bytes / 1e6, seconds > 0 ? (double)size_bytes / 1e6 / seconds : 0, percent,
		      left);
}

double progress_end(struct progress *progress)
{
	progress_wipe();
	return seconds_of(progress);
}
