#include <stdlib.h>

#include "base/hash.h"
#include "storage/columns/point_reader.h"
#include "storage/rocksdb/rocksdb_internal.h"
#include "storage/rocksdb/series_key.h"

static bool may_hold_points(const struct block_header *header, const void *filter)
{
	return header_may_hold_points(header, filter);
}

/* Runs a call for every block that passes the filter; what the reader reads lies in arena. */
typedef enum status visit_block(void *context, struct point_reader *reader, struct error *error);

static enum status visit_body(struct rocksdb_store *store, const struct block_entry *entry,
			      const struct point_filter *filter, struct arena *arena, visit_block *visit,
			      void *context, struct error *error)
{
	struct point_reader reader;
	struct body body;
	struct str copy;
	bool may_hold = false;
	enum status status = body_read(store, entry, &body, error);

	if (status != STATUS_OK)
		return status;
	/* Readers point into the bytes, and points outlive this call. */
	copy = arena_copy(arena, body.bytes);
	body_release(&body);
	if (!copy.data)
		return error_set(error, STATUS_NO_MEMORY,
				 "the metric points are larger than the memory that one query may use");
	status = point_reader_open(&reader, copy, arena, error);
	if (status == STATUS_OK)
		status = point_reader_may_hold(&reader, filter, &may_hold, error);
	if (status == STATUS_OK && may_hold)
		status = visit(context, &reader, error);
	return note_damage(store, entry, status, error);
}

/* Gives back what a block took of arena since mark and nobody needs; nothing where memory ran out. */
typedef enum status settle_block(void *context, struct arena *arena, const struct arena *mark,
				 struct error *error);

static enum status visit_blocks(struct rocksdb_store *store, const struct point_filter *filter,
				struct arena *arena, visit_block *visit, settle_block *settle, void *context,
				struct error *error)
{
	struct block_list list;
	enum status status = block_index_list(&store->index, SIGNAL_METRICS, UINT64_MAX, may_hold_points,
					      filter, &list, error);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
		struct arena mark = *arena;

		status = visit_body(store, list.items[i], filter, arena, visit, context, error);
		if (status == STATUS_OK)
			status = settle(context, arena, &mark, error);
	}
	block_list_release(&list);
	return status;
}

/* Past this share of a block's points, what the points point to is most of what the block took. */
enum { FEW_OF = 8 };

struct reading {
	const struct point_filter *filter;
	struct batch *batch;
	size_t before;    /* points of the blocks before */
	size_t row_count; /* of the block */
};

static enum status read_block(void *context, struct point_reader *reader, struct error *error)
{
	struct reading *reading = context;
	enum status status = point_reader_read(reader, reading->filter, reading->batch, error);

	reading->row_count = reader->block.row_count;
	point_reader_show_types(reader);
	return status;
}

/* One series of a million must not keep every block that it lies in: few points stand alone. */
static enum status settle_read(void *context, struct arena *arena, const struct arena *mark,
			       struct error *error)
{
	struct reading *reading = context;
	struct batch *batch = reading->batch, few;
	size_t first = reading->before, count = batch->point_count - first;
	bool has_memory;

	reading->before = batch->point_count;
	if (count * FEW_OF > reading->row_count)
		return STATUS_OK;
	batch_init(&few, 0);
	has_memory = batch_copy_points(&few, batch->points + first, count);
	batch->point_count = first;
	arena_rewind(arena, mark);
	has_memory = has_memory && batch_copy_points(batch, few.points, count);
	batch_release(&few);
	return has_memory ? STATUS_OK : error_set(error, STATUS_NO_MEMORY, "no memory for metric points");
}

/* A point by what it is sorted by. */
struct keyed {
	struct series_key key;
	uint64_t time_ns;
	size_t index;
};

static int compare_keyed(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int order = series_key_compare(&x->key, &y->key);

	if (order == 0)
		order = (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

static bool is_same_origin(const struct metric_point *a, const struct metric_point *b)
{
	return a->metric == b->metric && a->resource == b->resource && a->scope == b->scope &&
	       a->attributes.items == b->attributes.items && a->attributes.count == b->attributes.count;
}

static bool key_points(const struct metric_point *points, size_t count, struct keyed *keyed)
{
	struct series_keyer *keyer = calloc(1, sizeof(*keyer));
	bool has_memory = keyer != NULL;

	for (size_t i = 0; i < count && has_memory; i++) {
		keyed[i].time_ns = points[i].time_ns;
		keyed[i].index = i;
		if (i > 0 && is_same_origin(&points[i], &points[i - 1]))
			keyed[i].key = keyed[i - 1].key;
		else
			has_memory = series_keyer_make(keyer, points[i].metric, points[i].resource,
						       points[i].scope, &points[i].attributes, &keyed[i].key);
	}
	if (keyer)
		series_keyer_release(keyer);
	free(keyer);
	return has_memory;
}

/* Brings the points of one series, which lie in many blocks, together. */
enum status sort_points(struct metric_point *points, size_t count, struct error *error)
{
	struct keyed *keyed = malloc((count + 1) * sizeof(*keyed));
	struct metric_point *sorted = malloc((count + 1) * sizeof(*sorted));
	bool has_memory = keyed && sorted && key_points(points, count, keyed);

	if (has_memory) {
		qsort(keyed, count, sizeof(*keyed), compare_keyed);
		for (size_t i = 0; i < count; i++)
			sorted[i] = points[keyed[i].index];
		if (count)
			memcpy(points, sorted, count * sizeof(*points));
	}
	free(keyed);
	free(sorted);
	if (!has_memory)
		return error_set(error, STATUS_NO_MEMORY, "no memory to sort %zu metric points", count);
	return STATUS_OK;
}

enum status rocksdb_read_points(struct store *base, const struct point_filter *filter,
				struct batch *batch_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	size_t before = batch_out->point_count;
	struct reading reading = {.filter = filter, .batch = batch_out, .before = before};
	enum status status =
		visit_blocks(store, filter, &batch_out->arena, read_block, settle_read, &reading, error);

	if (status == STATUS_OK)
		status = sort_points(batch_out->points + before, batch_out->point_count - before, error);
	if (status != STATUS_OK)
		batch_out->point_count = before;
	return status;
}

enum { MOST_AWAITED = 32 };

/* A list of metrics that is being made. Strings in the dictionaries lie in arena. */
struct listing {
	const struct point_filter *filter;
	struct arena *arena;
	struct buffer scratch;
	struct dictionary metrics; /* type and name */
	struct dictionary labels;  /* metric's code and label name */
	struct series_set series;
	struct series_keyer keyer;
	/* The series looked at last: its neighbours are of the same metric, and mostly have the same labels. */
	const struct metric *last_metric;
	uint32_t last_code, last_labels;
	const struct resource *last_resource;
	uint64_t last_shape;
	/* Series whose places in the set are on their way: a million places do not fit into a cache. */
	struct awaited {
		struct series_key key;
		struct point_series series;
		uint32_t metric;
	} awaited[MOST_AWAITED];
	size_t awaited_count;
	struct listed {
		const struct metric *metric;
		size_t series_count, label_count;
	} *listed;
	size_t capacity;
};

/* The code of the bytes in scratch; they are kept where they are new. */
static enum status code_of_scratch(struct listing *listing, struct dictionary *dictionary, uint32_t *code_out,
				   bool *is_new_out, struct error *error)
{
	size_t before = dictionary->entries.count;

	*code_out = dictionary_code(dictionary, buffer_str(&listing->scratch));
	*is_new_out = dictionary->entries.count > before;
	if (*is_new_out) {
		struct str kept = arena_copy(listing->arena, buffer_str(&listing->scratch));

		dictionary->entries.items[*code_out] = kept;
		if (!kept.data)
			return error_set(error, STATUS_NO_MEMORY, "no memory to list metrics");
	}
	if (dictionary->failed || buffer_failed(&listing->scratch))
		return error_set(error, STATUS_NO_MEMORY, "no memory to list metrics");
	return STATUS_OK;
}

static const struct metric *copy_metric(struct arena *arena, const struct metric *from)
{
	struct metric *copy = arena_alloc(arena, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *from;
	copy->name = arena_copy(arena, from->name);
	copy->description = arena_copy(arena, from->description);
	copy->unit = arena_copy(arena, from->unit);
	if (!copy->name.data || !copy->description.data || !copy->unit.data ||
	    !attributes_copy(arena, &from->metadata, &copy->metadata))
		return NULL;
	return copy;
}

static enum status list_metric(struct listing *listing, const struct metric *metric, uint32_t *code_out,
			       struct error *error)
{
	bool is_new;
	enum status status;

	buffer_clear(&listing->scratch);
	buffer_append_byte(&listing->scratch, metric->type);
	buffer_append_str(&listing->scratch, metric->name);
	status = code_of_scratch(listing, &listing->metrics, code_out, &is_new, error);
	if (status != STATUS_OK || !is_new)
		return status;
	if (*code_out == listing->capacity) {
		size_t capacity = listing->capacity ? listing->capacity * 2 : 64;
		struct listed *listed = realloc(listing->listed, capacity * sizeof(*listed));

		if (!listed)
			return error_set(error, STATUS_NO_MEMORY, "no memory to list metrics");
		listing->listed = listed;
		listing->capacity = capacity;
	}
	listing->listed[*code_out] = (struct listed){.metric = copy_metric(listing->arena, metric)};
	if (!listing->listed[*code_out].metric)
		return error_set(error, STATUS_NO_MEMORY, "no memory to list metrics");
	return STATUS_OK;
}

static enum status list_labels(struct listing *listing, uint32_t metric, const struct attributes *attributes,
			       struct error *error)
{
	enum status status = STATUS_OK;

	for (uint32_t i = 0; i < attributes->count && status == STATUS_OK; i++) {
		uint32_t code;
		bool is_new = false;

		buffer_clear(&listing->scratch);
		buffer_append(&listing->scratch, &metric, sizeof(metric));
		buffer_append_str(&listing->scratch, attributes->items[i].key);
		status = code_of_scratch(listing, &listing->labels, &code, &is_new, error);
		listing->listed[metric].label_count += is_new;
	}
	return status;
}

/* A new series: its labels, unless the new series before had the same names. */
static enum status list_new(struct listing *listing, uint32_t metric, const struct point_series *series,
			    struct error *error)
{
	bool is_alike = listing->last_resource && listing->last_labels == metric &&
			listing->last_shape == series->shape;
	enum status status = STATUS_OK;

	listing->listed[metric].series_count++;
	if (!is_alike)
		status = list_labels(listing, metric, &series->attributes, error);
	if (status == STATUS_OK && (!is_alike || listing->last_resource != series->resource))
		status = list_labels(listing, metric, &series->resource->attributes, error);
	listing->last_labels = metric;
	listing->last_resource = series->resource;
	listing->last_shape = series->shape;
	return status;
}

static enum status list_awaited(struct listing *listing, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < listing->awaited_count && status == STATUS_OK; i++) {
		const struct awaited *awaited = &listing->awaited[i];
		bool is_new = false;

		if (!series_set_add(&listing->series, awaited->key, &is_new))
			status = error_set(error, STATUS_NO_MEMORY, "no memory to list metrics");
		else if (is_new)
			status = list_new(listing, awaited->metric, &awaited->series, error);
	}
	listing->awaited_count = 0;
	return status;
}

static enum status list_series(void *context, const struct point_series *series, struct error *error)
{
	struct listing *listing = context;
	struct awaited *awaited = &listing->awaited[listing->awaited_count];
	enum status status;

	if (series->metric != listing->last_metric) {
		status = list_metric(listing, series->metric, &listing->last_code, error);
		if (status != STATUS_OK)
			return status;
		listing->last_metric = series->metric;
	}
	if (!series_keyer_make(&listing->keyer, series->metric, series->resource, series->scope,
			       &series->attributes, &awaited->key))
		return error_set(error, STATUS_NO_MEMORY, "no memory to list metrics");
	awaited->series = *series;
	awaited->metric = listing->last_code;
	series_set_expect(&listing->series, awaited->key);
	return ++listing->awaited_count < MOST_AWAITED ? STATUS_OK : list_awaited(listing, error);
}

static enum status list_block(void *context, struct point_reader *reader, struct error *error)
{
	struct listing *listing = context;
	enum status status;

	/* Another block's objects may lie where the last one's lay. */
	listing->last_metric = NULL;
	listing->last_resource = NULL;
	series_keyer_forget(&listing->keyer);
	point_reader_show_types(reader);
	status = point_reader_visit(reader, listing->filter, list_series, listing, error);
	return status == STATUS_OK ? list_awaited(listing, error) : status;
}

static enum status settle_listed(void *context, struct arena *arena, const struct arena *mark,
				 struct error *error)
{
	(void)context, (void)mark, (void)error;
	arena_clear(arena);
	return STATUS_OK;
}

static int compare_strs(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static int compare_summaries(const void *a, const void *b)
{
	const struct metric_summary *x = a, *y = b;
	int order = str_compare(x->metric->name, y->metric->name);

	return order ? order : (x->metric->type > y->metric->type) - (x->metric->type < y->metric->type);
}

/* Hands each metric its label names, which the dictionary holds behind the metric's code. */
static bool fill_labels(const struct listing *listing, struct metric_summary *summaries, struct str **names)
{
	size_t count = listing->metrics.entries.count;

	for (size_t i = 0; i < count; i++) {
		names[i] = arena_alloc(listing->arena, listing->listed[i].label_count * sizeof(struct str));
		if (!names[i])
			return false;
		summaries[i].label_names = names[i];
	}
	for (size_t i = 0; i < listing->labels.entries.count; i++) {
		struct str entry = listing->labels.entries.items[i];
		uint32_t metric;

		memcpy(&metric, entry.data, sizeof(metric));
		names[metric][summaries[metric].label_name_count++] =
			str_make(entry.data + sizeof(metric), entry.size - sizeof(metric));
	}
	for (size_t i = 0; i < count; i++)
		qsort(names[i], summaries[i].label_name_count, sizeof(struct str), compare_strs);
	return true;
}

static enum status finish_listing(const struct listing *listing, struct metric_summary **metrics_out,
				  size_t *count_out, struct error *error)
{
	size_t count = listing->metrics.entries.count;
	struct metric_summary *summaries = arena_calloc(listing->arena, count, sizeof(*summaries));
	struct str **names = arena_alloc(listing->arena, count * sizeof(*names));

	if (!summaries || !names || !fill_labels(listing, summaries, names))
		return error_set(error, STATUS_NO_MEMORY, "no memory to list metrics");
	for (size_t i = 0; i < count; i++) {
		summaries[i].metric = listing->listed[i].metric;
		summaries[i].series_count = listing->listed[i].series_count;
	}
	qsort(summaries, count, sizeof(*summaries), compare_summaries);
	*metrics_out = summaries;
	*count_out = count;
	return STATUS_OK;
}

static void listing_free(struct listing *listing)
{
	dictionary_release(&listing->metrics);
	dictionary_release(&listing->labels);
	series_set_release(&listing->series);
	series_keyer_release(&listing->keyer);
	buffer_release(&listing->scratch);
	free(listing->listed);
	free(listing);
}

enum status rocksdb_list_metrics(struct store *base, struct time_range range, struct arena *arena,
				 struct metric_summary **metrics_out, size_t *count_out, struct error *error)
{
	struct point_filter filter = {.range = range};
	struct listing *listing = calloc(1, sizeof(*listing));
	struct arena scratch;
	enum status status;

	if (!listing)
		return error_set(error, STATUS_NO_MEMORY, "no memory to list metrics");
	listing->filter = &filter;
	listing->arena = arena;
	search_arena_init((struct rocksdb_store *)base, &scratch);
	status = visit_blocks((struct rocksdb_store *)base, &filter, &scratch, list_block, settle_listed,
			      listing, error);
	arena_release(&scratch);
	if (status == STATUS_OK)
		status = finish_listing(listing, metrics_out, count_out, error);
	listing_free(listing);
	return status;
}
