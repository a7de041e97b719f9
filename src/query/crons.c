#include "query/crons.h"

#include <stdlib.h>

#include "query/insides.h"
#include "query/schedule.h"

static const char metric_name[] = "cron.run.duration";

enum { RUNS_MOST = 200000, LEARN_FROM_RUNS = 4, OFFSET_STEPS = 52, TIMES_SOUGHT_MOST = 200000 };
#define OFFSET_STEP_NS  ((int64_t)1800 * (int64_t)NS_PER_SECOND)
#define OFFSET_LEAST_NS (-12 * 2 * OFFSET_STEP_NS)
#define LATE_MOST_NS    (60 * NS_PER_SECOND)
#define EARLY_MOST_NS   (5 * NS_PER_SECOND)

struct run {
	struct str handler_name, language, schedule; /* in the list's arena */
	uint64_t start_ns, end_ns;
	bool is_error, is_running;
};

struct runs {
	struct run *items;
	size_t count, capacity;
};

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory for a list of jobs");
}

static enum status add_run(struct runs *runs, const struct run *run, struct error *error)
{
	if (runs->count == RUNS_MOST)
		return error_set(error, STATUS_TOO_LARGE,
				 "more than %d runs in this range: ask for a shorter one", RUNS_MOST);
	if (runs->count == runs->capacity) {
		size_t capacity = runs->capacity * 2 + 256;
		struct run *items = realloc(runs->items, capacity * sizeof(*items));

		if (!items)
			return no_memory(error);
		runs->items = items;
		runs->capacity = capacity;
	}
	runs->items[runs->count++] = *run;
	return STATUS_OK;
}

static bool copy(struct arena *arena, struct str *s)
{
	*s = arena_copy(arena, *s);
	return s->data != NULL;
}

static enum status read_counted(struct query *query, struct time_range range, struct arena *arena,
				struct runs *runs, struct error *error)
{
	const struct point_filter filter = {.range = range, .metric = str_from(metric_name)};
	struct batch batch;
	enum status status;

	batch_init(&batch, PAGE_LIMIT_BYTES);
	status = store_read_points(query->store, &filter, &batch, error);
	for (size_t i = 0; i < batch.point_count && status == STATUS_OK; i++) {
		const struct metric_point *point = &batch.points[i];
		double duration_ms = number_as_double(point->value);
		struct run run = {
			.handler_name = attributes_find_str(&point->attributes, "handler_name"),
			.language = attributes_find_str(&point->attributes, "language"),
			.schedule = attributes_find_str(&point->attributes, "schedule"),
			.start_ns = point->time_ns,
			.end_ns = point->time_ns + (duration_ms > 0 ? (uint64_t)(duration_ms * 1e6) : 0),
			.is_error = str_equal_c(attributes_find_str(&point->attributes, "status"), "error"),
		};

		if (!copy(arena, &run.handler_name) || !copy(arena, &run.language) ||
		    !copy(arena, &run.schedule))
			status = no_memory(error);
		else
			status = add_run(runs, &run, error);
	}
	batch_release(&batch);
	return status;
}

/* A run that has not ended is one too. */
static enum status read_running(struct query *query, struct time_range range, struct arena *arena,
				struct runs *runs, struct error *error)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	struct batch spans;
	enum status status;

	filter.range = range;
	filter.handler_type = HANDLER_CRON;
	filter.outcome = OUTCOME_RUNNING;
	batch_init(&spans, PAGE_LIMIT_BYTES);
	status = query_list_running(query, &filter, RUNNING_MOST, &spans, NULL, error);
	for (size_t i = 0; i < spans.span_count && status == STATUS_OK; i++) {
		const struct span *span = &spans.spans[i];
		struct run run = {.handler_name = span->handler.name,
				  .language = span->handler.language,
				  .start_ns = span->start_ns,
				  .end_ns = span->end_ns,
				  .is_running = true};

		if (!copy(arena, &run.handler_name) || !copy(arena, &run.language))
			status = no_memory(error);
		else
			status = add_run(runs, &run, error);
	}
	batch_release(&spans);
	return status;
}

static int by_job_and_start(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	int order = str_compare(x->handler_name, y->handler_name);

	if (!order)
		order = str_compare(x->language, y->language);
	return order ? order : (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

/* ---- when it was to run ---- */

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The median time between runs, where most are near it; else 0. */
static uint64_t learn_interval(const struct run *runs, size_t count)
{
	uint64_t *gaps, median = 0;
	size_t near = 0;

	if (count < LEARN_FROM_RUNS)
		return 0;
	gaps = malloc((count - 1) * sizeof(*gaps));
	if (!gaps)
		return 0;
	for (size_t i = 1; i < count; i++)
		gaps[i - 1] = runs[i].start_ns - runs[i - 1].start_ns;
	qsort(gaps, count - 1, sizeof(*gaps), by_size);
	median = gaps[(count - 1) / 2];
	for (size_t i = 0; i + 1 < count; i++)
		near += gaps[i] > median - median / 5 && gaps[i] < median + median / 5;
	free(gaps);
	return near * 10 >= (count - 1) * 6 ? median : 0;
}

/* How many of the runs begin soon after a time of the schedule. */
static size_t count_fits(const struct schedule *schedule, const struct run *runs, size_t count,
			 int64_t offset_ns)
{
	size_t fits = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t before_ns = runs[i].start_ns > LATE_MOST_NS ? runs[i].start_ns - LATE_MOST_NS : 0;
		uint64_t expected_ns = schedule_next(schedule, before_ns, offset_ns);

		fits += expected_ns && expected_ns <= runs[i].start_ns + EARLY_MOST_NS;
	}
	return fits;
}

/* UTC, unless runs fit another zone better. */
static int64_t find_offset(const struct schedule *schedule, const struct run *runs, size_t count)
{
	enum { LOOKED_AT = 50 };
	size_t looked_at = count < LOOKED_AT ? count : LOOKED_AT, best = 0;
	const struct run *newest = runs + count - looked_at;
	int64_t best_ns = 0;

	best = count_fits(schedule, newest, looked_at, 0);
	if (best == looked_at)
		return 0;
	for (int i = 0; i <= OFFSET_STEPS; i++) {
		int64_t offset_ns = OFFSET_LEAST_NS + i * OFFSET_STEP_NS;
		size_t fits = count_fits(schedule, newest, looked_at, offset_ns);

		if (fits > best) {
			best = fits;
			best_ns = offset_ns;
		}
	}
	return best_ns;
}

/* The times at which a job is expected, one after another. */
struct expected {
	const struct schedule *schedule; /* NULL: the interval, from each run on */
	int64_t offset_ns;
	uint64_t interval_ns;
};

static uint64_t next_expected(const struct expected *expected, uint64_t after_ns)
{
	return expected->schedule ? schedule_next(expected->schedule, after_ns, expected->offset_ns)
				  : after_ns + expected->interval_ns;
}

static void note_missed(struct cron_summary *cron, uint64_t time_ns)
{
	cron->missed_ns[cron->missed_count % CRON_TIMES_MOST] = time_ns;
	cron->missed_count++;
}

static void note_late(struct cron_summary *cron, uint64_t expected_ns, uint64_t started_ns)
{
	cron->late[cron->late_count % CRON_TIMES_MOST] = (struct cron_late){expected_ns, started_ns};
	cron->late_count++;
}

/*
 * By a schedule: each of its times in range is held against the runs, both in order of time. Before the first run that is
 * known the job may not have been there.
 */
static void compare_with_schedule(const struct expected *expected, const struct run *runs, size_t count,
				  struct time_range range, uint64_t now_ns, struct cron_summary *cron)
{
	uint64_t late_ns = smaller(cron->interval_ns / 10, LATE_MOST_NS);
	uint64_t early_ns = smaller(cron->interval_ns / 10, EARLY_MOST_NS);
	uint64_t from_ns = runs[0].start_ns > early_ns + late_ns ? runs[0].start_ns - late_ns - 1 : 0;
	uint64_t at_ns = next_expected(expected, from_ns >= range.start_ns && from_ns ? from_ns
						 : range.start_ns                     ? range.start_ns - 1
										      : 0);
	size_t run = 0;

	for (size_t i = 0; at_ns && at_ns < range.end_ns && at_ns <= now_ns && i < TIMES_SOUGHT_MOST; i++) {
		uint64_t next_ns = next_expected(expected, at_ns);
		bool is_met = false;

		while (run < count && runs[run].start_ns + early_ns < at_ns)
			run++;
		is_met = run < count && (!next_ns || runs[run].start_ns + early_ns < next_ns);
		if (is_met && runs[run].start_ns > at_ns + late_ns)
			note_late(cron, at_ns, runs[run].start_ns);
		cron->expected_count += is_met;
		if (!is_met && at_ns + late_ns <= now_ns) {
			cron->expected_count++;
			note_missed(cron, at_ns);
		}
		at_ns = next_ns;
	}
	cron->next_run_ns = next_expected(expected, now_ns);
}

/* By an interval: a gap of more than one and a half has missed what would have lain in it. */
static void compare_with_interval(const struct run *runs, size_t count, uint64_t interval_ns, uint64_t now_ns,
				  struct cron_summary *cron)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t until_ns = i + 1 < count ? runs[i + 1].start_ns : now_ns;
		uint64_t gap_ns = until_ns > runs[i].start_ns ? until_ns - runs[i].start_ns : 0;
		uint64_t missed =
			gap_ns * 2 > interval_ns * 3 ? (gap_ns + interval_ns / 2) / interval_ns - 1 : 0;

		cron->expected_count++;
		for (uint64_t j = 1; j <= missed; j++) {
			cron->expected_count++;
			note_missed(cron, runs[i].start_ns + j * interval_ns);
		}
	}
	cron->next_run_ns = runs[count - 1].start_ns + interval_ns;
}

static void count_overlaps(const struct run *runs, size_t count, struct cron_summary *cron)
{
	uint64_t busy_until_ns = 0;

	for (size_t i = 0; i < count; i++) {
		if (runs[i].start_ns < busy_until_ns) {
			cron->overlapping_ns[cron->overlap_count % CRON_TIMES_MOST] = runs[i].start_ns;
			cron->overlap_count++;
		}
		if (runs[i].end_ns > busy_until_ns)
			busy_until_ns = runs[i].end_ns;
	}
}

static void count_runs(const struct run *runs, size_t count, struct cron_summary *cron)
{
	for (size_t i = 0; i < count; i++) {
		cron->run_count++;
		cron->error_count += runs[i].is_error;
		cron->running_count += runs[i].is_running;
		if (runs[i].schedule.size)
			cron->schedule = runs[i].schedule;
	}
	cron->last_run_ns = runs[count - 1].start_ns;
	cron->last_duration_ns = runs[count - 1].end_ns - runs[count - 1].start_ns;
}

static void summarise(const struct run *runs, size_t count, struct time_range range, uint64_t now_ns,
		      struct cron_summary *cron)
{
	struct expected expected = {0};
	struct schedule schedule;

	*cron = (struct cron_summary){.handler_name = runs[0].handler_name, .language = runs[0].language};
	count_runs(runs, count, cron);
	count_overlaps(runs, count, cron);
	cron->interval_ns = learn_interval(runs, count);
	if (cron->schedule.size && schedule_parse(cron->schedule, &schedule)) {
		cron->source = CRON_SCHEDULED;
		if (schedule.interval_ns) {
			cron->interval_ns = schedule.interval_ns;
			compare_with_interval(runs, count, schedule.interval_ns, now_ns, cron);
			return;
		}
		expected.schedule = &schedule;
		expected.offset_ns = cron->offset_ns = find_offset(&schedule, runs, count);
		if (!cron->interval_ns) {
			uint64_t first_ns =
				schedule_next(&schedule, runs[count - 1].start_ns, cron->offset_ns);
			uint64_t second_ns =
				first_ns ? schedule_next(&schedule, first_ns, cron->offset_ns) : 0;

			cron->interval_ns = second_ns ? second_ns - first_ns : 0;
		}
		compare_with_schedule(&expected, runs, count, range, now_ns, cron);
	} else if (cron->interval_ns) {
		cron->source = CRON_LEARNED;
		compare_with_interval(runs, count, cron->interval_ns, now_ns, cron);
	}
}

static bool is_same_job(const struct run *a, const struct run *b)
{
	return str_equal(a->handler_name, b->handler_name) && str_equal(a->language, b->language);
}

static enum status summarise_all(struct runs *runs, struct time_range range, uint64_t now_ns,
				 struct cron_list *list, struct error *error)
{
	size_t jobs = 0;

	qsort(runs->items, runs->count, sizeof(*runs->items), by_job_and_start);
	for (size_t i = 0; i < runs->count; i++)
		jobs += i == 0 || !is_same_job(&runs->items[i], &runs->items[i - 1]);
	list->crons = arena_alloc(&list->arena, (jobs + 1) * sizeof(*list->crons));
	if (!list->crons)
		return no_memory(error);
	for (size_t first = 0, end; first < runs->count; first = end) {
		for (end = first + 1; end < runs->count; end++)
			if (!is_same_job(&runs->items[first], &runs->items[end]))
				break;
		summarise(runs->items + first, end - first, range, now_ns, &list->crons[list->count++]);
	}
	return STATUS_OK;
}

enum status cron_list_read(struct query *query, struct time_range range, uint64_t now_ns,
			   struct cron_list *list_out, struct error *error)
{
	struct cron_list list = {0};
	struct runs runs = {0};
	enum status status;

	if (range.end_ns < now_ns)
		now_ns = range.end_ns;
	arena_init(&list.arena, 0);
	status = read_counted(query, range, &list.arena, &runs, error);
	if (status == STATUS_OK)
		status = read_running(query, range, &list.arena, &runs, error);
	if (status == STATUS_OK)
		status = summarise_all(&runs, range, now_ns, &list, error);
	free(runs.items);
	if (status == STATUS_OK)
		*list_out = list;
	else
		cron_list_release(&list);
	return status;
}

void cron_list_release(struct cron_list *list)
{
	arena_release(&list->arena);
	*list = (struct cron_list){0};
}
