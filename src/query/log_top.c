/*
 * Counts of a field's values. While there is a place for each distinct value they are exact; then the value with the
 * least count gives its place, and its count as what may be too much, to the new one (Metwally's space-saving): no
 * count is too small, and none too large by more than the least of all places.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "query/log_source.h"

enum { SLOTS = 4 * LOG_TOP_VALUES_MOST };

struct place {
	char *text; /* at most LOG_TOP_SHOWN_BYTES of it */
	uint32_t shown, size;
	uint64_t hash; /* of all of it */
	uint64_t count, error_most;
	uint32_t heap_at; /* once there is a heap */
	uint32_t slot;
};

struct tally {
	struct place *places;
	uint32_t *slots; /* place + 1; 0: free; GONE: was used */
	uint32_t *heap;  /* places, the least count first; made when the last place is taken */
	size_t count, gone_count;
	uint64_t *sums; /* of each value of a piece */
	size_t sum_capacity;
	uint64_t seed, line_count, without_count;
	bool is_approximate;
};
static const uint32_t GONE = UINT32_MAX;

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to count values");
}

static bool is_value(const struct place *place, uint64_t hash, struct str text)
{
	return place->hash == hash && place->size == (uint32_t)text.size &&
	       memcmp(place->text, text.data, place->shown) == 0;
}

static void take_slot(struct tally *tally, uint32_t place)
{
	size_t slot = tally->places[place].hash % SLOTS;

	while (tally->slots[slot] && tally->slots[slot] != GONE)
		slot = (slot + 1) % SLOTS;
	tally->gone_count -= tally->slots[slot] == GONE;
	tally->slots[slot] = place + 1;
	tally->places[place].slot = (uint32_t)slot;
}

static struct place *find_place(struct tally *tally, uint64_t hash, struct str text)
{
	for (size_t slot = hash % SLOTS; tally->slots[slot]; slot = (slot + 1) % SLOTS) {
		uint32_t place = tally->slots[slot];

		if (place != GONE && is_value(&tally->places[place - 1], hash, text))
			return &tally->places[place - 1];
	}
	return NULL;
}

/* Slots that were used make searches long: from time to time all are laid out anew. */
static void free_slot(struct tally *tally, const struct place *place)
{
	tally->slots[place->slot] = GONE;
	if (++tally->gone_count < SLOTS / 4)
		return;
	memset(tally->slots, 0, SLOTS * sizeof(*tally->slots));
	tally->gone_count = 0;
	for (uint32_t i = 0; i < tally->count; i++)
		if (&tally->places[i] != place)
			take_slot(tally, i);
}

static void swap(struct tally *tally, size_t a, size_t b)
{
	uint32_t place = tally->heap[a];

	tally->heap[a] = tally->heap[b];
	tally->heap[b] = place;
	tally->places[tally->heap[a]].heap_at = (uint32_t)a;
	tally->places[tally->heap[b]].heap_at = (uint32_t)b;
}

static void sink(struct tally *tally, size_t at)
{
	for (;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < tally->count; child++)
			if (tally->places[tally->heap[child]].count < tally->places[tally->heap[least]].count)
				least = child;
		if (least == at)
			return;
		swap(tally, at, least);
		at = least;
	}
}

static bool make_heap(struct tally *tally)
{
	tally->heap = malloc(tally->count * sizeof(*tally->heap));
	if (!tally->heap)
		return false;
	for (uint32_t i = 0; i < tally->count; i++) {
		tally->heap[i] = i;
		tally->places[i].heap_at = i;
	}
	for (size_t i = tally->count / 2; i-- > 0;)
		sink(tally, i);
	tally->is_approximate = true;
	return true;
}

/* A place for a value that has none; NULL where memory ran out. */
static struct place *make_place(struct tally *tally, uint64_t hash, struct str text)
{
	uint32_t shown = (uint32_t)(text.size < LOG_TOP_SHOWN_BYTES ? text.size : LOG_TOP_SHOWN_BYTES);
	char *copy = malloc(shown + 1);
	struct place *place;
	uint64_t least = 0;

	if (!copy || (tally->count == LOG_TOP_VALUES_MOST && !tally->heap && !make_heap(tally))) {
		free(copy);
		return NULL;
	}
	memcpy(copy, text.data, shown);
	if (tally->heap) {
		place = &tally->places[tally->heap[0]];
		least = place->count;
		free_slot(tally, place);
		free(place->text);
	} else {
		place = &tally->places[tally->count++];
	}
	*place = (struct place){.text = copy,
				.shown = shown,
				.size = (uint32_t)text.size,
				.hash = hash,
				.count = least,
				.error_most = least,
				.heap_at = 0};
	take_slot(tally, (uint32_t)(place - tally->places));
	return place;
}

static bool add(struct tally *tally, struct str text, uint64_t weight)
{
	uint64_t hash = hash_seeded(text.data, text.size, tally->seed);
	struct place *place = find_place(tally, hash, text);

	if (!place)
		place = make_place(tally, hash, text);
	if (!place)
		return false;
	place->count += weight;
	if (tally->heap)
		sink(tally, place->heap_at);
	return true;
}

static bool reserve_sums(struct tally *tally, size_t count)
{
	uint64_t *sums = tally->sums;

	if (count > tally->sum_capacity) {
		sums = realloc(tally->sums, count * sizeof(*sums));
		if (!sums)
			return false;
		tally->sums = sums;
		tally->sum_capacity = count;
	}
	if (count)
		memset(sums, 0, count * sizeof(*sums));
	return true;
}

/* A piece's rows are summed up by code first: a text is looked up once a piece. */
static enum status tally_values(void *context, const struct log_columns *rows, struct error *error)
{
	struct tally *tally = context;

	if (!reserve_sums(tally, rows->value_count))
		return no_memory(error);
	for (size_t i = 0; i < rows->count; i++) {
		uint64_t weight = rows->weights ? rows->weights[i] : 1;

		tally->line_count += weight;
		if (rows->codes[i] == LOG_NO_VALUE)
			tally->without_count += weight;
		else
			tally->sums[rows->codes[i]] += weight;
	}
	for (size_t i = 0; i < rows->value_count; i++)
		if (tally->sums[i] && !add(tally, rows->values[i], tally->sums[i]))
			return no_memory(error);
	return STATUS_OK;
}

static enum status tally_levels(void *context, const struct log_columns *rows, struct error *error)
{
	uint64_t counts[LEVEL_COUNT] = {0};
	struct tally *tally = context;

	for (size_t i = 0; i < rows->count; i++)
		counts[rows->levels[i]] += rows->weights ? rows->weights[i] : 1;
	for (size_t level = 0; level < LEVEL_COUNT; level++) {
		tally->line_count += counts[level];
		if (counts[level] &&
		    !add(tally, str_from(level_name((enum log_record_level)level)), counts[level]))
			return no_memory(error);
	}
	return STATUS_OK;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return str_compare(str_make(x->text, x->shown), str_make(y->text, y->shown));
}

static enum status make_top(struct tally *tally, size_t limit, struct log_top *top, struct error *error)
{
	size_t count = tally->count < limit ? tally->count : limit;

	if (tally->is_approximate)
		top->error_most = tally->places[tally->heap[0]].count;
	else
		top->distinct_count = tally->count;
	qsort(tally->places, tally->count, sizeof(tally->places[0]), compare_places);
	top->values = arena_alloc(&top->arena, (count + 1) * sizeof(*top->values));
	if (!top->values)
		return no_memory(error);
	for (size_t i = 0; i < count; i++) {
		const struct place *place = &tally->places[i];
		struct str text = arena_copy(&top->arena, str_make(place->text, place->shown));

		if (!text.data)
			return no_memory(error);
		top->values[top->value_count++] = (struct log_value){text, place->count, place->error_most};
	}
	top->without_count = tally->without_count;
	top->reach.line_count = tally->line_count;
	return STATUS_OK;
}

static void tally_release(struct tally *tally)
{
	for (size_t i = 0; i < tally->count; i++)
		free(tally->places[i].text);
	free(tally->places);
	free(tally->slots);
	free(tally->heap);
	free(tally->sums);
}

enum status log_top(struct query *query, const struct log_query *which, const struct log_field *field,
		    size_t limit, struct log_top *top_out, struct error *error)
{
	struct log_fold fold = {.filter = which->filter,
				.columns = field ? LOG_COLUMN_FIELD : LOG_COLUMN_LEVEL};
	struct tally tally = {.places = malloc(LOG_TOP_VALUES_MOST * sizeof(struct place)),
			      .slots = calloc(SLOTS, sizeof(uint32_t)),
			      .seed = hash_seed()};
	struct log_top top = {0};
	enum status status = STATUS_OK;

	if (field)
		fold.field = *field;
	arena_init(&top.arena, 0);
	if (!tally.places || !tally.slots)
		status = no_memory(error);
	if (status == STATUS_OK)
		status = log_source_fold(query, &fold, which->handled, field ? tally_values : tally_levels,
					 &tally, &top.reach, error);
	if (status == STATUS_OK)
		status = make_top(&tally, limit, &top, error);
	tally_release(&tally);
	if (status == STATUS_OK)
		*top_out = top;
	else
		arena_release(&top.arena);
	return status;
}

void log_top_release(struct log_top *top)
{
	arena_release(&top->arena);
}
