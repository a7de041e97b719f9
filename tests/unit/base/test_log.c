#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

/* What the calls write to standard error while it is turned to a file. */
static void capture(void (*write_entries)(void), char *text_out, size_t size)
{
	char path[] = "/tmp/rohas-test-log-XXXXXX";
	int file = mkstemp(path), error = dup(STDERR_FILENO);
	ssize_t count;

	assert_true(file >= 0 && error >= 0);
	assert_true(dup2(file, STDERR_FILENO) >= 0);
	write_entries();
	assert_true(dup2(error, STDERR_FILENO) >= 0);
	count = pread(file, text_out, size - 1, 0);
	assert_true(count >= 0);
	text_out[count] = '\0';
	close(error);
	close(file);
	unlink(path);
}

static void write_levels(void)
{
	log_set_level(LOG_WARN);
	log_debug("base", "debug");
	log_info("base", "info");
	log_warn("base", "%d warnings", 2);
	log_error("storage", "error");
	log_set_level(LOG_INFO);
}

static void writes_entries_from_its_level_up(void **state)
{
	char text[4096];

	(void)state;
	capture(write_levels, text, sizeof(text));
	assert_null(strstr(text, "info"));
	assert_null(strstr(text, "debug"));
	assert_non_null(strstr(text, " WARN  base: 2 warnings\n"));
	assert_non_null(strstr(text, " ERROR storage: error\n"));
	/* 2026-01-01T00:00:00.123Z */
	assert_int_equal(text[10], 'T');
	assert_int_equal(text[19], '.');
	assert_int_equal(text[23], 'Z');
}

static void write_forgeries(void)
{
	log_error("receiver", "%s", "line\n2026-01-01T00:00:00.000Z ERROR forged: \x1b[31mred\x7f");
}

static void a_message_cannot_forge_a_line(void **state)
{
	char text[4096];

	(void)state;
	capture(write_forgeries, text, sizeof(text));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "line\\x0a2026"));
	assert_non_null(strstr(text, "\\x1b[31mred\\x7f"));
}

static void write_at_length(void)
{
	char message[5000];

	memset(message, 7, sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	log_error("base", "%s", message);
}

static void cuts_a_message_that_is_too_long(void **state)
{
	char text[8192];

	(void)state;
	capture(write_at_length, text, sizeof(text));
	assert_true(strlen(text) > 1000 && strlen(text) <= 2048);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_entries_from_its_level_up),
		cmocka_unit_test(a_message_cannot_forge_a_line),
		cmocka_unit_test(cuts_a_message_that_is_too_long),
	};

	return test_run("base/log", tests);
}
