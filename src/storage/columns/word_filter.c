#include "storage/columns/word_filter.h"

#include <math.h>
#include <stdlib.h>

#include "base/protobuf.h"

enum {
	FIRST_SLOTS = 1024,
	LARGEST_KEPT_SLOTS = 1 << 20,
	WORDS_OF_PART = 8192,
	TRIES_OF_LENGTH = 8, /* seeds, before a filter that none fits becomes longer */
	MOST_LENGTHS = 8,
	MOST_SEGMENT_BITS = 18,
	SEGMENTS_OF_WORD = 3,
	HAS_SEAMS = 0x80,
};

/* A hash whose bytes go in one by one, as they are told apart, and are mixed eight at a time. */
struct hashing {
	uint64_t hash, pending;
	unsigned pending_count;
};

static const uint64_t hash_factor = UINT64_C(0x9fb21c651e98df25);

static inline void hash_byte(struct hashing *hashing, uint8_t byte)
{
	hashing->pending = hashing->pending << 8 | byte;
	if (++hashing->pending_count == 8) {
		hashing->hash = (hashing->hash ^ hashing->pending) * hash_factor;
		hashing->hash ^= hashing->hash >> 32;
		*hashing = (struct hashing){.hash = hashing->hash};
	}
}

static uint64_t mix(uint64_t hash, uint64_t seed)
{
	hash += seed;
	hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
	hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return hash ^ hash >> 33;
}

#define EIGHT(first)                                                                                         \
	first, (first) + 1, (first) + 2, (first) + 3, (first) + 4, (first) + 5, (first) + 6, (first) + 7
#define ALPHABET EIGHT('a'), EIGHT('i'), EIGHT('q'), 'y', 'z'

/* The byte that a word's byte counts as, its small letter; 0 for what belongs to no word. */
static const uint8_t word_bytes[256] = {
	['0'] = EIGHT('0'),   '8',         '9',         ['A'] = ALPHABET, ['a'] = ALPHABET,
	[0x80] = EIGHT(0x80), EIGHT(0x88), EIGHT(0x90), EIGHT(0x98),      EIGHT(0xa0),
	EIGHT(0xa8),          EIGHT(0xb0), EIGHT(0xb8), EIGHT(0xc0),      EIGHT(0xc8),
	EIGHT(0xd0),          EIGHT(0xd8), EIGHT(0xe0), EIGHT(0xe8),      EIGHT(0xf0),
	EIGHT(0xf8),
};

static inline uint64_t hash_end(const struct hashing *hashing)
{
	return mix(hashing->hash ^ hashing->pending, 0);
}

uint64_t word_hash(struct str word)
{
	struct hashing hashing = {0};

	for (size_t i = 0; i < word.size; i++)
		hash_byte(&hashing, word_bytes[(uint8_t)word.data[i]]);
	return hash_end(&hashing);
}

/* Words are mixed with seed 0. */
uint64_t seam_hash(struct str left, struct str right)
{
	uint64_t bytes = 0;

	for (size_t i = left.size - SEAM_BYTES; i < left.size; i++)
		bytes = bytes << 8 | word_bytes[(uint8_t)left.data[i]];
	for (size_t i = 0; i < SEAM_BYTES; i++)
		bytes = bytes << 8 | word_bytes[(uint8_t)right.data[i]];
	return mix(bytes, hash_factor);
}

/* By the top bits, as parts are: a part's words lie together. */
static size_t first_slot(uint64_t hash, size_t slot_count)
{
	return (size_t)(hash >> (64 - __builtin_ctzll(slot_count)));
}

static bool grow(struct word_set *set)
{
	size_t slot_count = set->slot_count ? set->slot_count * 2 : FIRST_SLOTS;
	uint64_t *slots = calloc(slot_count, sizeof(*slots));

	if (!slots) {
		set->failed = true;
		return false;
	}
	for (size_t i = 0; i < set->slot_count; i++) {
		size_t slot = first_slot(set->slots[i], slot_count);

		if (!set->slots[i])
			continue;
		while (slots[slot])
			slot = (slot + 1) & (slot_count - 1);
		slots[slot] = set->slots[i];
	}
	free(set->slots);
	set->slots = slots;
	set->slot_count = slot_count;
	return true;
}

void word_set_add(struct word_set *set, uint64_t hash)
{
	size_t slot;

	if (hash == 0) {
		set->count += !set->has_zero;
		set->has_zero = true;
		return;
	}
	if (set->count * 2 >= set->slot_count && !grow(set))
		return;
	for (slot = first_slot(hash, set->slot_count); set->slots[slot];
	     slot = (slot + 1) & (set->slot_count - 1))
		if (set->slots[slot] == hash)
			return;
	set->slots[slot] = hash;
	set->count++;
}

void word_set_add_text(struct word_set *set, struct str text)
{
	const uint8_t *at = (const uint8_t *)text.data, *end = at + text.size;
	struct str last = {0};

	while (at < end) {
		struct hashing hashing = {0};
		const uint8_t *start = at;
		struct str word;

		if (!word_bytes[*at++])
			continue;
		hash_byte(&hashing, word_bytes[*start]);
		for (; at < end && word_bytes[*at]; at++)
			hash_byte(&hashing, word_bytes[*at]);
		word_set_add(set, hash_end(&hashing));
		word = str_make((const char *)start, (size_t)(at - start));
		if (last.size >= SEAM_BYTES && word.size >= SEAM_BYTES)
			word_set_add(set, seam_hash(last, word));
		last = word;
	}
}

void word_set_clear(struct word_set *set)
{
	if (set->slot_count > LARGEST_KEPT_SLOTS) {
		word_set_release(set);
		return;
	}
	if (set->count)
		memset(set->slots, 0, set->slot_count * sizeof(*set->slots));
	set->count = 0;
	set->has_zero = set->failed = false;
}

void word_set_release(struct word_set *set)
{
	free(set->slots);
	*set = (struct word_set){0};
}

size_t word_set_parts(const struct word_set *set)
{
	size_t parts = 1;

	while (parts < HEADER_MOST_WORD_PARTS && set->count / parts > WORDS_OF_PART)
		parts *= 2;
	return parts;
}

static uint8_t fingerprint_of(uint64_t mixed)
{
	return (uint8_t)(mixed ^ mixed >> 32);
}

/* How a part is laid out. */
struct layout {
	unsigned segment_bits;
	uint64_t segment_count; /* that a word may begin in */
	uint64_t seed;
};

static size_t place_count(const struct layout *layout)
{
	return (size_t)(layout->segment_count + SEGMENTS_OF_WORD - 1) << layout->segment_bits;
}

/* The lengths of the paper, fitted by its authors. */
static struct layout lay_out(size_t word_count)
{
	double logarithm = log(word_count > 2 ? (double)word_count : 2);
	double factor = fmax(1.125, 0.875 + 0.25 * log(1e6) / logarithm);
	unsigned bits = (unsigned)floor(logarithm / log(3.33) + 2.25);
	struct layout layout = {.segment_bits = bits < MOST_SEGMENT_BITS ? bits : MOST_SEGMENT_BITS};
	uint64_t segments =
		((uint64_t)(factor * (double)word_count) + (UINT64_C(1) << layout.segment_bits) - 1) >>
		layout.segment_bits;

	layout.segment_count = segments > SEGMENTS_OF_WORD - 1 ? segments - (SEGMENTS_OF_WORD - 1) : 1;
	return layout;
}

static void find_places(const struct layout *layout, uint64_t mixed, uint32_t places_out[SEGMENTS_OF_WORD])
{
	uint32_t length = UINT32_C(1) << layout->segment_bits, mask = length - 1;
	uint64_t first =
		(uint64_t)(((unsigned __int128)mixed * (layout->segment_count << layout->segment_bits)) >>
			   64);

	places_out[0] = (uint32_t)first;
	places_out[1] = ((uint32_t)first + length) ^ ((uint32_t)(mixed >> 18) & mask);
	places_out[2] = ((uint32_t)first + 2 * length) ^ ((uint32_t)mixed & mask);
}

/* What a filter is made with. */
struct making {
	struct layout layout;
	uint64_t *words, *sums; /* the words; of each place: all words that may lie there, combined */
	uint32_t *counts;       /* how many these are */
	uint32_t *alone;        /* places with one word: a stack */
	uint64_t *order;        /* words in the order in which they found a place of their own */
	uint32_t *own;          /* those places */
	size_t word_count;
};

static void count_places(struct making *making)
{
	size_t count = place_count(&making->layout);

	memset(making->sums, 0, count * sizeof(*making->sums));
	memset(making->counts, 0, count * sizeof(*making->counts));
	for (size_t i = 0; i < making->word_count; i++) {
		uint64_t mixed = mix(making->words[i], making->layout.seed);
		uint32_t places[SEGMENTS_OF_WORD];

		find_places(&making->layout, mixed, places);
		for (size_t p = 0; p < SEGMENTS_OF_WORD; p++) {
			making->counts[places[p]]++;
			making->sums[places[p]] ^= mixed;
		}
	}
}

/* Takes away, one by one, words that lie alone in a place. True where that takes all of them. */
static bool peel(struct making *making)
{
	size_t count = place_count(&making->layout), alone = 0, done = 0;

	for (size_t i = 0; i < count; i++)
		if (making->counts[i] == 1)
			making->alone[alone++] = (uint32_t)i;
	while (alone > 0) {
		uint32_t place = making->alone[--alone], places[SEGMENTS_OF_WORD];
		uint64_t mixed = making->sums[place];

		if (making->counts[place] != 1)
			continue;
		making->order[done] = mixed;
		making->own[done++] = place;
		find_places(&making->layout, mixed, places);
		for (size_t p = 0; p < SEGMENTS_OF_WORD; p++) {
			making->sums[places[p]] ^= mixed;
			if (--making->counts[places[p]] == 1)
				making->alone[alone++] = places[p];
		}
	}
	return done == making->word_count;
}

/* From the last to the first, each word's own place is still free when its turn comes. */
static void set_fingerprints(const struct making *making, uint8_t *fingerprints)
{
	memset(fingerprints, 0, place_count(&making->layout));
	for (size_t i = making->word_count; i-- > 0;) {
		uint32_t places[SEGMENTS_OF_WORD];
		uint8_t fingerprint = fingerprint_of(making->order[i]);

		find_places(&making->layout, making->order[i], places);
		for (size_t p = 0; p < SEGMENTS_OF_WORD; p++)
			if (places[p] != making->own[i])
				fingerprint ^= fingerprints[places[p]];
		fingerprints[making->own[i]] = fingerprint;
	}
}

static void lengthen(struct layout *layout)
{
	layout->segment_count += layout->segment_count / 8 + 1;
}

/* Some counts of words lie just below a longer segment, where the paper's length is a tight fit. */
static bool find_seed(struct making *making)
{
	for (unsigned length = 0; length < MOST_LENGTHS; length++, lengthen(&making->layout))
		for (unsigned i = 0; i < TRIES_OF_LENGTH; i++) {
			making->layout.seed++;
			count_places(making);
			if (peel(making))
				return true;
		}
	return false;
}

/* Of the longest filter that is tried. */
static size_t most_places(struct layout layout)
{
	for (unsigned length = 1; length < MOST_LENGTHS; length++)
		lengthen(&layout);
	return place_count(&layout);
}

static void put_filter(const struct making *making, struct buffer *out)
{
	char *fingerprints;

	buffer_append_byte(out, (uint8_t)(making->layout.segment_bits | HAS_SEAMS));
	protobuf_put_varint(out, making->layout.segment_count);
	buffer_append(out, &making->layout.seed, sizeof(making->layout.seed));
	fingerprints = buffer_reserve(out, place_count(&making->layout));
	if (!fingerprints)
		return;
	set_fingerprints(making, (uint8_t *)fingerprints);
	out->size += place_count(&making->layout);
}

/* The words of a part: in its own slots, and where these overflowed, in the next up to a free one. */
static size_t collect(const struct word_set *set, size_t part, size_t part_count, uint64_t *words_out)
{
	size_t width = set->slot_count / part_count, first = part * width, count = 0;

	if (set->has_zero && part == 0)
		words_out[count++] = 0;
	for (size_t i = 0; i < set->slot_count; i++) {
		uint64_t hash = set->slots[(first + i) & (set->slot_count - 1)];

		if (i >= width && !hash)
			break;
		if (hash && word_part(hash, part_count) == part)
			words_out[count++] = hash;
	}
	return count;
}

enum status word_filter_encode(const struct word_set *set, size_t part, size_t part_count, struct buffer *out,
			       struct error *error)
{
	struct making making = {.words = malloc((set->count + 1) * sizeof(uint64_t))};
	enum status status = STATUS_NO_MEMORY;
	size_t places;

	if (!making.words || set->failed)
		goto done;
	making.word_count = collect(set, part, part_count, making.words);
	making.layout = lay_out(making.word_count);
	places = most_places(making.layout);
	making.sums = malloc(places * sizeof(*making.sums));
	making.counts = malloc(places * sizeof(*making.counts));
	making.alone = malloc(places * sizeof(*making.alone));
	making.order = malloc((making.word_count + 1) * sizeof(*making.order));
	making.own = malloc((making.word_count + 1) * sizeof(*making.own));
	if (making.sums && making.counts && making.alone && making.order && making.own &&
	    find_seed(&making)) {
		put_filter(&making, out);
		status = buffer_failed(out) ? STATUS_NO_MEMORY : STATUS_OK;
	}
done:
	free(making.words);
	free(making.sums);
	free(making.counts);
	free(making.alone);
	free(making.order);
	free(making.own);
	if (status != STATUS_OK)
		error_set(error, status, "no memory for a filter of %zu words", set->count);
	return status;
}

bool word_filter_may_hold(struct str part, struct word_need need)
{
	const uint8_t *at = (const uint8_t *)part.data, *end = at + part.size;
	struct layout layout;
	uint32_t places[SEGMENTS_OF_WORD];
	uint64_t mixed;

	if (part.size == 0)
		return true;
	/* Filters were written before there were seams. */
	if (need.is_seam && !(*at & HAS_SEAMS))
		return true;
	layout.segment_bits = *at++ & ~(unsigned)HAS_SEAMS;
	if (layout.segment_bits > MOST_SEGMENT_BITS || !protobuf_varint(&at, end, &layout.segment_count) ||
	    layout.segment_count == 0 || layout.segment_count > UINT32_MAX / 2 >> layout.segment_bits ||
	    (size_t)(end - at) != sizeof(layout.seed) + place_count(&layout))
		return true;
	memcpy(&layout.seed, at, sizeof(layout.seed));
	at += sizeof(layout.seed);
	mixed = mix(need.hash, layout.seed);
	find_places(&layout, mixed, places);
	return (uint8_t)(at[places[0]] ^ at[places[1]] ^ at[places[2]]) == fingerprint_of(mixed);
}

size_t word_needs_of_term(struct str term, struct word_need *needs_out, size_t most)
{
	bool is_phrase = term_is_phrase(term), touched_an_end = false;
	struct str rest = term, last = {0}, word;
	size_t count = 0;

	while (count < most && word_next(&rest, &word)) {
		bool touches_an_end = is_phrase && (word.data == term.data || rest.size == 0);

		if (!touches_an_end)
			needs_out[count++] = (struct word_need){.hash = word_hash(word)};
		if (count < most && (touches_an_end || touched_an_end) && last.size >= SEAM_BYTES &&
		    word.size >= SEAM_BYTES)
			needs_out[count++] =
				(struct word_need){.hash = seam_hash(last, word), .is_seam = true};
		touched_an_end = touches_an_end;
		last = word;
	}
	return count;
}
