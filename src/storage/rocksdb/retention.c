/*
 * Retention: what is too old, or too much, is dropped.
 *
 * Dropping is merging into nothing: one atomic batch takes the headers out and notes the bodies as leftovers,
 * then the entries leave the index, and the bodies go once no query reads them. So nothing that was dropped
 * comes back, whenever the program dies. Merges are held off meanwhile. Files shrink afterwards: see reclaim.c.
 *
 * By age, whole days go. By size, the oldest days go, of all signals together; of the newest day that there is
 * or of today, whichever is earlier, single blocks go instead, oldest first: a day that alone is larger than
 * the limit must not fill the disk, and must not be lost whole either.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "storage/rocksdb/reclaim.h"
#include "storage/rocksdb/rocksdb_internal.h"

enum { SWEEP_SECONDS = 60 };

struct keeper {
	struct rocksdb_store *store;
	const struct clock *clock;
	uint32_t retention_days[SIGNAL_COUNT];
	uint64_t max_storage_bytes;
	struct downsample_rule rules[DOWNSAMPLE_MOST_RULES];
	size_t rule_count;
	pthread_mutex_t sweep_lock; /* one sweep at a time */
	struct periodic *periodic;
	pthread_mutex_t lock; /* of what follows */
	struct store_dropped dropped[SIGNAL_COUNT][DROP_REASON_COUNT];
	uint64_t downsampled_points;
};

void keeper_figures(struct keeper *keeper, struct store_stats *stats)
{
	if (!keeper)
		return;
	pthread_mutex_lock(&keeper->lock);
	memcpy(stats->dropped, keeper->dropped, sizeof(stats->dropped));
	stats->downsampled_points = keeper->downsampled_points;
	pthread_mutex_unlock(&keeper->lock);
}

/* What one sweep dropped for one reason. */
struct haul {
	enum drop_reason reason;
	struct store_dropped signals[SIGNAL_COUNT];
	uint32_t last_day;
};

static bool is_empty(const struct haul *haul)
{
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		if (haul->signals[signal].rows)
			return false;
	return true;
}

static void note_haul(struct keeper *keeper, const struct haul *haul)
{
	static const char *const reasons[] = {
		[DROPPED_BY_AGE] = "past its retention",
		[DROPPED_BY_SIZE] = "because the store is larger than telemetry.max_storage_bytes"};
	char day[TIME_TEXT_SIZE];
	uint64_t bytes = 0;

	if (is_empty(haul))
		return;
	pthread_mutex_lock(&keeper->lock);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		keeper->dropped[signal][haul->reason].rows += haul->signals[signal].rows;
		keeper->dropped[signal][haul->reason].bytes += haul->signals[signal].bytes;
		bytes += haul->signals[signal].bytes;
	}
	pthread_mutex_unlock(&keeper->lock);
	time_format(haul->last_day * PARTITION_NS, day);
	log_info("storage",
		 "dropped telemetry up to %.10s %s: %" PRIu64 " spans, %" PRIu64 " metric points, %" PRIu64
		 " log records, %" PRIu64 " bytes",
		 day, reasons[haul->reason], haul->signals[SIGNAL_TRACES].rows,
		 haul->signals[SIGNAL_METRICS].rows, haul->signals[SIGNAL_LOGS].rows, bytes);
}

/* Entries are of one signal. */
static enum status drop(struct keeper *keeper, struct block_entry *const *entries, size_t count,
			struct haul *haul, struct error *error)
{
	enum status status;

	if (count == 0)
		return STATUS_OK;
	status = merger_remove(keeper->store->merger, entries, count, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct store_dropped *dropped = &haul->signals[entries[i]->header.signal];

		dropped->rows += entries[i]->header.row_count;
		dropped->bytes += entries[i]->header.body_size;
		haul->last_day =
			entries[i]->partition > haul->last_day ? entries[i]->partition : haul->last_day;
	}
	return status;
}

/* ---- by age ---- */

static bool ends_before(const struct block_header *header, const void *end_ns)
{
	return header->last_ns < *(const uint64_t *)end_ns;
}

/* A day is kept until it is over for as long as its retention. */
static enum status drop_old(struct keeper *keeper, uint64_t now_ns, struct haul *haul, struct error *error)
{
	enum status status = STATUS_OK;

	for (int signal = 0; signal < SIGNAL_COUNT && status == STATUS_OK; signal++) {
		uint64_t kept_ns = keeper->retention_days[signal] * PARTITION_NS, end_ns;
		struct block_list list;

		if (kept_ns == 0 || kept_ns > now_ns)
			continue;
		end_ns = partition_of(now_ns - kept_ns) * PARTITION_NS;
		status = block_index_list(&keeper->store->index, (enum signal)signal, UINT64_MAX, ends_before,
					  &end_ns, &list, error);
		if (status != STATUS_OK)
			break;
		status = drop(keeper, list.items, list.count, haul, error);
		block_list_release(&list);
	}
	return status;
}

/* ---- by size ---- */

static bool is_any(const struct block_header *header, const void *filter)
{
	(void)header;
	(void)filter;
	return true;
}

static int oldest_first(const void *a, const void *b)
{
	const struct block_entry *x = *(struct block_entry *const *)a, *y = *(struct block_entry *const *)b;

	if (x->partition != y->partition)
		return x->partition > y->partition ? 1 : -1;
	return (x->header.last_ns > y->header.last_ns) - (x->header.last_ns < y->header.last_ns);
}

/* How many of the entries, oldest first, make room for excess_bytes. today is not dropped whole. */
static size_t choose_excess(struct block_entry *const *entries, size_t count, uint32_t today,
			    uint64_t excess_bytes)
{
	uint32_t newest = count ? entries[count - 1]->partition : 0;
	uint64_t bytes = 0;
	size_t chosen = 0;

	today = newest < today ? newest : today;
	while (chosen < count && bytes < excess_bytes)
		bytes += entries[chosen++]->header.body_size;
	while (chosen && chosen < count && entries[chosen - 1]->partition < today &&
	       entries[chosen]->partition == entries[chosen - 1]->partition)
		chosen++;
	return chosen;
}

/* Sorts the chosen by signal, and drops those of each. */
static enum status drop_chosen(struct keeper *keeper, struct block_entry *const *entries, size_t count,
			       struct haul *haul, struct error *error)
{
	struct block_entry **of_signal = malloc((count + 1) * sizeof(*of_signal));
	enum status status = STATUS_OK;

	if (!of_signal)
		return error_set(error, STATUS_NO_MEMORY, "no memory to drop blocks");
	for (int signal = 0; signal < SIGNAL_COUNT && status == STATUS_OK; signal++) {
		size_t found = 0;

		for (size_t i = 0; i < count; i++)
			if (entries[i]->header.signal == signal)
				of_signal[found++] = entries[i];
		status = drop(keeper, of_signal, found, haul, error);
	}
	free(of_signal);
	return status;
}

static enum status list_all(struct rocksdb_store *store, struct block_list lists[SIGNAL_COUNT],
			    struct block_list *all_out, struct error *error)
{
	enum status status = STATUS_OK;
	size_t count = 0;

	for (int signal = 0; signal < SIGNAL_COUNT && status == STATUS_OK; signal++) {
		status = block_index_list(&store->index, (enum signal)signal, UINT64_MAX, is_any, NULL,
					  &lists[signal], error);
		count += lists[signal].count;
	}
	if (status != STATUS_OK)
		return status;
	all_out->items = malloc((count + 1) * sizeof(struct block_entry *));
	if (!all_out->items)
		return error_set(error, STATUS_NO_MEMORY, "no memory to drop blocks");
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		for (size_t i = 0; i < lists[signal].count; i++)
			all_out->items[all_out->count++] = lists[signal].items[i];
	qsort(all_out->items, all_out->count, sizeof(struct block_entry *), oldest_first);
	return STATUS_OK;
}

/* What of the bodies makes up for a part of the files, which hold headers and word filters too. */
static uint64_t body_share(const struct block_list *all, uint64_t part_bytes, uint64_t file_bytes)
{
	double bodies = 0;

	for (size_t i = 0; i < all->count; i++)
		bodies += (double)all->items[i]->header.body_size;
	return bodies < (double)file_bytes ? (uint64_t)((double)part_bytes * bodies / (double)file_bytes)
					   : part_bytes;
}

static enum status drop_excess(struct keeper *keeper, uint64_t now_ns, uint64_t size, uint64_t wanted_size,
			       struct haul *haul, struct error *error)
{
	struct block_list lists[SIGNAL_COUNT] = {0}, all = {0}; /* all borrows from the lists */
	enum status status = list_all(keeper->store, lists, &all, error);

	if (status == STATUS_OK)
		status = drop_chosen(keeper, all.items,
				     choose_excess(all.items, all.count, partition_of(now_ns),
						   body_share(&all, size - wanted_size, size)),
				     haul, error);
	free(all.items);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		block_list_release(&lists[signal]);
	return status;
}

/* ---- the sweep ---- */

static enum status hold_and_drop_old(struct keeper *keeper, uint64_t now_ns, struct haul *haul,
				     struct error *error)
{
	enum status status, swept;

	status = merger_hold(keeper->store->merger, error);
	if (status != STATUS_OK)
		return status;
	status = drop_old(keeper, now_ns, haul, error);
	swept = merger_let_go(keeper->store->merger, status == STATUS_OK ? error : &(struct error){0});
	return status == STATUS_OK ? swept : status;
}

static enum status hold_and_drop_excess(struct keeper *keeper, uint64_t now_ns, uint64_t size,
					uint64_t wanted_size, struct haul *haul, struct error *error)
{
	enum status status, swept;

	status = merger_hold(keeper->store->merger, error);
	if (status != STATUS_OK)
		return status;
	status = drop_excess(keeper, now_ns, size, wanted_size, haul, error);
	swept = merger_let_go(keeper->store->merger, status == STATUS_OK ? error : &(struct error){0});
	return status == STATUS_OK ? swept : status;
}

/* Files and logs that hold nothing any more go at once. */
static enum status settle(struct keeper *keeper, bool is_eager, struct error *error)
{
	enum status status = begin_read(keeper->store, error);

	if (status != STATUS_OK)
		return status;
	store_flush(keeper->store);
	reclaim_headers(keeper->store);
	end_read(keeper->store, STATUS_OK);
	return reclaim(keeper->store, is_eager, error);
}

static enum status sweep_by_age(struct keeper *keeper, uint64_t now_ns, struct error *error)
{
	struct haul haul = {.reason = DROPPED_BY_AGE};
	enum status status = hold_and_drop_old(keeper, now_ns, &haul, error);

	note_haul(keeper, &haul);
	if (status != STATUS_OK)
		return status;
	return is_empty(&haul) ? reclaim(keeper->store, false, error) : settle(keeper, false, error);
}

/* What is garbage already goes first. A twentieth of room is made, so that not every sweep has to. */
static enum status sweep_by_size(struct keeper *keeper, uint64_t now_ns, struct error *error)
{
	struct haul haul = {.reason = DROPPED_BY_SIZE};
	uint64_t most = keeper->max_storage_bytes, size;
	enum status status;

	if (most == 0 || store_folder_bytes(keeper->store) <= most)
		return STATUS_OK;
	status = settle(keeper, true, error);
	size = store_folder_bytes(keeper->store);
	if (status != STATUS_OK || size <= most)
		return status;
	status = hold_and_drop_excess(keeper, now_ns, size, most - most / 20, &haul, error);
	note_haul(keeper, &haul);
	return status == STATUS_OK ? settle(keeper, true, error) : status;
}

/* Merges have their turn between one group of blocks and the next, and the store may be closed. */
static enum status downsample_by(struct keeper *keeper, const struct downsample_rule *rule, uint64_t now_ns,
				 uint64_t *removed, struct error *error)
{
	uint64_t end_ns = partition_of(now_ns - rule->age_days * PARTITION_NS) * PARTITION_NS;
	enum status status = STATUS_OK, swept;
	bool is_more = true;

	while (is_more && status == STATUS_OK && !periodic_is_ending(keeper->periodic)) {
		status = merger_hold(keeper->store->merger, error);
		if (status != STATUS_OK)
			break;
		status = downsample_blocks(keeper->store, end_ns, rule->step_ns, removed, &is_more, error);
		swept = merger_let_go(keeper->store->merger,
				      status == STATUS_OK ? error : &(struct error){0});
		status = status == STATUS_OK ? swept : status;
	}
	return status;
}

static enum status downsample(struct keeper *keeper, uint64_t now_ns, struct error *error)
{
	uint64_t removed = 0;
	enum status status = STATUS_OK;

	/* The coarsest first: what is old enough for it need not become finer before. */
	for (size_t i = keeper->rule_count; i-- > 0 && status == STATUS_OK;)
		if (keeper->rules[i].age_days * PARTITION_NS <= now_ns)
			status = downsample_by(keeper, &keeper->rules[i], now_ns, &removed, error);
	pthread_mutex_lock(&keeper->lock);
	keeper->downsampled_points += removed;
	pthread_mutex_unlock(&keeper->lock);
	if (removed)
		log_info("storage", "downsampled metrics: %" PRIu64 " points fewer", removed);
	return status;
}

enum status keeper_sweep(struct keeper *keeper, struct error *error)
{
	uint64_t now_ns = clock_now_ns(keeper->clock);
	enum status status;

	pthread_mutex_lock(&keeper->sweep_lock);
	status = sweep_by_age(keeper, now_ns, error);
	if (status == STATUS_OK)
		status = downsample(keeper, now_ns, error);
	if (status == STATUS_OK)
		status = sweep_by_size(keeper, now_ns, error);
	pthread_mutex_unlock(&keeper->sweep_lock);
	return status;
}

static void run(void *context)
{
	struct error error = {0};

	if (keeper_sweep(context, &error) != STATUS_OK)
		log_warn("storage", "what is too old could not be dropped, the next try is in %d seconds: %s",
			 SWEEP_SECONDS, error.message);
}

enum status keeper_new(struct rocksdb_store *store, const struct rocksdb_store_options *options,
		       struct keeper **keeper_out, struct error *error)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	enum status status;

	if (!keeper)
		return error_set(error, STATUS_NO_MEMORY, "no memory to open the store");
	keeper->store = store;
	keeper->clock = options->clock ? options->clock : &clock_system;
	memcpy(keeper->retention_days, options->retention_days, sizeof(keeper->retention_days));
	keeper->max_storage_bytes = options->max_storage_bytes;
	memcpy(keeper->rules, options->downsample, sizeof(keeper->rules));
	keeper->rule_count = options->downsample_count;
	pthread_mutex_init(&keeper->sweep_lock, NULL);
	pthread_mutex_init(&keeper->lock, NULL);
	status = periodic_new("retention", SWEEP_SECONDS * 1000, run, keeper, &keeper->periodic, error);
	if (status != STATUS_OK) {
		keeper_free(keeper);
		return status;
	}
	*keeper_out = keeper;
	return STATUS_OK;
}

void keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return;
	periodic_free(keeper->periodic);
	pthread_mutex_destroy(&keeper->sweep_lock);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}
