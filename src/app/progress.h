/*
 * progress: how far a long command is, as one line that is written over on standard error, where that is a terminal; and
 * whether Ctrl-C was pressed.
 *
 * Threads    the main thread.
 * Units      times are nanoseconds on the monotonic clock, sizes bytes.
 * Errors     none.
 */
#ifndef ROHAS_APP_PROGRESS_H
#define ROHAS_APP_PROGRESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Shows the line, a few times a second at most. */
void progress_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Clears the line, where there is one: before anything else is written to the terminal. */
void progress_wipe(void);

/* Of a command that moves rows. */
struct progress {
	uint64_t start_ns;
	double start_part; /* of what was done before this run */
};

/* From now on Ctrl-C and SIGTERM are noted; a second one ends the program. */
void progress_begin(struct progress *progress);
bool progress_is_stopped(void);
const volatile sig_atomic_t *progress_stop_flag(void);

/* Tells the numbers. part is how much of the whole is done, 0 to 1. */
void progress_show(struct progress *progress, const char *what, uint64_t row_count, uint64_t size_bytes,
		   double part);

/* Clears the line. Gives how long it took. */
double progress_end(struct progress *progress);

#endif
