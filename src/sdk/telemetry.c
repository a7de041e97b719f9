#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "sdk/courier.h"
#include "sdk/drain.h"
#include "sdk/registry.h"

/* Everything that runs while the library is open; one for the process, because threads find their way to it alone. */
static struct telemetry {
	struct settings settings;
	struct figures figures;
	struct outbox outbox;
	struct drain drain;
	struct courier courier;
	struct transport *transport;
	bool is_open;
	bool is_child; /* a fork came between, and nothing was started since */
} telemetry;

static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER; /* of opening, closing and starting anew */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_outbox; /* made once, for the life of the process */

static enum rohas_status status_of(enum status status)
{
	switch (status) {
	case STATUS_OK: return ROHAS_OK;
	case STATUS_BUSY: return ROHAS_BUSY;
	case STATUS_NO_MEMORY: return ROHAS_NO_MEMORY;
	case STATUS_IO:
	case STATUS_CORRUPT:
	case STATUS_NOT_FOUND: return ROHAS_IO;
	default: return ROHAS_INVALID;
	}
}

static enum status open_transport(struct error *error)
{
	const struct settings *settings = &telemetry.settings;

	return settings->endpoint ? http_transport_new(settings, &telemetry.transport, error)
				  : store_transport_new(settings, &telemetry.transport, error);
}

static enum status start_threads(struct error *error)
{
	enum status status = courier_start(&telemetry.courier, &telemetry.outbox, &telemetry.figures,
					   telemetry.transport, error);

	return status == STATUS_OK ? drain_start(&telemetry.drain, error) : status;
}

/* In the first thread of a child that records. Without memory for it the child records into pools that fill up. */
static void revive(void)
{
	struct error error;

	pthread_mutex_lock(&control);
	if (telemetry.is_open && telemetry.is_child && open_transport(&error) == STATUS_OK &&
	    start_threads(&error) == STATUS_OK)
		telemetry.is_child = false;
	pthread_mutex_unlock(&control);
}

static enum status open_registry(struct error *error)
{
	const struct settings *settings = &telemetry.settings;
	struct registry_options options = {settings->allocator, settings->thread_bytes,
					   settings->thread_limit};

	if (!registry_open(&options, revive))
		return error_set(error, STATUS_NO_MEMORY, "the system has no thread-specific key left");
	return STATUS_OK;
}

static void end(uint64_t until_ns)
{
	registry_stop();
	drain_stop(&telemetry.drain);
	outbox_close(&telemetry.outbox);
	courier_stop(&telemetry.courier, until_ns);
	if (telemetry.transport)
		telemetry.transport->ops->free(telemetry.transport);
	telemetry.transport = NULL;
	drain_release(&telemetry.drain);
	outbox_end(&telemetry.outbox);
	registry_close();
}

static enum status start(struct error *error)
{
	enum status status = drain_init(&telemetry.drain, &telemetry.settings, &telemetry.figures,
					&telemetry.outbox, error);

	if (status == STATUS_OK)
		status = open_transport(error);
	if (status == STATUS_OK)
		status = start_threads(error);
	if (status == STATUS_OK)
		status = open_registry(error);
	return status;
}

/* The lock is held. */
static enum status open_locked(const struct rohas_options *options, struct error *error)
{
	enum status status;

	if (!has_outbox)
		return error_set(error, STATUS_NO_MEMORY, "the system has no lock left");
	if (telemetry.is_open)
		return error_set(error, STATUS_BUSY, "the library is open already");
	status = settings_load(options, &telemetry.settings, error);
	if (status != STATUS_OK)
		return status;
	figures_init(&telemetry.figures);
	outbox_open(&telemetry.outbox, &telemetry.settings.allocator, telemetry.settings.queue_bytes);
	status = start(error);
	telemetry.is_open = status == STATUS_OK;
	telemetry.is_child = false;
	if (status != STATUS_OK) {
		end(0);
		settings_release(&telemetry.settings);
	}
	return status;
}

static void close_at_exit(void)
{
	rohas_close(telemetry.settings.exit_deadline_ms, NULL);
}

/* In this order everywhere; nothing else takes one of them while it holds another. */
static void before_fork(void)
{
	registry_lock();
	if (has_outbox)
		outbox_lock(&telemetry.outbox);
	series_lock();
}

static void after_fork_in_parent(void)
{
	series_unlock();
	if (has_outbox)
		outbox_unlock(&telemetry.outbox);
	registry_unlock();
}

/*
 * The child has none of the library's threads, and all that they were doing stands still in the middle: it is left as it
 * is, or made anew. Threads are started by the first call that records, so that a child that only runs another
 * program pays nothing.
 */
static void after_fork_in_child(void)
{
	bool survives = telemetry.transport && telemetry.transport->ops->survives_fork;

	series_unlock();
	pthread_mutex_init(&control, NULL);
	if (telemetry.transport)
		telemetry.transport->ops->abandon(telemetry.transport);
	telemetry.transport = NULL;
	telemetry.courier.has_thread = false;
	if (telemetry.is_open) {
		drain_after_fork(&telemetry.drain);
		figures_init(&telemetry.figures);
	}
	if (has_outbox)
		outbox_after_fork(&telemetry.outbox);
	telemetry.is_open = telemetry.is_open && survives;
	telemetry.is_child = telemetry.is_open;
	registry_after_fork(!telemetry.is_open);
}

static void prepare_once(void)
{
	log_set_level(LOG_WARN); /* standard error is the application's */
	ticks_detect();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	has_outbox = outbox_init(&telemetry.outbox);
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

enum rohas_status rohas_open(const struct rohas_options *options, char *reason_out)
{
	static bool closes_at_exit;
	struct error error = {0};
	enum status status;

	pthread_once(&once, prepare_once);
	pthread_mutex_lock(&control);
	status = open_locked(options, &error);
	/* Behind what the store and libcurl registered when they were opened: it runs before theirs. */
	if (status == STATUS_OK && !closes_at_exit)
		closes_at_exit = atexit(close_at_exit) == 0;
	pthread_mutex_unlock(&control);
	if (reason_out && status != STATUS_OK)
		snprintf(reason_out, ROHAS_REASON_SIZE, "%s", error.message);
	return status_of(status);
}

enum rohas_status rohas_close(uint32_t deadline_ms, struct rohas_report *report_out)
{
	uint64_t until_ns = clock_monotonic_ns() + deadline_ms * NS_PER_MS;
	struct rohas_report report = {0};

	pthread_mutex_lock(&control);
	if (telemetry.is_open) {
		end(until_ns);
		telemetry.is_open = false;
		figures_read(&telemetry.figures, &report);
		settings_release(&telemetry.settings);
	}
	pthread_mutex_unlock(&control);
	if (report_out)
		*report_out = report;
	return report.spans_lost || report.logs_lost || report.points_lost || report.unfinished ? ROHAS_LOST
												: ROHAS_OK;
}

bool rohas_flush(uint32_t deadline_ms)
{
	uint64_t until_ns = clock_monotonic_ns() + deadline_ms * NS_PER_MS, number;

	/* A child that has recorded nothing has nothing to wait for. */
	if (!atomic_load(&registry_generation) || telemetry.is_child)
		return true;
	number = outbox_ask(&telemetry.outbox);
	drain_wake();
	return outbox_wait(&telemetry.outbox, number, until_ns);
}

void rohas_report_read(struct rohas_report *report_out)
{
	*report_out = (struct rohas_report){0};
	if (atomic_load(&registry_generation))
		figures_read(&telemetry.figures, report_out);
}
