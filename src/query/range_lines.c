/* range_lines: which line of an answer a series belongs to. */
#include "query/range_work.h"

#include <stdlib.h>

void key_part(struct buffer *key, struct str s)
{
	buffer_append(key, &s.size, sizeof(s.size));
	buffer_append_str(key, s);
}

void key_value(struct buffer *key, const struct value *value)
{
	size_t at = key->size, size;

	buffer_append(key, &at, sizeof(at));
	if (value)
		value_to_text(value, key);
	size = key->size - at - sizeof(size);
	if (!buffer_failed(key))
		memcpy(key->data + at, &size, sizeof(size));
}

static const struct value *find(const struct attributes *attributes, struct str key)
{
	for (uint32_t i = attributes->count; i-- > 0;)
		if (str_equal(attributes->items[i].key, key))
			return &attributes->items[i].value;
	return NULL;
}

/* A label of a point: its own attribute, else its resource's. */
static const struct value *find_label(const struct metric_point *point, struct str name)
{
	const struct value *value = find(&point->attributes, name);

	return value ? value : find(&point->resource->attributes, name);
}

static int by_text(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static bool names_reserve(struct work *work, size_t count)
{
	struct str *moved;

	if (count <= work->name_capacity)
		return true;
	moved = realloc(work->names, count * sizeof(*moved));
	if (!moved)
		return false;
	work->names = moved;
	work->name_capacity = count;
	return true;
}

/* The names of the labels that tell this point's line apart: those asked for, or all, sorted and each once.
 */
static bool choose_names(struct work *work, const struct metric_point *point)
{
	const struct metric_query *question = work->question;
	const struct attributes *sets[] = {&point->attributes, &point->resource->attributes};
	size_t count = 0,
	       most = question->by_all ? (size_t)sets[0]->count + sets[1]->count : question->by_count;

	if (!names_reserve(work, most + 1))
		return false;
	work->name_count = question->by_all ? 0 : question->by_count;
	if (!question->by_all) {
		for (size_t i = 0; i < question->by_count; i++)
			work->names[i] = question->by[i];
		return true;
	}
	for (int set = 0; set < 2; set++)
		for (uint32_t i = 0; i < sets[set]->count; i++)
			work->names[count++] = sets[set]->items[i].key;
	qsort(work->names, count, sizeof(*work->names), by_text);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !str_equal(work->names[i - 1], work->names[i]))
			work->names[work->name_count++] = work->names[i];
	return true;
}

static struct metric_label *copy_labels(struct work *work, const struct metric_point *point)
{
	struct arena *arena = &work->range->arena;
	struct metric_label *labels = arena_alloc(arena, work->name_count * sizeof(*labels));
	struct buffer text = BUFFER_EMPTY;
	bool copied = labels != NULL;

	for (size_t i = 0; copied && i < work->name_count; i++) {
		const struct value *value = find_label(point, work->names[i]);

		buffer_clear(&text);
		if (value)
			value_to_text(value, &text);
		labels[i].name = arena_copy(arena, work->names[i]);
		labels[i].value = arena_copy(arena, buffer_str(&text));
		copied = labels[i].name.data && labels[i].value.data && !buffer_failed(&text);
	}
	buffer_release(&text);
	return copied ? labels : NULL;
}

static enum status check_line_count(struct work *work, struct error *error)
{
	size_t count = work->line_count + 1;

	if (count <= METRIC_LINES_MOST && count * work->windows.count <= METRIC_VALUES_MOST)
		return STATUS_OK;
	work->parameter = "by";
	return error_set(error, STATUS_TOO_LARGE,
			 "the answer has more than %d series or %d values; group by fewer labels, filter by "
			 "label, or ask for a longer step",
			 METRIC_LINES_MOST, METRIC_VALUES_MOST);
}

static enum status add_line(struct work *work, const struct metric_point *point, struct error *error)
{
	struct line line = {.label_count = work->name_count};
	enum status status = check_line_count(work, error);

	if (status != STATUS_OK)
		return status;
	if (work->line_count == work->line_capacity) {
		size_t capacity = work->line_capacity ? work->line_capacity * 2 : 16;
		struct line *moved = realloc(work->lines, capacity * sizeof(*moved));

		if (!moved)
			return range_no_memory(error);
		work->lines = moved;
		work->line_capacity = capacity;
	}
	line.labels = copy_labels(work, point);
	line.cells = line.labels ? calloc(work->windows.count, sizeof(*line.cells)) : NULL;
	if (!line.cells)
		return range_no_memory(error);
	work->lines[work->line_count++] = line;
	return STATUS_OK;
}

enum status take_line(struct work *work, const struct metric_point *point, size_t *line_out,
		      struct error *error)
{
	enum status status = STATUS_OK;

	if (!choose_names(work, point))
		return range_no_memory(error);
	buffer_clear(&work->key);
	for (size_t i = 0; i < work->name_count; i++) {
		key_part(&work->key, work->names[i]);
		key_value(&work->key, find_label(point, work->names[i]));
	}
	if (buffer_failed(&work->key) || !numbering_take(&work->line_keys, buffer_str(&work->key), line_out))
		return range_no_memory(error);
	if (*line_out == work->line_count)
		status = add_line(work, point, error);
	if (status == STATUS_OK)
		work->lines[*line_out].series_count++;
	return status;
}
