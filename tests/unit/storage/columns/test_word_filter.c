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
	return word_filter_may_hold(buffer_str(&parts[word_part(hash, count)]),
				    (struct word_need){.hash = hash});
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
		struct word_need needs[8];

		for (size_t i = 0; i < text_count; i++)
			strcat(text, pieces[random_below(&random, sizeof(pieces) / sizeof(pieces[0]))]);
		for (size_t i = 0; i < term_count; i++)
			strcat(term, pieces[random_below(&random, sizeof(pieces) / sizeof(pieces[0]))]);
		if (!text_contains_term(str_from(text), str_from(term)))
			continue;
		contained++;
		word_set_add_text(&set, str_from(text));
		for (size_t i = word_needs_of_term(str_from(term), needs, 8), before; i-- > 0;) {
			before = set.count;
			word_set_add(&set, needs[i].hash);
			if (set.count != before)
				fail_msg("\"%s\" has no word that \"%s\" asks for", text, term);
		}
		word_set_release(&set);
	}
	assert_true(contained > 100);
}

static void asks_of_a_phrase_only_for_whole_words(void **state)
{
	struct word_need needs[8];

	(void)state;
	assert_int_equal(word_needs_of_term(str_from("could not serialize"), needs, 8), 3);
	assert_true(!needs[0].is_seam && needs[0].hash == word_hash(str_from("NOT")));
	assert_true(needs[1].is_seam && needs[1].hash == seam_hash(str_from("ould"), str_from("Noted")));
	assert_true(needs[2].is_seam && needs[2].hash == seam_hash(str_from("not"), str_from("ser")));
	assert_int_equal(word_needs_of_term(str_from(" could not "), needs, 8), 2);
	assert_int_equal(word_needs_of_term(str_from("pi_0f3"), needs, 8), 2);
	assert_int_equal(word_needs_of_term(str_from("a.b.c.d"), needs, 3), 3);
	assert_int_equal(word_needs_of_term(str_from("--"), needs, 8), 0);
}

/* The ends of a phrase of two words may lie within words, what is between them not. */
static void asks_of_two_words_for_their_seam(void **state)
{
	struct word_set set = {0};
	struct buffer parts[HEADER_MOST_WORD_PARTS];
	struct word_need needs[8];

	(void)state;
	word_set_add_text(&set, str_from("it overtimed; outside"));
	assert_int_equal(encode(&set, parts), 1);
	assert_int_equal(word_needs_of_term(str_from("Timed out"), needs, 8), 1);
	assert_true(word_filter_may_hold(buffer_str(&parts[0]), needs[0]));
	assert_int_equal(word_needs_of_term(str_from("timed in, out"), needs, 8), 1);
	assert_int_equal(word_needs_of_term(str_from("out timed"), needs, 8), 1);
	assert_false(word_filter_may_hold(buffer_str(&parts[0]), needs[0]));
	assert_int_equal(word_needs_of_term(str_from("is out"), needs, 8), 0);
	release_parts(parts, 1);
	word_set_release(&set);
}

/* Those of blocks that were written before say nothing of seams, and of words what they said. */
static void reads_filters_without_seams(void **state)
{
	struct word_set set = {0};
	struct buffer parts[HEADER_MOST_WORD_PARTS];
	struct word_need word = {.hash = word_hash(str_from("order"))}, seam = {.hash = 1, .is_seam = true},
			 absent = {.hash = 1};

	(void)state;
	word_set_add_text(&set, str_from("order"));
	assert_int_equal(encode(&set, parts), 1);
	assert_false(word_filter_may_hold(buffer_str(&parts[0]), seam));
	parts[0].data[0] &= 0x7f;
	assert_true(word_filter_may_hold(buffer_str(&parts[0]), seam));
	assert_true(word_filter_may_hold(buffer_str(&parts[0]), word));
	assert_false(word_filter_may_hold(buffer_str(&parts[0]), absent));
	release_parts(parts, 1);
	word_set_release(&set);
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
		assert_true(word_filter_may_hold(str_make(cut, size),
						 (struct word_need){random_next(&random), size % 2}));
		free(cut);
	}
	for (size_t round = 0; round < 20000; round++) {
		char *copy = malloc(part.size);

		assert_non_null(copy);
		memcpy(copy, part.data, part.size);
		copy[random_below(&random, round % 2 ? 12 : part.size)] = (char)random_next(&random);
		word_filter_may_hold(str_make(copy, part.size),
				     (struct word_need){random_next(&random), round % 3 == 0});
		free(copy);
	}
	buffer_release(&part);
	word_set_release(&set);
}

/* Just below the count at which segments become longer, few seeds fit the shortest filter. */
static void is_made_of_any_count_of_words(void **state)
{
	struct word_set set = {0};
	uint64_t random = 3;

	(void)state;
	for (size_t count = 11000; count < 12800; count += 23) {
		struct buffer filter = BUFFER_EMPTY;
		struct error error = {0};

		word_set_clear(&set);
		for (size_t i = 0; i < count; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			word_set_add(&set, random | 1);
		}
		if (word_filter_encode(&set, 0, 1, &filter, &error) != STATUS_OK)
			fail_msg("%zu words: %s", count, error.message);
		buffer_release(&filter);
	}
	word_set_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_made_of_any_count_of_words),
		cmocka_unit_test(says_yes_to_every_word_and_seldom_to_others),
		cmocka_unit_test(takes_words_apart_as_a_search_does),
		cmocka_unit_test(asks_of_a_phrase_only_for_whole_words),
		cmocka_unit_test(asks_of_two_words_for_their_seam),
		cmocka_unit_test(reads_filters_without_seams),
		cmocka_unit_test(tells_long_words_apart),
		cmocka_unit_test(survives_damage),
	};

	return test_run("storage/columns/word_filter", tests);
}
