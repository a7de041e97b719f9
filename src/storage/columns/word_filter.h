/*
 * word_filter: which words occur in the logs of a block, in about ten bits a distinct word.
 *
 * The words are those of the texts that a search by words looks into: bodies, and attributes that are strings. A
 * filter that says no is right; one that says yes is wrong once in 256 times for a word that is not there. The words
 * are dealt by their hashes to parts of some thousands, each a filter of its own, so that a search reads the one
 * part that its word belongs to.
 *
 * A part is a binary fuse filter with fingerprints of eight bits:
 *
 *     u8        the logarithm of the length of a segment; 128 more where the filter has seams
 *     varint    how many segments a word may begin in, n
 *     u64       seed, little-endian
 *     (n + 2) << the logarithm   fingerprints
 *
 * A word's hash is made of its bytes in small letters (docs/format.md says how). The top bits choose the part. Mixed with the seed it chooses three places in three segments in a row; the fingerprints there, combined
 * by exclusive or, are the word's own.
 *
 * Beside the words it holds seams: the last SEAM_BYTES of a word and the first of the next. A phrase of two words says
 * nothing of where these begin and end, but all of what lies between them.
 *
 * Source     T. M. Graf, D. Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", ACM JEA 27 (2022)
 * Ownership  a word set owns its memory; a filter borrows bytes.
 * Threads    one thread at a time for a set; filters are plain values.
 * Errors     a set remembers (failed); bytes that are no filter may hold every word.
 */
#ifndef ROHAS_STORAGE_COLUMNS_WORD_FILTER_H
#define ROHAS_STORAGE_COLUMNS_WORD_FILTER_H

#include "base/buffer.h"
#include "base/status.h"
#include "model/word.h"
#include "storage/columns/header.h"

uint64_t word_hash(struct str word);

/* Both words have SEAM_BYTES at least. */
enum { SEAM_BYTES = 3 };
uint64_t seam_hash(struct str left, struct str right);

/* Distinct hashes of words. Starts as all zeros. */
struct word_set {
	uint64_t *slots; /* 0 where free */
	size_t count, slot_count;
	bool has_zero; /* the hash that slots cannot hold */
	bool failed;
};

void word_set_add(struct word_set *set, uint64_t hash);
/* The text's words and seams. */
void word_set_add_text(struct word_set *set, struct str text);
void word_set_clear(struct word_set *set);
void word_set_release(struct word_set *set);

/* How many parts a filter of the set has: a power of two. */
size_t word_set_parts(const struct word_set *set);
static inline size_t word_part(uint64_t hash, size_t part_count)
{
	return part_count > 1 ? (size_t)(hash >> (64 - __builtin_ctzll(part_count))) : 0;
}

/* Appends the filter of one of the parts. STATUS_NO_MEMORY also where no seed fits, which chance forbids. */
enum status word_filter_encode(const struct word_set *set, size_t part, size_t part_count, struct buffer *out,
			       struct error *error);

/* What a text must have. */
struct word_need {
	uint64_t hash;
	bool is_seam;
};

/* Whether the part that the hash belongs to may hold it. */
bool word_filter_may_hold(struct str part, struct word_need need);

/*
 * What a text must have to contain the term (model/filter.h), at most most of it: all words of a word term; of a phrase
 * the words that have neighbours on both sides, and the seams of the first and the last word with theirs. Returns how
 * much.
 */
size_t word_needs_of_term(struct str term, struct word_need *needs_out, size_t most);

#endif
