#include <stdlib.h>

#include "storage/columns/block_sequences.h"
#include "storage/columns/log_reader.h"
#include "storage/rocksdb/rocksdb_internal.h"

enum { UNPACK_LIMIT_BYTES = 1 << 30 };

/* A record that meets the filter: where it lies, and what orders it. */
struct place {
	uint64_t time_ns;
	uint32_t block, row; /* block: its index in the list */
	uint64_t sequence;   /* of the commit that it came with */
};

struct places {
	struct place *items;
	size_t count, capacity, limit;
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
	return (x->row < y->row) - (x->row > y->row);
}

static void compact(struct places *places)
{
	qsort(places->items, places->count, sizeof(*places->items), compare_places);
	if (places->count >= places->limit) {
		places->count = places->limit;
		places->is_full = true;
		places->worst = places->items[places->limit - 1];
	}
}

static enum status add_place(struct places *places, const struct place *place, struct error *error)
{
	if (places->is_full && compare_places(place, &places->worst) > 0)
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

static enum status search_block(struct rocksdb_store *store, const struct block_entry *entry, uint32_t block,
				const struct log_filter *filter, uint64_t snapshot, struct arena *arena,
				struct places *places, struct error *error)
{
	struct log_reader reader;
	struct body body;
	uint8_t *matches;
	const uint64_t *sequences = NULL;
	enum status status = body_read(store, entry, &body, error);

	if (status != STATUS_OK)
		return status;
	status = log_reader_open(&reader, body.bytes, arena, error);
	matches = status == STATUS_OK ? arena_alloc(arena, reader.block.row_count) : NULL;
	if (status == STATUS_OK && !matches)
		status = error_set(error, STATUS_NO_MEMORY, "no memory for a search");
	if (status == STATUS_OK)
		status = log_reader_match(&reader, filter, matches, error);
	if (status == STATUS_OK)
		status = block_sequences_mask(&reader.block, &entry->header, snapshot, matches, error);
	if (status == STATUS_OK)
		status = block_sequences_read(&reader.block, &entry->header, &sequences, error);
	for (size_t row = 0; status == STATUS_OK && row < reader.block.row_count; row++) {
		struct place place = {reader.time_ns[row], block, (uint32_t)row, sequences[row]};

		if (matches[row])
			status = add_place(places, &place, error);
	}
	note_damage(store, entry, status, error);
	body_release(&body);
	arena_clear(arena);
	return status;
}

static enum status search_blocks(struct rocksdb_store *store, const struct block_list *list,
				 const struct log_filter *filter, uint64_t snapshot, struct arena *arena,
				 struct places *places, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < list->count && status == STATUS_OK; i++) {
		if (places->count >= places->limit)
			compact(places);
		if (places->is_full && list->items[i]->header.last_ns < places->worst.time_ns)
			break;
		status = search_block(store, list->items[i], (uint32_t)i, filter, snapshot, arena, places,
				      error);
	}
	if (status == STATUS_OK && places->items)
		compact(places);
	return status;
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

/* Reads the chosen rows of one block and copies each to its place in the answer. */
static enum status copy_rows(struct rocksdb_store *store, const struct block_entry *entry,
			     const struct chosen *chosen, size_t count, struct arena *arena,
			     struct batch *batch_out, struct log_record *answer, struct error *error)
{
	size_t first = chosen[0].row, span = chosen[count - 1].row - first + 1;
	struct log_record *logs = arena_alloc(arena, span * sizeof(*logs));
	struct log_reader reader;
	struct body body;
	enum status status;

	if (!logs)
		return error_set(error, STATUS_NO_MEMORY, "no memory for %zu log records", span);
	status = body_read(store, entry, &body, error);
	if (status != STATUS_OK)
		return status;
	status = log_reader_open(&reader, body.bytes, arena, error);
	if (status == STATUS_OK)
		status = log_reader_read(&reader, first, span, logs, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct log_record *copy = batch_copy_log(batch_out, &logs[chosen[i].row - first]);

		if (copy)
			answer[chosen[i].rank] = *copy;
		else
			status = error_set(
				error, STATUS_NO_MEMORY,
				"the log records are larger than the memory that one query may use");
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

enum status rocksdb_find_logs(struct store *base, const struct log_filter *filter,
			      const struct log_page *page, struct batch *batch_out, uint64_t *snapshot_out,
			      struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	uint64_t snapshot = page->snapshot ? page->snapshot : block_index_last_sequence(&store->index);
	struct places places = {.limit = page->limit + (page->has_before ? page->skip : 0)};
	struct log_filter narrowed = *filter;
	struct block_list list;
	struct arena arena;
	enum status status;

	if (page->has_before && page->before_ns < UINT64_MAX && page->before_ns + 1 < narrowed.range.end_ns)
		narrowed.range.end_ns = page->before_ns + 1;
	status = block_index_list(&store->index, SIGNAL_LOGS, snapshot, may_hold_logs, &narrowed, &list,
				  error);
	if (status != STATUS_OK)
		return status;
	arena_init(&arena, UNPACK_LIMIT_BYTES);
	if (page->limit)
		status = search_blocks(store, &list, &narrowed, snapshot, &arena, &places, error);
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
