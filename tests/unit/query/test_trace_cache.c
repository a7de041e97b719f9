#include "query/trace_cache.h"

#include <pthread.h>
#include <stdatomic.h>

#include "fixture.h"
#include "query/trace.h"

/* What every entry takes beside its trace, as the cache says of itself. */
static size_t entry_bytes;

static struct trace *make_trace(uint8_t id, size_t size_bytes)
{
	struct trace *trace = calloc(1, sizeof(*trace));

	trace->summary.trace_id[0] = id;
	trace->size_bytes = size_bytes;
	trace->references = 1;
	return trace;
}

static bool holds(struct trace_cache *cache, uint8_t id)
{
	uint8_t trace_id[TRACE_ID_SIZE] = {id};
	uint32_t ticket;
	const struct trace *trace = trace_cache_find(cache, trace_id, &ticket);

	trace_drop(trace);
	return trace != NULL;
}

static uint32_t miss(struct trace_cache *cache, uint8_t id)
{
	uint8_t trace_id[TRACE_ID_SIZE] = {id};
	uint32_t ticket = 0;

	assert_null(trace_cache_find(cache, trace_id, &ticket));
	return ticket;
}

static void keep(struct trace_cache *cache, uint8_t id, size_t size_bytes)
{
	uint32_t ticket = miss(cache, id);
	struct trace *trace = make_trace(id, size_bytes);

	trace_cache_keep(cache, trace, ticket);
	trace_drop(trace);
}

static void note(struct trace_cache *cache, uint8_t id)
{
	struct span span = {.trace_id = {id}};

	trace_cache_note_spans(cache, &span, 1);
}

static void least_recently_used_goes_first(void **state)
{
	struct trace_cache *cache = trace_cache_new(3, 1000);

	(void)state;
	keep(cache, 1, 10);
	keep(cache, 2, 10);
	keep(cache, 3, 10);
	assert_true(holds(cache, 1));
	keep(cache, 4, 10);
	assert_false(holds(cache, 2));
	assert_true(holds(cache, 1) && holds(cache, 3) && holds(cache, 4));
	trace_cache_free(cache);
}

static void bytes_are_bounded_too(void **state)
{
	size_t each = 1000 + entry_bytes;
	struct trace_cache *cache = trace_cache_new(100, 5 * each);
	struct trace_cache_stats stats;

	(void)state;
	for (uint8_t id = 1; id <= 9; id++)
		keep(cache, id, 1000);
	trace_cache_stats(cache, &stats);
	assert_int_equal(stats.trace_count, 5);
	assert_int_equal(stats.size_bytes, 5 * each);
	assert_true(holds(cache, 9) && holds(cache, 5) && !holds(cache, 4));
	/* A large one takes the places of as many small ones as it needs. */
	keep(cache, 40, each);
	trace_cache_stats(cache, &stats);
	assert_int_equal(stats.trace_count, 4);
	assert_true(stats.size_bytes <= 5 * each);
	/* One that would push out most of the others is not kept. */
	keep(cache, 50, 5 * each / 4 + 1);
	assert_false(holds(cache, 50));
	assert_true(holds(cache, 40));
	trace_cache_free(cache);
}

static void newer_spans_make_it_forget(void **state)
{
	struct trace_cache *cache = trace_cache_new(10, 1000);

	(void)state;
	keep(cache, 1, 10);
	keep(cache, 2, 10);
	note(cache, 1);
	assert_false(holds(cache, 1));
	assert_true(holds(cache, 2));
	trace_cache_free(cache);
}

static void what_was_read_before_newer_spans_is_not_kept(void **state)
{
	struct trace_cache *cache = trace_cache_new(10, 1000);
	uint32_t ticket = miss(cache, 1);
	struct trace *trace = make_trace(1, 10);

	(void)state;
	note(cache, 1);
	trace_cache_keep(cache, trace, ticket);
	assert_false(holds(cache, 1));
	trace_cache_keep(cache, trace, miss(cache, 1));
	assert_true(holds(cache, 1));
	trace_drop(trace);
	trace_cache_free(cache);
}

static void a_trace_outlives_the_cache_for_who_holds_it(void **state)
{
	struct trace_cache *cache = trace_cache_new(10, 1000);
	uint8_t trace_id[TRACE_ID_SIZE] = {7};
	const struct trace *trace;
	uint32_t ticket;

	(void)state;
	keep(cache, 7, 10);
	trace = trace_cache_find(cache, trace_id, &ticket);
	note(cache, 7);
	trace_cache_free(cache);
	assert_int_equal(trace->summary.trace_id[0], 7);
	trace_drop(trace);
}

static void a_cache_of_none_keeps_none(void **state)
{
	struct trace_cache *cache = trace_cache_new(0, 1000);

	(void)state;
	keep(cache, 1, 10);
	assert_false(holds(cache, 1));
	trace_cache_free(cache);
}

/* A cache beside a model of it that is simply a list. Ids are few and do not share a bucket. */
enum { MODEL_IDS = 48, MODEL_TRACES = 12, MODEL_BYTES = 16384, MODEL_READS = 6, MODEL_STEPS = 60000 };

struct model {
	struct trace_cache *cache;
	struct {
		uint8_t id;
		size_t cost;
	} kept[MODEL_TRACES]; /* most recently used first */
	size_t kept_count;
	uint64_t versions[MODEL_IDS]; /* how often spans of it arrived */
	struct {
		bool is_open;
		uint8_t id;
		uint32_t ticket;
		uint64_t version; /* that it has read */
	} reads[MODEL_READS];     /* missed, and not yet given to the cache */
	uint64_t hit_count, miss_count, random;
};

static uint32_t choose(struct model *model, uint32_t bound)
{
	model->random = model->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((model->random >> 33) % bound);
}

static void model_remove(struct model *model, size_t at)
{
	model->kept_count--;
	memmove(&model->kept[at], &model->kept[at + 1], (model->kept_count - at) * sizeof(model->kept[0]));
}

static size_t model_find(const struct model *model, uint8_t id)
{
	size_t at = 0;

	while (at < model->kept_count && model->kept[at].id != id)
		at++;
	return at;
}

static size_t model_bytes(const struct model *model)
{
	size_t bytes = 0;

	for (size_t i = 0; i < model->kept_count; i++)
		bytes += model->kept[i].cost;
	return bytes;
}

static void model_add(struct model *model, uint8_t id, size_t cost)
{
	if (cost > MODEL_BYTES / 4 || model_find(model, id) < model->kept_count)
		return;
	while (model->kept_count == MODEL_TRACES ||
	       (model->kept_count && model_bytes(model) + cost > MODEL_BYTES))
		model->kept_count--;
	memmove(&model->kept[1], &model->kept[0], model->kept_count * sizeof(model->kept[0]));
	model->kept[0].id = id;
	model->kept[0].cost = cost;
	model->kept_count++;
}

/* Asks for a trace; a miss becomes a read under way, where there is a place for it. */
static void step_find(struct model *model)
{
	uint8_t id = (uint8_t)choose(model, MODEL_IDS), trace_id[TRACE_ID_SIZE] = {id};
	size_t at = model_find(model, id), place = choose(model, MODEL_READS);
	uint32_t ticket = 0;
	const struct trace *trace = trace_cache_find(model->cache, trace_id, &ticket);

	assert_int_equal(trace != NULL, at < model->kept_count);
	if (trace) {
		size_t cost = model->kept[at].cost;

		assert_int_equal(trace->summary.span_count, model->versions[id]);
		trace_drop(trace);
		model_remove(model, at);
		model_add(model, id, cost);
		model->hit_count++;
		return;
	}
	model->miss_count++;
	if (!model->reads[place].is_open) {
		model->reads[place].is_open = true;
		model->reads[place].id = id;
		model->reads[place].ticket = ticket;
		model->reads[place].version = model->versions[id];
	}
}

/* A read that was under way ends, whatever happened meanwhile. */
static void step_keep(struct model *model)
{
	size_t place = choose(model, MODEL_READS);
	uint8_t id = model->reads[place].id;
	struct trace *trace;

	if (!model->reads[place].is_open)
		return;
	model->reads[place].is_open = false;
	trace = make_trace(id, choose(model, 20) ? choose(model, 3000) : choose(model, MODEL_BYTES));
	trace->summary.span_count = model->reads[place].version;
	trace_cache_keep(model->cache, trace, model->reads[place].ticket);
	if (model->reads[place].version == model->versions[id])
		model_add(model, id, trace->size_bytes + entry_bytes);
	trace_drop(trace);
}

static void step_note(struct model *model)
{
	uint8_t id = (uint8_t)choose(model, MODEL_IDS);
	size_t at = model_find(model, id);

	note(model->cache, id);
	model->versions[id]++;
	if (at < model->kept_count)
		model_remove(model, at);
}

static void any_order_of_reads_and_late_spans_is_as_in_a_simple_model(void **state)
{
	struct model model = {.cache = trace_cache_new(MODEL_TRACES, MODEL_BYTES), .random = 20260101};
	struct trace_cache_stats stats;

	(void)state;
	for (int i = 0; i < MODEL_STEPS; i++) {
		uint32_t dice = choose(&model, 10);

		if (dice < 5)
			step_find(&model);
		else if (dice < 9)
			step_keep(&model);
		else
			step_note(&model);
		trace_cache_stats(model.cache, &stats);
		assert_int_equal(stats.trace_count, model.kept_count);
		assert_int_equal(stats.size_bytes, model_bytes(&model));
		assert_int_equal(stats.hit_count, model.hit_count);
		assert_int_equal(stats.miss_count, model.miss_count);
		assert_true(stats.size_bytes <= MODEL_BYTES);
	}
	/* The dice came to every case. */
	assert_true(model.hit_count > 1000 && model.miss_count > 1000 && model.kept_count > 0);
	trace_cache_free(model.cache);
}

/* Asserts of cmocka belong to one thread: the others count what they saw go wrong. */
enum {
	CONTEST_TRACES = 24,
	CONTEST_SPANS = 60,
	CONTEST_WRITERS = 2,
	CONTEST_READERS = 3,
	CONTEST_CACHED = 10
};

struct contest {
	struct fixture *fixture;
	_Atomic unsigned acknowledged[CONTEST_TRACES + 1]; /* spans of a trace, by its id */
	_Atomic unsigned next_span, writers_left, stale, failed;
};

/* A store that hands over what it read a moment later: late spans then fall between reading and keeping. */
struct slow_store {
	struct store base;
	struct store *store;
};

static void pause_us(long us)
{
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static enum status read_slowly(struct store *base, const uint8_t trace_id[TRACE_ID_SIZE],
			       struct batch *batch_out, struct error *error)
{
	enum status status = store_read_trace(((struct slow_store *)base)->store, trace_id, batch_out, error);

	pause_us(100);
	return status;
}

static const struct store_ops slow_ops = {
	.name = "slow",
	.capabilities = STORE_TRACES,
	.read_trace = read_slowly,
};

static void write_span(struct contest *contest, unsigned turn)
{
	struct fixture own = {.store = contest->fixture->store, .query = contest->fixture->query};
	uint8_t trace = (uint8_t)(turn % CONTEST_TRACES + 1), id = (uint8_t)(turn / CONTEST_TRACES + 1);
	struct batch *batch = &own.batch;

	batch_init(batch, 0);
	add_span(&own, trace, id, 0, "late", id, id + 1);
	if (store_append(own.store, &batch, 1, &own.error) != STATUS_OK)
		atomic_fetch_add(&contest->failed, 1);
	query_note_batch(own.query, batch);
	atomic_fetch_add(&contest->acknowledged[trace], 1);
	batch_release(batch);
	pause_us(20);
}

static void *run_writer(void *argument)
{
	struct contest *contest = argument;
	unsigned turn;

	while ((turn = atomic_fetch_add(&contest->next_span, 1)) < CONTEST_TRACES * CONTEST_SPANS)
		write_span(contest, turn);
	atomic_fetch_sub(&contest->writers_left, 1);
	return NULL;
}

static void *run_reader(void *argument)
{
	struct contest *contest = argument;
	struct error error;

	for (unsigned turn = 0; atomic_load(&contest->writers_left); turn++) {
		/* Twice in a row: what the first read keeps wrongly, the second one finds. */
		uint8_t id = (uint8_t)(turn / 2 * 7 % CONTEST_TRACES + 1);
		uint8_t trace_id[TRACE_ID_SIZE] = {[TRACE_ID_SIZE - 1] = id};
		unsigned known = atomic_load(&contest->acknowledged[id]);
		const struct trace *trace = NULL;
		enum status status = trace_get(contest->fixture->query, trace_id, &trace, &error);

		if (status != STATUS_OK && status != STATUS_NOT_FOUND)
			atomic_fetch_add(&contest->failed, 1);
		if ((trace ? trace->summary.span_count : 0) < known)
			atomic_fetch_add(&contest->stale, 1);
		trace_drop(trace);
	}
	return NULL;
}

/* The second answer is the cache's. */
static size_t count_spans(struct query *query, uint8_t id)
{
	uint8_t trace_id[TRACE_ID_SIZE] = {[TRACE_ID_SIZE - 1] = id};
	const struct trace *trace;
	size_t count = 0;
	struct error error;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(trace_get(query, trace_id, &trace, &error), STATUS_OK);
		count = trace->summary.span_count;
		trace_drop(trace);
	}
	return count;
}

static void no_reader_sees_less_than_was_acknowledged_before_it_asked(void **state)
{
	struct contest contest = {.fixture = fixture_new(), .writers_left = CONTEST_WRITERS};
	struct slow_store slow = {.base.ops = &slow_ops, .store = contest.fixture->store};
	struct query_options options = {
		.store = &slow.base,
		.cache_trace_limit = CONTEST_CACHED,
		.cache_limit_bytes = 256 << 10,
	};
	pthread_t threads[CONTEST_WRITERS + CONTEST_READERS];
	struct trace_cache_stats stats;

	(void)state;
	query_free(contest.fixture->query);
	assert_int_equal(query_new(&options, &contest.fixture->query, &contest.fixture->error), STATUS_OK);
	for (size_t i = 0; i < CONTEST_WRITERS + CONTEST_READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						i < CONTEST_WRITERS ? run_writer : run_reader, &contest),
				 0);
	for (size_t i = 0; i < CONTEST_WRITERS + CONTEST_READERS; i++)
		pthread_join(threads[i], NULL);
	for (uint8_t id = 1; id <= CONTEST_TRACES; id++)
		assert_int_equal(count_spans(contest.fixture->query, id), CONTEST_SPANS);
	query_cache_stats(contest.fixture->query, &stats);
	assert_int_equal(contest.failed, 0);
	assert_int_equal(contest.stale, 0);
	assert_in_range(stats.trace_count, 0, CONTEST_CACHED);
	assert_in_range(stats.size_bytes, 0, 256 << 10);
	fixture_free(contest.fixture);
}

static void measure_entry(void)
{
	struct trace_cache *cache = trace_cache_new(1, 1 << 20);
	struct trace_cache_stats stats;

	keep(cache, 1, 1000);
	trace_cache_stats(cache, &stats);
	entry_bytes = stats.size_bytes - 1000;
	trace_cache_free(cache);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_recently_used_goes_first),
		cmocka_unit_test(bytes_are_bounded_too),
		cmocka_unit_test(newer_spans_make_it_forget),
		cmocka_unit_test(what_was_read_before_newer_spans_is_not_kept),
		cmocka_unit_test(a_trace_outlives_the_cache_for_who_holds_it),
		cmocka_unit_test(a_cache_of_none_keeps_none),
		cmocka_unit_test(any_order_of_reads_and_late_spans_is_as_in_a_simple_model),
		cmocka_unit_test(no_reader_sees_less_than_was_acknowledged_before_it_asked),
	};

	measure_entry();
	return test_run("query/trace_cache", tests);
}
