#include "base/protobuf.h"

#include <math.h>
#include <string.h>

#include "test.h"

static void reads_what_it_wrote(void **state)
{
	static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, UINT64_MAX};
	enum { COUNT = sizeof(numbers) / sizeof(numbers[0]) };
	struct buffer out = BUFFER_EMPTY;
	struct protobuf_reader reader;
	struct protobuf_field field;

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		protobuf_put_uint(&out, 1, numbers[i]);
		protobuf_put_sint(&out, 2, (int64_t)numbers[i]);
		protobuf_put_fixed64(&out, 536870911, numbers[i]);
		protobuf_put_fixed32(&out, 4, (uint32_t)numbers[i]);
	}
	protobuf_put_double(&out, 5, -0.5);
	protobuf_put_bytes(&out, 6, str_make("a\0b", 3));
	protobuf_put_bytes(&out, 6, str_from(""));
	reader = protobuf_read(buffer_str(&out));
	for (uint32_t i = 0; i < COUNT; i++) {
		assert_true(protobuf_next(&reader, &field));
		assert_int_equal(field.number, 1);
		assert_int_equal(field.wire, PROTOBUF_VARINT);
		assert_true(field.integer == numbers[i]);
		assert_true(protobuf_next(&reader, &field));
		assert_true(protobuf_zigzag(field.integer) == (int64_t)numbers[i]);
		assert_true(protobuf_next(&reader, &field));
		assert_int_equal(field.number, 536870911);
		assert_int_equal(field.wire, PROTOBUF_I64);
		assert_true(field.integer == numbers[i]);
		assert_true(protobuf_next(&reader, &field));
		assert_int_equal(field.wire, PROTOBUF_I32);
		assert_true(field.integer == (uint32_t)numbers[i]);
	}
	assert_true(protobuf_next(&reader, &field));
	assert_true(protobuf_double(field.integer) == -0.5);
	assert_true(protobuf_next(&reader, &field));
	assert_int_equal(field.wire, PROTOBUF_LEN);
	assert_int_equal(field.bytes.size, 3);
	assert_memory_equal(field.bytes.data, "a\0b", 3);
	assert_true(protobuf_next(&reader, &field));
	assert_int_equal(field.bytes.size, 0);
	assert_false(protobuf_next(&reader, &field));
	assert_false(reader.failed);
	buffer_release(&out);
}

static void knows_the_encodings_of_the_specification(void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	protobuf_put_uint(&out, 1, 150);
	assert_memory_equal(out.data, "\x08\x96\x01", 3);
	buffer_clear(&out);
	protobuf_put_bytes(&out, 2, str_from("testing"));
	assert_memory_equal(out.data, "\x12\x07testing", 9);
	buffer_clear(&out);
	protobuf_put_sint(&out, 1, -2);
	assert_memory_equal(out.data, "\x08\x03", 2);
	assert_true(protobuf_zigzag(UINT64_MAX) == INT64_MIN);
	assert_true(protobuf_zigzag(UINT64_MAX - 1) == INT64_MAX);
	assert_true(protobuf_float(0x3f000000) == 0.5f);
	assert_true(isnan(protobuf_double(UINT64_C(0x7ff8000000000000))));
	buffer_release(&out);
}

static void refuses_bytes_that_are_malformed(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} rows[] = {
		{"\x08", 1},                                              /* a varint that is not there */
		{"\x08\x80", 2},                                          /* a varint that is cut */
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11},     /* 65 bits */
		{"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12}, /* eleven bytes */
		{"\x00\x00", 2},                                          /* field number 0 */
		{"\x80\x80\x80\x80\x80\x01\x00", 7},                      /* a tag of more than 32 bits */
		{"\x09\x01\x02\x03\x04\x05\x06\x07", 8},                  /* seven bytes of eight */
		{"\x0d\x01\x02\x03", 4},                                  /* three of four */
		{"\x0a\x05"
		 "abcd",
		 6},                                                  /* a length past the end */
		{"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* a length past all memory */
		{"\x0c", 1},         /* an end of a group that was not begun */
		{"\x0b\x08\x01", 3}, /* a group without an end */
		{"\x0b\x14", 2},     /* the end of another group */
		{"\x0e\x01", 2},     /* wire type 6 */
		{"\x0f\x01", 2},     /* wire type 7 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct protobuf_reader reader = protobuf_read(str_make(rows[i].bytes, rows[i].size));
		struct protobuf_field field;

		while (protobuf_next(&reader, &field))
			;
		if (!reader.failed)
			fail_msg("row %zu was read", i);
		assert_true(reader.at <= reader.end);
	}
}

static void skips_groups_with_all_that_is_in_them(void **state)
{
	/* group 1 { 1: 5, 2: "x", group 3 { }, fixed32, fixed64 }, then field 2 = 7 */
	static const char bytes[] =
		"\x0b\x08\x05\x12\x01x\x1b\x1c\x25\1\2\3\4\x29\1\2\3\4\5\6\7\x08\x0c\x10\x07";
	struct protobuf_reader reader = protobuf_read(str_make(bytes, sizeof(bytes) - 1));
	struct protobuf_field field;

	(void)state;
	assert_true(protobuf_next(&reader, &field));
	assert_int_equal(field.wire, PROTOBUF_GROUP);
	assert_int_equal(field.number, 1);
	assert_true(protobuf_next(&reader, &field));
	assert_int_equal(field.number, 2);
	assert_int_equal(field.integer, 7);
	assert_false(protobuf_next(&reader, &field));
	assert_false(reader.failed);
}

static void refuses_groups_that_nest_without_end(void **state)
{
	char bytes[100000];
	struct protobuf_reader reader = protobuf_read(str_make(bytes, sizeof(bytes)));
	struct protobuf_field field;

	(void)state;
	memset(bytes, 0x0b, sizeof(bytes));
	assert_false(protobuf_next(&reader, &field));
	assert_true(reader.failed);
}

static void messages_nest_with_lengths_of_any_size(void **state)
{
	static const size_t sizes[] = {0, 1, 100, 127, 128, 16383, 16384, 300000};
	static char bytes[300000];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buffer out = BUFFER_EMPTY;
		struct protobuf_reader reader, inner;
		struct protobuf_field field;
		size_t outer_mark = protobuf_begin(&out, 1), inner_mark;

		protobuf_put_uint(&out, 9, 9);
		inner_mark = protobuf_begin(&out, 2);
		protobuf_put_bytes(&out, 3, str_make(bytes, sizes[i]));
		protobuf_end(&out, inner_mark);
		protobuf_end(&out, outer_mark);
		protobuf_put_uint(&out, 4, 44);
		reader = protobuf_read(buffer_str(&out));
		assert_true(protobuf_next(&reader, &field));
		inner = protobuf_read(field.bytes);
		assert_true(protobuf_next(&inner, &field));
		assert_int_equal(field.integer, 9);
		assert_true(protobuf_next(&inner, &field));
		assert_false(inner.at < inner.end);
		inner = protobuf_read(field.bytes);
		assert_true(protobuf_next(&inner, &field));
		assert_int_equal(field.bytes.size, sizes[i]);
		assert_true(protobuf_next(&reader, &field));
		assert_int_equal(field.integer, 44);
		buffer_release(&out);
	}
}

static void writing_past_a_limit_fails_the_buffer(void **state)
{
	struct buffer out = {.limit = 64};
	size_t mark = protobuf_begin(&out, 1);

	(void)state;
	for (int i = 0; i < 100; i++)
		protobuf_put_uint(&out, 1, UINT64_MAX);
	protobuf_end(&out, mark);
	assert_true(buffer_failed(&out));
	assert_true(out.size <= 64);
	buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(knows_the_encodings_of_the_specification),
		cmocka_unit_test(refuses_bytes_that_are_malformed),
		cmocka_unit_test(skips_groups_with_all_that_is_in_them),
		cmocka_unit_test(refuses_groups_that_nest_without_end),
		cmocka_unit_test(messages_nest_with_lengths_of_any_size),
		cmocka_unit_test(writing_past_a_limit_fails_the_buffer),
	};

	return test_run("base/protobuf", tests);
}
