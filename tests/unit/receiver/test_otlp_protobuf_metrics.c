#include <math.h>
#include <stdlib.h>

#include "build.h"
#include "test.h"

/* The number of each type's field in Metric. */
enum { GAUGE = 5, SUM = 7, HISTOGRAM = 9, EXPONENTIAL = 10, SUMMARY = 11 };

/* A metric that is being built, with one open data point. */
struct metric_build {
	struct build build;
	size_t metric, data, point;
};

static struct metric_build metric_begin(const char *name, uint32_t data)
{
	struct metric_build metric = {.build = build_begin()};

	metric.metric = protobuf_begin(&metric.build.bytes, 2);
	build_text(&metric.build, 1, name);
	metric.data = protobuf_begin(&metric.build.bytes, data);
	metric.point = protobuf_begin(&metric.build.bytes, 1);
	return metric;
}

static struct decoded metric_end(struct metric_build *metric)
{
	protobuf_end(&metric->build.bytes, metric->point);
	protobuf_end(&metric->build.bytes, metric->data);
	protobuf_end(&metric->build.bytes, metric->metric);
	build_end(&metric->build);
	return build_decode(SIGNAL_METRICS, &metric->build);
}

static void put_exemplar(struct build *build, uint32_t number)
{
	size_t mark = protobuf_begin(&build->bytes, number);

	protobuf_put_fixed64(&build->bytes, 2, 1500);
	protobuf_put_double(&build->bytes, 3, 0.5);
	protobuf_put_bytes(&build->bytes, 4, str_make(TEST_SPAN_ID, 8));
	protobuf_put_bytes(&build->bytes, 5, str_make(TEST_TRACE_ID, 16));
	build_attribute(build, 7, "filtered", "away");
	protobuf_end(&build->bytes, mark);
}

static void expect_exemplar(const struct metric_point *point)
{
	assert_int_equal(point->exemplar_count, 1);
	assert_int_equal(point->exemplars[0].time_ns, 1500);
	assert_int_equal(point->exemplars[0].value.kind, NUMBER_DOUBLE);
	assert_true(point->exemplars[0].value.real == 0.5);
	assert_memory_equal(point->exemplars[0].span_id, TEST_SPAN_ID, 8);
	assert_memory_equal(point->exemplars[0].trace_id, TEST_TRACE_ID, 16);
	assert_str(attributes_find_str(&point->exemplars[0].attributes, "filtered"), "away");
}

/* What every point below is given: times, an attribute. */
static void put_common(struct build *build, uint32_t attributes)
{
	build_attribute(build, attributes, "route", "/users");
	protobuf_put_fixed64(&build->bytes, 2, 1000);
	protobuf_put_fixed64(&build->bytes, 3, 2000);
}

static const struct metric_point *expect_common(const struct decoded *decoded, enum metric_type type)
{
	const struct metric_point *point = decoded->batch.points;

	assert_int_equal(decoded->status, STATUS_OK);
	assert_string_equal(decoded->outcome.reason, "");
	assert_int_equal(decoded->batch.point_count, 1);
	assert_int_equal(point->metric->type, type);
	assert_int_equal(point->start_ns, 1000);
	assert_int_equal(point->time_ns, 2000);
	assert_str(attributes_find_str(&point->attributes, "route"), "/users");
	return point;
}

static void keeps_everything_of_a_sum(void **state)
{
	struct metric_build metric = metric_begin("requests", SUM);
	struct buffer *out = &metric.build.bytes;
	struct decoded decoded;
	const struct metric_point *point;

	(void)state;
	put_common(&metric.build, 7);
	protobuf_put_fixed64(out, 6, (uint64_t)-42);
	put_exemplar(&metric.build, 5);
	protobuf_end(out, metric.point);
	/* Temporality follows the points, unit and metadata follow the data. */
	protobuf_put_uint(out, 2, TEMPORALITY_CUMULATIVE);
	protobuf_put_uint(out, 3, 1);
	protobuf_end(out, metric.data);
	build_text(&metric.build, 2, "Requests answered");
	build_text(&metric.build, 3, "{request}");
	build_attribute(&metric.build, 12, "origin", "test");
	protobuf_end(out, metric.metric);
	build_end(&metric.build);
	decoded = build_decode(SIGNAL_METRICS, &metric.build);
	point = expect_common(&decoded, METRIC_SUM);
	assert_int_equal(point->value.kind, NUMBER_INT);
	assert_int_equal(point->value.integer, -42);
	expect_exemplar(point);
	assert_str(point->metric->name, "requests");
	assert_str(point->metric->description, "Requests answered");
	assert_str(point->metric->unit, "{request}");
	assert_str(attributes_find_str(&point->metric->metadata, "origin"), "test");
	assert_int_equal(point->metric->temporality, TEMPORALITY_CUMULATIVE);
	assert_true(point->metric->monotonic);
	decoded_release(&decoded);
}

static void keeps_a_gauge_with_a_double(void **state)
{
	struct metric_build metric = metric_begin("load", GAUGE);
	struct decoded decoded;
	const struct metric_point *point;

	(void)state;
	put_common(&metric.build, 7);
	protobuf_put_double(&metric.build.bytes, 4, -INFINITY);
	decoded = metric_end(&metric);
	point = expect_common(&decoded, METRIC_GAUGE);
	assert_int_equal(point->value.kind, NUMBER_DOUBLE);
	assert_true(isinf(point->value.real));
	assert_int_equal(point->metric->temporality, TEMPORALITY_UNSPECIFIED);
	decoded_release(&decoded);
}

/* Packed, as proto3 writes them, and one by one, as it may. */
static void put_i64s(struct buffer *out, uint32_t number, const uint64_t *items, size_t count, bool packed)
{
	if (packed) {
		protobuf_put_bytes(out, number, str_make(items, count * sizeof(*items)));
		return;
	}
	for (size_t i = 0; i < count; i++)
		protobuf_put_fixed64(out, number, items[i]);
}

static void keeps_everything_of_a_histogram(void **state)
{
	static const uint64_t counts[] = {1, 2, 300};
	static const double bounds[] = {0.5, 10};

	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		struct metric_build metric = metric_begin("latency", HISTOGRAM);
		struct buffer *out = &metric.build.bytes;
		struct decoded decoded;
		const struct metric_point *point;
		uint64_t bits[2];

		memcpy(bits, bounds, sizeof(bits));
		put_common(&metric.build, 9);
		protobuf_put_fixed64(out, 4, 303);
		protobuf_put_double(out, 5, 99.5);
		put_i64s(out, 6, counts, 3, packed);
		put_i64s(out, 7, bits, 2, packed);
		put_exemplar(&metric.build, 8);
		protobuf_put_double(out, 11, 0.25);
		protobuf_put_double(out, 12, 77);
		decoded = metric_end(&metric);
		point = expect_common(&decoded, METRIC_HISTOGRAM);
		assert_int_equal(point->count, 303);
		assert_int_equal(point->has, POINT_HAS_SUM | POINT_HAS_MIN | POINT_HAS_MAX);
		assert_true(point->sum == 99.5 && point->min == 0.25 && point->max == 77);
		assert_int_equal(point->histogram.bucket_count, 3);
		assert_memory_equal(point->histogram.counts, counts, sizeof(counts));
		assert_int_equal(point->histogram.bound_count, 2);
		assert_memory_equal(point->histogram.bounds, bounds, sizeof(bounds));
		expect_exemplar(point);
		decoded_release(&decoded);
	}
}

static void a_histogram_without_buckets_or_sum_is_kept(void **state)
{
	struct metric_build metric = metric_begin("latency", HISTOGRAM);
	struct decoded decoded;
	const struct metric_point *point;

	(void)state;
	put_common(&metric.build, 9);
	protobuf_put_fixed64(&metric.build.bytes, 4, 5);
	decoded = metric_end(&metric);
	point = expect_common(&decoded, METRIC_HISTOGRAM);
	assert_int_equal(point->has, 0);
	assert_int_equal(point->histogram.bucket_count, 0);
	decoded_release(&decoded);
}

static void put_buckets(struct build *build, uint32_t number, int32_t offset, struct str packed)
{
	size_t mark = protobuf_begin(&build->bytes, number);

	protobuf_put_sint(&build->bytes, 1, offset);
	protobuf_put_bytes(&build->bytes, 2, packed);
	/* One more, not packed. */
	protobuf_put_uint(&build->bytes, 2, 9);
	protobuf_end(&build->bytes, mark);
}

static void keeps_everything_of_an_exponential_histogram(void **state)
{
	struct metric_build metric = metric_begin("latency", EXPONENTIAL);
	struct buffer *out = &metric.build.bytes;
	struct decoded decoded;
	const struct metric_point *point;

	(void)state;
	put_common(&metric.build, 1);
	protobuf_put_fixed64(out, 4, 500);
	protobuf_put_double(out, 5, 1.5);
	protobuf_put_sint(out, 6, -3);
	protobuf_put_fixed64(out, 7, 11);
	put_buckets(&metric.build, 8, -70, str_make("\x01\x80\x01\x00", 4));
	put_buckets(&metric.build, 9, 4, str_make("", 0));
	put_exemplar(&metric.build, 11);
	protobuf_put_double(out, 12, -2);
	protobuf_put_double(out, 13, 8);
	protobuf_put_double(out, 14, 1e-9);
	decoded = metric_end(&metric);
	point = expect_common(&decoded, METRIC_EXPONENTIAL_HISTOGRAM);
	assert_int_equal(point->count, 500);
	assert_true(point->sum == 1.5 && point->min == -2 && point->max == 8);
	assert_int_equal(point->exponential.scale, -3);
	assert_int_equal(point->exponential.zero_count, 11);
	assert_true(point->exponential.zero_threshold == 1e-9);
	assert_int_equal(point->exponential.positive.offset, -70);
	assert_int_equal(point->exponential.positive.count, 4);
	assert_memory_equal(point->exponential.positive.counts, ((uint64_t[]){1, 128, 0, 9}), 32);
	assert_int_equal(point->exponential.negative.offset, 4);
	assert_int_equal(point->exponential.negative.count, 1);
	expect_exemplar(point);
	decoded_release(&decoded);
}

static void exponential_buckets_past_the_last_offset_are_rejected(void **state)
{
	(void)state;
	for (int over = 0; over < 2; over++) {
		struct metric_build metric = metric_begin("latency", EXPONENTIAL);
		struct decoded decoded;

		/* Two buckets: one packed, one not. */
		put_buckets(&metric.build, over ? 9 : 8, INT32_MAX - 2 + over, str_make("\x01", 1));
		decoded = metric_end(&metric);
		assert_int_equal(decoded.status, STATUS_OK);
		assert_int_equal(decoded.outcome.rejected, over);
		decoded_release(&decoded);
	}
}

static void keeps_everything_of_a_summary(void **state)
{
	struct metric_build metric = metric_begin("latency", SUMMARY);
	struct buffer *out = &metric.build.bytes;
	struct decoded decoded;
	const struct metric_point *point;

	(void)state;
	put_common(&metric.build, 7);
	protobuf_put_fixed64(out, 4, 50);
	protobuf_put_double(out, 5, 5.5);
	for (int i = 0; i < 2; i++) {
		size_t mark = protobuf_begin(out, 6);

		protobuf_put_double(out, 1, i ? 0.99 : 0.5);
		protobuf_put_double(out, 2, i ? 90 : 10);
		protobuf_end(out, mark);
	}
	decoded = metric_end(&metric);
	point = expect_common(&decoded, METRIC_SUMMARY);
	assert_int_equal(point->count, 50);
	assert_true(point->sum == 5.5);
	assert_int_equal(point->summary.count, 2);
	assert_true(point->summary.quantiles[0].quantile == 0.5 && point->summary.quantiles[0].value == 10);
	assert_true(point->summary.quantiles[1].quantile == 0.99 && point->summary.quantiles[1].value == 90);
	decoded_release(&decoded);
}

/* Points of a histogram that must be rejected. */
static void bounds_without_buckets(struct buffer *out)
{
	protobuf_put_double(out, 7, 1);
}
static void as_many_bounds_as_buckets(struct buffer *out)
{
	protobuf_put_fixed64(out, 6, 1);
	protobuf_put_double(out, 7, 1);
}
static void two_buckets_too_many(struct buffer *out)
{
	for (int i = 0; i < 4; i++)
		protobuf_put_fixed64(out, 6, 1);
	protobuf_put_double(out, 7, 1);
}
static void bounds_that_fall(struct buffer *out)
{
	for (int i = 0; i < 3; i++)
		protobuf_put_fixed64(out, 6, 1);
	protobuf_put_double(out, 7, 2);
	protobuf_put_double(out, 7, 1);
}
static void bounds_that_are_no_numbers(struct buffer *out)
{
	for (int i = 0; i < 3; i++)
		protobuf_put_fixed64(out, 6, 1);
	protobuf_put_double(out, 7, 1);
	protobuf_put_double(out, 7, NAN);
}
static void too_many_buckets(struct buffer *out)
{
	char *zeros = calloc(OTLP_PARTS_MAX + 1, 8);

	protobuf_put_bytes(out, 6, str_make(zeros, (OTLP_PARTS_MAX + 1) * (size_t)8));
	free(zeros);
}

static void a_bad_histogram_costs_itself(void **state)
{
	static const struct {
		void (*fields)(struct buffer *out);
		const char *reason;
	} cases[] = {
		{bounds_without_buckets, "buckets do not fit"},
		{as_many_bounds_as_buckets, "buckets do not fit"},
		{two_buckets_too_many, "buckets do not fit"},
		{bounds_that_fall, "do not rise"},
		{bounds_that_are_no_numbers, "do not rise"},
		{too_many_buckets, "more than 65536 buckets"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct metric_build metric = metric_begin("latency", HISTOGRAM);
		struct buffer *out = &metric.build.bytes;
		struct decoded decoded;

		cases[i].fields(out);
		protobuf_end(out, metric.point);
		metric.point = protobuf_begin(out, 1);
		put_common(&metric.build, 9);
		decoded = metric_end(&metric);
		assert_int_equal(decoded.status, STATUS_OK);
		assert_int_equal(decoded.batch.point_count, 1);
		assert_int_equal(decoded.batch.points[0].time_ns, 2000);
		assert_int_equal(decoded.outcome.rejected, 1);
		if (!strstr(decoded.outcome.reason, cases[i].reason))
			fail_msg("\"%s\" does not say \"%s\"", decoded.outcome.reason, cases[i].reason);
		decoded_release(&decoded);
	}
}

static void a_point_without_a_value_needs_the_flag(void **state)
{
	(void)state;
	for (int flag = 0; flag < 2; flag++) {
		struct metric_build metric = metric_begin("load", GAUGE);
		struct decoded decoded;

		protobuf_put_uint(&metric.build.bytes, 8, (uint64_t)flag);
		decoded = metric_end(&metric);
		assert_int_equal(decoded.batch.point_count, flag);
		assert_int_equal(decoded.outcome.rejected, 1 - flag);
		decoded_release(&decoded);
	}
}

static void a_point_without_a_time_gets_the_arrival(void **state)
{
	struct metric_build metric = metric_begin("load", GAUGE);
	struct decoded decoded;

	(void)state;
	protobuf_put_fixed64(&metric.build.bytes, 6, 1);
	decoded = metric_end(&metric);
	assert_int_equal(decoded.batch.points[0].time_ns, TEST_NOW_NS);
	decoded_release(&decoded);
}

static void a_bad_metric_costs_its_points(void **state)
{
	static const char *const names[] = {"", "caf\xe9"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct metric_build metric = metric_begin(names[i], GAUGE);
		struct buffer *out = &metric.build.bytes;
		struct decoded decoded;

		for (int point = 0; point < 2; point++) {
			protobuf_put_fixed64(out, 6, 1);
			protobuf_end(out, metric.point);
			metric.point = protobuf_begin(out, 1);
		}
		protobuf_put_fixed64(out, 6, 1);
		decoded = metric_end(&metric);
		assert_int_equal(decoded.batch.point_count, 0);
		assert_int_equal(decoded.outcome.rejected, 3);
		assert_non_null(strstr(decoded.outcome.reason, "name"));
		decoded_release(&decoded);
	}
}

static void of_two_types_in_one_metric_the_last_counts(void **state)
{
	struct metric_build metric = metric_begin("both", HISTOGRAM);
	struct buffer *out = &metric.build.bytes;
	struct decoded decoded;

	(void)state;
	protobuf_put_fixed64(out, 4, 77);
	protobuf_end(out, metric.point);
	protobuf_end(out, metric.data);
	metric.data = protobuf_begin(out, GAUGE);
	metric.point = protobuf_begin(out, 1);
	protobuf_put_fixed64(out, 6, 5);
	decoded = metric_end(&metric);
	assert_int_equal(decoded.batch.point_count, 1);
	assert_int_equal(decoded.batch.points[0].metric->type, METRIC_GAUGE);
	assert_int_equal(decoded.batch.points[0].value.integer, 5);
	decoded_release(&decoded);
}

static void malformed_buckets_refuse_the_request(void **state)
{
	struct metric_build metric = metric_begin("latency", HISTOGRAM);
	struct decoded decoded;

	(void)state;
	/* Seven bytes are no whole number of fixed64. */
	protobuf_put_bytes(&metric.build.bytes, 6, str_from("1234567"));
	decoded = metric_end(&metric);
	assert_int_equal(decoded.status, STATUS_INVALID);
	decoded_release(&decoded);
	metric = metric_begin("latency", EXPONENTIAL);
	put_buckets(&metric.build, 8, 0, str_make("\x01\x80", 2));
	decoded = metric_end(&metric);
	assert_int_equal(decoded.status, STATUS_INVALID);
	decoded_release(&decoded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_everything_of_a_sum),
		cmocka_unit_test(keeps_a_gauge_with_a_double),
		cmocka_unit_test(keeps_everything_of_a_histogram),
		cmocka_unit_test(a_histogram_without_buckets_or_sum_is_kept),
		cmocka_unit_test(keeps_everything_of_an_exponential_histogram),
		cmocka_unit_test(exponential_buckets_past_the_last_offset_are_rejected),
		cmocka_unit_test(keeps_everything_of_a_summary),
		cmocka_unit_test(a_bad_histogram_costs_itself),
		cmocka_unit_test(a_point_without_a_value_needs_the_flag),
		cmocka_unit_test(a_point_without_a_time_gets_the_arrival),
		cmocka_unit_test(a_bad_metric_costs_its_points),
		cmocka_unit_test(of_two_types_in_one_metric_the_last_counts),
		cmocka_unit_test(malformed_buckets_refuse_the_request),
	};

	return test_run("receiver/otlp_protobuf_metrics", tests);
}
