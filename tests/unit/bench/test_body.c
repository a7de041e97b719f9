#include "test.h"

#include <string.h>

#include "base/protobuf.h"
#include "load/body.h"

static const struct stamp stamp = {
	.base = 7000000,
	.now_ns = 1000000000,
	.series_ns = 60,
	.start_ns = 50,
	.stretch_q16 = 65536,
	.age = 3,
};

/* The first field of this number in bytes; its wire type is the caller's to know. */
static struct protobuf_field find(struct str bytes, uint32_t number)
{
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field = {0};

	while (protobuf_next(&reader, &field))
		if (field.number == number)
			return field;
	fail_msg("no field %u", number);
	return field;
}

static struct str payload(const struct body *body)
{
	return str_make(body->bytes.data + body->head_size, body->bytes.size - body->head_size);
}

/* Three messages deep, with lengths that need one, two and three bytes: every length moves what is inside. */
static void patches_stay_in_place_when_messages_close_around_them(void **state)
{
	static const size_t paddings[] = {0, 100, 200, 20000};

	(void)state;
	for (size_t i = 0; i < sizeof(paddings) / sizeof(paddings[0]); i++) {
		struct body body = {0};
		struct body_mark outer = body_begin(&body, 1), middle = body_begin(&body, 2);
		struct body_mark inner = body_begin(&body, 3);
		struct str bytes;

		body_put_patched_field(&body, 7, PATCH_TIME, 0, -400);
		body_end(&body, inner);
		for (size_t j = 0; j < paddings[i]; j++)
			protobuf_put_uint(&body.bytes, 9, 0);
		body_end(&body, middle);
		for (size_t j = 0; j < paddings[i]; j++)
			protobuf_put_uint(&body.bytes, 9, 0);
		body_end(&body, outer);
		body_refresh(&body, &stamp);
		bytes = find(find(find(payload(&body), 1).bytes, 2).bytes, 3).bytes;
		assert_int_equal(find(bytes, 7).integer, stamp.now_ns - 400);
		body_release(&body);
	}
}

static void patches_move_with_a_part_and_behind_a_head(void **state)
{
	struct body body = {0}, part = {0};
	struct body_mark mark;

	(void)state;
	body_put_patched_field(&part, 5, PATCH_STEP_TIME, 0, 0);
	body_put_patched_field(&body, 4, PATCH_START_TIME, 0, 0);
	mark = body_begin(&body, 2);
	body_append(&body, &part);
	body_end(&body, mark);
	body_set_head(&body, str_from("POST / HTTP/1.1\r\n\r\n"));
	body_refresh(&body, &stamp);
	assert_memory_equal(body.bytes.data, "POST / HTTP/1.1\r\n\r\n", 19);
	assert_int_equal(find(payload(&body), 4).integer, 50);
	assert_int_equal(find(find(payload(&body), 2).bytes, 5).integer, 60);

	/* Another head takes the first one's place. */
	body_set_head(&body, str_from("longer than the first one was before"));
	body_refresh(&body, &stamp);
	assert_int_equal(body.head_size, 36);
	assert_int_equal(find(payload(&body), 4).integer, 50);
	body_release(&part);
	body_release(&body);
}

static void one_slot_is_one_identifier_wherever_it_stands(void **state)
{
	struct body body = {0};
	uint32_t slot = body_take_slots(&body, 2), other = body_take_slots(&body, 2);
	uint8_t expected[16];
	struct str bytes;

	(void)state;
	body_put_patched_field(&body, 1, PATCH_TRACE_ID, slot, 0);
	body_put_patched_field(&body, 2, PATCH_TRACE_ID, slot, 0);
	body_put_patched_field(&body, 3, PATCH_TRACE_ID, other, 0);
	body_refresh(&body, &stamp);
	bytes = payload(&body);
	stamp_trace_id(&stamp, slot, expected);
	assert_int_equal(find(bytes, 1).bytes.size, 16);
	assert_memory_equal(find(bytes, 1).bytes.data, expected, 16);
	assert_memory_equal(find(bytes, 2).bytes.data, expected, 16);
	assert_memory_not_equal(find(bytes, 3).bytes.data, expected, 16);
	body_release(&body);
}

static void the_next_stamp_changes_identifiers(void **state)
{
	struct body body = {0};
	struct stamp next = stamp;
	char before[8];

	(void)state;
	next.base += BODY_SLOTS;
	body_put_patched_field(&body, 2, PATCH_SPAN_ID, 5, 0);
	body_refresh(&body, &stamp);
	memcpy(before, find(payload(&body), 2).bytes.data, 8);
	body_refresh(&body, &next);
	assert_memory_not_equal(find(payload(&body), 2).bytes.data, before, 8);
	body_release(&body);
}

static void text_identifiers_are_digits_of_their_width(void **state)
{
	static const uint32_t widths[] = {1, 6, 8, 12, 16, 24, 32};

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct body body = {0};
		const char *hex, *decimal;
		uint32_t decimal_width = widths[i] < 16 ? widths[i] : 16;

		body_put_patched(&body, PATCH_HEX, widths[i], 4, 0);
		buffer_append_c(&body.bytes, "|");
		body_put_patched(&body, PATCH_DECIMAL, decimal_width, 4, 0);
		buffer_append_c(&body.bytes, "|");
		body_refresh(&body, &stamp);
		hex = body.bytes.data;
		decimal = hex + widths[i] + 1;
		for (uint32_t j = 0; j < widths[i]; j++)
			assert_non_null(memchr("0123456789abcdef", hex[j], 16));
		assert_int_equal(hex[widths[i]], '|');
		for (uint32_t j = 0; j < decimal_width; j++)
			assert_non_null(memchr("0123456789", decimal[j], 10));
		assert_int_equal(decimal[decimal_width], '|');
		body_release(&body);
	}
}

/* Count, sum and buckets of the point in bytes; the total of the buckets must be the count. */
static uint64_t check_histogram(struct str bytes, double mean)
{
	struct str buckets = find(bytes, 6).bytes;
	uint64_t count = find(bytes, 4).integer, total = 0;

	for (size_t i = 0; i < buckets.size; i += 8) {
		uint64_t value;

		memcpy(&value, buckets.data + i, sizeof(value));
		total += value;
	}
	assert_int_equal(total, count);
	assert_true(protobuf_double(find(bytes, 5).integer) == (double)count * mean);
	return count;
}

static void histograms_and_counters_agree_and_never_fall(void **state)
{
	struct body body = {0};
	struct stamp at = stamp;
	uint64_t count = 0, counter = 0;

	(void)state;
	body_put_histogram(&body, 11, 20, 200, 48);
	body_put_patched_field(&body, 7, PATCH_COUNTER, 40, 25);
	for (at.age = 0; at.age < 100; at.age++) {
		uint64_t next_count, next_counter;

		at.base += BODY_SLOTS;
		body_refresh(&body, &at);
		next_count = check_histogram(payload(&body), 48);
		next_counter = find(payload(&body), 7).integer;
		assert_true(next_count >= count && next_counter >= counter);
		count = next_count;
		counter = next_counter;
	}
	assert_true(count > 0 && counter > 0);
	body_release(&body);
}

static void a_histogram_with_too_many_buckets_fails(void **state)
{
	struct body body = {0};

	(void)state;
	body_put_histogram(&body, 16, 0, 1, 1);
	assert_true(body_failed(&body));
	body_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patches_stay_in_place_when_messages_close_around_them),
		cmocka_unit_test(patches_move_with_a_part_and_behind_a_head),
		cmocka_unit_test(one_slot_is_one_identifier_wherever_it_stands),
		cmocka_unit_test(the_next_stamp_changes_identifiers),
		cmocka_unit_test(text_identifiers_are_digits_of_their_width),
		cmocka_unit_test(histograms_and_counters_agree_and_never_fall),
		cmocka_unit_test(a_histogram_with_too_many_buckets_fails),
	};

	return test_run("bench/body", tests);
}
