/* What is expected was worked out by hand from the rules in metrics.h. */
#include "query/metrics.h"

#include <math.h>

#include "fixture.h"

static const struct metric gauge = {.name = {"load", 4}, .type = METRIC_GAUGE, .unit = {"1", 1}};
static const struct metric delta = {
	.name = {"hits", 4}, .type = METRIC_SUM, .temporality = TEMPORALITY_DELTA, .monotonic = true};
static const struct metric cumulative = {
	.name = {"hits", 4}, .type = METRIC_SUM, .temporality = TEMPORALITY_CUMULATIVE, .monotonic = true};
static const struct metric open_calls = {
	.name = {"open", 4}, .type = METRIC_SUM, .temporality = TEMPORALITY_CUMULATIVE};
static const struct metric delta_histogram = {
	.name = {"took", 4}, .type = METRIC_HISTOGRAM, .temporality = TEMPORALITY_DELTA, .unit = {"ms", 2}};
static const struct metric cumulative_histogram = {
	.name = {"took", 4}, .type = METRIC_HISTOGRAM, .temporality = TEMPORALITY_CUMULATIVE};
static const struct metric exponential = {
	.name = {"took", 4}, .type = METRIC_EXPONENTIAL_HISTOGRAM, .temporality = TEMPORALITY_CUMULATIVE};
static const struct metric delta_exponential = {
	.name = {"took", 4}, .type = METRIC_EXPONENTIAL_HISTOGRAM, .temporality = TEMPORALITY_DELTA};
static const struct metric summary = {.name = {"took", 4}, .type = METRIC_SUMMARY};

/* Asks for 60 s after BASE_NS in steps of 10 s. */
static struct metric_query ask(const char *name, const char *agg)
{
	struct metric_query question = {
		.name = str_from(name), .range = {AT(0), AT(60)}, .step_ns = 10 * NS_PER_SECOND};

	if (agg)
		assert_true(metric_agg_parse(str_from(agg), &question.agg));
	return question;
}

static struct metric_range answer(struct fixture *fixture, const struct metric_query *question)
{
	struct metric_range range;
	enum status status;

	fixture_commit(fixture);
	status = metric_range(fixture->query, question, &range, NULL, &fixture->error);
	if (status != STATUS_OK)
		fail_msg("%s", fixture->error.message);
	return range;
}

#define N NAN

static void assert_values(const struct metric_range *range, size_t line, const double expected[6])
{
	assert_true(line < range->line_count);
	assert_int_equal(range->step_count, 6);
	for (size_t i = 0; i < 6; i++) {
		double actual = range->lines[line].values[i];

		if (isnan(expected[i]) ? !isnan(actual) : !(fabs(actual - expected[i]) < 1e-9))
			fail_msg("value %zu of line %zu is %g, not %g", i, line, actual, expected[i]);
	}
}

/* One line without labels. */
static void assert_answer(struct fixture *fixture, const char *name, const char *agg,
			  const double expected[6])
{
	struct metric_query question = ask(name, agg);
	struct metric_range range = answer(fixture, &question);

	assert_int_equal(range.line_count, 1);
	assert_int_equal(range.lines[0].label_count, 0);
	assert_values(&range, 0, expected);
	metric_range_release(&range);
}

static void windows_end_at_multiples_of_the_step(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query question = ask("load", "max");
	struct metric_range range;

	(void)state;
	/* A point at t belongs to the window that ends at t. */
	add_number(fixture, &gauge, 0, 10, 1);
	add_number(fixture, &gauge, 0, 10.000000001, 2);
	question.range = (struct time_range){AT(3), AT(17)};
	range = answer(fixture, &question);
	assert_int_equal(range.step_count, 2);
	assert_true(range.first_ns == AT(10));
	assert_true(range.lines[0].values[0] == 1);
	assert_true(range.lines[0].values[1] == 2);
	metric_range_release(&range);
	fixture_free(fixture);
}

static void gauge_is_averaged_and_holds_until_it_is_stale(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &gauge, 0, 11, 2);
	add_number(fixture, &gauge, 0, 15, 4);
	add_number(fixture, &gauge, 0, 35, 10);
	assert_answer(fixture, "load", "avg", (double[]){N, 3, 4, 10, 10, 10});
	assert_answer(fixture, "load", NULL, (double[]){N, 3, 4, 10, 10, 10});
	assert_answer(fixture, "load", "min", (double[]){N, 2, 4, 10, 10, 10});
	assert_answer(fixture, "load", "max", (double[]){N, 4, 4, 10, 10, 10});
	assert_answer(fixture, "load", "count", (double[]){N, 2, N, 1, N, N});
	fixture_free(fixture);
}

static void gauge_before_the_range_gives_its_first_level(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	/* Five minutes after -260 s is 40 s. */
	add_number(fixture, &gauge, 0, -260, 7);
	assert_answer(fixture, "load", "max", (double[]){7, 7, 7, 7, N, N});
	fixture_free(fixture);
}

static void gauge_ends_where_its_series_ends(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &gauge, 0, 5, 7);
	add_number(fixture, &gauge, 0, 25, 0)->flags = POINT_NO_RECORDED_VALUE;
	assert_answer(fixture, "load", "max", (double[]){7, 7, N, N, N, N});
	fixture_free(fixture);
}

static void gauges_of_several_series_are_summed_by_their_last_levels(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &gauge, 0, 2, 1)->attributes = ATTRIBUTES(fixture, "host", "a");
	add_number(fixture, &gauge, 0, 8, 3)->attributes = ATTRIBUTES(fixture, "host", "a");
	add_number(fixture, &gauge, 0, 5, 10)->attributes = ATTRIBUTES(fixture, "host", "b");
	assert_answer(fixture, "load", "sum", (double[]){13, 13, 13, 13, 13, 13});
	/* (mean of a = 2, of b = 10) / 2, then the levels 3 and 10. */
	assert_answer(fixture, "load", "avg", (double[]){6, 6.5, 6.5, 6.5, 6.5, 6.5});
	fixture_free(fixture);
}

static void delta_counter_is_summed_and_rated(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &delta, 0, 10, 5);
	add_number(fixture, &delta, 10, 20, 20);
	add_number(fixture, &delta, 40, 50, 1);
	assert_answer(fixture, "hits", "sum", (double[]){5, 20, N, N, 1, N});
	assert_answer(fixture, "hits", "count", (double[]){1, 1, N, N, 1, N});
	assert_answer(fixture, "hits", NULL, (double[]){0.5, 2, N, N, 0.1, N});
	fixture_free(fixture);
}

static void rate_is_spread_over_the_time_that_a_point_covers(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	/* 60 in (5, 35]: 2 a second, for 5, 10, 10 and 5 s of four windows. */
	add_number(fixture, &delta, 5, 35, 60);
	assert_answer(fixture, "hits", "rate", (double[]){1, 2, 2, 1, N, N});
	assert_answer(fixture, "hits", "sum", (double[]){N, N, N, 60, N, N});
	fixture_free(fixture);
}

static void cumulative_counter_counts_differences_and_resets(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	/* Began long before: the first point only says where it stands. At 40 s it has begun again. */
	add_number(fixture, &cumulative, -5000, 10, 100);
	add_number(fixture, &cumulative, -5000, 20, 130);
	add_number(fixture, &cumulative, -5000, 30, 130);
	add_number(fixture, &cumulative, 35, 40, 8);
	add_number(fixture, &cumulative, 35, 50, 10);
	assert_answer(fixture, "hits", "sum", (double[]){N, 30, 0, 8, 2, N});
	/* The 8 came in the 5 s since the new start, all in one window. */
	assert_answer(fixture, "hits", "rate", (double[]){N, 3, 0, 0.8, 0.2, N});
	fixture_free(fixture);
}

static void cumulative_counter_that_falls_has_begun_again(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &cumulative, -5000, 10, 100);
	add_number(fixture, &cumulative, -5000, 20, 4);
	assert_answer(fixture, "hits", "sum", (double[]){N, 4, N, N, N, N});
	fixture_free(fixture);
}

static void cumulative_counter_that_began_in_sight_counts_from_its_start(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &cumulative, 2, 10, 16);
	assert_answer(fixture, "hits", "sum", (double[]){16, N, N, N, N, N});
	fixture_free(fixture);
}

static void cumulative_point_before_the_range_is_where_differences_begin(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &cumulative, -5000, -10, 100);
	add_number(fixture, &cumulative, -5000, 10, 120);
	/* 1 a second in (-10, 10], of which the first window has 10 s. */
	assert_answer(fixture, "hits", "rate", (double[]){1, N, N, N, N, N});
	assert_answer(fixture, "hits", "sum", (double[]){20, N, N, N, N, N});
	fixture_free(fixture);
}

static void repeated_points_count_once(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &delta, 1, 10, 5);
	add_number(fixture, &delta, 1, 10, 5);
	assert_answer(fixture, "hits", "sum", (double[]){5, N, N, N, N, N});
	fixture_free(fixture);
}

static void sum_that_may_fall_is_a_level(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &open_calls, -5000, 10, 5);
	add_number(fixture, &open_calls, -5000, 20, 3);
	assert_answer(fixture, "open", NULL, (double[]){5, 3, 3, 3, 3, 3});
	fixture_free(fixture);
}

static void add_histogram(struct fixture *fixture, const struct metric *metric, double start, double time,
			  const uint64_t counts[3], double sum, const char *host)
{
	static const double bounds[] = {10, 20};
	struct metric_point *point = add_point(fixture, metric, start, time);
	uint64_t *copy = arena_alloc(&fixture->batch.arena, 3 * sizeof(*copy));

	memcpy(copy, counts, 3 * sizeof(*copy));
	point->histogram = (struct histogram){copy, bounds, 3, 2};
	point->count = counts[0] + counts[1] + counts[2];
	point->sum = sum;
	point->has = POINT_HAS_SUM;
	point->attributes = ATTRIBUTES(fixture, "host", host);
}

static void histograms_are_merged_across_series(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_histogram(fixture, &delta_histogram, 0, 10, (uint64_t[]){8, 2, 0}, 90, "a");
	add_histogram(fixture, &delta_histogram, 0, 10, (uint64_t[]){0, 10, 0}, 150, "b");
	assert_answer(fixture, "took", "count", (double[]){20, N, N, N, N, N});
	assert_answer(fixture, "took", "rate", (double[]){2, N, N, N, N, N});
	assert_answer(fixture, "took", "sum", (double[]){240, N, N, N, N, N});
	assert_answer(fixture, "took", "avg", (double[]){12, N, N, N, N, N});
	/* 8 of 20 up to 10; the 10th is the 2nd of 12 in (10, 20]. */
	assert_answer(fixture, "took", "p50", (double[]){10 + 10 * 2 / 12.0, N, N, N, N, N});
	assert_answer(fixture, "took", "p20", (double[]){5, N, N, N, N, N});
	assert_answer(fixture, "took", "min", (double[]){0, N, N, N, N, N});
	assert_answer(fixture, "took", "max", (double[]){20, N, N, N, N, N});
	fixture_free(fixture);
}

static void cumulative_histograms_are_subtracted(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_histogram(fixture, &cumulative_histogram, -5000, 10, (uint64_t[]){50, 50, 0}, 1000, "a");
	add_histogram(fixture, &cumulative_histogram, -5000, 20, (uint64_t[]){50, 60, 0}, 1150, "a");
	assert_answer(fixture, "took", "count", (double[]){N, 10, N, N, N, N});
	assert_answer(fixture, "took", "avg", (double[]){N, 15, N, N, N, N});
	assert_answer(fixture, "took", "p50", (double[]){N, 15, N, N, N, N});
	fixture_free(fixture);
}

static void exponential_histogram_that_grew_coarser_is_subtracted(void **state)
{
	struct fixture *fixture = fixture_new();
	static const uint64_t fine[] = {1, 2, 3, 4}, coarse[] = {3, 17};
	struct metric_point *point;

	(void)state;
	/* Scale 1, offset 0: pairs of buckets are the buckets (1, 2] and (2, 4] of scale 0. */
	point = add_point(fixture, &exponential, -5000, 10);
	point->count = 10;
	point->exponential = (struct exponential_histogram){.scale = 1, .positive = {fine, 4, 0}};
	point = add_point(fixture, &exponential, -5000, 20);
	point->count = 20;
	point->exponential = (struct exponential_histogram){.scale = 0, .positive = {coarse, 2, 0}};
	/* What is new is ten values in (2, 4]. */
	assert_answer(fixture, "took", "count", (double[]){N, 10, N, N, N, N});
	assert_answer(fixture, "took", "p50", (double[]){N, 3, N, N, N, N});
	fixture_free(fixture);
}

static struct metric_point *add_exponential(struct fixture *fixture, const struct metric *metric,
					    double start, double time, int32_t scale, int32_t offset,
					    uint32_t count, const uint64_t *counts)
{
	struct metric_point *point = add_point(fixture, metric, start, time);

	for (uint32_t i = 0; i < count; i++)
		point->count += counts[i];
	point->exponential =
		(struct exponential_histogram){.scale = scale, .positive = {counts, count, offset}};
	return point;
}

static void cumulative_histogram_that_began_again_adds_all_it_has(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_histogram(fixture, &cumulative_histogram, -5000, 10, (uint64_t[]){50, 50, 0}, 1000, "a");
	add_histogram(fixture, &cumulative_histogram, -5000, 20, (uint64_t[]){50, 60, 0}, 1150, "a");
	/* A new start, then a count that falls though nothing says that it began again. */
	add_histogram(fixture, &cumulative_histogram, 22, 30, (uint64_t[]){4, 0, 0}, 20, "a");
	add_histogram(fixture, &cumulative_histogram, 22, 40, (uint64_t[]){0, 2, 0}, 30, "a");
	add_histogram(fixture, &cumulative_histogram, 22, 50, (uint64_t[]){0, 5, 0}, 75, "a");
	assert_answer(fixture, "took", "count", (double[]){N, 10, 4, 2, 3, N});
	assert_answer(fixture, "took", "sum", (double[]){N, 150, 20, 30, 45, N});
	assert_answer(fixture, "took", "p50", (double[]){N, 15, 5, 15, 15, N});
	fixture_free(fixture);
}

static void histograms_of_different_bounds_are_mixed(void **state)
{
	static const uint64_t counts[] = {0, 10};
	static const double bounds[] = {20};
	struct fixture *fixture = fixture_new();
	struct metric_point *point;

	(void)state;
	add_histogram(fixture, &delta_histogram, 0, 10, (uint64_t[]){0, 10, 0}, 150, "a");
	point = add_point(fixture, &delta_histogram, 0, 10);
	point->histogram = (struct histogram){counts, bounds, 2, 1};
	point->count = 10;
	point->max = 40;
	point->has = POINT_HAS_MAX;
	point->attributes = ATTRIBUTES(fixture, "host", "b");
	/* Ten in (10, 20], ten in (20, 40]. */
	assert_answer(fixture, "took", "count", (double[]){20, N, N, N, N, N});
	assert_answer(fixture, "took", "p25", (double[]){15, N, N, N, N, N});
	assert_answer(fixture, "took", "p50", (double[]){20, N, N, N, N, N});
	assert_answer(fixture, "took", "p75", (double[]){30, N, N, N, N, N});
	fixture_free(fixture);
}

static void exponential_histograms_of_different_scales_are_merged_exactly(void **state)
{
	/* The same values at scale 1 and scale 0: [1, 2], [2, 4] are pairs of the finer buckets. */
	static const uint64_t fine[] = {0, 0, 5, 5}, coarse[] = {0, 10};
	const double middle = 2 * sqrt(2);
	struct fixture *fixture = fixture_new();

	(void)state;
	add_exponential(fixture, &delta_exponential, 0, 10, 1, 0, 4, fine)->attributes =
		ATTRIBUTES(fixture, "host", "a");
	add_exponential(fixture, &delta_exponential, 0, 10, 0, 0, 2, coarse)->attributes =
		ATTRIBUTES(fixture, "host", "b");
	/* Alone they are 20 counts in (2, 4]: none is lost, and none leaves its bucket. */
	assert_answer(fixture, "took", "count", (double[]){20, N, N, N, N, N});
	assert_answer(fixture, "took", "min", (double[]){2, N, N, N, N, N});
	assert_answer(fixture, "took", "max", (double[]){4, N, N, N, N, N});
	/* Up to x = 2 * sqrt(2) lie the five of the fine bucket and 5 (x - 2) of the coarse one; from there on the next five
	 * are shared out over 4 - x. */
	assert_answer(
		fixture, "took", "p50",
		(double[]){middle + (10 - 5 - 5 * (middle - 2)) / (5 / (4 - middle) + 5), N, N, N, N, N});
	fixture_free(fixture);
}

static void a_gap_longer_than_a_level_holds_is_a_gap(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query question = ask("load", "avg");
	struct metric_range range;

	(void)state;
	question.range = (struct time_range){AT(0), AT(600)};
	question.step_ns = 60 * NS_PER_SECOND;
	/* It holds to the window that ends 300 s later, and not to the next one. */
	add_number(fixture, &gauge, 0, 60, 7);
	add_number(fixture, &gauge, 0, 540, 9);
	range = answer(fixture, &question);
	assert_int_equal(range.step_count, 10);
	for (size_t i = 0; i < 10; i++) {
		double value = range.lines[0].values[i];

		assert_true(i < 6 ? value == 7 : i < 8 ? isnan(value) : value == 9);
	}
	metric_range_release(&range);
	fixture_free(fixture);
}

static double error_bound(struct fixture *fixture, const char *name, const char *agg)
{
	struct metric_query question = ask(name, agg);
	struct metric_range range = answer(fixture, &question);
	double bound = range.error_bound;

	metric_range_release(&range);
	return bound;
}

static void percentiles_say_how_far_off_they_may_be(void **state)
{
	static const uint64_t counts[] = {8, 2};
	struct fixture *fixture = fixture_new();

	(void)state;
	add_exponential(fixture, &delta_exponential, 0, 10, 4, 96, 2, counts);
	assert_true(fabs(error_bound(fixture, "took", "p50") - (exp2(1 / 16.0) - 1)) < 1e-9);
	assert_true(fabs(error_bound(fixture, "took", "p99") - 0.0442737824) < 1e-9);
	assert_true(isnan(error_bound(fixture, "took", "avg")));
	assert_true(isnan(error_bound(fixture, "took", "max")));
	/* A coarser one beside it: the widest of the windows counts. */
	add_exponential(fixture, &delta_exponential, 0, 20, 0, 6, 2, counts);
	assert_true(fabs(error_bound(fixture, "took", "p50") - 1) < 1e-9);
	fixture_free(fixture);
}

static void percentiles_in_buckets_without_end_have_no_error_bound(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	/* Below 10, in (10, 20], and above 20, of which no largest value is known. */
	add_histogram(fixture, &delta_histogram, 0, 10, (uint64_t[]){5, 10, 5}, 300, "a");
	assert_true(isnan(error_bound(fixture, "took", "p10")));
	assert_true(fabs(error_bound(fixture, "took", "p50") - 1) < 1e-9);
	assert_true(isnan(error_bound(fixture, "took", "p90")));
	fixture_free(fixture);
}

static void add_exemplar(struct fixture *fixture, struct metric_point *point, double time, double value,
			 uint8_t trace)
{
	struct exemplar *exemplar = arena_calloc(&fixture->batch.arena, 1, sizeof(*exemplar));

	exemplar->time_ns = AT(time);
	exemplar->value = (struct number){.real = value, .kind = NUMBER_DOUBLE};
	exemplar->trace_id[TRACE_ID_SIZE - 1] = trace;
	exemplar->span_id[SPAN_ID_SIZE - 1] = trace;
	point->exemplars = exemplar;
	point->exemplar_count = 1;
}

static void exemplars_lead_from_points_to_traces(void **state)
{
	static const double times[] = {-20, 12, 22, 32, 42, 52, 900};
	struct fixture *fixture = fixture_new();
	struct metric_query question = ask("hits", "sum");
	struct metric_range range;
	struct str by = str_from("host");

	(void)state;
	question.by = &by;
	question.by_count = 1;
	/* Before the range and behind it; without a trace; and one that is sent twice. */
	for (uint8_t i = 0; i < 7; i++) {
		struct metric_point *point = add_number(fixture, &delta, 0, times[i], 1);

		point->attributes = ATTRIBUTES(fixture, "host", i == 1 ? "a" : "b");
		add_exemplar(fixture, point, i == 4 ? times[3] : times[i], 0.5, i == 2 ? 0 : i == 4 ? 3 : i);
	}
	range = answer(fixture, &question);
	assert_true(range.exemplars == NULL && range.exemplar_count == 0);
	metric_range_release(&range);
	question.with_exemplars = true;
	range = answer(fixture, &question);
	assert_int_equal(range.exemplar_count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct metric_exemplar *exemplar = &range.exemplars[i];
		uint8_t trace = (uint8_t[]){5, 3, 1}[i];

		assert_true(exemplar->time_ns == AT(times[trace]));
		assert_int_equal(exemplar->trace_id[TRACE_ID_SIZE - 1], trace);
		assert_int_equal(exemplar->span_id[SPAN_ID_SIZE - 1], trace);
		assert_true(number_as_double(exemplar->value) == 0.5);
		assert_int_equal(exemplar->label_count, 1);
		assert_true(str_equal_c(exemplar->labels[0].value, trace == 1 ? "a" : "b"));
	}
	metric_range_release(&range);
	fixture_free(fixture);
}

static void the_newest_exemplars_are_kept(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query question = ask("hits", "sum");
	struct metric_range range;

	(void)state;
	for (int i = 0; i < METRIC_EXEMPLARS_MOST + 20; i++) {
		/* In an order that is not that of time. */
		double time = 1 + (i * 7 % (METRIC_EXEMPLARS_MOST + 20)) / 4.0;

		add_exemplar(fixture, add_number(fixture, &delta, 0, time, 1), time, i, 1);
	}
	question.with_exemplars = true;
	range = answer(fixture, &question);
	assert_int_equal(range.exemplar_count, METRIC_EXEMPLARS_MOST);
	for (size_t i = 0; i < METRIC_EXEMPLARS_MOST; i++)
		assert_true(range.exemplars[i].time_ns ==
			    AT(1 + (METRIC_EXEMPLARS_MOST + 19 - (double)i) / 4));
	metric_range_release(&range);
	fixture_free(fixture);
}

static void add_summary(struct fixture *fixture, double time, uint64_t count, double sum, const char *host)
{
	static const struct quantile quantiles[] = {{0.5, 12}, {0.99, 80}};
	struct metric_point *point = add_point(fixture, &summary, -5000, time);

	point->count = count;
	point->sum = sum;
	point->has = POINT_HAS_SUM;
	point->summary = (struct summary){quantiles, 2};
	point->attributes = ATTRIBUTES(fixture, "host", host);
}

static void summary_gives_the_percentiles_that_its_sender_worked_out(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_summary(fixture, 10, 100, 1000, "a");
	add_summary(fixture, 20, 110, 1200, "a");
	assert_answer(fixture, "took", "p99", (double[]){80, 80, N, N, N, N});
	assert_answer(fixture, "took", NULL, (double[]){N, 20, N, N, N, N});
	assert_answer(fixture, "took", "count", (double[]){N, 10, N, N, N, N});
	fixture_free(fixture);
}

static void summaries_of_several_series_have_no_common_percentile(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query question = ask("took", "p99");
	struct metric_range range;
	const char *parameter = NULL;

	(void)state;
	add_summary(fixture, 10, 100, 1000, "a");
	add_summary(fixture, 10, 100, 1000, "b");
	fixture_commit(fixture);
	assert_int_equal(metric_range(fixture->query, &question, &range, &parameter, &fixture->error),
			 STATUS_INVALID);
	assert_string_equal(parameter, "by");
	question.by_all = true;
	assert_int_equal(metric_range(fixture->query, &question, &range, &parameter, &fixture->error),
			 STATUS_OK);
	assert_int_equal(range.line_count, 2);
	metric_range_release(&range);
	fixture_free(fixture);
}

static void lines_are_told_apart_by_labels_and_sorted(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query question = ask("hits", "sum");
	const struct str by[] = {{"route", 5}, {"service.name", 12}};
	struct metric_range range;
	struct metric_point *point;

	(void)state;
	add_number(fixture, &delta, 0, 10, 1)->attributes = ATTRIBUTES(fixture, "route", "/b", "host", "x");
	add_number(fixture, &delta, 0, 10, 2)->attributes = ATTRIBUTES(fixture, "route", "/b", "host", "y");
	add_number(fixture, &delta, 0, 10, 4)->attributes = ATTRIBUTES(fixture, "route", "/a", "host", "x");
	point = add_number(fixture, &delta, 0, 10, 8);
	point->attributes = ATTRIBUTES(fixture, "host", "x");
	point->resource = make_service(fixture, "shop");
	question.by = by;
	question.by_count = 2;
	range = answer(fixture, &question);
	assert_int_equal(range.line_count, 3);
	/* A label that is not there is empty; a resource's attribute is a label too. */
	assert_str(range.lines[0].labels[0].value, "");
	assert_str(range.lines[0].labels[1].value, "shop");
	assert_values(&range, 0, (double[]){8, N, N, N, N, N});
	assert_str(range.lines[1].labels[0].value, "/a");
	assert_values(&range, 1, (double[]){4, N, N, N, N, N});
	assert_str(range.lines[2].labels[0].value, "/b");
	assert_values(&range, 2, (double[]){3, N, N, N, N, N});
	metric_range_release(&range);
	fixture_free(fixture);
}

static void label_filters_choose_series(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query question = ask("hits", "sum");
	const struct label_filter labels[] = {{{"host", 4}, {"x", 1}}};
	struct metric_range range;

	(void)state;
	add_number(fixture, &delta, 0, 10, 1)->attributes = ATTRIBUTES(fixture, "host", "x");
	add_number(fixture, &delta, 0, 10, 2)->attributes = ATTRIBUTES(fixture, "host", "y");
	question.labels = labels;
	question.label_count = 1;
	range = answer(fixture, &question);
	assert_values(&range, 0, (double[]){1, N, N, N, N, N});
	metric_range_release(&range);
	fixture_free(fixture);
}

static void one_series_whose_attributes_change_order_stays_one(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	add_number(fixture, &cumulative, -5000, 10, 5)->attributes = ATTRIBUTES(fixture, "a", "1", "b", "2");
	add_number(fixture, &cumulative, -5000, 20, 9)->attributes = ATTRIBUTES(fixture, "b", "2", "a", "1");
	assert_answer(fixture, "hits", "sum", (double[]){N, 4, N, N, N, N});
	fixture_free(fixture);
}

static void slices_of_a_long_range_run_into_one_another(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query question = ask("hits", "sum");
	struct metric_range range;
	double total = 0;

	(void)state;
	/* One more every ten minutes for two days: differences across the seams of the slices count too. */
	for (int i = 0; i <= 288; i++)
		add_number(fixture, &cumulative, -5000, i * 600, i);
	question.range = (struct time_range){AT(0), AT(288 * 600)};
	question.step_ns = 3600 * NS_PER_SECOND;
	range = answer(fixture, &question);
	assert_int_equal(range.step_count, 48);
	for (size_t i = 0; i < 48; i++) {
		assert_true(range.lines[0].values[i] == 6);
		total += range.lines[0].values[i];
	}
	assert_true(total == 288);
	metric_range_release(&range);
	fixture_free(fixture);
}

static enum status refused(struct fixture *fixture, const struct metric_query *question,
			   const char **parameter_out)
{
	struct metric_range range;

	*parameter_out = NULL;
	return metric_range(fixture->query, question, &range, parameter_out, &fixture->error);
}

static void refuses_an_agg_that_does_not_suit(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query rate = ask("load", "rate"), percentile = ask("load", "p99");
	const char *parameter;

	(void)state;
	add_number(fixture, &gauge, 0, 10, 1);
	fixture_commit(fixture);
	assert_int_equal(refused(fixture, &rate, &parameter), STATUS_INVALID);
	assert_string_equal(parameter, "agg");
	assert_int_equal(refused(fixture, &percentile, &parameter), STATUS_INVALID);
	fixture_free(fixture);
}

static void refuses_too_many_steps_and_lines(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query question = ask("load", "avg");
	const char *parameter;
	char host[16];

	(void)state;
	question.range.end_ns = AT(20000);
	question.step_ns = NS_PER_SECOND;
	assert_int_equal(refused(fixture, &question, &parameter), STATUS_TOO_LARGE);
	assert_string_equal(parameter, "step");
	question.range = TIME_RANGE_ALL;
	assert_int_equal(refused(fixture, &question, &parameter), STATUS_TOO_LARGE);

	for (int i = 0; i <= METRIC_LINES_MOST; i++) {
		snprintf(host, sizeof(host), "%d", i);
		add_number(fixture, &gauge, 0, 10, 1)->attributes =
			ATTRIBUTES(fixture, "host", arena_copy(&fixture->batch.arena, str_from(host)).data);
	}
	fixture_commit(fixture);
	question = ask("load", "avg");
	question.by_all = true;
	assert_int_equal(refused(fixture, &question, &parameter), STATUS_TOO_LARGE);
	assert_string_equal(parameter, "by");
	fixture_free(fixture);
}

static void tells_an_unknown_metric_from_a_quiet_one(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_query quiet = ask("took", NULL), unknown = ask("tok", NULL);
	struct metric_range range;
	const char *parameter;

	(void)state;
	add_histogram(fixture, &delta_histogram, -90000, -86400, (uint64_t[]){1, 0, 0}, 1, "a");
	range = answer(fixture, &quiet);
	assert_int_equal(range.line_count, 0);
	assert_int_equal(range.metric.type, METRIC_HISTOGRAM);
	assert_str(range.metric.unit, "ms");
	assert_string_equal(range.agg.name, "p95");
	metric_range_release(&range);
	assert_int_equal(refused(fixture, &unknown, &parameter), STATUS_NOT_FOUND);
	assert_string_equal(parameter, "name");
	fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_end_at_multiples_of_the_step),
		cmocka_unit_test(gauge_is_averaged_and_holds_until_it_is_stale),
		cmocka_unit_test(gauge_before_the_range_gives_its_first_level),
		cmocka_unit_test(gauge_ends_where_its_series_ends),
		cmocka_unit_test(gauges_of_several_series_are_summed_by_their_last_levels),
		cmocka_unit_test(delta_counter_is_summed_and_rated),
		cmocka_unit_test(rate_is_spread_over_the_time_that_a_point_covers),
		cmocka_unit_test(cumulative_counter_counts_differences_and_resets),
		cmocka_unit_test(cumulative_counter_that_falls_has_begun_again),
		cmocka_unit_test(cumulative_counter_that_began_in_sight_counts_from_its_start),
		cmocka_unit_test(cumulative_point_before_the_range_is_where_differences_begin),
		cmocka_unit_test(repeated_points_count_once),
		cmocka_unit_test(sum_that_may_fall_is_a_level),
		cmocka_unit_test(histograms_are_merged_across_series),
		cmocka_unit_test(cumulative_histograms_are_subtracted),
		cmocka_unit_test(exponential_histogram_that_grew_coarser_is_subtracted),
		cmocka_unit_test(cumulative_histogram_that_began_again_adds_all_it_has),
		cmocka_unit_test(histograms_of_different_bounds_are_mixed),
		cmocka_unit_test(exponential_histograms_of_different_scales_are_merged_exactly),
		cmocka_unit_test(a_gap_longer_than_a_level_holds_is_a_gap),
		cmocka_unit_test(percentiles_say_how_far_off_they_may_be),
		cmocka_unit_test(percentiles_in_buckets_without_end_have_no_error_bound),
		cmocka_unit_test(exemplars_lead_from_points_to_traces),
		cmocka_unit_test(the_newest_exemplars_are_kept),
		cmocka_unit_test(summary_gives_the_percentiles_that_its_sender_worked_out),
		cmocka_unit_test(summaries_of_several_series_have_no_common_percentile),
		cmocka_unit_test(lines_are_told_apart_by_labels_and_sorted),
		cmocka_unit_test(label_filters_choose_series),
		cmocka_unit_test(one_series_whose_attributes_change_order_stays_one),
		cmocka_unit_test(slices_of_a_long_range_run_into_one_another),
		cmocka_unit_test(refuses_an_agg_that_does_not_suit),
		cmocka_unit_test(refuses_too_many_steps_and_lines),
		cmocka_unit_test(tells_an_unknown_metric_from_a_quiet_one),
	};

	return test_run("query/metric_range", tests);
}
