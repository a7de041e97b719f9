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
 *
 * Where somebody wants the rows before they go (before_drop), he is asked first, without a lock, and only what he
 * has had is dropped: rows that arrive meanwhile wait for the next sweep, and so do those that he failed to take.
 *
 * Nobody can read the rows of a damaged block any more. It goes with its day: where somebody failed to take the others,
 * it waits with them.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "storage/rocksdb/reclaim.h"
#include "storage/rocksdb/rocksdb_internal.h"

enum {
	SWEEP_SECONDS = 60,
	REST_SECONDS = 5, /* from which on a store that is hardly written is at rest */
	REST_LOOK_MS = 1000,
};

/* Garbage of merges that is left where it is at rest: a part of what is alive, and a little more. */
#define REST_LEAST_BYTES (UINT64_C(1) << 20)
#define REST_MOST_BYTES  (UINT64_C(256) << 10) /* written meanwhile */
enum { REST_PART = 40 };

struct keeper {
	struct rocksdb_store *store;
	const struct clock *clock;
	uint32_t retention_days[SIGNAL_COUNT];
	uint64_t max_storage_bytes;
	struct downsample_rule rules[DOWNSAMPLE_MOST_RULES];
	size_t rule_count;
	store_before_drop *before_drop; /* NULL: nobody asks for them */
	void *before_drop_context;
	pthread_mutex_t sweep_lock; /* one sweep at a time */
	/* of the sweep lock: what had been written, since when no more than that; of the last time at rest */
	uint64_t seen_bytes, seen_ns, given_back_bytes;
	bool has_rested;
	struct periodic *periodic, *resting;
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
	uint64_t damaged_rows; /* of them: nobody was given these */
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
	if (haul->damaged_rows)
		log_warn("storage",
			 "%" PRIu64
			 " of these rows lay in damaged blocks: nobody could read them any more, and no "
			 "archive has them",
			 haul->damaged_rows);
}

/* ---- who wants rows before they go ---- */

/* Rows of a signal and a day that were handed over: those of range, of commits up to snapshot. */
struct handed {
	uint8_t signal;
	uint32_t partition;
	struct time_range range;
	uint64_t snapshot;
	bool is_taken;
};

struct handed_list {
	struct handed *items;
	size_t count;
};

static struct handed *find_handed(const struct handed_list *list, const struct block_entry *entry)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].signal == entry->header.signal &&
		    list->items[i].partition == entry->partition)
			return &list->items[i];
	return NULL;
}

static void note_entry(struct handed_list *list, const struct block_entry *entry, uint64_t snapshot)
{
	const struct block_header *header = &entry->header;
	struct handed *handed = find_handed(list, entry);

	if (!handed) {
		handed = &list->items[list->count++];
		*handed = (struct handed){header->signal, entry->partition, {UINT64_MAX, 0}, snapshot, false};
	}
	if (header->first_ns < handed->range.start_ns)
		handed->range.start_ns = header->first_ns;
	if (header->last_ns + 1 > handed->range.end_ns)
		handed->range.end_ns = header->last_ns + 1;
}

/* Hands over the rows of the entries that can be read, day by day. */
static enum status hand_over(struct keeper *keeper, struct block_entry *const *entries, size_t count,
			     struct handed_list *list, struct error *error)
{
	uint64_t snapshot = block_index_last_sequence(&keeper->store->index);

	if (!keeper->before_drop)
		return STATUS_OK;
	list->items = malloc((count + 1) * sizeof(*list->items));
	if (!list->items)
		return error_set(error, STATUS_NO_MEMORY, "no memory to hand over what is to be dropped");
	for (size_t i = 0; i < count; i++)
		if (!atomic_load(&entries[i]->is_damaged))
			note_entry(list, entries[i], snapshot);
	for (size_t i = 0; i < list->count; i++) {
		struct handed *handed = &list->items[i];
		struct error refusal = {0};

		handed->is_taken = keeper->before_drop(keeper->before_drop_context, &keeper->store->base,
						       (enum signal)handed->signal, handed->range,
						       &refusal) == STATUS_OK;
		if (!handed->is_taken)
			log_warn("storage", "%s are kept past their time, for they could not be archived: %s",
				 signal_name((enum signal)handed->signal), refusal.message);
	}
	return STATUS_OK;
}

static bool may_go(const struct keeper *keeper, const struct handed_list *list,
		   const struct block_entry *entry)
{
	const struct handed *handed = keeper->before_drop ? find_handed(list, entry) : NULL;

	if (!keeper->before_drop)
		return true;
	if (atomic_load(&entry->is_damaged))
		return !handed || handed->is_taken;
	return handed && handed->is_taken && entry->header.first_ns >= handed->range.start_ns &&
	       entry->header.last_ns < handed->range.end_ns &&
	       entry->header.last_sequence <= handed->snapshot;
}

static void count_dropped(struct haul *haul, const struct block_entry *entry)
{
	struct store_dropped *dropped = &haul->signals[entry->header.signal];

	dropped->rows += entry->header.row_count;
	dropped->bytes += entry->header.body_size;
	haul->damaged_rows += atomic_load(&entry->is_damaged) ? entry->header.row_count : 0;
	haul->last_day = entry->partition > haul->last_day ? entry->partition : haul->last_day;
}

/* Entries are of one signal. */
static enum status drop(struct keeper *keeper, struct block_entry *const *entries, size_t count,
			const struct handed_list *handed, struct haul *haul, struct error *error)
{
	struct block_entry **going = malloc((count + 1) * sizeof(struct block_entry *));
	size_t going_count = 0;
	enum status status = STATUS_OK;

	if (!going)
		return error_set(error, STATUS_NO_MEMORY, "no memory to drop blocks");
	for (size_t i = 0; i < count; i++)
		if (may_go(keeper, handed, entries[i]))
			going[going_count++] = entries[i];
	if (going_count)
		status = merger_remove(keeper->store->merger, going, going_count, error);
	for (size_t i = 0; i < going_count && status == STATUS_OK; i++)
		count_dropped(haul, going[i]);
	free(going);
	return status;
}

/* ---- by age ---- */

static bool ends_before(const struct block_header *header, const void *end_ns)
{
	return header->last_ns < *(const uint64_t *)end_ns;
}

/* Blocks of a signal whose day is over for as long as its retention; none where it is kept for ever. */
static enum status list_old(struct keeper *keeper, enum signal signal, uint64_t now_ns,
			    struct block_list *list_out, struct error *error)
{
	uint64_t kept_ns = keeper->retention_days[signal] * PARTITION_NS, end_ns = 0;

	if (kept_ns && kept_ns <= now_ns)
		end_ns = partition_of(now_ns - kept_ns) * PARTITION_NS;
	return block_index_list_all(&keeper->store->index, signal, ends_before, &end_ns, list_out, error);
}

static enum status hand_over_old(struct keeper *keeper, uint64_t now_ns,
				 struct handed_list handed[SIGNAL_COUNT], struct error *error)
{
	enum status status = STATUS_OK;

	for (int signal = 0; signal < SIGNAL_COUNT && status == STATUS_OK; signal++) {
		struct block_list list;

		status = list_old(keeper, (enum signal)signal, now_ns, &list, error);
		if (status != STATUS_OK)
			break;
		status = hand_over(keeper, list.items, list.count, &handed[signal], error);
		block_list_release(&list);
	}
	return status;
}

static enum status drop_old(struct keeper *keeper, uint64_t now_ns, const struct handed_list *handed,
			    struct haul *haul, struct error *error)
{
	enum status status = STATUS_OK;

	for (int signal = 0; signal < SIGNAL_COUNT && status == STATUS_OK; signal++) {
		struct block_list list;

		status = list_old(keeper, (enum signal)signal, now_ns, &list, error);
		if (status != STATUS_OK)
			break;
		status = drop(keeper, list.items, list.count, &handed[signal], haul, error);
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
			       const struct handed_list *handed, struct haul *haul, struct error *error)
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
		status = drop(keeper, of_signal, found, handed, haul, error);
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
		status = block_index_list_all(&store->index, (enum signal)signal, is_any, NULL,
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

/* What is done with the blocks that have to go: handed over, or dropped. */
typedef enum status on_excess(struct keeper *keeper, struct block_entry *const *entries, size_t count,
			      struct handed_list *handed, struct haul *haul, struct error *error);

static enum status hand_over_chosen(struct keeper *keeper, struct block_entry *const *entries, size_t count,
				    struct handed_list *handed, struct haul *haul, struct error *error)
{
	(void)haul;
	return hand_over(keeper, entries, count, handed, error);
}

static enum status drop_handed(struct keeper *keeper, struct block_entry *const *entries, size_t count,
			       struct handed_list *handed, struct haul *haul, struct error *error)
{
	return drop_chosen(keeper, entries, count, handed, haul, error);
}

/* How far the store is beyond its limit. */
struct excess {
	uint64_t now_ns, size, wanted_size;
};

static enum status each_excess(struct keeper *keeper, const struct excess *excess, on_excess *on,
			       struct handed_list *handed, struct haul *haul, struct error *error)
{
	struct block_list lists[SIGNAL_COUNT] = {0}, all = {0}; /* all borrows from the lists */
	enum status status = list_all(keeper->store, lists, &all, error);

	if (status == STATUS_OK) {
		uint64_t bytes = body_share(&all, excess->size - excess->wanted_size, excess->size);

		status = on(keeper, all.items,
			    choose_excess(all.items, all.count, partition_of(excess->now_ns), bytes), handed,
			    haul, error);
	}
	free(all.items);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		block_list_release(&lists[signal]);
	return status;
}

/* ---- the sweep ---- */

static enum status hold_and_drop_old(struct keeper *keeper, uint64_t now_ns, struct haul *haul,
				     struct error *error)
{
	struct handed_list handed[SIGNAL_COUNT] = {0};
	enum status status = hand_over_old(keeper, now_ns, handed, error), swept;

	if (status == STATUS_OK)
		status = merger_hold(keeper->store->merger, error);
	if (status == STATUS_OK) {
		status = drop_old(keeper, now_ns, handed, haul, error);
		swept = merger_let_go(keeper->store->merger,
				      status == STATUS_OK ? error : &(struct error){0});
		status = status == STATUS_OK ? swept : status;
	}
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		free(handed[signal].items);
	return status;
}

static enum status hold_and_drop_excess(struct keeper *keeper, const struct excess *excess, struct haul *haul,
					struct error *error)
{
	struct handed_list handed = {0};
	enum status status = STATUS_OK, swept;

	if (keeper->before_drop)
		status = each_excess(keeper, excess, hand_over_chosen, &handed, haul, error);
	if (status == STATUS_OK)
		status = merger_hold(keeper->store->merger, error);
	if (status == STATUS_OK) {
		status = each_excess(keeper, excess, drop_handed, &handed, haul, error);
		swept = merger_let_go(keeper->store->merger,
				      status == STATUS_OK ? error : &(struct error){0});
		status = status == STATUS_OK ? swept : status;
	}
	free(handed.items);
	return status;
}

/* Files and logs that hold nothing any more go at once. */
static enum status settle(struct keeper *keeper, enum reclaim_when when, struct error *error)
{
	enum status status = begin_read(keeper->store, error);

	if (status != STATUS_OK)
		return status;
	store_flush(keeper->store);
	reclaim_headers(keeper->store);
	end_read(keeper->store, STATUS_OK);
	return reclaim(keeper->store, when, error);
}

static enum status sweep_by_age(struct keeper *keeper, uint64_t now_ns, struct error *error)
{
	struct haul haul = {.reason = DROPPED_BY_AGE};
	enum status status = hold_and_drop_old(keeper, now_ns, &haul, error);

	note_haul(keeper, &haul);
	if (status != STATUS_OK)
		return status;
	return is_empty(&haul) ? reclaim(keeper->store, RECLAIM_AT_WORK, error)
			       : settle(keeper, RECLAIM_AT_WORK, error);
}

/* What is garbage already goes first. A twentieth of room is made, so that not every sweep has to. */
static enum status sweep_by_size(struct keeper *keeper, uint64_t now_ns, struct error *error)
{
	struct haul haul = {.reason = DROPPED_BY_SIZE};
	uint64_t most = keeper->max_storage_bytes, size;
	enum status status;

	if (most == 0 || store_folder_bytes(keeper->store) <= most)
		return STATUS_OK;
	status = settle(keeper, RECLAIM_FOR_ROOM, error);
	size = store_folder_bytes(keeper->store);
	if (status != STATUS_OK || size <= most)
		return status;
	status = hold_and_drop_excess(keeper, &(struct excess){now_ns, size, most - most / 20}, &haul, error);
	note_haul(keeper, &haul);
	return status == STATUS_OK ? settle(keeper, RECLAIM_FOR_ROOM, error) : status;
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

/* ---- at rest ---- */

/* Whether next to nothing was written for so long: the program's own metrics come every few seconds. */
static bool is_at_rest(struct keeper *keeper, uint64_t now_ns)
{
	uint64_t written =
		atomic_load(&keeper->store->committed_bytes) + atomic_load(&keeper->store->rewritten_bytes);

	if (written - keeper->seen_bytes > REST_MOST_BYTES || now_ns < keeper->seen_ns) {
		keeper->seen_bytes = written;
		keeper->seen_ns = now_ns;
	}
	return now_ns - keeper->seen_ns >= REST_SECONDS * NS_PER_SECOND;
}

/*
 * What merges left since the last time is given back once it is more than a part of what is alive: a store that
 * rests between one request and the next must not flush for each. What is left to merge is merged first: small blocks
 * among the keys of large ones would have those written again with them.
 */
static enum status rest(struct keeper *keeper, uint64_t now_ns, struct error *error)
{
	struct rocksdb_store *store = keeper->store;
	uint64_t slack = REST_LEAST_BYTES + block_index_body_bytes(&store->index) / REST_PART;
	enum status status;

	if (!is_at_rest(keeper, now_ns) || store_check_writable(store, NULL) != STATUS_OK)
		return STATUS_OK;
	if (keeper->has_rested && atomic_load(&store->removed_bytes) - keeper->given_back_bytes <= slack)
		return STATUS_OK;
	status = merger_run(store->merger, true, error);
	if (status == STATUS_OK)
		status = settle(keeper, RECLAIM_AT_REST, error);
	keeper->has_rested = true;
	keeper->given_back_bytes = atomic_load(&store->removed_bytes);
	keeper->seen_ns = now_ns;
	return status;
}

static void look_for_rest(void *context)
{
	struct keeper *keeper = context;
	struct error error = {0};
	enum status status;

	pthread_mutex_lock(&keeper->sweep_lock);
	status = rest(keeper, clock_now_ns(keeper->clock), &error);
	pthread_mutex_unlock(&keeper->sweep_lock);
	if (status != STATUS_OK)
		log_warn("storage", "what is garbage could not be given back to the disk: %s", error.message);
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
	if (status == STATUS_OK)
		status = rest(keeper, now_ns, error);
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
	keeper->seen_ns = clock_now_ns(keeper->clock);
	memcpy(keeper->retention_days, options->retention_days, sizeof(keeper->retention_days));
	keeper->max_storage_bytes = options->max_storage_bytes;
	memcpy(keeper->rules, options->downsample, sizeof(keeper->rules));
	keeper->rule_count = options->downsample_count;
	keeper->before_drop = options->before_drop;
	keeper->before_drop_context = options->before_drop_context;
	pthread_mutex_init(&keeper->sweep_lock, NULL);
	pthread_mutex_init(&keeper->lock, NULL);
	status = periodic_new("retention", SWEEP_SECONDS * 1000, run, keeper, &keeper->periodic, error);
	if (status == STATUS_OK)
		status = periodic_new("rest", REST_LOOK_MS, look_for_rest, keeper, &keeper->resting, error);
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
	periodic_free(keeper->resting);
	periodic_free(keeper->periodic);
	pthread_mutex_destroy(&keeper->sweep_lock);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}
