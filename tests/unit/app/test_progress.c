#include "app/progress.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit/test.h"

/* Standard error becomes what the other end is read of. */
struct screen {
	int kept, reading;
};

static void redirect(struct screen *screen, int reading, int writing)
{
	screen->kept = dup(STDERR_FILENO);
	screen->reading = reading;
	assert_true(dup2(writing, STDERR_FILENO) >= 0);
	close(writing);
}

static struct screen begin_terminal(void)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY), end;
	struct screen screen;

	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal) | unlockpt(terminal), 0);
	end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	assert_true(end >= 0);
	redirect(&screen, terminal, end);
	return screen;
}

static struct screen begin_pipe(void)
{
	struct screen screen;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	redirect(&screen, ends[0], ends[1]);
	return screen;
}

static const char *end(struct screen *screen)
{
	static char text[1024];
	size_t size = 0;
	ssize_t more;

	fflush(stderr);
	dup2(screen->kept, STDERR_FILENO);
	close(screen->kept);
	while ((more = read(screen->reading, text + size, sizeof(text) - 1 - size)) > 0)
		size += (size_t)more;
	text[size] = '\0';
	close(screen->reading);
	return text;
}

static void a_line_is_written_and_wiped(void **state)
{
	struct screen screen = begin_terminal();

	(void)state;
	progress_tell("verifying: %d of %d blocks", 1, 7);
	progress_wipe();
	progress_wipe();
	assert_string_equal(end(&screen), "\r\033[Kverifying: 1 of 7 blocks\r\033[K");
}

static void rows_are_told_on_the_same_line(void **state)
{
	struct screen screen = begin_terminal();
	struct progress progress;
	const char *text;

	(void)state;
	progress_begin(&progress);
	progress_show(&progress, "exporting", 12, 3000000, 0.25);
	assert_true(progress_end(&progress) >= 0);
	text = end(&screen);
	assert_ptr_equal(strstr(text, "\r\033[Kexporting: 12 rows, 3.0 MB, "), text);
	assert_non_null(strstr(text, ", 25 %\r\033[K"));
}

static void a_reader_that_is_no_terminal_sees_nothing(void **state)
{
	struct screen screen = begin_pipe();
	struct progress progress;

	(void)state;
	progress_begin(&progress);
	progress_show(&progress, "exporting", 1, 1, 0.5);
	progress_tell("merging");
	progress_wipe();
	progress_end(&progress);
	assert_string_equal(end(&screen), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_written_and_wiped),
		cmocka_unit_test(rows_are_told_on_the_same_line),
		cmocka_unit_test(a_reader_that_is_no_terminal_sees_nothing),
	};

	return test_run("app/progress", tests);
}
