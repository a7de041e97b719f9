#include "base/hash.h"

#include "test.h"

/* The plain hash is on disk: these values are XXH3's own and never change. */
static void the_plain_hash_never_changes(void **state)
{
	(void)state;
	assert_true(hash_bytes("", 0) == UINT64_C(0x2d06800538d394c2));
	assert_true(hash_bytes("abc", 3) == UINT64_C(0x78af5f94892f3950));
}

static void a_seed_changes_the_hash(void **state)
{
	(void)state;
	assert_true(hash_seeded("abc", 3, 0) == hash_bytes("abc", 3));
	assert_true(hash_seeded("abc", 3, 1) != hash_seeded("abc", 3, 2));
}

static void the_seed_of_the_process_stays(void **state)
{
	uint64_t seed = hash_seed();

	(void)state;
	assert_true(seed != 0);
	assert_true(hash_seed() == seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plain_hash_never_changes),
		cmocka_unit_test(a_seed_changes_the_hash),
		cmocka_unit_test(the_seed_of_the_process_stays),
	};

	return test_run("base/hash", tests);
}
