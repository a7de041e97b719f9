#include "processor/sampler.h"

#include "model/probability.h"
#include "spans.h"

static uint64_t now_ns;

static uint64_t held_still(const struct clock *clock)
{
	(void)clock;
	return now_ns;
}

static const struct clock still = {.now_ns = held_still};

struct fixture {
	struct sampler *sampler;
	struct batch batch;
};

static struct fixture begin(struct sampling_options options)
{
	struct fixture fixture;
	struct error error;

	now_ns = 1000 * NS_PER_SECOND;
	options.clock = &still;
	if (!options.window_ns)
		options.window_ns = 30 * NS_PER_SECOND;
	assert_int_equal(sampler_new(&options, &fixture.sampler, &error), STATUS_OK);
	batch_init(&fixture.batch, 0);
	return fixture;
}

static void end(struct fixture *fixture)
{
	sampler_free(fixture->sampler);
	batch_release(&fixture->batch);
}

/* The rest of all: nothing but rules keeps a trace. */
#define NONE_BY_RATIO .head_ratio = 1, .tail_ratio = 0

static struct span *add(struct fixture *fixture, uint8_t trace)
{
	struct span *span = add_span(&fixture->batch, SPAN_SERVER, "work", NULL);

	span->trace_id[0] = trace;
	span->trace_id[9] = trace;
	span->end_ns = NS_PER_MS;
	return span;
}

static struct span *add_execution(struct fixture *fixture, uint8_t trace, const char *handler)
{
	struct span *span = add(fixture, trace);

	span->handler.role = ROLE_EXECUTION;
	span->handler.type = HANDLER_API;
	span->handler.name = str_from(handler);
	return span;
}

static void add_link(struct fixture *fixture, struct span *span, uint8_t trace)
{
	struct span_link *link = arena_calloc(&fixture->batch.arena, 1, sizeof(*link));

	link->trace_id[0] = trace;
	link->trace_id[9] = trace;
	span->links = link;
	span->link_count = 1;
}

static void note(struct fixture *fixture)
{
	sampler_note(fixture->sampler, &fixture->batch);
	batch_clear(&fixture->batch);
}

static bool keeps(struct fixture *fixture, uint8_t trace)
{
	struct span span = {.trace_id = {[0] = trace, [9] = trace}};
	const struct span *spans[] = {&span};

	return sampler_keep(fixture->sampler, spans, 1);
}

static uint64_t traces_for(struct fixture *fixture, enum sampling_reason reason)
{
	struct sampler_stats stats;

	sampler_stats(fixture->sampler, &stats);
	return stats.traces[reason];
}

static void keeps_every_trace_with_an_error(void **state)
{
	struct fixture fixture = begin((struct sampling_options){NONE_BY_RATIO, .keep_errors = true});

	(void)state;
	add(&fixture, 1);
	add(&fixture, 1)->handler.outcome = OUTCOME_ERROR;
	add(&fixture, 2);
	note(&fixture);
	assert_true(keeps(&fixture, 1));
	assert_false(keeps(&fixture, 2));
	assert_int_equal(traces_for(&fixture, SAMPLED_ERROR), 1);
	assert_int_equal(traces_for(&fixture, DROPPED_RATIO), 1);
	end(&fixture);
}

static void keeps_what_took_longer_than_the_threshold(void **state)
{
	struct fixture fixture =
		begin((struct sampling_options){NONE_BY_RATIO, .slower_than_ns = 100 * NS_PER_MS});

	(void)state;
	add(&fixture, 1)->end_ns = 100 * NS_PER_MS + 1;
	add(&fixture, 2)->end_ns = 100 * NS_PER_MS;
	note(&fixture);
	assert_true(keeps(&fixture, 1));
	assert_false(keeps(&fixture, 2));
	end(&fixture);
}

static void keeps_what_is_slower_than_the_handlers_own_p99(void **state)
{
	struct fixture fixture = begin((struct sampling_options){NONE_BY_RATIO, .keep_slowest = true});

	(void)state;
	for (int i = 0; i < 128; i++)
		add_execution(&fixture, 1, "quick");
	for (int i = 0; i < 128; i++)
		add_execution(&fixture, 2, "slow")->end_ns = 50 * NS_PER_MS;
	add_execution(&fixture, 3, "quick")->end_ns = 50 * NS_PER_MS;
	add_execution(&fixture, 4, "slow")->end_ns = 50 * NS_PER_MS;
	note(&fixture);
	assert_true(keeps(&fixture, 3));
	assert_false(keeps(&fixture, 4));
	assert_false(keeps(&fixture, 1));
	end(&fixture);
}

static void keeps_a_minimum_of_each_handler_a_minute(void **state)
{
	struct fixture fixture = begin((struct sampling_options){NONE_BY_RATIO, .handler_minimum = 2});

	(void)state;
	for (uint8_t trace = 1; trace <= 4; trace++)
		add_execution(&fixture, trace, trace == 4 ? "rare" : "busy");
	note(&fixture);
	assert_true(keeps(&fixture, 1) && keeps(&fixture, 2) && keeps(&fixture, 4));
	assert_false(keeps(&fixture, 3));
	now_ns += 60 * NS_PER_SECOND;
	add_execution(&fixture, 5, "busy");
	note(&fixture);
	assert_true(keeps(&fixture, 5));
	end(&fixture);
}

/* The randomness of trace t here is t * 2^48: of 256 steps. */
static void keeps_a_share_of_the_rest_by_trace_id(void **state)
{
	struct fixture fixture = begin((struct sampling_options){.head_ratio = 1, .tail_ratio = 0.25});

	(void)state;
	for (int trace = 1; trace < 256; trace++)
		add(&fixture, (uint8_t)trace);
	note(&fixture);
	for (int trace = 1; trace < 256; trace++)
		assert_int_equal(keeps(&fixture, (uint8_t)trace), trace >= 192);
	assert_int_equal(traces_for(&fixture, SAMPLED_RATIO), 64);
	end(&fixture);
}

static void a_handlers_own_ratio_takes_the_place_of_the_general_one(void **state)
{
	const struct handler_ratio ratios[] = {{{"GET /health", 11}, 0}, {{"checkout", 8}, 1}};
	struct fixture fixture = begin((struct sampling_options){
		.head_ratio = 1, .tail_ratio = 0.5, .handler_ratios = ratios, .handler_ratio_count = 2});

	(void)state;
	add_execution(&fixture, 200, "GET /health");
	add(&fixture, 200);
	add_execution(&fixture, 10, "checkout");
	add_execution(&fixture, 11, "other");
	add_execution(&fixture, 201, "other");
	note(&fixture);
	assert_false(keeps(&fixture, 200));
	assert_true(keeps(&fixture, 10));
	assert_false(keeps(&fixture, 11));
	assert_true(keeps(&fixture, 201));
	end(&fixture);
}

static void a_ratio_of_one_handler_alone_leaves_all_others(void **state)
{
	const struct handler_ratio ratio = {{"GET /health", 11}, 0};
	struct fixture fixture = begin((struct sampling_options){
		.head_ratio = 1, .tail_ratio = 1, .handler_ratios = &ratio, .handler_ratio_count = 1});

	(void)state;
	add_execution(&fixture, 1, "GET /health");
	add_execution(&fixture, 2, "other");
	note(&fixture);
	assert_false(keeps(&fixture, 1));
	assert_true(keeps(&fixture, 2));
	end(&fixture);
}

static void a_limit_of_traces_a_second_stops_what_a_ratio_keeps_and_no_error(void **state)
{
	struct fixture fixture = begin((struct sampling_options){
		.head_ratio = 1, .tail_ratio = 1, .keep_errors = true, .traces_per_second = 2});

	(void)state;
	for (uint8_t trace = 1; trace <= 4; trace++)
		add(&fixture, trace)->handler.outcome = trace == 4 ? OUTCOME_ERROR : OUTCOME_SUCCESS;
	note(&fixture);
	assert_true(keeps(&fixture, 1) && keeps(&fixture, 2));
	assert_false(keeps(&fixture, 3));
	assert_true(keeps(&fixture, 4));
	assert_true(keeps(&fixture, 1));
	assert_int_equal(traces_for(&fixture, DROPPED_RATE), 1);
	now_ns += NS_PER_SECOND;
	add(&fixture, 5);
	note(&fixture);
	assert_true(keeps(&fixture, 5));
	assert_false(keeps(&fixture, 3));
	end(&fixture);
}

static void linked_traces_are_kept_together_whichever_comes_first(void **state)
{
	struct fixture fixture = begin((struct sampling_options){NONE_BY_RATIO, .keep_errors = true});

	(void)state;
	/* 2 links to 1, 3 to 2; the error is in 3. 5 links to 4, which failed before. 7 links to 6. */
	add(&fixture, 1);
	add_link(&fixture, add(&fixture, 2), 1);
	note(&fixture);
	add_link(&fixture, add(&fixture, 3), 2);
	note(&fixture);
	add(&fixture, 3)->handler.outcome = OUTCOME_ERROR;
	add(&fixture, 4)->handler.outcome = OUTCOME_ERROR;
	note(&fixture);
	add_link(&fixture, add(&fixture, 5), 4);
	add_link(&fixture, add(&fixture, 7), 6);
	note(&fixture);
	assert_true(keeps(&fixture, 1) && keeps(&fixture, 2) && keeps(&fixture, 3));
	assert_true(keeps(&fixture, 4) && keeps(&fixture, 5));
	assert_false(keeps(&fixture, 6) || keeps(&fixture, 7));
	assert_int_equal(traces_for(&fixture, SAMPLED_LINK), 3);
	end(&fixture);
}

static void forgets_traces_after_the_window_and_a_minute(void **state)
{
	struct fixture fixture = begin((struct sampling_options){NONE_BY_RATIO, .keep_errors = true});

	(void)state;
	add(&fixture, 1)->handler.outcome = OUTCOME_ERROR;
	add_link(&fixture, add(&fixture, 2), 1);
	note(&fixture);
	now_ns += 80 * NS_PER_SECOND;
	add_link(&fixture, add(&fixture, 3), 2);
	note(&fixture);
	sampler_forget(fixture.sampler);
	assert_true(keeps(&fixture, 1));
	now_ns += 20 * NS_PER_SECOND;
	sampler_forget(fixture.sampler);
	assert_false(keeps(&fixture, 1));
	/* Looked at again twenty seconds ago, and so is what keeps them. */
	assert_true(keeps(&fixture, 2) && keeps(&fixture, 3));
	end(&fixture);
}

static void keeps_everything_where_more_is_to_be_known_than_the_limit(void **state)
{
	struct fixture fixture =
		begin((struct sampling_options){NONE_BY_RATIO, .keep_errors = true, .trace_limit = 2});

	(void)state;
	for (uint8_t trace = 1; trace <= 3; trace++)
		add(&fixture, trace)->handler.outcome = OUTCOME_ERROR;
	add(&fixture, 4);
	note(&fixture);
	assert_true(keeps(&fixture, 3) && keeps(&fixture, 4));
	assert_int_equal(traces_for(&fixture, SAMPLED_OVERFLOW), 2);
	now_ns += 100 * NS_PER_SECOND;
	sampler_forget(fixture.sampler);
	add(&fixture, 5)->handler.outcome = OUTCOME_ERROR;
	add(&fixture, 6);
	note(&fixture);
	assert_true(keeps(&fixture, 5));
	assert_false(keeps(&fixture, 6));
	end(&fixture);
}

static void head_sampling_moves_what_it_leaves_out_behind_the_rest(void **state)
{
	struct fixture fixture = begin((struct sampling_options){.head_ratio = 0.5, .tail_ratio = 1});
	struct sampler_stats stats;

	(void)state;
	for (int trace = 1; trace < 256; trace++)
		add(&fixture, (uint8_t)trace);
	sampler_head(fixture.sampler, &fixture.batch);
	assert_int_equal(fixture.batch.span_count, 128);
	assert_int_equal(fixture.batch.unsampled_count, 127);
	for (size_t i = 0; i < 255; i++)
		assert_int_equal(fixture.batch.spans[i].trace_id[9] >= 128, i < 128);
	note(&fixture);
	assert_int_equal(fixture.batch.unsampled_count, 0);
	sampler_stats(fixture.sampler, &stats);
	assert_int_equal(stats.spans[DROPPED_HEAD], 127);
	end(&fixture);
}

/* 10,000 traces in random groups: a group stays as one, whatever order links came in. */
static void groups_are_those_of_a_plain_search(void **state)
{
	enum { TRACES = 200, LINKS = 150 };
	uint8_t group[TRACES];
	bool fails[256] = {false};
	uint64_t random = 7;

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct fixture fixture = begin((struct sampling_options){NONE_BY_RATIO, .keep_errors = true});

		for (int i = 0; i < TRACES; i++) {
			group[i] = (uint8_t)i;
			fails[i] = false;
		}
		for (int i = 0; i < LINKS; i++) {
			uint8_t a, b, from, to;

			random = random * 6364136223846793005u + 1442695040888963407u;
			a = (uint8_t)((random >> 33) % TRACES);
			b = (uint8_t)((random >> 43) % TRACES);
			add_link(&fixture, add(&fixture, a), b);
			if (i % 10 == 0)
				add(&fixture, a)->handler.outcome = OUTCOME_ERROR;
			note(&fixture);
			from = group[a];
			to = group[b];
			for (int j = 0; j < TRACES; j++)
				group[j] = group[j] == from ? to : group[j];
			fails[to] |= fails[from] || i % 10 == 0;
		}
		for (int i = 0; i < TRACES; i++)
			assert_int_equal(keeps(&fixture, (uint8_t)i), fails[group[i]]);
		end(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_every_trace_with_an_error),
		cmocka_unit_test(keeps_what_took_longer_than_the_threshold),
		cmocka_unit_test(keeps_what_is_slower_than_the_handlers_own_p99),
		cmocka_unit_test(keeps_a_minimum_of_each_handler_a_minute),
		cmocka_unit_test(keeps_a_share_of_the_rest_by_trace_id),
		cmocka_unit_test(a_handlers_own_ratio_takes_the_place_of_the_general_one),
		cmocka_unit_test(a_ratio_of_one_handler_alone_leaves_all_others),
		cmocka_unit_test(a_limit_of_traces_a_second_stops_what_a_ratio_keeps_and_no_error),
		cmocka_unit_test(linked_traces_are_kept_together_whichever_comes_first),
		cmocka_unit_test(forgets_traces_after_the_window_and_a_minute),
		cmocka_unit_test(keeps_everything_where_more_is_to_be_known_than_the_limit),
		cmocka_unit_test(head_sampling_moves_what_it_leaves_out_behind_the_rest),
		cmocka_unit_test(groups_are_those_of_a_plain_search),
	};

	return test_run("processor/sampler", tests);
}
