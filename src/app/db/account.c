#include "app/db/account.h"

#include <stdio.h>
#include <stdlib.h>

#include "storage/columns/attribute_columns.h"

static struct account_line *find_line(struct account *account, const char *name)
{
	for (size_t i = 0; i < account->line_count; i++)
		if (strcmp(account->lines[i].name, name) == 0)
			return &account->lines[i];
	if (account->line_count == ACCOUNT_MOST_LINES)
		return &account->lines[ACCOUNT_MOST_LINES - 1];
	if (account->line_count + 1 == ACCOUNT_MOST_LINES)
		name = "others";
	snprintf(account->lines[account->line_count].name, ACCOUNT_NAME_SIZE, "%s", name);
	return &account->lines[account->line_count++];
}

/* The types of values, as docs/format.md numbers them. */
static const char *type_name(unsigned type)
{
	static const char *const names[] = {"none",   "string", "bool",  "int",
					    "double", "bytes",  "array", "map"};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

/* The columns of docs/format.md by what they hold. */
static const struct {
	uint8_t table, field;
	const char *holds;
} known[] = {
	{1, 64, "resources' schema URLs"},
	{2, 64, "scopes' schema URLs"},
	{2, 65, "scopes' names"},
	{2, 66, "scopes' versions"},
	{3, 0, "commits of rows"},
	{16, 1, "spans of each trace"},
	{16, 2, "traces' starts"},
	{16, 5, "parents"},
	{16, 6, "events of each span"},
	{16, 7, "links of each span"},
	{16, 8, "dropped events"},
	{16, 9, "dropped links"},
	{16, 12, "classes of spans"},
	{16, 13, "marks of events"},
	{16, 14, "marks of links"},
	{16, 15, "marks of outer parents"},
	{16, 40, "spans' starts"},
	{16, 41, "durations"},
	{16, 64, "trace states"},
	{16, 65, "status messages"},
	{16, 128, "trace ids"},
	{16, 129, "span ids"},
	{16, 130, "ids of outer parents"},
	{17, 40, "events' times"},
	{17, 64, "events' names"},
	{18, 0, "links' flags"},
	{18, 64, "links' trace states"},
	{18, 128, "links' trace ids"},
	{18, 129, "links' span ids"},
	{19, 0, "kinds of classes"},
	{19, 1, "status codes of classes"},
	{19, 2, "flags of classes"},
	{19, 3, "resources of classes"},
	{19, 4, "scopes of classes"},
	{19, 5, "handler roles of classes"},
	{19, 6, "handler types of classes"},
	{19, 7, "outcomes of classes"},
	{19, 8, "messages of classes"},
	{19, 64, "names of classes"},
	{19, 65, "handlers of classes"},
	{19, 66, "languages of classes"},
	{19, 67, "events of classes"},
	{32, 1, "times"},
	{32, 2, "observed times"},
	{32, 3, "severities"},
	{32, 4, "flags"},
	{32, 5, "resources"},
	{32, 6, "scopes"},
	{32, 64, "trace ids"},
	{32, 65, "span ids"},
	{32, 66, "severity texts"},
	{32, 67, "event names"},
	{32, 68, "handlers"},
	{48, 0, "points of each series"},
	{48, 4, "flags"},
	{48, 6, "which of sum, least and greatest there are"},
	{48, 7, "exemplars of each point"},
	{48, 19, "lengths of lists of times"},
	{48, 32, "times"},
	{48, 33, "whole numbers"},
	{48, 34, "real numbers"},
	{48, 35, "counts"},
	{48, 36, "sums"},
	{48, 37, "least values"},
	{48, 38, "greatest values"},
	{48, 39, "counts of buckets"},
	{48, 64, "buckets"},
	{48, 65, "bounds"},
	{49, 0, "metrics of series"},
	{49, 1, "resources of series"},
	{49, 2, "scopes of series"},
	{49, 3, "kinds of number of series"},
	{49, 4, "buckets of each series"},
	{49, 5, "times of series"},
	{49, 6, "start times of series"},
	{49, 64, "bounds of series"},
	{50, 64, "metrics' names"},
	{50, 65, "metrics' descriptions"},
	{50, 66, "metrics' units"},
	{51, 0, "exemplars' times"},
	{51, 2, "exemplars' values"},
	{51, 64, "exemplars' trace ids"},
	{51, 65, "exemplars' span ids"},
};

static const char *what_it_holds(const struct column_id *id)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].table == id->table && known[i].field == id->field)
			return known[i].holds;
	switch (id->field) {
	case ATTRIBUTES_KEYS: return "attributes' keys";
	case ATTRIBUTES_SHAPES: return "shapes of attributes";
	case ATTRIBUTES_ROWS: return "shapes of rows";
	case ATTRIBUTES_DROPPED: return "dropped attributes";
	case ATTRIBUTES_VALUES: return "attributes' values";
	case ATTRIBUTES_FILTERS: return "filters over values";
	case ATTRIBUTES_MARKS: return "marks of attributes";
	default: return "";
	}
}

static void name_column(struct block *block, const struct column_id *id, char name[ACCOUNT_NAME_SIZE])
{
	struct attribute_reader reader;
	const struct attribute_values *values;
	struct str key;

	snprintf(name, ACCOUNT_NAME_SIZE, "%u.%u %s", id->table, id->field, what_it_holds(id));
	if (id->field != ATTRIBUTES_VALUES ||
	    attribute_reader_open(block, id->table, 0, &reader, NULL) != STATUS_OK ||
	    id->index >= reader.value_count)
		return;
	values = &reader.values[id->index];
	/* The one attribute of a record's body has no key. */
	key = values->key.size ? values->key : str_from("bodies");
	snprintf(name, ACCOUNT_NAME_SIZE, "%u.%u %.*s (%s)", id->table, id->field,
		 key.size < 64 ? (int)key.size : 64, key.data, type_name(values->type));
}

enum status account_add(struct account *account, struct str body, struct error *error)
{
	struct block block;
	struct arena arena;
	double stored = 0;
	enum status status;

	if (!account->lines)
		account->lines = calloc(ACCOUNT_MOST_LINES, sizeof(*account->lines));
	if (!account->lines)
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	arena_init(&arena, 0);
	status = block_open(body, &arena, &block, error);
	for (size_t i = 0; status == STATUS_OK && i < block.column_count; i++) {
		char name[ACCOUNT_NAME_SIZE];
		struct account_line *line;

		name_column(&block, &block.columns[i].id, name);
		line = find_line(account, name);
		line->raw_bytes += block.columns[i].size;
		line->stored_bytes += block_column_stored(&block, i);
		stored += block_column_stored(&block, i);
	}
	if (status == STATUS_OK) {
		account->row_count += block.row_count;
		account->directory_bytes += (double)body.size - stored;
	}
	arena_release(&arena);
	return status;
}

static int compare_lines(const void *a, const void *b)
{
	const struct account_line *x = a, *y = b;

	return (x->stored_bytes < y->stored_bytes) - (x->stored_bytes > y->stored_bytes);
}

void account_sort(struct account *account)
{
	if (account->line_count)
		qsort(account->lines, account->line_count, sizeof(account->lines[0]), compare_lines);
}

void account_release(struct account *account)
{
	free(account->lines);
	*account = (struct account){0};
}
