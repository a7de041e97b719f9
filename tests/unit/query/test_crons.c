#include "query/crons.h"

#include "fixture.h"

static const struct metric run_duration = {
	.name = {"cron.run.duration", 17}, .unit = {"ms", 2}, .type = METRIC_GAUGE};

static void add_run(struct fixture *fixture, const char *handler, const char *schedule, double start,
		    double seconds, bool failed)
{
	struct metric_point *point = add_number(fixture, &run_duration, 0, start, seconds * 1000);

	point->attributes = schedule ? ATTRIBUTES(fixture, "handler_name", handler, "schedule", schedule,
						  "status", failed ? "error" : "success")
				     : ATTRIBUTES(fixture, "handler_name", handler, "status",
						  failed ? "error" : "success");
}

static struct cron_list read_all(struct fixture *fixture, double start, double end, double now)
{
	struct cron_list list;

	fixture_commit(fixture);
	if (cron_list_read(fixture->query, (struct time_range){AT(start), AT(end)}, AT(now), &list,
			   &fixture->error) != STATUS_OK)
		fail_msg("%s", fixture->error.message);
	return list;
}

static void a_schedule_says_what_was_missed_and_what_was_late(void **state)
{
	struct fixture *fixture = fixture_new();
	struct cron_list list;
	const struct cron_summary *cron;

	(void)state;
	/* Every minute; the third is missed, the fifth ten seconds late, the sixth failed. */
	for (int i = 0; i < 10; i++)
		if (i != 3)
			add_run(fixture, "Clean", "* * * * *", 60 * i + (i == 5 ? 10 : 0.05), 1, i == 6);
	list = read_all(fixture, 0, 600, 590);
	assert_int_equal(list.count, 1);
	cron = &list.crons[0];
	assert_str(cron->handler_name, "Clean");
	assert_int_equal(cron->source, CRON_SCHEDULED);
	assert_int_equal(cron->interval_ns / NS_PER_SECOND, 60);
	assert_int_equal(cron->run_count, 9);
	assert_int_equal(cron->error_count, 1);
	assert_int_equal(cron->expected_count, 10);
	assert_int_equal(cron->missed_count, 1);
	assert_int_equal(cron->missed_ns[0], AT(180));
	assert_int_equal(cron->late_count, 1);
	assert_int_equal(cron->late[0].expected_ns, AT(300));
	assert_int_equal(cron->late[0].started_ns, AT(310));
	assert_int_equal(cron->overlap_count, 0);
	assert_int_equal(cron->next_run_ns, AT(600));
	cron_list_release(&list);
	fixture_free(fixture);
}

static void the_last_one_is_missed_once_it_is_late(void **state)
{
	struct fixture *fixture = fixture_new();
	struct cron_list list;

	(void)state;
	for (int i = 0; i < 5; i++)
		add_run(fixture, "Clean", "* * * * *", 60 * i + 0.01, 1, false);
	list = read_all(fixture, 0, 1000, 303);
	assert_int_equal(list.crons[0].missed_count, 0);
	cron_list_release(&list);
	list = read_all(fixture, 0, 1000, 307);
	assert_int_equal(list.crons[0].missed_count, 1);
	assert_int_equal(list.crons[0].missed_ns[0], AT(300));
	cron_list_release(&list);
	fixture_free(fixture);
}

static void learns_the_interval_of_a_job_that_tells_none(void **state)
{
	struct fixture *fixture = fixture_new();
	struct cron_list list;

	(void)state;
	for (int i = 0; i < 12; i++)
		if (i != 4 && i != 5)
			add_run(fixture, "Sync", NULL, 30 * i + (i % 3) * 0.2, 1, false);
	list = read_all(fixture, 0, 600, 340);
	assert_int_equal(list.crons[0].source, CRON_LEARNED);
	assert_in_range(list.crons[0].interval_ns / NS_PER_MS, 29000, 31000);
	assert_int_equal(list.crons[0].missed_count, 2);
	assert_in_range(list.crons[0].missed_ns[0], AT(119), AT(121));
	cron_list_release(&list);
	fixture_free(fixture);
}

static void knows_nothing_of_irregular_runs(void **state)
{
	static const double starts[] = {0, 5, 90, 91, 300, 420, 421, 700};
	struct fixture *fixture = fixture_new();
	struct cron_list list;

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		add_run(fixture, "Odd", NULL, starts[i], 1, false);
	list = read_all(fixture, 0, 1000, 900);
	assert_int_equal(list.crons[0].source, CRON_UNKNOWN);
	assert_int_equal(list.crons[0].missed_count, 0);
	assert_int_equal(list.crons[0].run_count, 8);
	cron_list_release(&list);
	fixture_free(fixture);
}

static void a_run_that_is_not_over_overlaps_the_next(void **state)
{
	struct fixture *fixture = fixture_new();
	struct cron_list list;

	(void)state;
	for (int i = 0; i < 6; i++)
		add_run(fixture, "Slow", "* * * * *", 60 * i + 0.1, i == 2 ? 130 : 1, false);
	list = read_all(fixture, 0, 360, 350);
	assert_int_equal(list.crons[0].overlap_count, 2);
	assert_int_equal(list.crons[0].overlapping_ns[0], AT(180.1));
	assert_int_equal(list.crons[0].overlapping_ns[1], AT(240.1));
	cron_list_release(&list);
	fixture_free(fixture);
}

static void finds_the_time_zone_that_runs_fit(void **state)
{
	struct fixture *fixture = fixture_new();
	struct cron_list list;

	(void)state;
	/* "At three", in a zone two hours ahead of UTC. */
	for (int i = 0; i < 5; i++)
		add_run(fixture, "Report", "0 3 * * *", 86400 * i + 3600 + 0.2, 20, false);
	list = read_all(fixture, 0, 86400 * 5, 86400 * 5 - 1);
	assert_int_equal(list.crons[0].offset_ns / (int64_t)NS_PER_SECOND, 7200);
	assert_int_equal(list.crons[0].missed_count, 0);
	assert_int_equal(list.crons[0].expected_count, 5);
	cron_list_release(&list);
	fixture_free(fixture);
}

static void jobs_stand_apart_in_order_of_their_names(void **state)
{
	struct fixture *fixture = fixture_new();
	struct cron_list list;

	(void)state;
	add_run(fixture, "b", "* * * * *", 1, 1, false);
	add_run(fixture, "a", "* * * * *", 2, 1, false);
	list = read_all(fixture, 0, 100, 50);
	assert_int_equal(list.count, 2);
	assert_str(list.crons[0].handler_name, "a");
	assert_str(list.crons[1].handler_name, "b");
	cron_list_release(&list);
	list = read_all(fixture, 200, 300, 250);
	assert_int_equal(list.count, 0);
	cron_list_release(&list);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_schedule_says_what_was_missed_and_what_was_late),
		cmocka_unit_test(the_last_one_is_missed_once_it_is_late),
		cmocka_unit_test(learns_the_interval_of_a_job_that_tells_none),
		cmocka_unit_test(knows_nothing_of_irregular_runs),
		cmocka_unit_test(a_run_that_is_not_over_overlaps_the_next),
		cmocka_unit_test(finds_the_time_zone_that_runs_fit),
		cmocka_unit_test(jobs_stand_apart_in_order_of_their_names),
	};

	return test_run("query/crons", tests);
}
