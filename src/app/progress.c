#include "app/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

static volatile sig_atomic_t stopped;
static const uint64_t pause_ns = 200 * NS_PER_MS;

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
	*progress = (struct progress){.is_shown = isatty(STDERR_FILENO), .start_ns = clock_monotonic_ns()};
	progress->start_part = -1;
}

bool progress_is_stopped(void)
{
	return stopped;
}

const volatile sig_atomic_t *progress_stop_flag(void)
{
	return &stopped;
}

static void show_left(double seconds)
{
	unsigned left = seconds < 359999 ? (unsigned)seconds : 359999;

	if (left >= 3600)
		fprintf(stderr, ", %u h %02u min left", left / 3600, left / 60 % 60);
	else if (left >= 60)
		fprintf(stderr, ", %u min %02u s left", left / 60, left % 60);
	else
		fprintf(stderr, ", %u s left", left);
}

void progress_show(struct progress *progress, const char *what, uint64_t row_count, uint64_t size_bytes,
		   double part)
{
	uint64_t now_ns = clock_monotonic_ns();
	double seconds = (double)(now_ns - progress->start_ns) / NS_PER_SECOND;
	double done;

	if (progress->start_part < 0)
		progress->start_part = part;
	if (!progress->is_shown || now_ns - progress->shown_ns < pause_ns)
		return;
	progress->shown_ns = now_ns;
	done = part - progress->start_part;
	fprintf(stderr, "\r\033[K%s: %llu rows, %.1f MB, %.1f MB/s", what, (unsigned long long)row_count,
		(double)size_bytes / 1e6, seconds > 0 ? (double)size_bytes / 1e6 / seconds : 0);
	if (part > 0 && part <= 1)
		fprintf(stderr, ", %d %%", (int)(part * 100));
	if (done > 0.01 && part < 1)
		show_left(seconds * (1 - part) / done);
	fflush(stderr);
}

double progress_end(struct progress *progress)
{
	if (progress->is_shown && progress->shown_ns)
		fputs("\r\033[K", stderr);
	return (double)(clock_monotonic_ns() - progress->start_ns) / NS_PER_SECOND;
}
