/*
 * Where the bytes of a store go: `store-account FOLDER [SIGNAL]` prints, for every column of the blocks of a
 * signal (traces), how many bytes a row it takes, unpacked and stored. The store is opened read-only; nobody
 * may hold it. Columns that share a group share what it takes in proportion to their size.
 */
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/columns/attribute_columns.h"

enum { BODY_KEY_SIZE = 13, MOST_NAMES = 4096, FAMILY_COUNT = 5, NAME_SIZE = 96 };

static const char *const families[FAMILY_COUNT] = {"default", "headers", "traces", "metrics", "logs"};

struct line {
	char name[NAME_SIZE];
	double raw, stored;
};

struct account {
	struct line lines[MOST_NAMES];
	size_t line_count;
	uint64_t row_count, block_count, bytes, directory_bytes, header_bytes, word_bytes;
};

static struct line *find_line(struct account *account, const char *name)
{
	for (size_t i = 0; i < account->line_count; i++)
		if (strcmp(account->lines[i].name, name) == 0)
			return &account->lines[i];
	if (account->line_count == MOST_NAMES)
		return &account->lines[MOST_NAMES - 1];
	snprintf(account->lines[account->line_count].name, NAME_SIZE, "%s", name);
	return &account->lines[account->line_count++];
}

/* "16.204 http.route": a column of values is known by its key. */
static void name_column(struct block *block, const struct column_id *id, char name[NAME_SIZE])
{
	struct attribute_reader reader;
	const struct attribute_values *values;

	snprintf(name, NAME_SIZE, "%u.%u", id->table, id->field);
	if (id->field != ATTRIBUTES_VALUES ||
	    attribute_reader_open(block, id->table, 0, &reader, NULL) != STATUS_OK ||
	    id->index >= reader.value_count)
		return;
	values = &reader.values[id->index];
	snprintf(name, NAME_SIZE, "%u.%u %.*s (type %u)", id->table, id->field, STR_ARG(values->key),
		 values->type);
}

static void add_block(struct account *account, struct str body)
{
	struct block block;
	struct arena arena;
	struct error error;
	double stored = 0;

	arena_init(&arena, 0);
	if (block_open(body, &arena, &block, &error) != STATUS_OK) {
		fprintf(stderr, "%s\n", error.message);
		exit(1);
	}
	for (size_t i = 0; i < block.column_count; i++) {
		char name[NAME_SIZE];
		struct line *line;

		name_column(&block, &block.columns[i].id, name);
		line = find_line(account, name);
		line->raw += block.columns[i].size;
		line->stored += block_column_stored(&block, i);
		stored += block_column_stored(&block, i);
	}
	account->row_count += block.row_count;
	account->block_count++;
	account->bytes += body.size;
	account->directory_bytes += (uint64_t)((double)body.size - stored);
	arena_release(&arena);
}

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return (x->stored < y->stored) - (x->stored > y->stored);
}

static void print_account(struct account *account)
{
	double rows = account->row_count ? (double)account->row_count : 1;

	qsort(account->lines, account->line_count, sizeof(account->lines[0]), compare_lines);
	printf("%llu rows in %llu blocks, %.2f bytes a row, %.2f of them directories; headers %.2f more, "
	       "words %.2f "
	       "more\n",
	       (unsigned long long)account->row_count, (unsigned long long)account->block_count,
	       (double)account->bytes / rows, (double)account->directory_bytes / rows,
	       (double)account->header_bytes / rows, (double)account->word_bytes / rows);
	printf("%10s %10s  column\n", "unpacked", "stored");
	for (size_t i = 0; i < account->line_count; i++)
		printf("%10.3f %10.3f  %s\n", account->lines[i].raw / rows, account->lines[i].stored / rows,
		       account->lines[i].name);
}

/* Headers name their signal in the fifth byte of their key. */
static void walk(rocksdb_t *db, rocksdb_column_family_handle_t *family, int signal, struct account *account)
{
	rocksdb_readoptions_t *options = rocksdb_readoptions_create();
	rocksdb_iterator_t *iterator = rocksdb_create_iterator_cf(db, options, family);

	for (rocksdb_iter_seek_to_first(iterator); rocksdb_iter_valid(iterator);
	     rocksdb_iter_next(iterator)) {
		struct str key, value;

		key.data = rocksdb_iter_key(iterator, &key.size);
		value.data = rocksdb_iter_value(iterator, &value.size);
		/* Behind a body of logs are the parts of its word filter. */
		if (signal < 0 && key.size > BODY_KEY_SIZE)
			account->word_bytes += value.size;
		else if (signal < 0)
			add_block(account, value);
		else if (key.size > 4 && key.data[4] == signal)
			account->header_bytes += value.size;
	}
	rocksdb_iter_destroy(iterator);
	rocksdb_readoptions_destroy(options);
}

int main(int argc, char **argv)
{
	static struct account account;
	rocksdb_column_family_handle_t *handles[FAMILY_COUNT];
	rocksdb_options_t *options = rocksdb_options_create();
	const rocksdb_options_t *family_options[FAMILY_COUNT];
	char *message = NULL;
	rocksdb_t *db;
	int signal = 0;

	while (argc == 3 && signal < SIGNAL_COUNT && strcmp(argv[2], signal_name((enum signal)signal)) != 0)
		signal++;
	if (argc < 2 || argc > 3 || signal == SIGNAL_COUNT) {
		fprintf(stderr, "usage: store-account FOLDER [traces|metrics|logs]\n");
		return 2;
	}
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		family_options[i] = options;
	db = rocksdb_open_for_read_only_column_families(options, argv[1], FAMILY_COUNT, families,
							family_options, handles, 0, &message);
	if (message) {
		fprintf(stderr, "%s\n", message);
		return 1;
	}
	walk(db, handles[2 + signal], -1, &account);
	walk(db, handles[1], signal, &account);
	print_account(&account);
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		rocksdb_column_family_handle_destroy(handles[i]);
	rocksdb_close(db);
	rocksdb_options_destroy(options);
	return 0;
}
