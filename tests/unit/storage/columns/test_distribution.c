#include "unit/test.h"

#include <math.h>

#include "storage/columns/distribution.h"

static struct metric metric_of(uint8_t type)
{
	return (struct metric){.type = type};
}

static enum status code(const struct metric_point *from, struct metric_point *to, struct arena *arena)
{
	struct buffer buckets = BUFFER_EMPTY, bounds = BUFFER_EMPTY;
	struct str kept_buckets, kept_bounds;

	distribution_encode(from, &buckets, &bounds);
	kept_buckets = arena_copy(arena, buffer_str(&buckets));
	kept_bounds = arena_copy(arena, buffer_str(&bounds));
	buffer_release(&buckets);
	buffer_release(&bounds);
	*to = (struct metric_point){.metric = from->metric};
	return distribution_decode(kept_buckets, kept_bounds, arena, to, NULL);
}

static void keeps_an_exponential_histogram(void **state)
{
	const uint64_t up[] = {1, 0, 70000}, down[] = {UINT64_MAX};
	struct metric metric = metric_of(METRIC_EXPONENTIAL_HISTOGRAM);
	struct metric_point point = {.metric = &metric,
				     .exponential = {.scale = INT32_MIN,
						     .zero_count = 9,
						     .zero_threshold = 1e-300,
						     .positive = {up, 3, INT32_MAX},
						     .negative = {down, 1, -7}}};
	struct metric_point read;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(code(&point, &read, &arena), STATUS_OK);
	assert_int_equal(read.exponential.scale, INT32_MIN);
	assert_int_equal(read.exponential.zero_count, 9);
	assert_true(read.exponential.zero_threshold == 1e-300);
	assert_int_equal(read.exponential.positive.offset, INT32_MAX);
	assert_int_equal(read.exponential.positive.count, 3);
	assert_memory_equal(read.exponential.positive.counts, up, sizeof(up));
	assert_int_equal(read.exponential.negative.offset, -7);
	assert_int_equal(read.exponential.negative.count, 1);
	assert_memory_equal(read.exponential.negative.counts, down, sizeof(down));
	arena_release(&arena);
}

static void keeps_a_summary(void **state)
{
	const struct quantile quantiles[] = {{0, -1}, {0.5, NAN}, {1, 1e300}};
	struct metric metric = metric_of(METRIC_SUMMARY);
	struct metric_point point = {.metric = &metric, .summary = {quantiles, 3}}, read;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(code(&point, &read, &arena), STATUS_OK);
	assert_int_equal(read.summary.count, 3);
	assert_memory_equal(read.summary.quantiles, quantiles, sizeof(quantiles));
	arena_release(&arena);
}

/* What a machine with a fine scale may send: more buckets than anybody needs. */
static void keeps_very_many_buckets(void **state)
{
	enum { MANY = 3 << 20 };
	static uint64_t counts[MANY];
	struct metric metric = metric_of(METRIC_EXPONENTIAL_HISTOGRAM);
	struct metric_point point = {.metric = &metric, .exponential = {.positive = {counts, MANY, 0}}}, read;
	struct arena arena;

	(void)state;
	counts[MANY - 1] = 5;
	arena_init(&arena, 0);
	assert_int_equal(code(&point, &read, &arena), STATUS_OK);
	assert_int_equal(read.exponential.positive.count, MANY);
	assert_int_equal(read.exponential.positive.counts[MANY - 1], 5);
	arena_release(&arena);
}

static enum status decode(uint8_t type, const char *buckets, size_t bucket_size, size_t bound_size)
{
	static const char zeros[64];
	struct metric metric = metric_of(type);
	struct metric_point point = {.metric = &metric};
	struct arena arena;
	enum status status;

	arena_init(&arena, 1 << 20);
	status = distribution_decode(str_make(buckets, bucket_size), str_make(zeros, bound_size), &arena,
				     &point, NULL);
	arena_release(&arena);
	return status;
}

static void refuses_what_is_cut_or_has_more(void **state)
{
	static const char exponential[] = "\2\1........\0\2\1\1\0\0";
	static const struct {
		uint8_t type;
		size_t bucket_size, bound_size;
		const char *buckets;
	} good[] = {{METRIC_EXPONENTIAL_HISTOGRAM, 16, 0, exponential},
		    {METRIC_SUMMARY, 16, 16, "................"},
		    {METRIC_GAUGE, 0, 0, ""}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(
			decode(good[i].type, good[i].buckets, good[i].bucket_size, good[i].bound_size),
			STATUS_OK);
		assert_int_equal(
			decode(good[i].type, good[i].buckets, good[i].bucket_size + 1, good[i].bound_size),
			STATUS_CORRUPT);
		assert_int_equal(
			decode(good[i].type, good[i].buckets, good[i].bucket_size, good[i].bound_size + 1),
			STATUS_CORRUPT);
		for (size_t size = 0; size < good[i].bucket_size; size++)
			assert_int_equal(decode(good[i].type, good[i].buckets, size, good[i].bound_size),
					 STATUS_CORRUPT);
	}
}

static void takes_no_memory_for_counts_that_are_not_there(void **state)
{
	static const char many[] = "\2\1........\0\xff\xff\xff\xff\x0f\1";
	static const char very_many[] = "\2\1........\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";

	(void)state;
	assert_int_equal(decode(METRIC_EXPONENTIAL_HISTOGRAM, many, sizeof(many) - 1, 0), STATUS_CORRUPT);
	assert_int_equal(decode(METRIC_EXPONENTIAL_HISTOGRAM, very_many, sizeof(very_many) - 1, 0),
			 STATUS_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_an_exponential_histogram),
		cmocka_unit_test(keeps_a_summary),
		cmocka_unit_test(keeps_very_many_buckets),
		cmocka_unit_test(refuses_what_is_cut_or_has_more),
		cmocka_unit_test(takes_no_memory_for_counts_that_are_not_there),
	};

	return test_run("storage/columns/distribution", tests);
}
