#include "storage/store.h"

#include <stdlib.h>

/* Names for the capability bits, in their order. */
static enum status refuse(const struct store *store, unsigned missing, struct error *error)
{
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		if (missing & (1u << signal))
			return error_set(error, STATUS_UNSUPPORTED, "the %s store holds no %s",
					 store->ops->name, signal_name((enum signal)signal));
	return error_set(error, STATUS_UNSUPPORTED, "the %s store cannot do this", store->ops->name);
}

static enum status check(const struct store *store, unsigned capabilities, const void *operation,
			 struct error *error)
{
	if (!operation || !store_can(store, capabilities))
		return refuse(store, capabilities & ~store->ops->capabilities, error);
	return STATUS_OK;
}

static unsigned batch_signals(const struct batch *batch)
{
	return (batch->span_count ? STORE_TRACES : 0u) | (batch->point_count ? STORE_METRICS : 0u) |
	       (batch->log_count ? STORE_LOGS : 0u);
}

enum status store_append(struct store *store, struct batch *const *batches, size_t count, struct error *error)
{
	unsigned signals = 0;
	enum status status;

	for (size_t i = 0; i < count; i++)
		signals |= batch_signals(batches[i]);
	status = check(store, signals, (const void *)store->ops->append, error);
	if (status != STATUS_OK || signals == 0)
		return status;
	return store->ops->append(store, batches, count, error);
}

enum status store_read_trace(struct store *store, const uint8_t trace_id[TRACE_ID_SIZE],
			     struct batch *batch_out, struct error *error)
{
	enum status status = check(store, STORE_TRACES, (const void *)store->ops->read_trace, error);

	return status == STATUS_OK ? store->ops->read_trace(store, trace_id, batch_out, error) : status;
}

enum status store_find_traces(struct store *store, const struct span_filter *filter,
			      const struct trace_page *page, struct trace_hit *hits_out,
			      size_t *hit_count_out, uint64_t *snapshot_out, struct error *error)
{
	enum status status = check(store, STORE_TRACES, (const void *)store->ops->find_traces, error);

	if (status != STATUS_OK)
		return status;
	return store->ops->find_traces(store, filter, page, hits_out, hit_count_out, snapshot_out, error);
}

enum status store_find_logs(struct store *store, const struct log_filter *filter, const struct log_page *page,
			    struct batch *batch_out, uint64_t *snapshot_out, struct error *error)
{
	enum status status = check(store, STORE_LOGS, (const void *)store->ops->find_logs, error);

	if (status != STATUS_OK)
		return status;
	return store->ops->find_logs(store, filter, page, batch_out, snapshot_out, error);
}

enum status store_fold_logs(struct store *store, const struct log_fold *fold, log_visit *visit, void *context,
			    struct error *error)
{
	enum status status = check(store, STORE_LOGS, (const void *)store->ops->fold_logs, error);

	return status == STATUS_OK ? store->ops->fold_logs(store, fold, visit, context, error) : status;
}

enum status store_list_metrics(struct store *store, struct time_range range, struct arena *arena,
			       struct metric_summary **metrics_out, size_t *count_out, struct error *error)
{
	enum status status = check(store, STORE_METRICS, (const void *)store->ops->list_metrics, error);

	if (status != STATUS_OK)
		return status;
	return store->ops->list_metrics(store, range, arena, metrics_out, count_out, error);
}

enum status store_read_points(struct store *store, const struct point_filter *filter, struct batch *batch_out,
			      struct error *error)
{
	enum status status = check(store, STORE_METRICS, (const void *)store->ops->read_points, error);

	return status == STATUS_OK ? store->ops->read_points(store, filter, batch_out, error) : status;
}

enum status store_list_days(struct store *store, enum signal signal, struct arena *arena,
			    struct store_day **days_out, size_t *count_out, uint64_t *snapshot_out,
			    struct error *error)
{
	enum status status = check(store, 1u << signal, (const void *)store->ops->list_days, error);

	if (status != STATUS_OK)
		return status;
	return store->ops->list_days(store, signal, arena, days_out, count_out, snapshot_out, error);
}

enum status store_scan(struct store *store, const struct store_scan *scan, store_visit *visit, void *context,
		       struct error *error)
{
	enum status status = check(store, 1u << scan->signal, (const void *)store->ops->scan, error);

	return status == STATUS_OK ? store->ops->scan(store, scan, visit, context, error) : status;
}

enum status store_sift(struct store *store, const struct store_sift *sift, struct error *error)
{
	enum status status = check(store, STORE_TRACES, (const void *)store->ops->sift, error);

	return status == STATUS_OK ? store->ops->sift(store, sift, error) : status;
}

enum status store_put_note(struct store *store, struct str key, struct str value, struct error *error)
{
	enum status status = check(store, 0, (const void *)store->ops->put_note, error);

	if (status != STATUS_OK)
		return status;
	if (key.size == 0 || key.size > STORE_NOTE_KEY_MOST || value.size > STORE_NOTE_VALUE_MOST ||
	    (value.data && value.size == 0))
		return error_set(error, STATUS_INVALID,
				 "a note has a key of 1 to %d bytes and a value of 1 to %d, not %zu and %zu",
				 STORE_NOTE_KEY_MOST, STORE_NOTE_VALUE_MOST, key.size, value.size);
	return store->ops->put_note(store, key, value, error);
}

enum status store_each_note(struct store *store, struct str prefix, store_note_visit *visit, void *context,
			    struct error *error)
{
	enum status status = check(store, 0, (const void *)store->ops->each_note, error);

	return status == STATUS_OK ? store->ops->each_note(store, prefix, visit, context, error) : status;
}

enum status store_stats(struct store *store, struct store_stats *stats_out, struct error *error)
{
	enum status status = check(store, 0, (const void *)store->ops->stats, error);

	return status == STATUS_OK ? store->ops->stats(store, stats_out, error) : status;
}

void store_close(struct store *store)
{
	if (store)
		store->ops->close(store);
}
