/* blocks: one line for each block. */
#include <stdio.h>

#include "app/cli.h"
#include "app/db/db.h"

struct listing {
	const struct db_request *request;
	struct grid grid;
	struct buffer out;
	struct json json;
	size_t count;
};

static const struct grid_column columns[] = {
	{"DAY", false, 0, 0},   {"SIGNAL", false, 0, 0}, {"LEVEL", true, 0, 5},  {"BLOCK", true, 0, 0},
	{"ROWS", true, 0, 0},   {"BYTES", true, 0, 0},   {"A ROW", true, 0, 4},  {"HEADER", true, 0, 6},
	{"FIRST", false, 0, 0}, {"LAST", false, 0, 1},   {"TRACES", true, 0, 3}, {"TERMS", true, 0, 2},
};

static void put_row(struct grid *grid, const struct stored_block *block)
{
	const struct block_header *header = &block->header;
	char day[DAY_TEXT_SIZE];

	db_day(block->day, day);
	grid_put_c(grid, day, GRID_PLAIN);
	grid_put_c(grid, signal_name((enum signal)block->signal), GRID_PLAIN);
	db_put_count(grid, block->level);
	buffer_printf(&grid->scratch, "%llu", (unsigned long long)block->sequence);
	grid_put_scratch(grid, GRID_PLAIN);
	if (block->is_header_damaged) {
		grid_put_c(grid, "damaged", GRID_BAD);
		for (size_t i = 5; i < sizeof(columns) / sizeof(columns[0]); i++)
			grid_put_c(grid, "", GRID_PLAIN);
		return;
	}
	db_put_count(grid, header->row_count);
	db_put_bytes(grid, header->body_size);
	db_put_ratio(grid, (double)header->body_size / (double)header->row_count);
	db_put_bytes(grid, block->header_bytes);
	db_put_time(grid, header->first_ns);
	db_put_time(grid, header->last_ns);
	db_put_count(grid, header->trace_count);
	if (header->has_all_terms)
		db_put_count(grid, header->term_count);
	else
		grid_put_c(grid, "too many", GRID_DIM);
}

static void write_row(struct json *json, const struct stored_block *block)
{
	const struct block_header *header = &block->header;
	char day[DAY_TEXT_SIZE];

	db_day(block->day, day);
	json_begin_object(json);
	json_member_c(json, "day", day);
	json_member_c(json, "signal", signal_name((enum signal)block->signal));
	json_member_u64(json, "level", block->level);
	json_member_u64(json, "sequence", block->sequence);
	json_member_bool(json, "header_damaged", block->is_header_damaged);
	json_member_u64(json, "header_bytes", block->header_bytes);
	if (!block->is_header_damaged) {
		json_member_u64(json, "rows", header->row_count);
		json_member_u64(json, "body_bytes", header->body_size);
		db_member_time(json, "first", header->first_ns);
		db_member_time(json, "last", header->last_ns);
		json_member_u64(json, "first_sequence", header->first_sequence);
		json_member_u64(json, "last_sequence", header->last_sequence);
		json_member_u64(json, "traces", header->trace_count);
		json_member_u64(json, "terms", header->term_count);
		json_member_bool(json, "has_all_terms", header->has_all_terms);
	}
	json_end_object(json);
}

static enum status list_block(void *context, const struct stored_block *block, struct error *error)
{
	struct listing *listing = context;

	(void)error;
	if (!db_wants(listing->request, block))
		return STATUS_OK;
	listing->count++;
	if (listing->request->format == OUTPUT_TABLE) {
		put_row(&listing->grid, block);
		return STATUS_OK;
	}
	write_row(&listing->json, block);
	if (listing->request->format == OUTPUT_NDJSON) {
		buffer_append_byte(&listing->out, '\n');
		listing->json.comma = false;
	}
	return STATUS_OK;
}

int db_blocks(const struct db_request *request)
{
	struct listing listing = {.request = request};
	struct store *store = db_open(request);
	struct error error;
	int result;

	if (!store)
		return CLI_FAILED;
	grid_init(&listing.grid, columns, sizeof(columns) / sizeof(columns[0]));
	listing.json = json_to(&listing.out);
	if (request->format == OUTPUT_JSON) {
		json_begin_object(&listing.json);
		json_key(&listing.json, str_from("blocks"));
		json_begin_array(&listing.json);
	}
	if (inspect_blocks(store, list_block, &listing, NULL, &error) != STATUS_OK) {
		result = cli_fail("%s", error.message);
	} else if (request->format == OUTPUT_TABLE) {
		result = listing.count ? db_show(&listing.grid) : CLI_DONE;
	} else {
		buffer_append_c(&listing.out, request->format == OUTPUT_JSON ? "]}\n" : "");
		result = output_write(&listing.out);
	}
	if (result == CLI_DONE && !listing.count && request->format != OUTPUT_JSON)
		fprintf(stderr, "no block meets this\n");
	grid_release(&listing.grid);
	buffer_release(&listing.out);
	store_close(store);
	return result;
}
