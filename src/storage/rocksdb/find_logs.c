#include <stdlib.h>

#include "storage/columns/block_sequences.h"
#include "storage/columns/log_reader.h"
#include "storage/rocksdb/parallel.h"
#include "storage/rocksdb/rocksdb_internal.h"

/* A record that meets the filter: where it lies, and what orders it. */
struct place {
	uint64_t time_ns;
	uint32_t block, row; /* block: its index in the list */
	uint64_t sequence;   /* of the commit that it came with */
};

struct places {
	struct place *items;
	size_t count, capacity, limit;
	int (*compare)(const void *a, const void *b); /* the order of the page */
	bool is_full;
	struct place worst;
};

static bool may_hold_logs(const struct block_header *header, const void *filter)
{
	return header_may_hold_logs(header, filter);
}

/* Newest first; at the same nanosecond what arrived last comes first. */
static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? 1 : -1;
	if (x->sequence != y->sequence)
		return x->sequence < y->sequence ? 1 : -1;
	if (x->block != y->block)
		return x->block > y->block ? 1 : -1;
	return (x->row < y->row) - (x->row > y->row);
}

static int compare_places_oldest_first(const void *a, const void *b)
{
	return compare_places(b, a);
}

static void compact(struct places *places)
{
	qsort(places->items, places->count, sizeof(*places->items), places->compare);
	if (places->count >= places->limit) {
		places->count = places->limit;
		places->is_full = true;
		places->worst = places->items[places->limit - 1];
	}
}

static enum status add_place(struct places *places, const struct place *place, struct error *error)
{
	if (places->is_full && places->compare(place, &places->worst) > 0)
		return STATUS_OK;
	if (places->count == places->capacity) {
		size_t capacity = places->limit * 2 + 256;

		if (places->items)
			compact(places);
		else
			places->items = malloc(capacity * sizeof(*places->items));
		if (!places->items)
			return error_set(error, STATUS_NO_MEMORY, "no memory for the hits of a search");
		places->capacity = capacity;
	}
	places->items[places->count++] = *place;
	return STATUS_OK;
}

/* One search over many blocks. What the workers share is under the lock. */
struct search {
	struct rocksdb_store *store;
	const struct block_list *list;
	const struct log_filter *filter;
	uint64_t snapshot;
	struct arena arenas[PARALLEL_MOST_WORKERS]; /* a worker's own */
	pthread_mutex_t lock;
	struct places *places;
	size_t failed_index; /* of the newest block that failed; SIZE_MAX: none did */
	struct error failure;
};

/* Whether rows of the block can still be among the hits. No later block's in the list can where it cannot. */
static bool is_wanted(struct places *places, const struct block_entry *entry)
{
	if (places->count >= places->limit)
		compact(places);
	if (!places->is_full)
		return true;
	return places->compare == compare_places ? entry->header.last_ns >= places->worst.time_ns
						 : entry->header.first_ns <= places->worst.time_ns;
}

/* Adds the rows that match; their sequences are read where there are any. */
static enum status take_matches(struct search *search, size_t index, struct log_reader *reader,
				const uint8_t *matches, struct error *error)
{
	const uint64_t *sequences;
	enum status status;

	if (!memchr(matches, 1, reader->block.row_count))
		return STATUS_OK;
	status = block_sequences_read(&reader->block, &search->list->items[index]->header, &sequences, error);
	pthread_mutex_lock(&search->lock);
	for (size_t row = 0; status == STATUS_OK && row < reader->block.row_count; row++) {
		struct place place = {reader->time_ns[row], (uint32_t)index, (uint32_t)row, 0};

		if (!matches[row])
			continue;
		place.sequence = sequences[row];
		status = add_place(search->places, &place, error);
	}
	pthread_mutex_unlock(&search->lock);
	return status;
}

static enum status search_body(struct search *search, size_t index, struct str bytes, struct arena *arena,
			       struct error *error)
{
	struct log_reader reader;
	uint8_t *matches;
	enum status status = log_reader_open(&reader, bytes, arena, error);

	if (status != STATUS_OK)
		return status;
	matches = arena_alloc(arena, reader.block.row_count);
	if (!matches)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a search");
	status = log_reader_match(&reader, search->filter, matches, error);
	if (status == STATUS_OK)
		status = block_sequences_mask(&reader.block, &search->list->items[index]->header,
					      search->snapshot, matches, error);
	return status == STATUS_OK ? take_matches(search, index, &reader, matches, error) : status;
}

static enum status search_block(struct search *search, size_t index, struct arena *arena, struct error *error)
{
	const struct block_entry *entry = search->list->items[index];
	struct body body;
	bool may_hold;
	enum status status = words_may_hold(search->store, entry, search->filter, &may_hold, error);

	if (status != STATUS_OK || !may_hold)
		return status;
	status = body_read(search->store, entry, &body, error);
	if (status != STATUS_OK)
		return status;
	status = search_body(search, index, body.bytes, arena, error);
	note_damage(search->store, entry, status, error);
	body_release(&body);
	arena_clear(arena);
	return status;
}

static void note_failure(struct search *search, size_t index, const struct error *error)
{
	pthread_mutex_lock(&search->lock);
	if (index < search->failed_index) {
		search->failed_index = index;
		search->failure = *error;
	}
	pthread_mutex_unlock(&search->lock);
}

/* Blocks lie in the order of the page: one that cannot add to the hits ends the search. */
static bool search_task(void *context, size_t index, size_t worker)
{
	struct search *search = context;
	struct error error = {0};
	bool wanted;

	pthread_mutex_lock(&search->lock);
	wanted = is_wanted(search->places, search->list->items[index]);
	pthread_mutex_unlock(&search->lock);
	if (!wanted)
		return false;
	if (search_block(search, index, &search->arenas[worker], &error) == STATUS_OK)
		return true;
	note_failure(search, index, &error);
	return false;
}

/* A block that failed counts only if a search block by block would have come to it. */
static enum status search_end(struct search *search, struct error *error)
{
	struct places *places = search->places;

	if (places->items)
		compact(places);
	if (search->failed_index == SIZE_MAX || !is_wanted(places, search->list->items[search->failed_index]))
		return STATUS_OK;
	return error_set(error, search->failure.status, "%s", search->failure.message);
}

static enum status search_blocks(struct rocksdb_store *store, const struct block_list *list,
				 const struct log_filter *filter, uint64_t snapshot, struct places *places,
				 struct error *error)
{
	struct search search = {.store = store,
				.list = list,
				.filter = filter,
				.snapshot = snapshot,
				.places = places,
				.failed_index = SIZE_MAX};

	for (size_t i = 0; i < PARALLEL_MOST_WORKERS; i++)
		search_arena_init(store, &search.arenas[i]);
	pthread_mutex_init(&search.lock, NULL);
	parallel_run(store->helpers, list->count, search_task, &search);
	pthread_mutex_destroy(&search.lock);
	for (size_t i = 0; i < PARALLEL_MOST_WORKERS; i++)
		arena_release(&search.arenas[i]);
	return search_end(&search, error);
}

/* A hit and its place in the answer. */
struct chosen {
	uint32_t block, row;
	size_t rank;
};

static int compare_chosen(const void *a, const void *b)
{
	const struct chosen *x = a, *y = b;

	if (x->block != y->block)
		return x->block > y->block ? 1 : -1;
	return (x->row > y->row) - (x->row < y->row);
}

/* Chosen rows of one block that lie near each other are read as one piece; what lies between is not worth a seek. */
enum { PIECE_GAP_ROWS = 64 };

static size_t piece_end(const struct chosen *chosen, size_t count, size_t first)
{
	size_t end = first + 1;

	while (end < count && chosen[end].row - chosen[end - 1].row <= PIECE_GAP_ROWS)
		end++;
	return end;
}

/* Reads the rows from the first chosen to the last and copies the chosen to their places in the answer. */
static enum status copy_piece(struct log_reader *reader, const struct chosen *chosen, size_t count,
			      struct batch *batch_out, struct log_record *answer, struct error *error)
{
	size_t first = chosen[0].row, span = chosen[count - 1].row - first + 1;
	struct log_record *logs = arena_alloc(reader->block.arena, span * sizeof(*logs));
	enum status status;

	if (!logs)
		return error_set(error, STATUS_NO_MEMORY, "no memory for %zu log records", span);
	status = log_reader_read(reader, first, span, logs, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct log_record *copy = batch_copy_log(batch_out, &logs[chosen[i].row - first]);

		if (copy)
			answer[chosen[i].rank] = *copy;
		else
			status = error_set(
				error, STATUS_NO_MEMORY,
				"the log records are larger than the memory that one query may use");
	}
	return status;
}

static enum status copy_rows(struct rocksdb_store *store, const struct block_entry *entry,
			     const struct chosen *chosen, size_t count, struct arena *arena,
			     struct batch *batch_out, struct log_record *answer, struct error *error)
{
	struct log_reader reader;
	struct body body;
	enum status status = body_read(store, entry, &body, error);

	if (status != STATUS_OK)
		return status;
	status = log_reader_open(&reader, body.bytes, arena, error);
	for (size_t first = 0, end; first < count && status == STATUS_OK; first = end) {
		end = piece_end(chosen, count, first);
		status = copy_piece(&reader, chosen + first, end - first, batch_out, answer, error);
	}
	note_damage(store, entry, status, error);
	body_release(&body);
	arena_clear(arena);
	return status;
}

static enum status read_places(struct rocksdb_store *store, const struct block_list *list,
			       const struct place *places, size_t count, struct arena *arena,
			       struct batch *batch_out, struct error *error)
{
	struct chosen *chosen = malloc((count + 1) * sizeof(*chosen));
	struct log_record *answer = malloc((count + 1) * sizeof(*answer));
	size_t before = batch_out->log_count;
	enum status status = STATUS_OK;

	if (!chosen || !answer)
		status = error_set(error, STATUS_NO_MEMORY, "no memory for %zu log records", count);
	for (size_t i = 0; status == STATUS_OK && i < count; i++)
		chosen[i] = (struct chosen){places[i].block, places[i].row, i};
	if (status == STATUS_OK)
		qsort(chosen, count, sizeof(*chosen), compare_chosen);
	for (size_t first = 0, end; first < count && status == STATUS_OK; first = end) {
		for (end = first + 1; end < count && chosen[end].block == chosen[first].block; end++)
			;
		status = copy_rows(store, list->items[chosen[first].block], chosen + first, end - first,
				   arena, batch_out, answer, error);
	}
	if (status != STATUS_OK)
		batch_out->log_count = before;
	else if (count)
		memcpy(batch_out->logs + before, answer, count * sizeof(*answer));
	free(chosen);
	free(answer);
	return status;
}

/* How many of the hits were on the pages before: those of exactly before_ns that were skipped over. */
static size_t count_shown(const struct places *places, const struct log_page *page)
{
	size_t shown = 0;

	while (page->has_before && shown < places->count && shown < page->skip &&
	       places->items[shown].time_ns == page->before_ns)
		shown++;
	return shown;
}

static int compare_first_times(const void *a, const void *b)
{
	const struct block_entry *x = *(struct block_entry *const *)a, *y = *(struct block_entry *const *)b;

	return (x->header.first_ns > y->header.first_ns) - (x->header.first_ns < y->header.first_ns);
}

/* Leaves out what the pages before have shown, but for the nanosecond at which they ended. */
static void narrow(struct time_range *range, const struct log_page *page)
{
	if (!page->has_before)
		return;
	if (page->oldest_first)
		range->start_ns = page->before_ns > range->start_ns ? page->before_ns : range->start_ns;
	else if (page->before_ns < UINT64_MAX && page->before_ns + 1 < range->end_ns)
		range->end_ns = page->before_ns + 1;
}

enum status rocksdb_find_logs(struct store *base, const struct log_filter *filter,
			      const struct log_page *page, struct batch *batch_out, uint64_t *snapshot_out,
			      struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	uint64_t snapshot = page->snapshot ? page->snapshot : block_index_last_sequence(&store->index);
	struct places places = {.limit = page->limit + (page->has_before ? page->skip : 0),
				.compare = page->oldest_first ? compare_places_oldest_first : compare_places};
	struct log_filter narrowed = *filter;
	struct block_list list;
	struct arena arena;
	enum status status;

	/* A cursor is foreign bytes. Behind more records than there are stands none. */
	if (page->has_before && page->skip > block_index_row_count(&store->index, SIGNAL_LOGS)) {
		*snapshot_out = snapshot;
		return STATUS_OK;
	}
	narrow(&narrowed.range, page);
	status = block_index_list(&store->index, SIGNAL_LOGS, snapshot, may_hold_logs, &narrowed, &list,
				  error);
	if (status != STATUS_OK)
		return status;
	if (page->oldest_first && list.count)
		qsort(list.items, list.count, sizeof(list.items[0]), compare_first_times);
	search_arena_init(store, &arena);
	if (page->limit)
		status = search_blocks(store, &list, &narrowed, snapshot, &places, error);
	if (status == STATUS_OK) {
		size_t shown = count_shown(&places, page);
		size_t left = places.count - shown;

		status = read_places(store, &list, places.items + shown,
				     left < page->limit ? left : page->limit, &arena, batch_out, error);
	}
	if (status == STATUS_OK)
		*snapshot_out = snapshot;
	arena_release(&arena);
	block_list_release(&list);
	free(places.items);
	return status;
}
