/* Old days of metrics have fewer points afterwards, once; what model/downsample.h promises is tested there. */
#include "kept.h"

static const struct metric gauge = {.name = {"load", 4}, .type = METRIC_GAUGE};
static const struct metric sum = {
	.name = {"hits", 4}, .type = METRIC_SUM, .temporality = TEMPORALITY_DELTA, .monotonic = true};

enum { PER_DAY = 120, SPACING_SECONDS = 10 };

/* In several appends: a gauge of 0, 1, 2, … and a sum of ones, every ten seconds from noon on, with one exemplar. */
static void append_day(struct kept *kept, uint64_t day)
{
	static const struct exemplar exemplar = {.trace_id = {1}, .value = {.kind = NUMBER_INT}};
	struct batch batch;

	batch_init(&batch, 0);
	for (uint64_t i = 0; i < PER_DAY; i++) {
		for (int which = 0; which < 2; which++) {
			struct metric_point *point = batch_add_point(&batch);

			point->metric = which ? &sum : &gauge;
			point->time_ns = noon(day) + (i * SPACING_SECONDS + 1) * NS_PER_SECOND;
			point->start_ns = which ? point->time_ns - SPACING_SECONDS * NS_PER_SECOND : 0;
			point->value = which ? (struct number){.integer = 1, .kind = NUMBER_INT}
					     : (struct number){.real = (double)i, .kind = NUMBER_DOUBLE};
			point->exemplars = &exemplar;
			point->exemplar_count = i == 3;
		}
		if (i % 50 == 49)
			kept_append(kept, &batch);
	}
	kept_append(kept, &batch);
	batch_release(&batch);
}

static struct kept *open_without_rules(uint64_t today)
{
	struct kept *kept = kept_new(today);

	kept->options.downsample[0] = (struct downsample_rule){2, 60 * NS_PER_SECOND};
	kept->options.downsample[1] = (struct downsample_rule){5, 600 * NS_PER_SECOND};
	kept_open(kept);
	return kept;
}

/* Rules are in force from a restart on, so that no sweep of the store's own sees half of what is appended. */
static void set_rules(struct kept *kept, bool in_force)
{
	kept_close(kept);
	kept->options.downsample_count = in_force ? 2 : 0;
	kept_open(kept);
	kept_sweep(kept);
}

static void read_day(struct kept *kept, uint64_t day, const char *metric, struct batch *batch)
{
	struct point_filter filter = POINT_FILTER_ANY;

	filter.metric = str_from(metric);
	filter.range = (struct time_range){(DAY_ZERO + day) * DAY_NS, (DAY_ZERO + day + 1) * DAY_NS};
	batch_clear(batch);
	assert_ok(kept, store_read_points(kept->store, &filter, batch, &kept->error));
}

/* Whether the points of a day say, all together, what was appended; how many there are. */
static size_t check_day(struct kept *kept, uint64_t day)
{
	struct batch batch;
	uint64_t count = 0;
	double total = 0;
	int64_t hits = 0;
	size_t points, exemplars = 0;

	batch_init(&batch, 0);
	read_day(kept, day, "load", &batch);
	points = batch.point_count;
	for (size_t i = 0; i < points; i++) {
		const struct metric_point *point = &batch.points[i];

		assert_int_equal(point->metric->type, METRIC_GAUGE);
		count += point->count ? point->count : 1;
		total += point->count ? point->sum : point->value.real;
		exemplars += point->exemplar_count;
		if (point->count) {
			assert_true(point->max == point->value.real);
			assert_true(point->min == point->value.real - (double)(point->count - 1));
		}
	}
	assert_int_equal(count, PER_DAY);
	assert_true(total == PER_DAY * (PER_DAY - 1) / 2);
	assert_int_equal(exemplars, 1);
	read_day(kept, day, "hits", &batch);
	for (size_t i = 0; i < batch.point_count; i++) {
		assert_int_equal(batch.points[i].metric->type, METRIC_SUM);
		hits += batch.points[i].value.integer;
	}
	assert_int_equal(hits, PER_DAY);
	batch_release(&batch);
	return points;
}

static void keeps_one_point_a_step_of_old_days(void **state)
{
	struct kept *kept = open_without_rules(6);
	uint64_t fewer;

	(void)state;
	append_day(kept, 0);
	append_day(kept, 3);
	append_day(kept, 5);
	set_rules(kept, true);
	/* 120 points in 20 minutes. */
	assert_int_equal(check_day(kept, 0), 2);
	assert_int_equal(check_day(kept, 3), 20);
	assert_int_equal(check_day(kept, 5), PER_DAY);
	fewer = kept_stats(kept).downsampled_points;
	assert_int_equal(fewer, 2 * (118 + 100));
	assert_int_equal(kept_stats(kept).point_count, 2 * (2 + 20 + 120));
	kept_sweep(kept);
	assert_int_equal(kept_stats(kept).downsampled_points, fewer);
	kept_free(kept);
}

static void goes_from_fine_to_coarse_as_days_grow_old(void **state)
{
	struct kept *kept = open_without_rules(3);

	(void)state;
	append_day(kept, 0);
	set_rules(kept, true);
	assert_int_equal(check_day(kept, 0), 20);
	kept->now_ns = noon(7);
	kept_sweep(kept);
	assert_int_equal(check_day(kept, 0), 2);
	kept_free(kept);
}

static void stays_as_it_is_after_a_restart_and_a_merge(void **state)
{
	struct kept *kept = open_without_rules(6);
	struct metric_summary *metrics;
	struct arena arena;
	size_t count;

	(void)state;
	append_day(kept, 0);
	set_rules(kept, true);
	set_rules(kept, false);
	assert_int_equal(check_day(kept, 0), 2);
	append_others(kept, 0);
	assert_ok(kept, rocksdb_store_compact(kept->store, &kept->error));
	assert_int_equal(kept_stats(kept).point_count, 5);
	/* It is the same series, and the same type, as before. */
	arena_init(&arena, 0);
	assert_ok(kept,
		  store_list_metrics(kept->store, TIME_RANGE_ALL, &arena, &metrics, &count, &kept->error));
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		assert_true(metrics[i].metric->type <= METRIC_SUM);
		assert_int_equal(metrics[i].series_count, 1);
	}
	arena_release(&arena);
	kept_free(kept);
}

static void takes_what_arrives_late_into_account(void **state)
{
	struct kept *kept = open_without_rules(6);

	(void)state;
	append_day(kept, 0);
	set_rules(kept, true);
	set_rules(kept, false);
	append_others(kept, 0);
	append_others(kept, 0);
	set_rules(kept, true);
	/* At noon itself: the last step of the ten minutes before. */
	assert_int_equal(kept_stats(kept).point_count, 2 + 1 + 2);
	kept_free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_one_point_a_step_of_old_days),
		cmocka_unit_test(goes_from_fine_to_coarse_as_days_grow_old),
		cmocka_unit_test(stays_as_it_is_after_a_restart_and_a_merge),
		cmocka_unit_test(takes_what_arrives_late_into_account),
	};

	return test_run("storage/rocksdb/downsample_blocks", tests);
}
