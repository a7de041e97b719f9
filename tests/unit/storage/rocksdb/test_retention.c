/* What the store drops, and that it stays dropped. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kept.h"
#include "storage/rocksdb/rocksdb_internal.h"

static void keeps_each_signal_for_its_own_days(void **state)
{
	struct kept *kept = kept_new(10);
	struct store_stats stats;

	(void)state;
	kept->options.retention_days[SIGNAL_TRACES] = 3;
	kept->options.retention_days[SIGNAL_LOGS] = 5;
	kept_open(kept);
	for (uint64_t day = 0; day <= 10; day++) {
		append_logs(kept, day, 10, 20);
		append_others(kept, day);
	}
	kept_sweep(kept);
	stats = kept_stats(kept);
	/* Day 7 is not over for three days yet at noon of day 10: days 7 to 10 are kept. */
	assert_int_equal(stats.span_count, 4);
	assert_int_equal(stats.log_count, 60);
	assert_int_equal(stats.point_count, 11);
	assert_int_equal(logs_of(kept, 4), 0);
	assert_int_equal(logs_of(kept, 5), 10);
	assert_int_equal(stats.dropped[SIGNAL_TRACES][DROPPED_BY_AGE].rows, 7);
	assert_int_equal(stats.dropped[SIGNAL_LOGS][DROPPED_BY_AGE].rows, 50);
	assert_true(stats.dropped[SIGNAL_LOGS][DROPPED_BY_AGE].bytes > 50 * 20);
	assert_int_equal(stats.dropped[SIGNAL_METRICS][DROPPED_BY_AGE].rows, 0);
	assert_int_equal(stats.dropped[SIGNAL_LOGS][DROPPED_BY_SIZE].rows, 0);
	kept_free(kept);
}

static void drops_a_day_once_it_is_over_for_so_long(void **state)
{
	struct kept *kept = kept_new(0);

	(void)state;
	kept->options.retention_days[SIGNAL_LOGS] = 3;
	kept_open(kept);
	append_logs(kept, 0, 1, 10);
	kept->now_ns = (DAY_ZERO + 4) * DAY_NS - 1;
	kept_sweep(kept);
	assert_int_equal(logs_of(kept, 0), 1);
	kept->now_ns++;
	kept_sweep(kept);
	assert_int_equal(logs_of(kept, 0), 0);
	kept_free(kept);
}

/* What 40 commits became one block of: 3.2 MB of rows, and as much garbage. */
static void merge_forty_commits(struct kept *kept)
{
	for (size_t i = 0; i < 40; i++)
		append_logs(kept, 0, 40, 2000);
	assert_ok(kept, rocksdb_store_compact(kept->store, &kept->error));
}

static void gives_back_what_merges_left_once_it_is_at_rest(void **state)
{
	const uint64_t rows_bytes = 40 * 40 * 2000;
	struct kept *kept = kept_new(0);

	(void)state;
	kept_open(kept);
	merge_forty_commits(kept);
	kept_sweep(kept);
	kept->now_ns += 4 * NS_PER_SECOND;
	kept_sweep(kept);
	assert_true(kept_stats(kept).size_bytes > 2 * rows_bytes);
	kept->now_ns += 2 * NS_PER_SECOND;
	kept_sweep(kept);
	/* The filter of words of random bytes is large, too. */
	assert_true(kept_stats(kept).size_bytes < rows_bytes + rows_bytes / 2);
	assert_int_equal(logs_of(kept, 0), 1600);
	kept_free(kept);
}

/* Seven blocks of so many rows are too few for the store to merge them by itself. */
static void writes_what_is_merged_in_bulk_past_the_log(void **state)
{
	const uint64_t rows_bytes = 7 * 1100 * 4000;
	struct kept *kept = kept_new(0);
	struct store_stats before, after;

	(void)state;
	kept_open(kept);
	for (size_t i = 0; i < 7; i++)
		append_logs(kept, 0, 1100, 4000);
	before = kept_stats(kept);
	assert_ok(kept, rocksdb_store_compact(kept->store, &kept->error));
	after = kept_stats(kept);
	assert_int_equal(after.block_count, 1);
	assert_true(after.rewritten_bytes - before.rewritten_bytes > rows_bytes);
	assert_true(after.log_written_bytes - before.log_written_bytes < rows_bytes / 10);
	assert_int_equal(logs_of(kept, 0), 7 * 1100);
	kept_close(kept);
	kept_open(kept);
	assert_int_equal(logs_of(kept, 0), 7 * 1100);
	kept_free(kept);
}

static void is_not_at_rest_while_rows_arrive(void **state)
{
	const uint64_t rows_bytes = 40 * 40 * 2000;
	struct kept *kept = kept_new(0);

	(void)state;
	kept_open(kept);
	merge_forty_commits(kept);
	for (size_t i = 0; i < 4; i++) {
		append_logs(kept, 0, 200, 2000);
		kept_sweep(kept);
		kept->now_ns += 4 * NS_PER_SECOND;
	}
	assert_true(kept_stats(kept).size_bytes > 2 * rows_bytes);
	kept_free(kept);
}

static void keeps_everything_without_days(void **state)
{
	struct kept *kept = kept_new(5000);

	(void)state;
	kept_open(kept);
	append_logs(kept, 0, 3, 10);
	kept_sweep(kept);
	assert_int_equal(logs_of(kept, 0), 3);
	kept_free(kept);
}

/* Days are in force from a restart on, so that no sweep of the store's own comes in between. */
static void set_days(struct kept *kept, uint32_t days)
{
	kept_close(kept);
	kept->options.retention_days[SIGNAL_LOGS] = days;
	kept_open(kept);
	kept_sweep(kept);
}

static void takes_what_arrives_too_old_and_drops_it_with_the_next_sweep(void **state)
{
	struct kept *kept = kept_new(10);

	(void)state;
	kept_open(kept);
	for (int i = 0; i < 2; i++) {
		append_logs(kept, 1, 5, 10);
		assert_int_equal(logs_of(kept, 1), 5);
		set_days(kept, 3);
		assert_int_equal(logs_of(kept, 1), 0);
		assert_int_equal(kept_stats(kept).dropped[SIGNAL_LOGS][DROPPED_BY_AGE].rows, 5);
		set_days(kept, 0);
	}
	kept_free(kept);
}

static void gives_the_disk_back(void **state)
{
	struct kept *kept = kept_new(5);
	uint64_t before, after;

	(void)state;
	kept_open(kept);
	for (uint64_t day = 0; day < 5; day++)
		for (int i = 0; i < 4; i++)
			append_logs(kept, day, 500, 1000);
	assert_ok(kept, rocksdb_store_compact(kept->store, &kept->error));
	/* Closing writes files: some hold several days. */
	kept_close(kept);
	kept->options.retention_days[SIGNAL_LOGS] = 2;
	kept->now_ns = noon(2);
	kept_open(kept);
	before = kept_stats(kept).size_bytes;
	if (before < 5 * 2000 * 1000)
		fail_msg("the store has %llu bytes, %llu records", (unsigned long long)before,
			 (unsigned long long)kept_stats(kept).log_count);
	kept->now_ns = noon(6);
	kept_sweep(kept);
	after = kept_stats(kept).size_bytes;
	assert_int_equal(kept_stats(kept).log_count, 2000);
	/* One day of five is left, and a few files of RocksDB's own. */
	if (after > 2000 * 1000 * 3 / 2)
		fail_msg("%llu of %llu bytes are left", (unsigned long long)after,
			 (unsigned long long)before);
	assert_int_equal(logs_of(kept, 4), 2000);
	kept_free(kept);
}

static void gives_the_disk_back_without_a_restart(void **state)
{
	struct kept *kept = kept_new(0);
	uint64_t after;

	(void)state;
	kept->options.retention_days[SIGNAL_LOGS] = 1;
	kept_open(kept);
	for (uint64_t day = 0; day < 6; day++) {
		kept->now_ns = noon(day);
		for (int i = 0; i < 4; i++)
			append_logs(kept, day, 500, 1000);
		kept_sweep(kept);
	}
	after = kept_stats(kept).size_bytes;
	assert_int_equal(kept_stats(kept).log_count, 4000);
	if (after > 4000 * 1000 * 3 / 2)
		fail_msg("%llu bytes are left", (unsigned long long)after);
	kept_free(kept);
}

static void drops_the_oldest_days_when_the_store_is_too_large(void **state)
{
	struct kept *kept = kept_new(5);
	struct store_stats stats;

	(void)state;
	kept->options.max_storage_bytes = 8600 * 1000;
	kept_open(kept);
	for (uint64_t day = 1; day <= 5; day++) {
		append_logs(kept, day, 2000, 1000);
		append_others(kept, day);
	}
	kept_sweep(kept);
	stats = kept_stats(kept);
	assert_int_equal(logs_of(kept, 1) + logs_of(kept, 2), 0);
	assert_int_equal(logs_of(kept, 3), 2000);
	assert_int_equal(logs_of(kept, 5), 2000);
	assert_int_equal(stats.span_count, 3);
	assert_int_equal(stats.point_count, 3);
	assert_true(stats.size_bytes <= kept->options.max_storage_bytes);
	assert_int_equal(stats.dropped[SIGNAL_LOGS][DROPPED_BY_SIZE].rows, 4000);
	assert_int_equal(stats.dropped[SIGNAL_TRACES][DROPPED_BY_SIZE].rows, 2);
	assert_int_equal(stats.dropped[SIGNAL_LOGS][DROPPED_BY_AGE].rows, 0);
	/* There is room now: nothing more goes. */
	kept_sweep(kept);
	assert_int_equal(kept_stats(kept).log_count, stats.log_count);
	kept_free(kept);
}

static void drops_of_today_only_its_oldest_blocks(void **state)
{
	struct kept *kept = kept_new(5);
	size_t left;

	(void)state;
	kept->options.max_storage_bytes = 3 * 1000 * 1000;
	kept_open(kept);
	for (int i = 0; i < 10; i++) {
		kept->now_ns = noon(5) + (uint64_t)i * 600 * NS_PER_SECOND;
		append_logs(kept, 5, 500, 1000);
	}
	kept_sweep(kept);
	left = logs_of(kept, 5);
	assert_true(left >= 500 && left < 5000 && left % 500 == 0);
	assert_true(kept_stats(kept).size_bytes <= kept->options.max_storage_bytes);
	kept_free(kept);
}

/* ---- nothing comes back ---- */

static void stays_dropped_after_a_restart(void **state)
{
	struct kept *kept = kept_new(10);

	(void)state;
	kept->options.retention_days[SIGNAL_LOGS] = 3;
	kept_open(kept);
	append_logs(kept, 1, 100, 100);
	append_logs(kept, 9, 100, 100);
	kept_sweep(kept);
	kept_close(kept);
	kept->options.retention_days[SIGNAL_LOGS] = 0;
	kept_open(kept);
	assert_int_equal(logs_of(kept, 1), 0);
	assert_int_equal(logs_of(kept, 9), 100);
	kept_free(kept);
}

/* Appends old and new days and sweeps, again and again; tells how many rounds are over. */
static int churn(const char *path)
{
	struct kept *kept = kept_new(10);

	rmdir(kept->path);
	kept->options.path = path;
	kept->options.retention_days[SIGNAL_LOGS] = 3;
	kept_open(kept);
	for (uint8_t round = 1;; round++) {
		for (uint64_t day = 0; day < 3; day++)
			append_logs(kept, day, 20, 200);
		append_logs(kept, 9, 1, 100);
		kept_sweep(kept);
		if (write(STDOUT_FILENO, &round, 1) != 1)
			return 1;
	}
}

static uint8_t run_and_kill(struct kept *kept, unsigned after_us)
{
	int pipes[2];
	uint8_t round = 0;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		/* A program of its own: RocksDB's threads do not survive a fork. */
		dup2(pipes[1], STDOUT_FILENO);
		execl("/proc/self/exe", "churn", kept->path, (char *)NULL);
		_exit(1);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &round, 1), 1);
	usleep(after_us);
	kill(child, SIGKILL);
	while (read(pipes[0], &round, 1) == 1)
		;
	close(pipes[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return round;
}

/* At most the rows of the round in which it died are there, whole appends of them, and all can be read. */
static void stays_dropped_whenever_the_program_is_killed(void **state)
{
	struct kept *kept = kept_new(10);
	size_t newest = 0;

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		uint8_t rounds = run_and_kill(kept, i * 1700);
		struct store_stats stats;

		kept_open(kept);
		for (uint64_t day = 0; day < 3; day++) {
			size_t count = logs_of(kept, day);

			assert_true(count == 0 || count == 20);
		}
		assert_true(logs_of(kept, 9) >= newest + rounds);
		newest = logs_of(kept, 9);
		stats = kept_stats(kept);
		assert_int_equal(stats.log_count,
				 newest + logs_of(kept, 0) + logs_of(kept, 1) + logs_of(kept, 2));
		kept_close(kept);
	}
	kept_free(kept);
}

/* ---- beside others ---- */

struct beside {
	struct kept *kept;
	_Atomic bool is_over;
	_Atomic size_t reads;
};

static void *merge_all(void *context)
{
	struct beside *beside = context;
	struct error error;

	while (!atomic_load(&beside->is_over))
		if (rocksdb_store_compact(beside->kept->store, &error) != STATUS_OK)
			abort();
	return NULL;
}

static void *read_all(void *context)
{
	struct beside *beside = context;
	struct log_filter filter = LOG_FILTER_ANY;
	struct log_page page = {.limit = 100000};
	struct batch batch;
	struct error error;
	uint64_t snapshot;

	batch_init(&batch, 0);
	while (!atomic_load(&beside->is_over)) {
		batch_clear(&batch);
		if (store_find_logs(beside->kept->store, &filter, &page, &batch, &snapshot, &error) !=
		    STATUS_OK) {
			fprintf(stderr, "%s\n", error.message);
			abort();
		}
		/* Appends are of twenty rows, and a read sees all of one or none. */
		if (batch.log_count % 20 != 0)
			abort();
		atomic_fetch_add(&beside->reads, 1);
	}
	batch_release(&batch);
	return NULL;
}

static void drops_beside_appends_merges_and_reads(void **state)
{
	struct kept *kept = kept_new(10);
	struct beside beside = {.kept = kept};
	pthread_t merging, reading;

	(void)state;
	kept->options.retention_days[SIGNAL_LOGS] = 3;
	kept_open(kept);
	pthread_create(&merging, NULL, merge_all, &beside);
	pthread_create(&reading, NULL, read_all, &beside);
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 5; i++)
			append_logs(kept, (uint64_t)(round % 3), 20, 100);
		append_logs(kept, 9, 20, 100);
		if (round % 4 == 0)
			kept_sweep(kept);
	}
	while (atomic_load(&beside.reads) < 20)
		usleep(1000);
	atomic_store(&beside.is_over, true);
	pthread_join(merging, NULL);
	pthread_join(reading, NULL);
	kept_sweep(kept);
	assert_int_equal(kept_stats(kept).log_count, 40 * 20);
	kept_close(kept);
	kept->options.retention_days[SIGNAL_LOGS] = 0;
	kept_open(kept);
	assert_int_equal(kept_stats(kept).log_count, 40 * 20);
	assert_int_equal(logs_of(kept, 9), 40 * 20);
	kept_free(kept);
}

/* Who takes rows before they go: counts the log records that a scan gives him, and refuses if told so. */
struct taker {
	size_t calls, rows;
	bool refuses;
	struct kept *late; /* appends a row of the same day while it is asked */
};

static enum status count_rows(void *context, const struct batch *rows, struct error *error)
{
	(void)error;
	*(size_t *)context += batch_row_count(rows);
	return STATUS_OK;
}

static enum status take_rows(void *context, struct store *store, enum signal signal, struct time_range range,
			     struct error *error)
{
	struct store_scan scan = {.signal = signal, .range = range};
	struct taker *taker = context;
	enum status status;

	taker->calls++;
	if (taker->refuses)
		return error_set(error, STATUS_IO, "the archive is full");
	status = store_scan(store, &scan, count_rows, &taker->rows, error);
	if (taker->late)
		append_logs(taker->late, 0, 1, 10);
	taker->late = NULL;
	return status;
}

static struct kept *kept_with(struct taker *taker)
{
	struct kept *kept = kept_new(0);

	kept->options.retention_days[SIGNAL_LOGS] = 1;
	kept->options.before_drop = take_rows;
	kept->options.before_drop_context = taker;
	kept_open(kept);
	append_logs(kept, 0, 20, 10);
	append_logs(kept, 0, 30, 10);
	kept->now_ns = noon(3);
	return kept;
}

static void hands_over_every_row_before_it_drops_it(void **state)
{
	struct taker taker = {0};
	struct kept *kept = kept_with(&taker);

	(void)state;
	kept_sweep(kept);
	kept_sweep(kept);
	assert_int_equal(taker.calls, 1);
	assert_int_equal(taker.rows, 50);
	assert_int_equal(logs_of(kept, 0), 0);
	kept_free(kept);
}

static void keeps_what_nobody_could_take_and_asks_again(void **state)
{
	struct taker taker = {.refuses = true};
	struct kept *kept = kept_with(&taker);

	(void)state;
	kept_sweep(kept);
	assert_int_equal(logs_of(kept, 0), 50);
	taker.refuses = false;
	kept_sweep(kept);
	assert_int_equal(taker.rows, 50);
	assert_int_equal(logs_of(kept, 0), 0);
	kept_free(kept);
}

static void keeps_what_arrives_while_rows_are_taken(void **state)
{
	struct taker taker = {0};
	struct kept *kept = kept_with(&taker);

	(void)state;
	taker.late = kept;
	kept_sweep(kept);
	/* The store's own first sweep may have had its turn too: what is gone was taken before in either case. */
	assert_int_equal(taker.rows + logs_of(kept, 0), 51);
	kept_sweep(kept);
	assert_int_equal(taker.rows, 51);
	assert_int_equal(logs_of(kept, 0), 0);
	kept_free(kept);
}

static void hands_over_what_goes_for_its_size(void **state)
{
	struct taker taker = {0};
	struct kept *kept = kept_new(5);

	(void)state;
	kept->options.max_storage_bytes = 7600 * 1000;
	kept->options.before_drop = take_rows;
	kept->options.before_drop_context = &taker;
	kept_open(kept);
	for (uint64_t day = 1; day <= 5; day++)
		append_logs(kept, day, 2000, 1000);
	kept_sweep(kept);
	assert_int_equal(taker.rows, kept_stats(kept).dropped[SIGNAL_LOGS][DROPPED_BY_SIZE].rows);
	assert_int_equal(taker.rows + kept_stats(kept).log_count, 10000);
	assert_true(taker.rows >= 4000);
	kept_free(kept);
}

/* ---- damaged blocks ---- */

/* As a search finds the first count blocks of logs damaged. */
static void find_damage(struct kept *kept, size_t count)
{
	struct rocksdb_store *store = (struct rocksdb_store *)kept->store;
	const struct error cut = {.status = STATUS_CORRUPT, .message = "cut"};

	for (size_t i = 0; i < count; i++)
		note_damage(store, store->index.entries[SIGNAL_LOGS][i], STATUS_CORRUPT, &cut);
}

/* Three blocks of day 0: of 20, 30 and 40 records, of which the first are damaged. Their time is over. */
static struct kept *kept_with_damage(struct taker *taker, size_t damaged)
{
	struct kept *kept = kept_new(0);

	kept->options.retention_days[SIGNAL_LOGS] = 1;
	kept->options.before_drop = taker ? take_rows : NULL;
	kept->options.before_drop_context = taker;
	kept_open(kept);
	for (size_t count = 20; count <= 40; count += 10)
		append_logs(kept, 0, count, 10);
	find_damage(kept, damaged);
	kept->now_ns = noon(3);
	return kept;
}

static void drops_damaged_blocks_with_their_day_and_counts_them(void **state)
{
	struct kept *kept = kept_with_damage(NULL, 2);
	struct store_stats stats;

	(void)state;
	kept_sweep(kept);
	stats = kept_stats(kept);
	assert_int_equal(stats.block_count, 0);
	assert_int_equal(stats.log_count, 0);
	assert_int_equal(stats.dropped[SIGNAL_LOGS][DROPPED_BY_AGE].rows, 90);
	kept_free(kept);
}

static void drops_damaged_blocks_for_their_size_too(void **state)
{
	struct kept *kept = kept_new(5);

	(void)state;
	kept->options.max_storage_bytes = 3 * 1000 * 1000;
	kept_open(kept);
	for (int i = 0; i < 10; i++)
		append_logs(kept, 5, 500, 1000);
	find_damage(kept, 10);
	kept_sweep(kept);
	assert_true(kept_stats(kept).size_bytes <= kept->options.max_storage_bytes);
	assert_true(kept_stats(kept).dropped[SIGNAL_LOGS][DROPPED_BY_SIZE].rows >= 2000);
	kept_free(kept);
}

static void hands_over_what_can_be_read_of_a_day_with_damage(void **state)
{
	struct taker taker = {0};
	struct kept *kept = kept_with_damage(&taker, 2);

	(void)state;
	kept_sweep(kept);
	assert_int_equal(taker.rows, 40);
	assert_int_equal(kept_stats(kept).log_count, 0);
	assert_int_equal(kept_stats(kept).dropped[SIGNAL_LOGS][DROPPED_BY_AGE].rows, 90);
	kept_free(kept);
}

static void keeps_damaged_blocks_as_long_as_nobody_could_take_the_rest_of_their_day(void **state)
{
	struct taker taker = {.refuses = true};
	struct kept *kept = kept_with_damage(&taker, 2);

	(void)state;
	kept_sweep(kept);
	assert_int_equal(kept_stats(kept).log_count, 90);
	taker.refuses = false;
	kept_sweep(kept);
	assert_int_equal(taker.rows, 40);
	assert_int_equal(kept_stats(kept).log_count, 0);
	kept_free(kept);
}

static void asks_nobody_about_a_day_of_which_nothing_can_be_read(void **state)
{
	struct taker taker = {0};
	struct kept *kept = kept_with_damage(&taker, 3);

	(void)state;
	kept_sweep(kept);
	assert_int_equal(taker.calls, 0);
	assert_int_equal(kept_stats(kept).log_count, 0);
	kept_free(kept);
}

/* ---- numbers ---- */

/* What saw everything before must not take what comes later for that. */
static void uses_no_number_twice_where_the_newest_blocks_were_dropped(void **state)
{
	struct kept *kept = kept_new(0);
	struct store_scan scan = {.signal = SIGNAL_LOGS, .range = TIME_RANGE_ALL};
	uint64_t seen;
	size_t later = 0, earlier = 0;

	(void)state;
	kept->options.retention_days[SIGNAL_LOGS] = 1;
	kept_open(kept);
	for (int i = 0; i < 3; i++)
		append_logs(kept, 0, 20, 10);
	seen = kept_stats(kept).snapshot;
	kept->now_ns = noon(3);
	kept_sweep(kept);
	assert_int_equal(kept_stats(kept).block_count, 0);
	kept_close(kept);
	kept_open(kept);
	append_logs(kept, 3, 7, 10);
	scan.since = seen;
	assert_ok(kept, store_scan(kept->store, &scan, count_rows, &later, &kept->error));
	assert_int_equal(later, 7);
	scan.since = 0;
	scan.snapshot = seen;
	assert_ok(kept, store_scan(kept->store, &scan, count_rows, &earlier, &kept->error));
	assert_int_equal(earlier, 0);
	kept_free(kept);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_each_signal_for_its_own_days),
		cmocka_unit_test(drops_a_day_once_it_is_over_for_so_long),
		cmocka_unit_test(gives_back_what_merges_left_once_it_is_at_rest),
		cmocka_unit_test(writes_what_is_merged_in_bulk_past_the_log),
		cmocka_unit_test(is_not_at_rest_while_rows_arrive),
		cmocka_unit_test(keeps_everything_without_days),
		cmocka_unit_test(takes_what_arrives_too_old_and_drops_it_with_the_next_sweep),
		cmocka_unit_test(gives_the_disk_back),
		cmocka_unit_test(gives_the_disk_back_without_a_restart),
		cmocka_unit_test(drops_the_oldest_days_when_the_store_is_too_large),
		cmocka_unit_test(drops_of_today_only_its_oldest_blocks),
		cmocka_unit_test(hands_over_every_row_before_it_drops_it),
		cmocka_unit_test(keeps_what_nobody_could_take_and_asks_again),
		cmocka_unit_test(keeps_what_arrives_while_rows_are_taken),
		cmocka_unit_test(hands_over_what_goes_for_its_size),
		cmocka_unit_test(stays_dropped_after_a_restart),
		cmocka_unit_test(stays_dropped_whenever_the_program_is_killed),
		cmocka_unit_test(drops_beside_appends_merges_and_reads),
		cmocka_unit_test(drops_damaged_blocks_with_their_day_and_counts_them),
		cmocka_unit_test(drops_damaged_blocks_for_their_size_too),
		cmocka_unit_test(hands_over_what_can_be_read_of_a_day_with_damage),
		cmocka_unit_test(keeps_damaged_blocks_as_long_as_nobody_could_take_the_rest_of_their_day),
		cmocka_unit_test(asks_nobody_about_a_day_of_which_nothing_can_be_read),
		cmocka_unit_test(uses_no_number_twice_where_the_newest_blocks_were_dropped),
	};

	if (argc == 2)
		return churn(argv[1]);
	return test_run("storage/rocksdb/retention", tests);
}
