#include "sdk/pool.h"

#include <stdlib.h>

#include "sdk/record.h"
#include "test.h"

/* What a pool calls in the drain; here nobody needs to be woken. */
static unsigned woken;

void pool_wake_drain(struct pool *pool)
{
	pool->until_wake = pool->chunk_count / 2;
	woken++;
}

static struct pool *make_pool(uint32_t chunk_count)
{
	uint32_t count;
	size_t size = pool_size((size_t)chunk_count * CHUNK_SIZE, &count);

	assert_int_equal(count, chunk_count);
	return pool_init(aligned_alloc(64, (size + 63) / 64 * 64), size, count);
}

static void gives_each_chunk_once_and_then_none(void **state)
{
	struct pool *pool = make_pool(128);
	struct chunk *taken[128];

	(void)state;
	for (int i = 0; i < 128; i++) {
		taken[i] = pool_take(pool);
		assert_non_null(taken[i]);
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(taken[i], taken[j]);
	}
	assert_null(pool_take(pool));
	free(pool);
}

static void wakes_the_drain_when_half_was_taken(void **state)
{
	struct pool *pool = make_pool(128);

	(void)state;
	woken = 0;
	for (int i = 0; i < 63; i++)
		pool_take(pool);
	assert_int_equal(woken, 0);
	pool_take(pool);
	assert_int_equal(woken, 1);
	free(pool);
}

static void hands_over_in_the_order_of_finishing(void **state)
{
	struct pool *pool = make_pool(16);
	struct record *records[16], *finished;

	(void)state;
	for (int i = 0; i < 16; i++)
		records[i] = record_new(pool, RECORD_SPAN);
	for (int i = 15; i >= 0; i--)
		pool_finish(records[i]);
	finished = pool_finished(pool);
	for (int i = 15; i >= 0; i--) {
		struct record *next = (struct record *)finished->next;

		assert_ptr_equal(finished, records[i]);
		finished->carried = NULL;
		pool_give_back(finished);
		finished = next;
	}
	assert_null(finished);
	assert_null(pool_finished(pool));
	for (int i = 0; i < 16; i++)
		assert_non_null(pool_take(pool));
	assert_null(pool_take(pool));
	free(pool);
}

static void a_field_spans_chunks_and_is_read_whole(void **state)
{
	struct pool *pool = make_pool(64);
	struct record *record = record_new(pool, RECORD_LOG);
	char long_text[5000], read[6000];
	struct rohas_field field = rohas_string("key", long_text);
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(long_text); i++)
		long_text[i] = (char)('a' + i % 26);
	long_text[sizeof(long_text) - 1] = '\0';
	size = attribute_size(&field);
	assert_true(record_attribute(record, pool, LOG_ATTRIBUTES, &field));
	assert_int_equal(atomic_load(&record->size), size);
	record_read(record, (uint32_t)size, read);
	assert_memory_equal(read + size - strlen(long_text), long_text, strlen(long_text));
	free(pool);
}

static void a_field_without_room_is_not_written_at_all(void **state)
{
	struct pool *pool = make_pool(4);
	struct record *record = record_new(pool, RECORD_LOG);
	char text[4 * CHUNK_SIZE];
	struct rohas_field large = rohas_string("key", text), small = rohas_string("key", "value");

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(record_attribute(record, pool, LOG_ATTRIBUTES, &large));
	assert_int_equal(atomic_load(&record->size), 0);
	assert_true(record_attribute(record, pool, LOG_ATTRIBUTES, &small));
	/* What was taken for the large one is there again. */
	for (int i = 0; i < 3; i++)
		assert_non_null(pool_take(pool));
	free(pool);
}

static void no_record_is_larger_than_the_limit(void **state)
{
	struct pool *pool = make_pool(1024);
	struct record *record = record_new(pool, RECORD_LOG);
	struct rohas_field field = rohas_string("key", "a value of some length, again and again");
	unsigned written = 0;

	(void)state;
	while (record_attribute(record, pool, LOG_ATTRIBUTES, &field))
		written++;
	assert_true(written * attribute_size(&field) <= ROHAS_RECORD_MOST);
	assert_true((written + 1) * attribute_size(&field) > ROHAS_RECORD_MOST);
	free(pool);
}

static void carries_text_over_chunks(void **state)
{
	struct pool *pool = make_pool(64);
	struct record *record = record_new(pool, RECORD_SPAN);
	char state_text[ROHAS_TRACESTATE_SIZE], baggage[ROHAS_BAGGAGE_SIZE];
	char state_out[ROHAS_TRACESTATE_SIZE], baggage_out[ROHAS_BAGGAGE_SIZE];

	(void)state;
	memset(state_text, 's', sizeof(state_text) - 1);
	memset(baggage, 'b', sizeof(baggage) - 1);
	state_text[sizeof(state_text) - 1] = baggage[sizeof(baggage) - 1] = '\0';
	assert_true(record_carry(record, pool, str_from(state_text), str_from(baggage)));
	record_carried(record, state_out, baggage_out);
	assert_string_equal(state_out, state_text);
	assert_string_equal(baggage_out, baggage);
	free(pool);
}

static void copies_any_size_and_sees_what_is_not_ascii(void **state)
{
	char from[64], to[64];

	(void)state;
	for (size_t size = 0; size <= 40; size++)
		for (size_t high = 0; high <= size; high++) {
			memset(from, 'a', sizeof(from));
			memset(to, '.', sizeof(to));
			if (high < size)
				from[high] = (char)0xc3;
			assert_int_equal(copy_ascii(to, from, size), high == size);
			assert_memory_equal(to, from, size);
			assert_int_equal(to[size], '.');
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_each_chunk_once_and_then_none),
		cmocka_unit_test(wakes_the_drain_when_half_was_taken),
		cmocka_unit_test(hands_over_in_the_order_of_finishing),
		cmocka_unit_test(a_field_spans_chunks_and_is_read_whole),
		cmocka_unit_test(a_field_without_room_is_not_written_at_all),
		cmocka_unit_test(no_record_is_larger_than_the_limit),
		cmocka_unit_test(carries_text_over_chunks),
		cmocka_unit_test(copies_any_size_and_sees_what_is_not_ascii),
	};

	return test_run("sdk/pool", tests);
}
