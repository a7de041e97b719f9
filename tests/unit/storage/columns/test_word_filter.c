#include "unit/test.h"

#include <stdlib.h>

#include "blocks.h"
#include "contract/rows.h"
#include "model/filter.h"
#include "storage/columns/word_filter.h"

/* Encodes all parts of the set's filter. */
static size_t encode(const struct word_set *set, struct buffer parts[HEADER_MOST_WORD_PARTS])
{
	size_t count = word_set_parts(set);

	for (size_t i = 0; i < count; i++) {
		parts[i] = BUFFER_EMPTY;
		assert_int_equal(word_filter_encode(set, i, count, &parts[i], NULL), STATUS_OK);
	}
	return count;
}

static void release_parts(struct buffer *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_release(&parts[i]);
}

static bool may_hold(struct buffer *parts, size_t count, uint64_t hash)
{
	return word_filter_may_hold(buffer_str(&parts[word_part(hash, count)]), hash);
}

static void says_yes_to_every_word_and_seldom_to_others(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 4, 10, 100, 1000, 8192, 8193, 300000};
	struct random random = {test_seed()};

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint64_t *hashes = malloc((sizes[s] + 1) * sizeof(*hashes));
		struct buffer parts[HEADER_MOST_WORD_PARTS];
		struct word_set set = {0};
		size_t count, wrong = 0, bytes = 0;

		assert_non_null(hashes);
		for (size_t i = 0; i < sizes[s]; i++) {
			hashes[i] = i == 1 ? 0 : random_next(&random);
			word_set_add(&set, hashes[i]);
			word_set_add(&set, hashes[random_below(&random, i + 1)]);
		}
		assert_int_equal(set.count, sizes[s]);
		count = encode(&set, parts);
		for (size_t i = 0; i < count; i++)
			bytes += parts[i].size;
		for (size_t i = 0; i < sizes[s]; i++)
			if (!may_hold(parts, count, hashes[i]))
				fail_msg("word %zu of %zu is denied", i, sizes[s]);
		for (size_t i = 0; i < 20000; i++)
			wrong += may_hold(parts, count, random_next(&random));
		/* One in 256 is 78; six times its deviation is room enough for any seed. */
		assert_in_range(wrong, sizes[s] < 1000 ? 0 : 25, 140);
		if (sizes[s] >= 8192)
			assert_true(bytes * 8 < sizes[s] * 12);
		release_parts(parts, count);
		word_set_release(&set);
		free(hashes);
	}
}

static void takes_words_apart_as_a_search_does(void **state)
{
	static const char *const pieces[] = {"order", "Order", "ORDER",    "7", "42", "a", " ",   "-", "_",
					     "/",     ".",     "\xc3\xa4", "x", "\t", ":", "GET", "\n"};
	struct random random = {test_seed()};
	size_t contained = 0;

	(void)state;
	for (size_t round = 0; round < 200000; round++) {
		char text[128] = "", term[64] = "";
		size_t text_count = random_below(&random, 9), term_count = 1 + random_below(&random, 4);
		struct word_set set = {0};
		uint64_t hashes[8];

		for (size_t i = 0; i < text_count; i++)
			strcat(text, pieces[random_below(&random, sizeof(pieces) / sizeof(pieces[0]))]);
		for (size_t i = 0; i < term_count; i++)
			strcat(term, pieces[random_below(&random, sizeof(pieces) / sizeof(pieces[0]))]);
		if (!text_contains_term(str_from(text), str_from(term)))
			continue;
		contained++;
		word_set_add_text(&set, str_from(text));
		for (size_t i = word_hashes_of_term(str_from(term), hashes, 8), before; i-- > 0;) {
			before = set.count;
			word_set_add(&set, hashes[i]);
			if (set.count != before)
				fail_msg("\"%s\" has no word that \"%s\" asks for", text, term);
		}
		word_set_release(&set);
	}
	assert_true(contained > 100);
}

static void asks_of_a_phrase_only_for_whole_words(void **state)
{
	uint64_t hashes[8];

	(void)state;
	assert_int_equal(word_hashes_of_term(str_from("could not serialize"), hashes, 8), 1);
	assert_true(hashes[0] == word_hash(str_from("NOT")));
	assert_int_equal(word_hashes_of_term(str_from(" could not "), hashes, 8), 2);
	assert_int_equal(word_hashes_of_term(str_from("a b"), hashes, 8), 0);
	assert_int_equal(word_hashes_of_term(str_from("pi_0f3"), hashes, 8), 2);
	assert_int_equal(word_hashes_of_term(str_from("a.b.c.d"), hashes, 3), 3);
	assert_int_equal(word_hashes_of_term(str_from("--"), hashes, 8), 0);
}

static void tells_long_words_apart(void **state)
{
	char a[1000], b[1000];

	(void)state;
	memset(a, 'x', sizeof(a));
	memset(b, 'X', sizeof(b));
	assert_true(word_hash(str_make(a, 1000)) == word_hash(str_make(b, 1000)));
	assert_true(word_hash(str_make(a, 1000)) != word_hash(str_make(a, 999)));
	b[0] = 'y';
	assert_true(word_hash(str_make(a, 1000)) != word_hash(str_make(b, 1000)));
}

/* A filter that is damaged may say anything; it must not be read outside, and one that is cut says yes. */
static void survives_damage(void **state)
{
	struct random random = {test_seed()};
	struct buffer part = BUFFER_EMPTY;
	struct word_set set = {0};

	(void)state;
	for (size_t i = 0; i < 50; i++)
		word_set_add(&set, random_next(&random));
	assert_int_equal(word_filter_encode(&set, 0, 1, &part, NULL), STATUS_OK);
	for (size_t size = 0; size < part.size; size++) {
		char *cut = malloc(size + !size);

		assert_non_null(cut);
		memcpy(cut, part.data, size);
		assert_true(word_filter_may_hold(str_make(cut, size), random_next(&random)));
		free(cut);
	}
	for (size_t round = 0; round < 20000; round++) {
		char *copy = malloc(part.size);

		assert_non_null(copy);
		memcpy(copy, part.data, part.size);
		copy[random_below(&random, round % 2 ? 12 : part.size)] = (char)random_next(&random);
		word_filter_may_hold(str_make(copy, part.size), random_next(&random));
		free(copy);
	}
	buffer_release(&part);
	word_set_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_yes_to_every_word_and_seldom_to_others),
		cmocka_unit_test(takes_words_apart_as_a_search_does),
		cmocka_unit_test(asks_of_a_phrase_only_for_whole_words),
		cmocka_unit_test(tells_long_words_apart),
		cmocka_unit_test(survives_damage),
	};

	return test_run("storage/columns/word_filter", tests);
}
