#include "unit/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "storage/rocksdb/helpers.h"

enum { PIECES = 20000, ASKERS = 6, ROUNDS = 50 };

/* Work that takes its pieces one by one and marks each. */
struct work {
	_Atomic size_t next;
	_Atomic unsigned inside;
	_Atomic uint8_t marks[PIECES];
};

static void take_pieces(void *context)
{
	struct work *work = context;
	size_t piece;

	work->inside++;
	while ((piece = work->next++) < PIECES)
		work->marks[piece]++;
	work->inside--;
}

/* Each piece is done once, and nobody is at it any more. */
static bool is_done(const struct work *work)
{
	bool done = work->inside == 0;

	for (size_t i = 0; i < PIECES; i++)
		done &= work->marks[i] == 1;
	return done;
}

static void returns_once_everybody_has_left(void **state)
{
	static const size_t counts[] = {0, 1, 3, 100};

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		struct helpers *helpers;

		assert_int_equal(helpers_new(counts[c], &helpers, NULL), STATUS_OK);
		for (size_t round = 0; round < ROUNDS; round++) {
			static struct work work;

			work = (struct work){0};
			helpers_run(helpers, take_pieces, &work);
			assert_true(is_done(&work));
		}
		helpers_free(helpers);
	}
}

struct asker {
	struct helpers *helpers;
	pthread_t thread;
	struct work work;
	bool is_done;
};

static void *ask(void *context)
{
	struct asker *asker = context;

	asker->is_done = true;
	for (size_t round = 0; round < ROUNDS; round++) {
		asker->work = (struct work){0};
		helpers_run(asker->helpers, take_pieces, &asker->work);
		asker->is_done &= is_done(&asker->work);
	}
	return NULL;
}

static void helps_several_at_once(void **state)
{
	static struct asker askers[ASKERS];
	struct helpers *helpers;

	(void)state;
	assert_int_equal(helpers_new(2, &helpers, NULL), STATUS_OK);
	for (size_t i = 0; i < ASKERS; i++) {
		askers[i].helpers = helpers;
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
	}
	for (size_t i = 0; i < ASKERS; i++) {
		pthread_join(askers[i].thread, NULL);
		assert_true(askers[i].is_done);
	}
	helpers_free(helpers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_once_everybody_has_left),
		cmocka_unit_test(helps_several_at_once),
	};

	return test_run("storage/rocksdb/helpers", tests);
}
