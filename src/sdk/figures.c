#include "sdk/figures.h"

#include "model/batch.h"

const char *loss_name(enum loss loss)
{
	static const char *const names[LOSS_COUNT] = {"pool_full", "queue_full", "refused", "close"};

	return names[loss];
}

void figures_init(struct figures *figures)
{
	memset(figures, 0, sizeof(*figures));
	pthread_mutex_init(&figures->lock, NULL);
}

void figures_set_reason(struct figures *figures, const char *reason)
{
	size_t size = strnlen(reason, ROHAS_REASON_SIZE - 1);

	pthread_mutex_lock(&figures->lock);
	memcpy(figures->reason, reason, size);
	figures->reason[size] = '\0';
	pthread_mutex_unlock(&figures->lock);
}

static uint64_t lost_for(const struct figures *figures, enum loss loss)
{
	uint64_t sum = 0;

	for (int signal = 0; signal < SIGNALS; signal++)
		sum += atomic_load(&figures->lost[loss][signal]);
	return sum;
}

static uint64_t lost_of(const struct figures *figures, enum signal signal)
{
	uint64_t sum = 0;

	for (int loss = 0; loss < LOSS_COUNT; loss++)
		sum += atomic_load(&figures->lost[loss][signal]);
	return sum;
}

void figures_read(struct figures *figures, struct rohas_report *report_out)
{
	*report_out = (struct rohas_report){
		.spans_delivered = atomic_load(&figures->delivered[SIGNAL_TRACES]),
		.logs_delivered = atomic_load(&figures->delivered[SIGNAL_LOGS]),
		.points_delivered = atomic_load(&figures->delivered[SIGNAL_METRICS]),
		.spans_lost = lost_of(figures, SIGNAL_TRACES),
		.logs_lost = lost_of(figures, SIGNAL_LOGS),
		.points_lost = lost_of(figures, SIGNAL_METRICS),
		.lost_pool_full = lost_for(figures, LOST_POOL_FULL),
		.lost_queue_full = lost_for(figures, LOST_QUEUE_FULL),
		.lost_refused = lost_for(figures, LOST_REFUSED),
		.lost_at_close = lost_for(figures, LOST_AT_CLOSE),
		.unfinished = atomic_load(&figures->unfinished),
		.contexts_invalid = atomic_load(&figures->invalid_contexts),
	};
	pthread_mutex_lock(&figures->lock);
	memcpy(report_out->reason, figures->reason, sizeof(report_out->reason));
	pthread_mutex_unlock(&figures->lock);
}
