/*
 * account: where the bytes of blocks go, column by column.
 *
 * Columns that share a group share what it takes in proportion to their size.
 *
 * Ownership  an account owns its lines.
 * Threads    one thread at a time.
 * Errors     STATUS_CORRUPT for a block that is none; STATUS_NO_MEMORY.
 */
#ifndef ROHAS_APP_DB_ACCOUNT_H
#define ROHAS_APP_DB_ACCOUNT_H

#include "storage/columns/block.h"

enum { ACCOUNT_NAME_SIZE = 96, ACCOUNT_MOST_LINES = 4096 };

/* A column by table and field, with what it holds: "16.129 span ids", "16.204 http.route (string)". */
struct account_line {
	char name[ACCOUNT_NAME_SIZE];
	double raw_bytes, stored_bytes;
};

struct account {
	struct account_line *lines; /* past ACCOUNT_MOST_LINES, the last one holds the rest */
	size_t line_count;
	uint64_t row_count;
	double directory_bytes;
};

enum status account_add(struct account *account, struct str body, struct error *error);

/* The largest first. */
void account_sort(struct account *account);
void account_release(struct account *account);

#endif
