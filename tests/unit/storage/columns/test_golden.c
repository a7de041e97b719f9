/* Blocks that an earlier version wrote must read as they did then, for as long as their format is read at
 * all. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "blocks.h"
#include "storage/columns/span_reader.h"

static const char *folder;

static struct buffer read_file(enum signal signal, const char *kind)
{
	struct buffer bytes = BUFFER_EMPTY;
	char path[1024];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s.%s", folder, signal_name(signal), kind);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s cannot be opened", path);
	do {
		char *at = buffer_reserve(&bytes, 4096);

		assert_non_null(at);
		size = fread(at, 1, 4096, file);
		bytes.size += size;
	} while (size);
	fclose(file);
	return bytes;
}

/* Says which line is the first that differs: the texts are long. */
static void assert_same_text(struct str actual, struct str expected)
{
	struct str found, wanted;
	size_t line = 1;

	for (; actual.size && expected.size; line++) {
		str_split(actual, '\n', &found, &actual);
		str_split(expected, '\n', &wanted, &expected);
		if (!str_equal(found, wanted))
			fail_msg("line %zu is \"%.*s\", not \"%.*s\"", line, STR_ARG(found), STR_ARG(wanted));
	}
	assert_int_equal(actual.size, expected.size);
}

static void reads_blocks_as_they_were_written(void **state)
{
	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct buffer body = read_file((enum signal)signal, "block"), rows = BUFFER_EMPTY;
		struct buffer expected = read_file((enum signal)signal, "rows");

		block_dump((enum signal)signal, buffer_str(&body), &rows);
		assert_same_text(buffer_str(&rows), buffer_str(&expected));
		buffer_release(&body);
		buffer_release(&rows);
		buffer_release(&expected);
	}
}

static void reads_headers_as_they_were_written(void **state)
{
	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct buffer bytes = read_file((enum signal)signal, "header");
		struct buffer body = read_file((enum signal)signal, "block");
		struct block_header header;
		struct arena arena;

		arena_init(&arena, 0);
		assert_int_equal(header_decode(buffer_str(&bytes), &arena, &header, NULL), STATUS_OK);
		assert_int_equal(header.sequence, 7);
		assert_int_equal(header.first_sequence, 7);
		assert_int_equal(header.last_sequence, 7);
		assert_int_equal(header.signal, signal);
		assert_int_equal(header.row_count, 40);
		assert_int_equal(header.body_size, body.size);
		assert_true(header.has_all_terms);
		assert_true(header.first_ns < header.last_ns);
		arena_release(&arena);
		buffer_release(&bytes);
		buffer_release(&body);
	}
}

/* The hashes in an old header must be those that this version computes, or its rows are never found. */
static void finds_what_an_old_header_says(void **state)
{
	struct buffer bytes = read_file(SIGNAL_TRACES, "header"), body = read_file(SIGNAL_TRACES, "block");
	struct span_filter filter = SPAN_FILTER_ANY;
	struct block_header header;
	struct span_reader reader;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(header_decode(buffer_str(&bytes), &arena, &header, NULL), STATUS_OK);
	assert_int_equal(span_reader_open(&reader, buffer_str(&body), &arena, NULL), STATUS_OK);
	assert_int_equal(header.trace_count, reader.trace_count);
	for (size_t i = 0; i < reader.trace_count; i++)
		assert_true(header_may_hold_trace(&header,
						  header_trace_hash(reader.trace_ids + TRACE_ID_SIZE * i)));
	filter.service = str_from("billing");
	assert_true(header_may_hold_spans(&header, &filter));
	filter.service = str_from("nobody");
	assert_false(header_may_hold_spans(&header, &filter));
	arena_release(&arena);
	buffer_release(&bytes);
	buffer_release(&body);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_blocks_as_they_were_written),
		cmocka_unit_test(reads_headers_as_they_were_written),
		cmocka_unit_test(finds_what_an_old_header_says),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_golden FOLDER\n");
		return 2;
	}
	folder = argv[1];
	return test_run("storage/columns/golden", tests);
}
