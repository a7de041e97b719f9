/*
 * Patterns of lines. A line's words are masked (log_masks.h); lines of the same masked words are of one pattern, and so
 * are lines that differ in few of them: those words become <*>. As in Drain, a line is compared only with patterns of
 * as many words and the same first word.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "query/insides.h"
#include "query/log_analysis.h"
#include "query/log_masks.h"

enum {
	PATTERNS_MOST = 2000,
	GROUPS = 4096,
	/* Masked lines whose pattern is remembered. */
	KNOWN = 16384,
	EXAMPLE_BYTES = 1024,
	/* Of so many words of ten that are the same, two lines are of one pattern. */
	ALIKE_OF_TEN = 6,
};

struct pattern {
	struct str *words;
	size_t word_count;
	struct log_pattern about;
	struct pattern *next; /* of its group */
};

struct known {
	uint64_t hash;
	struct pattern *pattern;
};

struct mining {
	struct arena arena; /* of patterns */
	struct pattern *patterns;
	size_t count;
	struct pattern *groups[GROUPS];
	struct known known[KNOWN];
	uint64_t line_count, other_count, seed;
	struct buffer scratch;
	char masked[LOG_MASKED_BYTES];
};

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory for patterns of lines");
}

static bool is_any(struct str word)
{
	return str_equal_c(word, "<*>");
}

/* How many words are the same; 0 where they are too few. */
static size_t likeness(const struct pattern *pattern, const struct str *words, size_t count)
{
	size_t same = 0;

	if (pattern->word_count != count)
		return 0;
	for (size_t i = 0; i < count; i++)
		same += str_equal(pattern->words[i], words[i]) || is_any(pattern->words[i]);
	return same * 10 >= count * ALIKE_OF_TEN ? same + 1 : 0;
}

/* A first word that varies says nothing. */
static struct pattern **find_group(struct mining *mining, const struct str *words, size_t count)
{
	uint64_t hash = count;

	if (count && !memchr(words[0].data, '<', words[0].size))
		hash = hash_seeded(words[0].data, words[0].size, mining->seed + count);
	return &mining->groups[hash % GROUPS];
}

static struct pattern *find_like(struct pattern *group, const struct str *words, size_t count)
{
	struct pattern *best = NULL;
	size_t most = 0;

	for (struct pattern *pattern = group; pattern; pattern = pattern->next) {
		size_t same = likeness(pattern, words, count);

		if (same > most) {
			most = same;
			best = pattern;
		}
	}
	return best;
}

static struct pattern *add_pattern(struct mining *mining, struct pattern **group, const struct str *words,
				   size_t count)
{
	struct pattern *pattern = &mining->patterns[mining->count];

	*pattern = (struct pattern){.words = arena_alloc(&mining->arena, (count + 1) * sizeof(struct str)),
				    .word_count = count,
				    .next = *group};
	if (!pattern->words)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		pattern->words[i] = arena_copy(&mining->arena, words[i]);
		if (!pattern->words[i].data)
			return NULL;
	}
	mining->count++;
	*group = pattern;
	return pattern;
}

/* What is not the same in the new line is not of the pattern. */
static void widen(struct pattern *pattern, const struct str *words)
{
	for (size_t i = 0; i < pattern->word_count; i++)
		if (!str_equal(pattern->words[i], words[i]))
			pattern->words[i] = str_from("<*>");
}

/* The pattern of a line; NULL with STATUS_OK where there is no place for another. */
static enum status find_pattern(struct mining *mining, struct str line, struct pattern **pattern_out,
				struct error *error)
{
	struct str words[LOG_WORDS_MOST];
	size_t count = log_mask(line, mining->masked, words);
	size_t size = count ? (size_t)(words[count - 1].data + words[count - 1].size - mining->masked) : 0;
	uint64_t hash;
	struct known *known;
	struct pattern **group;

	/* The last word of a line that was cut is no view into masked. */
	if (count && is_any(words[count - 1]))
		size = count > 1 ? (size_t)(words[count - 2].data + words[count - 2].size - mining->masked)
				 : 0;
	hash = hash_seeded(mining->masked, size, mining->seed + count);
	known = &mining->known[hash % KNOWN];
	*pattern_out = known->pattern;
	if (known->pattern && known->hash == hash)
		return STATUS_OK;
	group = find_group(mining, words, count);
	*pattern_out = find_like(*group, words, count);
	if (*pattern_out)
		widen(*pattern_out, words);
	else if (mining->count == PATTERNS_MOST)
		return STATUS_OK;
	else if (!(*pattern_out = add_pattern(mining, group, words, count)))
		return no_memory(error);
	*known = (struct known){hash, *pattern_out};
	return STATUS_OK;
}

static enum status note_line(struct mining *mining, struct pattern *pattern, const struct log_record *record,
			     struct str line, struct error *error)
{
	struct log_pattern *about = &pattern->about;

	if (about->count++ == 0) {
		size_t shown = line.size < EXAMPLE_BYTES ? line.size : EXAMPLE_BYTES;

		while (shown < line.size && shown && ((unsigned char)line.data[shown] & 0xc0) == 0x80)
			shown--;
		about->example = arena_copy(&mining->arena, str_make(line.data, shown));
		if (!about->example.data)
			return no_memory(error);
		log_id_write(log_id_of(record), about->example_id);
		about->last_ns = record->time_ns;
	}
	about->first_ns = record->time_ns;
	about->counts[log_record_level(record)]++;
	return STATUS_OK;
}

static enum status mine_record(void *context, const struct log_record *record, struct error *error)
{
	struct mining *mining = context;
	struct pattern *pattern;
	struct str line = value_str(&record->body);
	enum status status;

	if (record->body.type != VALUE_STRING) {
		buffer_clear(&mining->scratch);
		value_to_text(&record->body, &mining->scratch);
		line = buffer_str(&mining->scratch);
	}
	mining->line_count++;
	status = find_pattern(mining, line, &pattern, error);
	if (status != STATUS_OK || pattern)
		return status == STATUS_OK ? note_line(mining, pattern, record, line, error) : status;
	mining->other_count++;
	return STATUS_OK;
}

static int compare_patterns(const void *a, const void *b)
{
	const struct pattern *x = *(const struct pattern *const *)a, *y = *(const struct pattern *const *)b;

	if (x->about.count != y->about.count)
		return x->about.count < y->about.count ? 1 : -1;
	return (x->about.last_ns < y->about.last_ns) - (x->about.last_ns > y->about.last_ns);
}

static bool write_text(const struct pattern *pattern, struct arena *arena, struct str *text_out)
{
	struct buffer text = BUFFER_EMPTY;

	for (size_t i = 0; i < pattern->word_count; i++) {
		if (i)
			buffer_append_byte(&text, ' ');
		buffer_append_str(&text, pattern->words[i]);
	}
	*text_out = arena_copy(arena, buffer_str(&text));
	buffer_release(&text);
	return text_out->data != NULL;
}

static enum status make_answer(struct mining *mining, size_t limit, struct log_patterns *answer,
			       struct error *error)
{
	const struct pattern **order = arena_alloc(&mining->arena, (mining->count + 1) * sizeof(*order));
	size_t count = mining->count < limit ? mining->count : limit;

	answer->patterns = arena_alloc(&answer->arena, (count + 1) * sizeof(*answer->patterns));
	if (!order || !answer->patterns)
		return no_memory(error);
	for (size_t i = 0; i < mining->count; i++)
		order[i] = &mining->patterns[i];
	qsort(order, mining->count, sizeof(order[0]), compare_patterns);
	for (size_t i = 0; i < count; i++) {
		struct log_pattern *to = &answer->patterns[answer->pattern_count++];

		*to = order[i]->about;
		to->example = arena_copy(&answer->arena, to->example);
		if (!to->example.data || !write_text(order[i], &answer->arena, &to->text))
			return no_memory(error);
	}
	answer->distinct_count = mining->count;
	answer->other_count = mining->other_count;
	answer->reach.line_count = mining->line_count;
	return STATUS_OK;
}

enum status log_patterns(struct query *query, const struct log_query *which, size_t sample, size_t limit,
			 struct log_patterns *patterns_out, struct error *error)
{
	struct mining *mining = calloc(1, sizeof(*mining));
	struct log_patterns answer = {0};
	size_t examined = 0;
	enum status status = STATUS_OK;

	if (!mining)
		return no_memory(error);
	arena_init(&mining->arena, 0);
	arena_init(&answer.arena, 0);
	mining->seed = hash_seed();
	mining->patterns = malloc(PATTERNS_MOST * sizeof(*mining->patterns));
	if (!mining->patterns)
		status = no_memory(error);
	if (status == STATUS_OK)
		status = log_walk(query, which, false, sample, mine_record, mining, &examined,
				  &answer.reach.is_complete, error);
	answer.reach.examined = examined;
	if (status == STATUS_OK)
		status = make_answer(mining, limit, &answer, error);
	buffer_release(&mining->scratch);
	arena_release(&mining->arena);
	free(mining->patterns);
	free(mining);
	if (status == STATUS_OK)
		*patterns_out = answer;
	else
		arena_release(&answer.arena);
	return status;
}

void log_patterns_release(struct log_patterns *patterns)
{
	arena_release(&patterns->arena);
}
