/*
 * contract: one suite over every adapter of the store. A runner names its adapter; each test gets a fresh
 * store.
 *
 * The expected answers come from the definitions in model/filter.h and storage/store.h, worked out over the
 * rows that were appended, so that every adapter, the memory one included, is held against the same words.
 */
#ifndef ROHAS_TESTS_CONTRACT_CONTRACT_H
#define ROHAS_TESTS_CONTRACT_CONTRACT_H

#include "storage/store.h"
#include "unit/test.h"

struct adapter {
	const char *name;
	bool durable; /* a store that is closed and opened again holds what it held */
	/* folder is empty the first time and the same when the store is opened again. */
	enum status (*open)(const char *folder, struct store **store_out, struct error *error);
};

/* Runs every test over the adapter; what main returns. */
int contract_run(const struct adapter *adapter);

/* What each test finds in *state. */
struct fixture {
	const struct adapter *adapter;
	char folder[64];
	struct store *store;
};

/* Closes and opens a durable store; does nothing to another. */
void fixture_reopen(struct fixture *fixture);

/* Calls that must succeed: the test fails with the store's own sentence where they do not. */
void append(struct fixture *fixture, struct batch *batch);
void append_several(struct fixture *fixture, struct batch *const *batches, size_t count);
size_t find_all_traces(struct fixture *fixture, const struct span_filter *filter, struct trace_hit *hits_out,
		       size_t most);
void find_all_logs(struct fixture *fixture, const struct log_filter *filter, struct batch *batch_out);
void read_all_points(struct fixture *fixture, const struct point_filter *filter, struct batch *batch_out);

#define assert_ok(call)                                                                                      \
	do {                                                                                                 \
		enum status status_ = (call);                                                                \
		if (status_ != STATUS_OK)                                                                    \
			fail_msg("%s: %s: %s", #call, status_name(status_), error.message);                  \
	} while (0)

/* Room for what one test finds. */
enum { MOST_HITS = 50000, MOST_LOGS = 200000 };

/* The store gives the rows of the batch and no others, whatever way it is asked; also after it was reopened.
 */
void assert_store_holds(struct fixture *fixture, const struct batch *rows);

/* The answer to a search, by its definition. */
size_t expected_hits(const struct batch *rows, const struct span_filter *filter, struct trace_hit *hits_out);
void assert_same_hits(const struct trace_hit *actual, size_t actual_count, const struct trace_hit *expected,
		      size_t expected_count);

int fixture_setup(void **state);
int fixture_teardown(void **state);

#define contract_test(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

struct test_list {
	const struct CMUnitTest *tests;
	size_t count;
};
#define TEST_LIST(tests) {tests, sizeof(tests) / sizeof((tests)[0])}

extern const struct test_list field_tests, trace_tests, log_tests, point_tests, thread_tests, random_tests,
	scan_tests, note_tests;

#endif
