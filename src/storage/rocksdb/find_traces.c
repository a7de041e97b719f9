#include <stdlib.h>

#include "storage/columns/block_sequences.h"
#include "storage/columns/span_reader.h"
#include "storage/rocksdb/rocksdb_internal.h"

static bool may_hold_trace(const struct block_header *header, const void *filter)
{
	return header_may_hold_trace(header, *(const uint32_t *)filter);
}

static bool may_hold_spans(const struct block_header *header, const void *filter)
{
	return header_may_hold_spans(header, filter);
}

/* Copies the rows of a trace out of one block. */
static enum status copy_trace(struct span_reader *reader, const uint8_t trace_id[TRACE_ID_SIZE],
			      struct batch *batch_out, struct error *error)
{
	size_t first, count;
	struct span *spans;
	enum status status = span_reader_find(reader, trace_id, &first, &count, error);

	if (status != STATUS_OK || count == 0)
		return status;
	spans = arena_alloc(reader->block.arena, count * sizeof(*spans));
	if (!spans)
		return error_set(error, STATUS_NO_MEMORY, "no memory for %zu spans", count);
	status = span_reader_read(reader, first, count, spans, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		if (!batch_copy_span(batch_out, &spans[i]))
			status = error_set(error, STATUS_NO_MEMORY,
					   "a trace is larger than the memory that one query may use");
	return status;
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->start_ns != y->start_ns)
		return x->start_ns > y->start_ns ? 1 : -1;
	return memcmp(x->span_id, y->span_id, SPAN_ID_SIZE);
}

enum status rocksdb_read_trace(struct store *base, const uint8_t trace_id[TRACE_ID_SIZE],
			       struct batch *batch_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	uint32_t hash = header_trace_hash(trace_id);
	size_t before = batch_out->span_count;
	struct block_list list;
	struct arena arena;
	enum status status = block_index_list(&store->index, SIGNAL_TRACES, UINT64_MAX, may_hold_trace, &hash,
					      &list, error);

	if (status != STATUS_OK)
		return status;
	search_arena_init(store, &arena);
	for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
		struct span_reader reader;
		struct body body;

		status = body_read(store, list.items[i], &body, error);
		if (status != STATUS_OK)
			break;
		status = span_reader_open(&reader, body.bytes, &arena, error);
		if (status == STATUS_OK)
			status = copy_trace(&reader, trace_id, batch_out, error);
		note_damage(store, list.items[i], status, error);
		body_release(&body);
		arena_clear(&arena);
	}
	arena_release(&arena);
	block_list_release(&list);
	if (status == STATUS_OK && batch_out->span_count == before)
		status = error_set(error, STATUS_NOT_FOUND, "there is no such trace");
	if (status != STATUS_OK)
		batch_out->span_count = before;
	else
		qsort(batch_out->spans + before, batch_out->span_count - before, sizeof(struct span),
		      compare_spans);
	return status;
}

/* The hits so far: the best of them once it is compacted. */
struct hits {
	struct trace_hit *items;
	size_t count, capacity, limit;
	bool is_full; /* compacted to limit hits: worst says what is no longer wanted */
	struct trace_hit worst;
};

/* Newest first; at the same nanosecond the smaller id first. */
static int compare_hits(const void *a, const void *b)
{
	const struct trace_hit *x = a, *y = b;

	if (x->position_ns != y->position_ns)
		return x->position_ns < y->position_ns ? 1 : -1;
	return memcmp(x->trace_id, y->trace_id, TRACE_ID_SIZE);
}

static int compare_ids(const void *a, const void *b)
{
	const struct trace_hit *x = a, *y = b;
	int order = memcmp(x->trace_id, y->trace_id, TRACE_ID_SIZE);

	return order ? order : compare_hits(a, b);
}

/* Keeps each trace once, at its newest position, and no more than limit of them, in order. */
static void compact(struct hits *hits)
{
	size_t distinct = 0;

	qsort(hits->items, hits->count, sizeof(*hits->items), compare_ids);
	for (size_t i = 0; i < hits->count; i++)
		if (i == 0 ||
		    memcmp(hits->items[i].trace_id, hits->items[distinct - 1].trace_id, TRACE_ID_SIZE) != 0)
			hits->items[distinct++] = hits->items[i];
	qsort(hits->items, distinct, sizeof(*hits->items), compare_hits);
	hits->count = distinct < hits->limit ? distinct : hits->limit;
	hits->is_full = hits->count == hits->limit;
	if (hits->is_full)
		hits->worst = hits->items[hits->limit - 1];
}

static enum status add_hit(struct hits *hits, const struct trace_hit *hit, struct error *error)
{
	if (hits->is_full && compare_hits(hit, &hits->worst) > 0)
		return STATUS_OK;
	if (hits->count == hits->capacity) {
		size_t capacity = hits->limit * 4 + 64;

		if (hits->items)
			compact(hits);
		else
			hits->items = malloc(capacity * sizeof(*hits->items));
		if (!hits->items)
			return error_set(error, STATUS_NO_MEMORY, "no memory for the hits of a search");
		hits->capacity = capacity;
	}
	hits->items[hits->count++] = *hit;
	return STATUS_OK;
}

/* One search: what it looks for, where, and from which place on. */
struct search {
	struct rocksdb_store *store;
	const struct span_filter *filter;
	const struct trace_page *page;
	uint64_t snapshot; /* rows that arrived later are not seen */
	struct block_list list;
	pthread_mutex_t lock; /* of what follows: several threads search */
	size_t next;          /* of the list: the block that nobody has taken yet */
	struct hits hits;
	enum status status; /* the first failure */
	struct error error;
};

/* What one thread of a search works with. */
struct searcher {
	struct search *search;
	const struct block_entry *block; /* the one being searched */
	struct hits hits;                /* of that block */
	struct arena arena;              /* the same */
	struct arena probe_arena;        /* of the blocks looked at for one trace */
};

/*
 * Whether a trace stood on an earlier page: whether one of its spans meets the filter at or before the place
 * where that page ended. Only blocks whose last row is that new can tell.
 */
static enum status was_shown(struct searcher *searcher, const uint8_t trace_id[TRACE_ID_SIZE],
			     bool *was_shown_out, struct error *error)
{
	const struct search *search = searcher->search;
	uint32_t hash = header_trace_hash(trace_id);
	enum status status = STATUS_OK;

	*was_shown_out = false;
	for (size_t i = 0; i < search->list.count && status == STATUS_OK && !*was_shown_out; i++) {
		const struct block_entry *entry = search->list.items[i];
		struct span_reader reader;
		struct body body;
		size_t first = 0, count = 0;
		uint8_t *matches;

		if (entry->header.last_ns < search->page->after.position_ns)
			break;
		/* The newest match of the block being searched is known: it is not that new. */
		if (entry == searcher->block || !header_may_hold_trace(&entry->header, hash))
			continue;
		status = body_read(search->store, entry, &body, error);
		if (status != STATUS_OK)
			break;
		status = span_reader_open(&reader, body.bytes, &searcher->probe_arena, error);
		if (status == STATUS_OK)
			status = span_reader_find(&reader, trace_id, &first, &count, error);
		if (status == STATUS_OK)
			status = span_reader_need_starts(&reader, first, count, error);
		matches = status == STATUS_OK
				  ? arena_calloc(&searcher->probe_arena, reader.block.row_count, 1)
				  : NULL;
		if (status == STATUS_OK && !matches)
			status = error_set(error, STATUS_NO_MEMORY, "no memory for a search");
		if (status == STATUS_OK)
			status = span_reader_match(&reader, search->filter, first, count, matches + first,
						   error);
		if (status == STATUS_OK)
			status = block_sequences_mask(&reader.block, &entry->header, search->snapshot,
						      matches, error);
		for (size_t row = first; status == STATUS_OK && row < first + count; row++) {
			struct trace_hit hit = {.position_ns = reader.start_ns[row]};

			memcpy(hit.trace_id, trace_id, TRACE_ID_SIZE);
			*was_shown_out |= matches[row] && compare_hits(&hit, &search->page->after) <= 0;
		}
		note_damage(search->store, entry, status, error);
		body_release(&body);
		arena_clear(&searcher->probe_arena);
	}
	return status;
}

/* Takes the newest match of a trace within one block as a hit, if the page wants it. */
static enum status take_trace(struct searcher *searcher, struct span_reader *reader, size_t run, size_t first,
			      size_t end, const uint8_t *matches, struct error *error)
{
	const struct trace_page *page = searcher->search->page;
	struct trace_hit hit;
	bool is_old = false;
	enum status status = STATUS_OK;
	size_t row = end;

	/* Rows of a trace ascend by start: the newest match is the last one. */
	while (row > first && !matches[row - 1])
		row--;
	if (row == first)
		return STATUS_OK;
	status = span_reader_need_starts(reader, row - 1, 1, error);
	if (status != STATUS_OK)
		return note_damage(searcher->search->store, searcher->block, status, error);
	hit.position_ns = reader->start_ns[row - 1];
	memcpy(hit.trace_id, reader->trace_ids + TRACE_ID_SIZE * run, TRACE_ID_SIZE);
	if (page->has_after) {
		if (compare_hits(&hit, &page->after) <= 0)
			return STATUS_OK;
		status = was_shown(searcher, hit.trace_id, &is_old, error);
	}
	if (status != STATUS_OK || is_old)
		return status;
	return add_hit(&searcher->hits, &hit, error);
}

/* The rows of the block that meet the filter; *matches_out stays NULL where none can. */
static enum status match_rows(struct searcher *searcher, struct span_reader *reader, uint8_t **matches_out,
			      struct error *error)
{
	const struct block_header *header = &searcher->block->header;
	const struct span_filter *filter = searcher->search->filter;
	uint8_t *matches;
	bool may_match = false;
	enum status status = span_reader_may_match(reader, filter, &may_match, error);

	if (status != STATUS_OK || !may_match)
		return status;
	status = span_reader_open_traces(reader, error);
	if (status != STATUS_OK)
		return status;
	matches = arena_alloc(&searcher->arena, reader->block.row_count);
	if (!matches)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a search");
	reader->is_in_range =
		header->first_ns >= filter->range.start_ns && header->last_ns < filter->range.end_ns;
	status = span_reader_match(reader, filter, 0, reader->block.row_count, matches, error);
	if (status == STATUS_OK)
		status = block_sequences_mask(&reader->block, header, searcher->search->snapshot, matches,
					      error);
	*matches_out = matches;
	return status;
}

static enum status take_traces(struct searcher *searcher, struct span_reader *reader, const uint8_t *matches,
			       struct error *error)
{
	enum status status = STATUS_OK;
	size_t first = 0;

	for (size_t run = 0; run < reader->trace_count && status == STATUS_OK; run++) {
		status = take_trace(searcher, reader, run, first, reader->run_ends[run], matches, error);
		first = reader->run_ends[run];
	}
	return status;
}

static enum status search_block(struct searcher *searcher, struct error *error)
{
	struct span_reader reader;
	struct body body;
	uint8_t *matches = NULL;
	enum status status = body_read(searcher->search->store, searcher->block, &body, error);

	if (status != STATUS_OK)
		return status;
	status = span_reader_begin(&reader, body.bytes, &searcher->arena, error);
	if (status == STATUS_OK)
		status = match_rows(searcher, &reader, &matches, error);
	note_damage(searcher->search->store, searcher->block, status, error);
	if (status == STATUS_OK && matches)
		status = take_traces(searcher, &reader, matches, error);
	body_release(&body);
	arena_clear(&searcher->arena);
	return status;
}

/*
 * The next block to search, NULL where none is left. Blocks come newest first: once a page is full, older blocks
 * cannot add to it. What others are still searching can only make the page's last place newer.
 */
static const struct block_entry *take_block(struct search *search)
{
	const struct block_entry *entry = NULL;

	while (!entry && search->status == STATUS_OK && search->next < search->list.count) {
		entry = search->list.items[search->next++];
		if (search->page->has_after && entry->header.first_ns > search->page->after.position_ns) {
			entry = NULL;
			continue;
		}
		if (search->hits.count >= search->hits.limit)
			compact(&search->hits);
		if (search->hits.is_full && entry->header.last_ns < search->hits.worst.position_ns) {
			search->next = search->list.count;
			return NULL;
		}
	}
	return entry;
}

/* Adds what a block gave to what the search has. The order in which blocks come in makes no difference. */
static void give_hits(struct search *search, struct hits *hits, enum status status, const struct error *error)
{
	struct error own = *error;

	for (size_t i = 0; i < hits->count && status == STATUS_OK; i++)
		status = add_hit(&search->hits, &hits->items[i], &own);
	hits->count = 0;
	hits->is_full = false;
	if (status != STATUS_OK && search->status == STATUS_OK) {
		search->status = status;
		search->error = own;
	}
}

/* Searches blocks, most of them, until none is left. */
static void search_blocks(struct search *search, size_t most)
{
	struct searcher searcher = {.search = search, .hits = {.limit = search->hits.limit}};
	struct error error = {0};

	search_arena_init(search->store, &searcher.arena);
	search_arena_init(search->store, &searcher.probe_arena);
	pthread_mutex_lock(&search->lock);
	for (size_t i = 0; i < most && (searcher.block = take_block(search)); i++) {
		enum status status;

		pthread_mutex_unlock(&search->lock);
		status = search_block(&searcher, &error);
		pthread_mutex_lock(&search->lock);
		give_hits(search, &searcher.hits, status, &error);
	}
	pthread_mutex_unlock(&search->lock);
	arena_release(&searcher.arena);
	arena_release(&searcher.probe_arena);
	free(searcher.hits.items);
}

static void search_to_the_end(void *context)
{
	search_blocks(context, SIZE_MAX);
}

/* The newest blocks often fill the page: only where they do not is it worth waking others. */
static enum status run_search(struct search *search, struct error *error)
{
	enum { ALONE = 2 };
	bool is_left;

	search_blocks(search, ALONE);
	pthread_mutex_lock(&search->lock);
	if (search->hits.count >= search->hits.limit)
		compact(&search->hits);
	is_left = search->status == STATUS_OK && search->next < search->list.count &&
		  !(search->hits.is_full &&
		    search->list.items[search->next]->header.last_ns < search->hits.worst.position_ns);
	pthread_mutex_unlock(&search->lock);
	if (is_left)
		helpers_run(search->store->helpers, search_to_the_end, search);
	if (search->status != STATUS_OK)
		return error_set(error, search->status, "%s", search->error.message);
	if (search->hits.items)
		compact(&search->hits);
	return STATUS_OK;
}

enum status rocksdb_find_traces(struct store *base, const struct span_filter *filter,
				const struct trace_page *page, struct trace_hit *hits_out,
				size_t *hit_count_out, uint64_t *snapshot_out, struct error *error)
{
	struct search search = {.store = (struct rocksdb_store *)base,
				.filter = filter,
				.page = page,
				.hits = {.limit = page->limit}};
	enum status status;

	search.snapshot = page->snapshot ? page->snapshot : block_index_last_sequence(&search.store->index);
	status = block_index_list(&search.store->index, SIGNAL_TRACES, search.snapshot, may_hold_spans,
				  filter, &search.list, error);
	if (status != STATUS_OK)
		return status;
	pthread_mutex_init(&search.lock, NULL);
	if (page->limit)
		status = run_search(&search, error);
	if (status == STATUS_OK) {
		if (search.hits.count)
			memcpy(hits_out, search.hits.items, search.hits.count * sizeof(*hits_out));
		*hit_count_out = search.hits.count;
		*snapshot_out = search.snapshot;
	}
	pthread_mutex_destroy(&search.lock);
	block_list_release(&search.list);
	free(search.hits.items);
	return status;
}
