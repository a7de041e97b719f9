/*
 * Damaged blocks: a block whose bytes are not what was written costs its own rows, never the whole answer.
 *
 * Whoever finds that a block is damaged notes it: the index gives it to no search any more, the log says so
 * once, and a figure counts it. The search that has met it fails as corrupt, without a trace in its answer or in the
 * memory that it was given, and begins anew without the block.
 */
#include "base/log.h"
#include "storage/rocksdb/rocksdb_internal.h"

enum status note_damage(struct rocksdb_store *store, const struct block_entry *entry, enum status status,
			const struct error *error)
{
	/* Only its flags change; the index owns the entry, and gave it out as one not to be changed. */
	struct block_entry *noted = (struct block_entry *)entry;

	bool is_known;

	if (status != STATUS_CORRUPT)
		return status;
	is_known = atomic_exchange(&noted->is_damaged, true);
	atomic_fetch_add(&store->damage_notes, 1);
	if (is_known)
		return status;
	atomic_store(&noted->is_unmergeable, true);
	atomic_fetch_add(&store->damaged_row_count, entry->header.row_count);
	atomic_fetch_add(&store->damaged_block_count, 1);
	log_error("storage",
		  "block %llu of %s is damaged, its %llu rows are left out of all answers (\"rohas-telemetry "
		  "db verify\" says more): %s",
		  (unsigned long long)entry->header.sequence, signal_name((enum signal)entry->header.signal),
		  (unsigned long long)entry->header.row_count, error ? error->message : "");
	return status;
}

bool damage_goes_around(struct rocksdb_store *store, enum status status, uint64_t *notes)
{
	uint64_t count = atomic_load(&store->damage_notes);
	bool is_noted = status == STATUS_CORRUPT && count != *notes;

	*notes = count;
	return is_noted;
}

enum status around_read_trace(struct store *base, const uint8_t trace_id[TRACE_ID_SIZE],
			      struct batch *batch_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	uint64_t notes = atomic_load(&store->damage_notes);
	const struct arena before = batch_out->arena;
	enum status status = rocksdb_read_trace(base, trace_id, batch_out, error);

	while (damage_goes_around(store, status, &notes)) {
		arena_rewind(&batch_out->arena, &before);
		status = rocksdb_read_trace(base, trace_id, batch_out, error);
	}
	return status;
}

enum status around_find_traces(struct store *base, const struct span_filter *filter,
			       const struct trace_page *page, struct trace_hit *hits_out,
			       size_t *hit_count_out, uint64_t *snapshot_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	uint64_t notes = atomic_load(&store->damage_notes);
	enum status status;

	do
		status =
			rocksdb_find_traces(base, filter, page, hits_out, hit_count_out, snapshot_out, error);
	while (damage_goes_around(store, status, &notes));
	return status;
}

enum status around_find_logs(struct store *base, const struct log_filter *filter, const struct log_page *page,
			     struct batch *batch_out, uint64_t *snapshot_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	uint64_t notes = atomic_load(&store->damage_notes);
	const struct arena before = batch_out->arena;
	enum status status = rocksdb_find_logs(base, filter, page, batch_out, snapshot_out, error);

	while (damage_goes_around(store, status, &notes)) {
		arena_rewind(&batch_out->arena, &before);
		status = rocksdb_find_logs(base, filter, page, batch_out, snapshot_out, error);
	}
	return status;
}

enum status around_list_metrics(struct store *base, struct time_range range, struct arena *arena,
				struct metric_summary **metrics_out, size_t *count_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	uint64_t notes = atomic_load(&store->damage_notes);
	const struct arena before = *arena;
	enum status status = rocksdb_list_metrics(base, range, arena, metrics_out, count_out, error);

	while (damage_goes_around(store, status, &notes)) {
		arena_rewind(arena, &before);
		status = rocksdb_list_metrics(base, range, arena, metrics_out, count_out, error);
	}
	return status;
}

enum status around_read_points(struct store *base, const struct point_filter *filter, struct batch *batch_out,
			       struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	uint64_t notes = atomic_load(&store->damage_notes);
	const struct arena before = batch_out->arena;
	enum status status = rocksdb_read_points(base, filter, batch_out, error);

	while (damage_goes_around(store, status, &notes)) {
		arena_rewind(&batch_out->arena, &before);
		status = rocksdb_read_points(base, filter, batch_out, error);
	}
	return status;
}
