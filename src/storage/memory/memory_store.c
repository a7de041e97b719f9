#include "storage/memory/memory_store.h"

#include <pthread.h>
#include <stdlib.h>

/* Rows in the order of their arrival. A snapshot is a row count plus one: rows only ever come at the end. */
struct memory_store {
	struct store base;
	pthread_rwlock_t lock; /* of rows */
	struct batch rows;
	struct note *notes; /* by key */
};

/* The key and then the value stand behind it. */
struct note {
	struct note *next;
	struct str key, value;
};

struct row_counts {
	size_t spans, logs, points;
};

static struct memory_store *memory_of(struct store *store)
{
	return (struct memory_store *)store;
}

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "the memory store has no memory left");
}

static struct row_counts count_rows(const struct batch *batch)
{
	return (struct row_counts){batch->span_count, batch->log_count, batch->point_count};
}

/* What a call added before it failed is forgotten; the bytes behind it stay in the arena. */
static enum status forget_rows(struct batch *batch, struct row_counts counts, struct error *error)
{
	batch->span_count = counts.spans;
	batch->log_count = counts.logs;
	batch->point_count = counts.points;
	return no_memory(error);
}

static bool copy_rows(struct batch *to, const struct batch *from)
{
	for (size_t i = 0; i < from->span_count; i++)
		if (!batch_copy_span(to, &from->spans[i]))
			return false;
	for (size_t i = 0; i < from->log_count; i++)
		if (!batch_copy_log(to, &from->logs[i]))
			return false;
	for (size_t i = 0; i < from->point_count; i++)
		if (!batch_copy_point(to, &from->points[i]))
			return false;
	return true;
}

static enum status memory_append(struct store *store, struct batch *const *batches, size_t count,
				 struct error *error)
{
	struct memory_store *memory = memory_of(store);
	enum status status = STATUS_OK;
	struct row_counts before;

	pthread_rwlock_wrlock(&memory->lock);
	before = count_rows(&memory->rows);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		if (!copy_rows(&memory->rows, batches[i]))
			status = forget_rows(&memory->rows, before, error);
	pthread_rwlock_unlock(&memory->lock);
	return status;
}

/* How many of the count rows that are there now the page may see. */
static size_t visible_count(size_t count, uint64_t snapshot)
{
	return snapshot && snapshot - 1 < count ? (size_t)(snapshot - 1) : count;
}

/* Pointers to rows, with their places in the store as the last word of every order. */
struct selection {
	const void **rows;
	size_t count;
};

static bool selection_init(struct selection *selection, size_t most)
{
	*selection = (struct selection){.rows = malloc((most + 1) * sizeof(void *))};
	return selection->rows != NULL;
}

/* Rows of one kind lie in one array: the one that came first has the smaller address. */
static int compare_arrival(const void *a, const void *b)
{
	return (a > b) - (a < b);
}

static int compare_times(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_span_starts(const void *left, const void *right)
{
	const struct span *a = *(const struct span *const *)left, *b = *(const struct span *const *)right;
	int order = compare_times(a->start_ns, b->start_ns);

	return order ? order : compare_arrival(a, b);
}

static enum status memory_read_trace(struct store *store, const uint8_t trace_id[TRACE_ID_SIZE],
				     struct batch *batch_out, struct error *error)
{
	struct memory_store *memory = memory_of(store);
	struct row_counts before = count_rows(batch_out);
	enum status status = STATUS_OK;
	struct selection found;

	pthread_rwlock_rdlock(&memory->lock);
	if (!selection_init(&found, memory->rows.span_count)) {
		status = no_memory(error);
		goto done;
	}
	for (size_t i = 0; i < memory->rows.span_count; i++)
		if (memcmp(memory->rows.spans[i].trace_id, trace_id, TRACE_ID_SIZE) == 0)
			found.rows[found.count++] = &memory->rows.spans[i];
	if (found.count == 0)
		status = error_set(error, STATUS_NOT_FOUND, "the store has no span of this trace");
	qsort(found.rows, found.count, sizeof(*found.rows), compare_span_starts);
	for (size_t i = 0; i < found.count && status == STATUS_OK; i++)
		if (!batch_copy_span(batch_out, found.rows[i]))
			status = forget_rows(batch_out, before, error);
	free(found.rows);
done:
	pthread_rwlock_unlock(&memory->lock);
	return status;
}

/* The order of an answer: newest first, then by trace id. */
static int compare_hits(const void *left, const void *right)
{
	const struct trace_hit *a = left, *b = right;
	int order = compare_times(b->position_ns, a->position_ns);

	return order ? order : memcmp(a->trace_id, b->trace_id, TRACE_ID_SIZE);
}

static int compare_hits_by_trace(const void *left, const void *right)
{
	const struct trace_hit *a = left, *b = right;
	int order = memcmp(a->trace_id, b->trace_id, TRACE_ID_SIZE);

	return order ? order : compare_times(b->position_ns, a->position_ns);
}

/* One hit a trace, the newest. */
static size_t merge_hits(struct trace_hit *hits, size_t count)
{
	size_t kept = 0;

	qsort(hits, count, sizeof(*hits), compare_hits_by_trace);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || memcmp(hits[kept - 1].trace_id, hits[i].trace_id, TRACE_ID_SIZE) != 0)
			hits[kept++] = hits[i];
	qsort(hits, kept, sizeof(*hits), compare_hits);
	return kept;
}

static enum status memory_find_traces(struct store *store, const struct span_filter *filter,
				      const struct trace_page *page, struct trace_hit *hits_out,
				      size_t *hit_count_out, uint64_t *snapshot_out, struct error *error)
{
	struct memory_store *memory = memory_of(store);
	size_t visible, count = 0, hit_count = 0;
	struct trace_hit *hits;

	pthread_rwlock_rdlock(&memory->lock);
	visible = visible_count(memory->rows.span_count, page->snapshot);
	hits = malloc((visible + 1) * sizeof(*hits));
	for (size_t i = 0; hits && i < visible; i++) {
		const struct span *span = &memory->rows.spans[i];

		if (!span_filter_match(filter, span))
			continue;
		hits[count].position_ns = span->start_ns;
		memcpy(hits[count++].trace_id, span->trace_id, TRACE_ID_SIZE);
	}
	pthread_rwlock_unlock(&memory->lock);
	if (!hits)
		return no_memory(error);
	count = merge_hits(hits, count);
	for (size_t i = 0; i < count && hit_count < page->limit; i++)
		if (!page->has_after || compare_hits(&page->after, &hits[i]) < 0)
			hits_out[hit_count++] = hits[i];
	free(hits);
	*hit_count_out = hit_count;
	*snapshot_out = visible + 1;
	return STATUS_OK;
}

static int compare_logs(const void *left, const void *right)
{
	const struct log_record *a = *(const struct log_record *const *)left;
	const struct log_record *b = *(const struct log_record *const *)right;
	int order = compare_times(b->time_ns, a->time_ns);

	return order ? order : compare_arrival(b, a);
}

static int compare_logs_oldest_first(const void *left, const void *right)
{
	return compare_logs(right, left);
}

/* Where the page begins among all matching records in their order. */
static size_t page_start(const struct selection *found, const struct log_page *page)
{
	size_t at = 0;

	if (!page->has_before)
		return 0;
	while (at < found->count) {
		uint64_t time_ns = ((const struct log_record *)found->rows[at])->time_ns;

		if (page->oldest_first ? time_ns >= page->before_ns : time_ns <= page->before_ns)
			break;
		at++;
	}
	for (size_t skipped = 0; skipped < page->skip && at < found->count; skipped++, at++)
		if (((const struct log_record *)found->rows[at])->time_ns != page->before_ns)
			break;
	return at;
}

static enum status memory_find_logs(struct store *store, const struct log_filter *filter,
				    const struct log_page *page, struct batch *batch_out,
				    uint64_t *snapshot_out, struct error *error)
{
	struct memory_store *memory = memory_of(store);
	struct row_counts before = count_rows(batch_out);
	enum status status = STATUS_OK;
	struct selection found;
	size_t visible, at;

	pthread_rwlock_rdlock(&memory->lock);
	visible = visible_count(memory->rows.log_count, page->snapshot);
	if (!selection_init(&found, visible)) {
		status = no_memory(error);
		goto done;
	}
	for (size_t i = 0; i < visible; i++)
		if (log_filter_match(filter, &memory->rows.logs[i]))
			found.rows[found.count++] = &memory->rows.logs[i];
	qsort(found.rows, found.count, sizeof(*found.rows),
	      page->oldest_first ? compare_logs_oldest_first : compare_logs);
	at = page_start(&found, page);
	for (size_t i = 0; i < page->limit && at + i < found.count && status == STATUS_OK; i++)
		if (!batch_copy_log(batch_out, found.rows[at + i]))
			status = forget_rows(batch_out, before, error);
	free(found.rows);
	if (status == STATUS_OK)
		*snapshot_out = visible + 1;
done:
	pthread_rwlock_unlock(&memory->lock);
	return status;
}

/* Records of a fold that are given out together. */
enum { FOLD_PIECE = 1024 };
struct fold_piece {
	struct arena arena; /* texts */
	uint64_t times[FOLD_PIECE];
	uint8_t levels[FOLD_PIECE];
	uint32_t codes[FOLD_PIECE];
	struct str values[FOLD_PIECE];
	size_t count;
};

static bool fold_record(struct fold_piece *piece, const struct log_field *field,
			const struct log_record *record)
{
	struct buffer scratch = BUFFER_EMPTY;
	struct str text = log_field_text(field, record, &scratch);
	size_t at = piece->count++;

	piece->times[at] = record->time_ns;
	piece->levels[at] = (uint8_t)log_record_level(record);
	piece->codes[at] = text.size ? (uint32_t)at : LOG_NO_VALUE;
	piece->values[at] = arena_copy(&piece->arena, text);
	buffer_release(&scratch);
	return !buffer_failed(&scratch) && piece->values[at].data;
}

static enum status give_piece(struct fold_piece *piece, unsigned columns, log_visit *visit, void *context,
			      struct error *error)
{
	struct log_columns rows = {.count = piece->count};

	if (columns & LOG_COLUMN_TIME)
		rows.time_ns = piece->times;
	if (columns & LOG_COLUMN_LEVEL)
		rows.levels = piece->levels;
	if (columns & LOG_COLUMN_FIELD) {
		rows.codes = piece->codes;
		rows.values = piece->values;
		rows.value_count = piece->count;
	}
	return piece->count ? visit(context, &rows, error) : STATUS_OK;
}

/* Fills the piece with matching records from *at on, and moves *at behind them. */
static enum status fill_piece(struct memory_store *memory, const struct log_fold *fold, size_t visible,
			      size_t *at, struct fold_piece *piece, struct error *error)
{
	enum status status = STATUS_OK;

	piece->count = 0;
	arena_clear(&piece->arena);
	pthread_rwlock_rdlock(&memory->lock);
	for (; *at < visible && piece->count < FOLD_PIECE && status == STATUS_OK; ++*at) {
		const struct log_record *record = &memory->rows.logs[*at];

		if (log_filter_match(&fold->filter, record) && !fold_record(piece, &fold->field, record))
			status = no_memory(error);
	}
	pthread_rwlock_unlock(&memory->lock);
	return status;
}

static enum status memory_fold_logs(struct store *store, const struct log_fold *fold, log_visit *visit,
				    void *context, struct error *error)
{
	struct memory_store *memory = memory_of(store);
	struct fold_piece *piece = malloc(sizeof(*piece));
	enum status status = STATUS_OK;
	size_t visible, at = 0;

	if (!piece)
		return no_memory(error);
	arena_init(&piece->arena, 0);
	pthread_rwlock_rdlock(&memory->lock);
	visible = memory->rows.log_count;
	pthread_rwlock_unlock(&memory->lock);
	while (at < visible && status == STATUS_OK) {
		status = fill_piece(memory, fold, visible, &at, piece, error);
		if (status == STATUS_OK)
			status = give_piece(piece, fold->columns, visit, context, error);
	}
	arena_release(&piece->arena);
	free(piece);
	return status;
}

static int compare_metrics(const struct metric *a, const struct metric *b)
{
	int order = str_compare(a->name, b->name);

	return order ? order : a->type - b->type;
}

/* How many attributes a sender dropped, and under which schema it spoke, make no other series. */
static bool same_attributes(const struct attributes *a, const struct attributes *b)
{
	const struct attributes x = {a->items, a->count, 0}, y = {b->items, b->count, 0};

	return attributes_equal(&x, &y);
}

static bool same_series(const struct metric_point *a, const struct metric_point *b)
{
	const struct metric *m = a->metric, *n = b->metric;

	return compare_metrics(m, n) == 0 && str_equal(m->unit, n->unit) &&
	       m->temporality == n->temporality && m->monotonic == n->monotonic &&
	       same_attributes(&a->attributes, &b->attributes) &&
	       same_attributes(&a->resource->attributes, &b->resource->attributes) &&
	       str_equal(a->scope->name, b->scope->name) && str_equal(a->scope->version, b->scope->version) &&
	       same_attributes(&a->scope->attributes, &b->scope->attributes);
}

/* A point and the first point of its series: that one stands for the series. */
struct series_point {
	const struct metric_point *point, *first;
};

struct series_selection {
	struct series_point *points;
	size_t count;
	const struct metric_point **firsts;
	size_t first_count;
};

static bool series_selection_init(struct series_selection *selection, size_t most)
{
	*selection = (struct series_selection){.points = malloc((most + 1) * sizeof(struct series_point)),
					       .firsts = malloc((most + 1) * sizeof(void *))};
	return selection->points && selection->firsts;
}

static void series_selection_release(struct series_selection *selection)
{
	free(selection->points);
	free(selection->firsts);
}

static void series_selection_add(struct series_selection *selection, const struct metric_point *point)
{
	size_t i = 0;

	while (i < selection->first_count && !same_series(selection->firsts[i], point))
		i++;
	if (i == selection->first_count)
		selection->firsts[selection->first_count++] = point;
	selection->points[selection->count++] = (struct series_point){point, selection->firsts[i]};
}

static int compare_series_points(const void *left, const void *right)
{
	const struct series_point *a = left, *b = right;
	int order = compare_arrival(a->first, b->first);

	if (order == 0)
		order = compare_times(a->point->time_ns, b->point->time_ns);
	return order ? order : compare_arrival(a->point, b->point);
}

static enum status memory_read_points(struct store *store, const struct point_filter *filter,
				      struct batch *batch_out, struct error *error)
{
	struct memory_store *memory = memory_of(store);
	struct row_counts before = count_rows(batch_out);
	enum status status = STATUS_OK;
	struct series_selection found;

	pthread_rwlock_rdlock(&memory->lock);
	if (!series_selection_init(&found, memory->rows.point_count))
		status = no_memory(error);
	for (size_t i = 0; i < memory->rows.point_count && status == STATUS_OK; i++)
		if (point_filter_match(filter, &memory->rows.points[i]))
			series_selection_add(&found, &memory->rows.points[i]);
	if (found.count)
		qsort(found.points, found.count, sizeof(*found.points), compare_series_points);
	for (size_t i = 0; i < found.count && status == STATUS_OK; i++)
		if (!batch_copy_point(batch_out, found.points[i].point))
			status = forget_rows(batch_out, before, error);
	series_selection_release(&found);
	pthread_rwlock_unlock(&memory->lock);
	return status;
}

static int compare_firsts(const void *left, const void *right)
{
	const struct metric_point *a = *(const struct metric_point *const *)left;
	const struct metric_point *b = *(const struct metric_point *const *)right;
	int order = compare_metrics(a->metric, b->metric);

	return order ? order : compare_arrival(a, b);
}

static int compare_names(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

static size_t add_label_names(const struct attributes *attributes, struct str *names, size_t count)
{
	for (size_t i = 0; i < attributes->count; i++)
		names[count++] = attributes->items[i].key;
	return count;
}

/* The names of the labels of all series, sorted, each once, in the arena. */
static bool collect_label_names(const struct metric_point *const *series, size_t series_count,
				struct arena *arena, struct metric_summary *summary)
{
	size_t most = 0, count = 0, kept = 0;
	struct str *names;

	for (size_t i = 0; i < series_count; i++)
		most += series[i]->attributes.count + series[i]->resource->attributes.count;
	names = arena_alloc(arena, most * sizeof(*names));
	if (!names)
		return false;
	for (size_t i = 0; i < series_count; i++) {
		count = add_label_names(&series[i]->attributes, names, count);
		count = add_label_names(&series[i]->resource->attributes, names, count);
	}
	if (count)
		qsort(names, count, sizeof(*names), compare_names);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !str_equal(names[kept - 1], names[i]))
			names[kept++] = names[i];
	for (size_t i = 0; i < kept; i++)
		if (!(names[i] = arena_copy(arena, names[i])).data)
			return false;
	summary->label_names = names;
	summary->label_name_count = kept;
	return true;
}

static bool summarise(const struct metric_point *const *series, size_t series_count, struct arena *arena,
		      struct metric_summary *summary_out)
{
	const struct metric *from = series[0]->metric;
	struct metric *metric = arena_alloc(arena, sizeof(*metric));

	if (!metric)
		return false;
	*metric = *from;
	metric->name = arena_copy(arena, from->name);
	metric->description = arena_copy(arena, from->description);
	metric->unit = arena_copy(arena, from->unit);
	*summary_out = (struct metric_summary){.metric = metric, .series_count = series_count};
	return metric->name.data && metric->description.data && metric->unit.data &&
	       attributes_copy(arena, &from->metadata, &metric->metadata) &&
	       collect_label_names(series, series_count, arena, summary_out);
}

/* One summary for every run of series with the same name and type. */
static enum status summarise_all(struct series_selection *found, struct arena *arena,
				 struct metric_summary **metrics_out, size_t *count_out, struct error *error)
{
	struct metric_summary *metrics = arena_calloc(arena, found->first_count + 1, sizeof(*metrics));
	size_t count = 0, end;

	if (!metrics)
		return no_memory(error);
	if (found->first_count)
		qsort(found->firsts, found->first_count, sizeof(*found->firsts), compare_firsts);
	for (size_t i = 0; i < found->first_count; i = end) {
		for (end = i + 1; end < found->first_count; end++)
			if (compare_metrics(found->firsts[i]->metric, found->firsts[end]->metric) != 0)
				break;
		if (!summarise(found->firsts + i, end - i, arena, &metrics[count++]))
			return no_memory(error);
	}
	*metrics_out = metrics;
	*count_out = count;
	return STATUS_OK;
}

static enum status memory_list_metrics(struct store *store, struct time_range range, struct arena *arena,
				       struct metric_summary **metrics_out, size_t *count_out,
				       struct error *error)
{
	struct memory_store *memory = memory_of(store);
	struct series_selection found;
	enum status status;

	pthread_rwlock_rdlock(&memory->lock);
	if (series_selection_init(&found, memory->rows.point_count)) {
		for (size_t i = 0; i < memory->rows.point_count; i++)
			if (time_range_contains(range, memory->rows.points[i].time_ns))
				series_selection_add(&found, &memory->rows.points[i]);
		status = summarise_all(&found, arena, metrics_out, count_out, error);
	} else {
		status = no_memory(error);
	}
	series_selection_release(&found);
	pthread_rwlock_unlock(&memory->lock);
	return status;
}

static size_t count_of(const struct batch *rows, enum signal signal)
{
	const size_t counts[SIGNAL_COUNT] = {rows->span_count, rows->point_count, rows->log_count};

	return counts[signal];
}

static uint64_t time_of(const struct batch *rows, enum signal signal, size_t row)
{
	switch (signal) {
	case SIGNAL_TRACES: return rows->spans[row].start_ns;
	case SIGNAL_METRICS: return rows->points[row].time_ns;
	default: return rows->logs[row].time_ns;
	}
}

static bool copy_row(struct batch *to, const struct batch *from, enum signal signal, size_t row)
{
	switch (signal) {
	case SIGNAL_TRACES: return batch_copy_span(to, &from->spans[row]) != NULL;
	case SIGNAL_METRICS: return batch_copy_point(to, &from->points[row]) != NULL;
	default: return batch_copy_log(to, &from->logs[row]) != NULL;
	}
}

static int compare_u64(const void *left, const void *right)
{
	return compare_times(*(const uint64_t *)left, *(const uint64_t *)right);
}

/* Times in order become days. */
static size_t days_of(const uint64_t *times, size_t count, struct store_day *days)
{
	size_t day_count = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t start_ns = times[i] / STORE_DAY_NS * STORE_DAY_NS;

		if (day_count == 0 || days[day_count - 1].start_ns != start_ns)
			days[day_count++] = (struct store_day){start_ns, times[i], times[i], 0};
		days[day_count - 1].last_ns = times[i];
		days[day_count - 1].row_count++;
	}
	return day_count;
}

static enum status memory_list_days(struct store *store, enum signal signal, struct arena *arena,
				    struct store_day **days_out, size_t *count_out, uint64_t *snapshot_out,
				    struct error *error)
{
	struct memory_store *memory = memory_of(store);
	struct store_day *days;
	uint64_t *times;
	size_t count;

	pthread_rwlock_rdlock(&memory->lock);
	count = count_of(&memory->rows, signal);
	times = malloc((count + 1) * sizeof(*times));
	for (size_t i = 0; i < count && times; i++)
		times[i] = time_of(&memory->rows, signal, i);
	pthread_rwlock_unlock(&memory->lock);
	days = arena_calloc(arena, count + 1, sizeof(*days));
	if (times && days) {
		qsort(times, count, sizeof(*times), compare_u64);
		*count_out = days_of(times, count, days);
		*days_out = days;
		*snapshot_out = count + 1;
	}
	free(times);
	return times && days ? STATUS_OK : no_memory(error);
}

/* One row at a time: nobody visits while the lock is held. */
static enum status memory_scan(struct store *store, const struct store_scan *scan, store_visit *visit,
			       void *context, struct error *error)
{
	struct memory_store *memory = memory_of(store);
	enum status status = STATUS_OK;
	struct batch copy;
	size_t visible;

	pthread_rwlock_rdlock(&memory->lock);
	visible = visible_count(count_of(&memory->rows, scan->signal), scan->snapshot);
	pthread_rwlock_unlock(&memory->lock);
	batch_init(&copy, 0);
	for (size_t i = scan->since ? scan->since - 1 : 0; i < visible && status == STATUS_OK; i++) {
		batch_clear(&copy);
		pthread_rwlock_rdlock(&memory->lock);
		if (time_range_contains(scan->range, time_of(&memory->rows, scan->signal, i)) &&
		    !copy_row(&copy, &memory->rows, scan->signal, i))
			status = no_memory(error);
		pthread_rwlock_unlock(&memory->lock);
		if (status == STATUS_OK && batch_row_count(&copy))
			status = visit(context, &copy, error);
	}
	batch_release(&copy);
	return status;
}

static enum status memory_stats(struct store *store, struct store_stats *stats_out, struct error *error)
{
	struct memory_store *memory = memory_of(store);

	(void)error;
	pthread_rwlock_rdlock(&memory->lock);
	*stats_out = (struct store_stats){
		.span_count = memory->rows.span_count,
		.log_count = memory->rows.log_count,
		.point_count = memory->rows.point_count,
		.memory_bytes = memory->rows.arena.used_bytes,
		.sifted = UINT64_MAX,
	};
	pthread_rwlock_unlock(&memory->lock);
	return STATUS_OK;
}

static void remove_note(struct note **place)
{
	struct note *note = *place;

	*place = note->next;
	free(note);
}

static struct note *make_note(struct str key, struct str value)
{
	struct note *note = malloc(sizeof(*note) + key.size + value.size);
	char *at = (char *)(note + 1);

	if (!note)
		return NULL;
	memcpy(at, key.data, key.size);
	memcpy(at + key.size, value.data, value.size);
	*note = (struct note){NULL, {at, key.size}, {at + key.size, value.size}};
	return note;
}

static enum status memory_put_note(struct store *store, struct str key, struct str value, struct error *error)
{
	struct memory_store *memory = memory_of(store);
	struct note *note = value.data ? make_note(key, value) : NULL, **place;

	if (value.data && !note)
		return no_memory(error);
	pthread_rwlock_wrlock(&memory->lock);
	place = &memory->notes;
	while (*place && str_compare((*place)->key, key) < 0)
		place = &(*place)->next;
	if (*place && str_equal((*place)->key, key))
		remove_note(place);
	if (note) {
		note->next = *place;
		*place = note;
	}
	pthread_rwlock_unlock(&memory->lock);
	return STATUS_OK;
}

static enum status memory_each_note(struct store *store, struct str prefix, store_note_visit *visit,
				    void *context, struct error *error)
{
	struct memory_store *memory = memory_of(store);
	enum status status = STATUS_OK;

	pthread_rwlock_rdlock(&memory->lock);
	for (const struct note *note = memory->notes; note && status == STATUS_OK; note = note->next)
		if (note->key.size >= prefix.size && str_equal(str_make(note->key.data, prefix.size), prefix))
			status = visit(context, note->key, note->value, error);
	pthread_rwlock_unlock(&memory->lock);
	return status;
}

static void memory_close(struct store *store)
{
	struct memory_store *memory = memory_of(store);

	pthread_rwlock_destroy(&memory->lock);
	batch_release(&memory->rows);
	while (memory->notes)
		remove_note(&memory->notes);
	free(memory);
}

static const struct store_ops memory_ops = {
	.name = "memory",
	.capabilities = STORE_TRACES | STORE_METRICS | STORE_LOGS,
	.append = memory_append,
	.read_trace = memory_read_trace,
	.find_traces = memory_find_traces,
	.find_logs = memory_find_logs,
	.fold_logs = memory_fold_logs,
	.list_metrics = memory_list_metrics,
	.read_points = memory_read_points,
	.list_days = memory_list_days,
	.scan = memory_scan,
	.put_note = memory_put_note,
	.each_note = memory_each_note,
	.stats = memory_stats,
	.close = memory_close,
};

struct store *memory_store_open(void)
{
	struct memory_store *memory = malloc(sizeof(*memory));

	if (!memory)
		return NULL;
	memory->base.ops = &memory_ops;
	memory->notes = NULL;
	pthread_rwlock_init(&memory->lock, NULL);
	batch_init(&memory->rows, 0);
	return &memory->base;
}
