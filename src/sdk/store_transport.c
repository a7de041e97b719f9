#include <stdlib.h>
#include <unistd.h>

#include "processor/processor.h"
#include "receiver/otlp_protobuf.h"
#include "sdk/store_options.h"
#include "sdk/transport.h"

enum { BATCH_LIMIT_BYTES = 64 * 1024 * 1024 };
static const uint64_t collect_every_ns = 5 * NS_PER_SECOND;

/* What the program does with a request, without a request: the same decoder, processor and store. */
struct store_transport {
	struct transport base;
	struct store *store;
	struct processor *processor;
	struct batch batch, metrics;
	bool has_metrics; /* that the store would not take the last time */
	uint64_t collected_ns;
	bool is_kept[SIGNAL_COUNT];
};

/* Metrics of handlers, counted since the last time. */
static void store_metrics(struct store_transport *transport)
{
	struct batch *metrics = &transport->metrics;
	struct error error;
	enum status status = STATUS_OK;

	if (!transport->has_metrics) {
		batch_clear(metrics);
		status = processor_collect(transport->processor, metrics, &error);
	}
	if (status == STATUS_OK && metrics->point_count && transport->is_kept[SIGNAL_METRICS])
		status = store_append(transport->store, &metrics, 1, &error);
	transport->has_metrics = status != STATUS_OK && status_is_transient(status);
	transport->collected_ns = clock_monotonic_ns();
}

static void store_tick(struct transport *base)
{
	struct store_transport *transport = (struct store_transport *)base;

	if (clock_monotonic_ns() - transport->collected_ns >= collect_every_ns)
		store_metrics(transport);
}

static enum status store_send(struct transport *base, const struct body *body,
			      const _Atomic uint64_t *until_ns, uint64_t *rejected_out, struct error *error)
{
	struct store_transport *transport = (struct store_transport *)base;
	struct batch *batch = &transport->batch;
	struct otlp_outcome outcome;
	enum status status;

	(void)until_ns;
	*rejected_out = 0;
	store_tick(base);
	if (!transport->is_kept[body->signal])
		return STATUS_OK;
	batch_clear(batch);
	status = otlp_protobuf_decode((enum signal)body->signal, str_make(body->bytes, body->size),
				      clock_now_ns(&clock_system), batch, &outcome, error);
	if (status == STATUS_OK)
		status = processor_recognise(transport->processor, batch, error);
	if (status == STATUS_OK)
		status = store_append(transport->store, &batch, 1, error);
	if (status != STATUS_OK)
		return status;
	processor_count(transport->processor, batch);
	*rejected_out = outcome.rejected;
	return STATUS_OK;
}

/* An append cannot be taken back; the next one looks at its time by itself. */
static void store_interrupt(struct transport *base)
{
	(void)base;
}

static void store_free(struct transport *base)
{
	struct store_transport *transport = (struct store_transport *)base;

	if (transport->processor && transport->store)
		store_metrics(transport);
	store_close(transport->store);
	processor_free(transport->processor);
	batch_release(&transport->batch);
	batch_release(&transport->metrics);
	free(transport);
}

/* The store is the parent's. */
static void store_abandon(struct transport *base)
{
	(void)base;
}

static const struct transport_ops store_ops = {
	.survives_fork = false,
	.send = store_send,
	.tick = store_tick,
	.interrupt = store_interrupt,
	.free = store_free,
	.abandon = store_abandon,
};

static enum status open_processor(struct store_transport *transport, struct error *error)
{
	char host[256] = "localhost";
	struct processor_options options = {.clock = &clock_system, .host = host};

	if (gethostname(host, sizeof(host) - 1) != 0)
		strcpy(host, "localhost");
	return processor_new(&options, &transport->processor, error);
}

enum status store_transport_new(const struct settings *settings, struct transport **transport_out,
				struct error *error)
{
	struct store_transport *transport = calloc(1, sizeof(*transport));
	const struct config *config = &settings->config;
	struct rocksdb_store_options options;
	enum status status;

	if (!transport)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the store");
	transport->base.ops = &store_ops;
	transport->is_kept[SIGNAL_TRACES] = config->telemetry.enable_traces;
	transport->is_kept[SIGNAL_METRICS] = config->telemetry.enable_metrics;
	transport->is_kept[SIGNAL_LOGS] = config->telemetry.enable_logs;
	batch_init(&transport->batch, BATCH_LIMIT_BYTES);
	batch_init(&transport->metrics, BATCH_LIMIT_BYTES);
	transport->collected_ns = clock_monotonic_ns();
	store_options_from(config, &options);
	status = rocksdb_store_open(&options, &transport->store, error);
	if (status == STATUS_OK)
		status = open_processor(transport, error);
	if (status != STATUS_OK) {
		store_free(&transport->base);
		return status;
	}
	*transport_out = &transport->base;
	return STATUS_OK;
}
