#include "receiver/arrivals.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

void arrivals_init(struct arrivals *arrivals, const uint64_t retention_ns[SIGNAL_COUNT])
{
	memset(arrivals, 0, sizeof(*arrivals));
	memcpy(arrivals->retention_ns, retention_ns, sizeof(arrivals->retention_ns));
	pthread_mutex_init(&arrivals->lock, NULL);
}

void arrivals_release(struct arrivals *arrivals)
{
	pthread_mutex_destroy(&arrivals->lock);
}

/* What one batch adds. */
struct tally {
	uint64_t future_rows, expired_rows, most_ahead_ns;
	uint64_t latest_ns, oldest_ns[SIGNAL_COUNT]; /* later is ahead, earlier is expired */
};

static inline void look(struct tally *tally, enum signal signal, uint64_t time_ns)
{
	tally->expired_rows += time_ns < tally->oldest_ns[signal];
	if (time_ns <= tally->latest_ns)
		return;
	tally->future_rows++;
	if (time_ns - tally->latest_ns > tally->most_ahead_ns)
		tally->most_ahead_ns = time_ns - tally->latest_ns;
}

static void raise(atomic_uint_fast64_t *most, uint64_t value)
{
	uint_fast64_t before = atomic_load(most);

	while (value > before && !atomic_compare_exchange_weak(most, &before, value))
		;
}

/* Each is said when it happens for the first time; afterwards it is counted. */
static void say(struct arrivals *arrivals, const struct tally *tally)
{
	if (tally->future_rows && atomic_fetch_add(&arrivals->future_rows, tally->future_rows) == 0)
		log_warn("receiver",
			 "rows arrive whose times lie ahead, by %llu seconds: the clock of a sender, or of "
			 "this "
			 "machine, is wrong",
			 (unsigned long long)((tally->most_ahead_ns + ARRIVALS_AHEAD_NS) / NS_PER_SECOND));
	if (tally->expired_rows && atomic_fetch_add(&arrivals->expired_rows, tally->expired_rows) == 0)
		log_warn("receiver",
			 "rows arrive that are older than what is kept (telemetry.retention_days): "
			 "they go with the next sweep");
}

void arrivals_note(struct arrivals *arrivals, const struct batch *batch, uint64_t now_ns)
{
	struct tally tally = {.latest_ns = now_ns + ARRIVALS_AHEAD_NS};

	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		if (arrivals->retention_ns[i] && arrivals->retention_ns[i] < now_ns)
			tally.oldest_ns[i] = now_ns - arrivals->retention_ns[i];
	for (size_t i = 0; i < batch->span_count; i++)
		look(&tally, SIGNAL_TRACES, batch->spans[i].start_ns);
	for (size_t i = 0; i < batch->log_count; i++)
		look(&tally, SIGNAL_LOGS, batch->logs[i].time_ns);
	for (size_t i = 0; i < batch->point_count; i++)
		look(&tally, SIGNAL_METRICS, batch->points[i].time_ns);
	if (!tally.future_rows && !tally.expired_rows)
		return;
	if (tally.future_rows)
		raise(&arrivals->most_ahead_ns, tally.most_ahead_ns + ARRIVALS_AHEAD_NS);
	say(arrivals, &tally);
}

void arrivals_note_path(struct arrivals *arrivals, struct str path)
{
	char shown[ARRIVALS_PATH_SIZE];
	size_t size = path.size < sizeof(shown) - 1 ? path.size : sizeof(shown) - 1;

	/* Foreign text: it goes to the log and into JSON. */
	for (size_t i = 0; i < size; i++)
		shown[i] = path.data[i] > 0x20 && path.data[i] < 0x7f ? path.data[i] : '?';
	shown[size] = '\0';
	pthread_mutex_lock(&arrivals->lock);
	memcpy(arrivals->last_unknown_path, shown, size + 1);
	pthread_mutex_unlock(&arrivals->lock);
	if (atomic_fetch_add(&arrivals->unknown_paths, 1) == 0)
		log_warn("receiver",
			 "a request was sent to %s, which does not exist: telemetry goes to /v1/traces, "
			 "/v1/metrics and "
			 "/v1/logs",
			 shown);
}
