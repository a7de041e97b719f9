/* verify: every block read and every row decoded: what is damaged, and what that costs. */
#include <stdio.h>
#include <stdlib.h>

#include "app/cli.h"
#include "app/db/db.h"
#include "app/progress.h"
#include "app/text/units.h"
#include "base/clock.h"
#include "storage/columns/check.h"

struct damage {
	struct stored_block block; /* without the header's arrays */
	char reason[sizeof(((struct error *)NULL)->message)];
};

/* Blocks, rows and bytes; of those that are whole, or of those that are not. */
struct tally {
	uint64_t blocks, rows, bytes;
};

struct verification {
	const struct db_request *request;
	struct store *store;
	struct tally whole, damaged;
	struct damage *damages;
	size_t damage_count, damage_capacity;
	uint64_t total, began_ns;
	uint64_t orphan_count, orphan_bytes;
	bool knows_all; /* no block but those that were counted */
	struct buffer body;
	struct arena scratch;
};

static enum status note_damage(struct verification *verification, const struct stored_block *block,
			       const char *reason, struct error *error)
{
	struct damage *damage;

	if (verification->damage_count == verification->damage_capacity) {
		size_t capacity = verification->damage_capacity ? verification->damage_capacity * 2 : 16;
		struct damage *damages = realloc(verification->damages, capacity * sizeof(*damages));

		if (!damages)
			return error_set(error, STATUS_NO_MEMORY, "out of memory");
		verification->damages = damages;
		verification->damage_capacity = capacity;
	}
	damage = &verification->damages[verification->damage_count++];
	damage->block = *block;
	damage->block.header.traces = damage->block.header.terms = NULL;
	snprintf(damage->reason, sizeof(damage->reason), "%s", reason);
	return STATUS_OK;
}

static void tell_progress(struct verification *verification)
{
	uint64_t done = verification->whole.blocks + verification->damaged.blocks;
	double seconds = (double)(clock_monotonic_ns() - verification->began_ns) / 1e9;

	progress_tell("verifying: %llu of %llu blocks, %llu damaged, %.0f MB/s", (unsigned long long)done,
		      (unsigned long long)verification->total,
		      (unsigned long long)verification->damaged.blocks,
		      seconds > 0 ? (double)(verification->whole.bytes + verification->damaged.bytes) / 1e6 /
					    seconds
				  : 0);
}

static enum status check_body(struct verification *verification, const struct stored_block *block,
			      struct error *error)
{
	enum status status;

	buffer_clear(&verification->body);
	arena_clear(&verification->scratch);
	status = inspect_read_body(verification->store, block, &verification->body, error);
	if (status != STATUS_OK)
		return status;
	return block_check(buffer_str(&verification->body), &block->header, &verification->scratch, error);
}

static enum status verify_block(void *context, const struct stored_block *block, struct error *error)
{
	struct verification *verification = context;
	struct tally *tally = &verification->damaged;
	enum status status = STATUS_CORRUPT;

	if (!db_wants(verification->request, block))
		return STATUS_OK;
	tell_progress(verification);
	if (block->is_header_damaged)
		error_set(error, status, "its header cannot be read");
	else
		status = check_body(verification, block, error);
	if (status == STATUS_OK)
		tally = &verification->whole;
	else if (status != STATUS_CORRUPT && status != STATUS_IO)
		return status;
	tally->blocks++;
	tally->rows += block->is_header_damaged ? 0 : block->header.row_count;
	tally->bytes += block->header_bytes + (block->is_header_damaged ? 0 : block->header.body_size);
	return status == STATUS_OK ? status : note_damage(verification, block, error->message, error);
}

static enum status verify(struct verification *verification, struct error *error)
{
	struct store_stats stats;
	enum status status = store_stats(verification->store, &stats, error);

	if (status != STATUS_OK)
		return status;
	verification->total = stats.block_count;
	status = inspect_blocks(verification->store, verify_block, verification, &verification->knows_all,
				error);
	if (status == STATUS_OK)
		status = inspect_orphans(verification->store, &verification->orphan_count,
					 &verification->orphan_bytes, error);
	return status;
}

/* ---- what is told ---- */

static void tell_damage(const struct damage *damage, struct buffer *out)
{
	const struct stored_block *block = &damage->block;
	char day[DAY_TEXT_SIZE];

	db_day(block->day, day);
	buffer_printf(out, "damaged: %s of %s, block %llu: %s\n", signal_name((enum signal)block->signal),
		      day, (unsigned long long)block->sequence, damage->reason);
	if (block->is_header_damaged) {
		buffer_printf(out,
			      "  its %s are found no more; \"db rescue\" brings back those that can be "
			      "read\n",
			      db_rows_name(block->signal));
		return;
	}
	buffer_append_c(out, "  lost: ");
	units_count(out, block->header.row_count);
	buffer_printf(out, " %s, ", db_rows_name(block->signal));
	units_time(out, block->header.first_ns, true);
	buffer_append_c(out, " to ");
	units_time(out, block->header.last_ns, true);
	buffer_append_byte(out, ' ');
	units_zone(out, block->header.last_ns);
	buffer_append_byte(out, '\n');
}

static void tell_sum(const struct verification *verification, struct buffer *out)
{
	const struct tally *whole = &verification->whole, *damaged = &verification->damaged;

	units_count(out, whole->blocks + damaged->blocks);
	buffer_append_c(out, " blocks with ");
	units_count(out, whole->rows + damaged->rows);
	buffer_append_c(out, " rows, ");
	units_bytes(out, whole->bytes + damaged->bytes);
	buffer_append_c(out, ", read in ");
	units_duration(out, clock_monotonic_ns() - verification->began_ns);
	if (!damaged->blocks) {
		buffer_append_c(out, verification->knows_all ? ": all whole\n" : ": these are whole\n");
		return;
	}
	buffer_printf(out, ": %llu %s damaged", (unsigned long long)damaged->blocks,
		      damaged->blocks == 1 ? "is" : "are");
	if (damaged->rows) {
		buffer_append_c(out, ", ");
		units_count(out, damaged->rows);
		buffer_append_c(out, " rows are lost");
	}
	buffer_append_c(out, "; the other ");
	units_count(out, whole->rows);
	buffer_append_c(out, " rows are served\n");
}

static void tell_orphans(const struct verification *verification, struct buffer *out)
{
	if (!verification->knows_all)
		buffer_append_c(out,
				"damaged: headers, and bodies too that would say which headers there were: "
				"more blocks may be lost\n"
				"  than are named here\n");
	if (!verification->orphan_count)
		return;
	units_count(out, verification->orphan_count);
	buffer_append_c(out, " bodies (");
	units_bytes(out, verification->orphan_bytes);
	buffer_append_c(out, ") have no header: no query finds their rows\n");
}

static void write_damage(struct json *json, const struct damage *damage)
{
	const struct stored_block *block = &damage->block;
	char day[DAY_TEXT_SIZE];

	db_day(block->day, day);
	json_begin_object(json);
	json_member_c(json, "signal", signal_name((enum signal)block->signal));
	json_member_c(json, "day", day);
	json_member_u64(json, "sequence", block->sequence);
	json_member_c(json, "reason", damage->reason);
	if (!block->is_header_damaged) {
		json_member_u64(json, "rows", block->header.row_count);
		db_member_time(json, "first", block->header.first_ns);
		db_member_time(json, "last", block->header.last_ns);
	}
	json_end_object(json);
}

static void write_json(const struct verification *verification, struct buffer *out)
{
	const struct tally *whole = &verification->whole, *damaged = &verification->damaged;
	struct json json = json_to(out);

	json_begin_object(&json);
	json_member_c(&json, "store", verification->request->folder);
	json_member_u64(&json, "blocks", whole->blocks + damaged->blocks);
	json_member_u64(&json, "rows", whole->rows + damaged->rows);
	json_member_u64(&json, "bytes", whole->bytes + damaged->bytes);
	json_member_u64(&json, "damaged_blocks", damaged->blocks);
	json_member_u64(&json, "damaged_rows", damaged->rows);
	json_member_u64(&json, "bodies_without_header", verification->orphan_count);
	json_member_bool(&json, "all_blocks_known", verification->knows_all);
	json_key(&json, str_from("damaged"));
	json_begin_array(&json);
	for (size_t i = 0; i < verification->damage_count; i++)
		write_damage(&json, &verification->damages[i]);
	json_end_array(&json);
	json_end_object(&json);
	buffer_append_byte(out, '\n');
}

static void write_lines(const struct verification *verification, struct buffer *out)
{
	for (size_t i = 0; i < verification->damage_count; i++) {
		struct json json = json_to(out);

		write_damage(&json, &verification->damages[i]);
		buffer_append_byte(out, '\n');
	}
}

static int tell(const struct verification *verification)
{
	struct buffer out = BUFFER_EMPTY;
	bool is_whole = !verification->damage_count && !verification->orphan_count && verification->knows_all;
	int result;

	switch (verification->request->format) {
	case OUTPUT_JSON: write_json(verification, &out); break;
	case OUTPUT_NDJSON: write_lines(verification, &out); break;
	case OUTPUT_TABLE:
		for (size_t i = 0; i < verification->damage_count; i++)
			tell_damage(&verification->damages[i], &out);
		tell_orphans(verification, &out);
		tell_sum(verification, &out);
	}
	result = output_write(&out);
	buffer_release(&out);
	return result == CLI_DONE && !is_whole ? CLI_FAILED : result;
}

int db_verify(const struct db_request *request)
{
	struct verification verification = {
		.request = request, .store = db_open(request), .began_ns = clock_monotonic_ns()};
	struct error error;
	enum status status;
	int result;

	if (!verification.store)
		return CLI_FAILED;
	arena_init(&verification.scratch, 0);
	status = verify(&verification, &error);
	progress_wipe();
	result = status == STATUS_OK ? tell(&verification) : cli_fail("%s", error.message);
	arena_release(&verification.scratch);
	buffer_release(&verification.body);
	free(verification.damages);
	store_close(verification.store);
	return result;
}
