#include "receiver/receiver.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "processor/processor.h"
#include "processor/sampler.h"
#include "receiver/arrivals.h"
#include "receiver/cors.h"
#include "receiver/jobs.h"
#include "receiver/otlp_json.h"
#include "receiver/otlp_protobuf.h"
#include "storage/commit_queue.h"

enum {
	/* What the rows of the largest body that is usual (64 MB) may unfold to. */
	BATCH_LIMIT_BYTES = 256 * 1024 * 1024,
	LOG_PAUSE_SECONDS = 5,
};
/* When a sender that was turned away may come again. The queue drains in less. */
#define RETRY_AFTER_SECONDS "1"

const uint16_t receiver_status_codes[RECEIVER_STATUS_CODES] = {200, 204, 400, 401, 403, 405,
							       413, 415, 429, 500, 503, 0};

struct signal_counters {
	atomic_uint_fast64_t received, rejected, dropped, received_bytes;
	atomic_uint_fast64_t requests[RECEIVER_STATUS_CODES];
};

struct receiver {
	struct receiver_options options;
	struct cors cors;
	struct arrivals arrivals;
	struct job_pool jobs;
	struct signal_counters counters[SIGNAL_COUNT];
	atomic_uint_fast64_t logged_ns; /* when a failure was last logged */
	atomic_bool is_failing;         /* the last commit failed, and that was logged */
};

static const struct {
	const char *path;
	enum signal signal;
} paths[SIGNAL_COUNT] = {
	{"/v1/traces", SIGNAL_TRACES}, {"/v1/metrics", SIGNAL_METRICS}, {"/v1/logs", SIGNAL_LOGS}};

static bool find_signal(struct str path, enum signal *signal_out)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		if (str_equal_c(path, paths[i].path)) {
			*signal_out = paths[i].signal;
			return true;
		}
	return false;
}

static void count(atomic_uint_fast64_t *counter, uint64_t more)
{
	atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static void count_request(struct receiver *receiver, enum signal signal, unsigned status_code)
{
	size_t i = 0;

	while (i < RECEIVER_STATUS_CODES - 1 && receiver_status_codes[i] != status_code)
		i++;
	count(&receiver->counters[signal].requests[i], 1);
}

/* The format to answer in: that of the request, protobuf where it has none. */
static enum otlp_format answer_format(const struct http_request *request)
{
	enum otlp_format format = OTLP_PROTOBUF;

	otlp_format_parse(http_request_header(request, "Content-Type"), &format);
	return format;
}

static void reply_status(struct http_request *request, unsigned status_code, const char *sentence)
{
	enum otlp_format format = answer_format(request);
	struct buffer body = BUFFER_EMPTY;

	otlp_write_status(format, status_code, sentence, &body);
	if (otlp_may_retry(status_code))
		http_reply_header(request, "Retry-After", RETRY_AFTER_SECONDS);
	http_reply(request, status_code, otlp_content_type(format), &body);
}

static void refuse(struct receiver *receiver, struct http_request *request, enum signal signal,
		   unsigned status_code, const char *sentence)
{
	count_request(receiver, signal, status_code);
	cors_allow(&receiver->cors, request);
	reply_status(request, status_code, sentence);
}

/* Gives the job back, its body's memory with it; the request is still to be answered. */
static void end_job(struct job *job)
{
	http_request_give_back(job->request, &job->batch.bodies[0]);
	job_pool_give(&job->receiver->jobs, job);
}

static void refuse_job(struct job *job, enum status status, const struct error *error)
{
	struct receiver *receiver = job->receiver;
	struct http_request *request = job->request;
	enum signal signal = job->signal;

	end_job(job);
	refuse(receiver, request, signal, otlp_http_code(status), error->message);
}

/* Everything is counted and given back before the reply: after it the request, and soon the receiver, may be
 * gone. */
static void accept_job(struct job *job)
{
	struct receiver *receiver = job->receiver;
	struct http_request *request = job->request;
	enum otlp_format format = job->format;
	struct buffer body = BUFFER_EMPTY;

	otlp_write_success(format, job->signal, &job->outcome, &body);
	count(&receiver->counters[job->signal].rejected, job->outcome.rejected);
	count_request(receiver, job->signal, 200);
	cors_allow(&receiver->cors, request);
	end_job(job);
	http_reply(request, 200, otlp_content_type(format), &body);
}

/* One line when it begins: a store that fails, fails for every request. And not again at once when it comes and
 * goes. */
static void log_failure(struct receiver *receiver, enum signal signal, const char *sentence)
{
	uint64_t now_ns = clock_monotonic_ns(), logged_ns = atomic_load(&receiver->logged_ns);

	if (atomic_exchange(&receiver->is_failing, true) ||
	    (logged_ns && now_ns - logged_ns < LOG_PAUSE_SECONDS * NS_PER_SECOND))
		return;
	if (atomic_compare_exchange_strong(&receiver->logged_ns, &logged_ns, now_ns))
		log_warn("receiver", "%s were not kept: %s", signal_name(signal), sentence);
}

/* All rows that are to be stored are durable. */
static void take_in(struct job *job)
{
	struct receiver *receiver = job->receiver;
	const struct receiver_options *options = &receiver->options;
	const struct batch *batch = &job->batch;

	arrivals_note(&receiver->arrivals, batch, clock_now_ns(options->clock));
	if (options->processor)
		processor_count(options->processor, batch);
	if (options->sampler)
		sampler_note(options->sampler, batch);
	if (options->observe)
		options->observe(options->observe_context, batch);
	count(&receiver->counters[job->signal].received, batch_row_count(batch) + batch->unsampled_count);
	accept_job(job);
}

static void committed(void *context, struct batch *batch, enum status status, const struct error *error)
{
	struct job *job = context;
	struct receiver *receiver = job->receiver;

	(void)batch;
	if (status != STATUS_OK) {
		log_failure(receiver, job->signal, error->message);
		refuse_job(job, status, error);
		return;
	}
	if (atomic_load_explicit(&receiver->is_failing, memory_order_relaxed))
		atomic_store(&receiver->is_failing, false);
	take_in(job);
}

static enum status decode(struct job *job, struct error *error)
{
	struct receiver *receiver = job->receiver;
	struct str body = http_request_body(job->request);
	uint64_t now_ns = clock_now_ns(receiver->options.clock);

	return job->format == OTLP_JSON
		       ? otlp_json_decode(job->signal, body, now_ns, &job->batch, &job->outcome, error)
		       : otlp_protobuf_decode(job->signal, body, now_ns, &job->batch, &job->outcome, error);
}

/* Hands the job to the queue; on failure it stays ours. */
static enum status push(struct job *job, struct error *error)
{
	const struct receiver_options *options = &job->receiver->options;
	size_t size_bytes = http_request_body(job->request).size;
	enum status status = STATUS_OK;
	struct buffer body;

	if (options->processor)
		status = processor_recognise(options->processor, &job->batch, error);
	if (status != STATUS_OK)
		return status;
	if (options->sampler)
		sampler_head(options->sampler, &job->batch);
	if (batch_row_count(&job->batch) == 0) {
		take_in(job);
		return STATUS_OK;
	}
	http_request_take_body(job->request, &body);
	batch_own(&job->batch, &body);
	return commit_queue_push(options->queue, &job->batch, size_bytes, committed, job, error);
}

static void run_job(struct job *job)
{
	struct receiver *receiver = job->receiver;
	struct signal_counters *counters = &receiver->counters[job->signal];
	struct error error = {.status = STATUS_OK};
	enum status status = decode(job, &error);

	count(&counters->received_bytes, http_request_body(job->request).size);
	if (status == STATUS_OK && !receiver->options.enabled[job->signal]) {
		count(&counters->dropped, batch_row_count(&job->batch));
		accept_job(job);
		return;
	}
	if (status == STATUS_OK && batch_row_count(&job->batch) == 0) {
		accept_job(job);
		return;
	}
	if (status == STATUS_OK)
		status = push(job, &error);
	if (status != STATUS_OK)
		refuse_job(job, status, &error);
}

static void receive(struct receiver *receiver, struct http_request *request, enum signal signal)
{
	enum otlp_format format;
	struct job *job;

	if (cors_is_foreign(&receiver->cors, request)) {
		refuse(receiver, request, signal, 403,
		       "pages of this origin may not send telemetry; list it in workbench.allowed_origins");
		return;
	}
	if (!otlp_format_parse(http_request_header(request, "Content-Type"), &format)) {
		refuse(receiver, request, signal, 415,
		       "the Content-Type must be application/x-protobuf or application/json");
		return;
	}
	job = job_pool_take(&receiver->jobs);
	if (!job) {
		refuse(receiver, request, signal, 503, "there is no memory for this request at the moment");
		return;
	}
	job->receiver = receiver;
	job->request = request;
	job->signal = signal;
	job->format = format;
	run_job(job);
}

bool receiver_handle(struct receiver *receiver, struct http_request *request)
{
	enum signal signal;

	if (!find_signal(http_request_path(request), &signal))
		return false;
	switch (http_request_method(request)) {
	case HTTP_POST: receive(receiver, request, signal); break;
	case HTTP_OPTIONS:
		count_request(receiver, signal, 204);
		cors_reply_options(&receiver->cors, request);
		break;
	default:
		http_reply_header(request, "Allow", "POST, OPTIONS");
		refuse(receiver, request, signal, 405, "telemetry is sent by POST");
		break;
	}
	return true;
}

void receiver_serve(void *context, struct http_request *request)
{
	struct receiver *receiver = context;

	if (receiver_handle(receiver, request))
		return;
	arrivals_note_path(&receiver->arrivals, http_request_path(request));
	reply_status(request, 404, "this port takes /v1/traces, /v1/metrics and /v1/logs");
}

void receiver_reject(void *context, struct http_request *request, unsigned status_code, const char *sentence)
{
	struct receiver *receiver = context;
	enum signal signal;

	if (find_signal(http_request_path(request), &signal))
		refuse(receiver, request, signal, status_code, sentence);
	else
		reply_status(request, status_code, sentence);
}

static void read_counters(struct signal_counters *counters, struct receiver_signal_stats *stats)
{
	stats->received = atomic_load(&counters->received);
	stats->rejected = atomic_load(&counters->rejected);
	stats->dropped = atomic_load(&counters->dropped);
	stats->received_bytes = atomic_load(&counters->received_bytes);
	for (size_t i = 0; i < RECEIVER_STATUS_CODES; i++)
		stats->requests[i] = atomic_load(&counters->requests[i]);
}

void receiver_stats(struct receiver *receiver, struct receiver_stats *stats_out)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		read_counters(&receiver->counters[i], &stats_out->signals[i]);
		stats_out->signals[i].enabled = receiver->options.enabled[i];
	}
	stats_out->unknown_paths = atomic_load(&receiver->arrivals.unknown_paths);
	stats_out->future_rows = atomic_load(&receiver->arrivals.future_rows);
	stats_out->expired_rows = atomic_load(&receiver->arrivals.expired_rows);
	stats_out->most_ahead_ns = atomic_load(&receiver->arrivals.most_ahead_ns);
	pthread_mutex_lock(&receiver->arrivals.lock);
	memcpy(stats_out->last_unknown_path, receiver->arrivals.last_unknown_path, ARRIVALS_PATH_SIZE);
	pthread_mutex_unlock(&receiver->arrivals.lock);
}

enum status receiver_new(const struct receiver_options *options, struct receiver **receiver_out,
			 struct error *error)
{
	struct receiver *receiver = calloc(1, sizeof(*receiver));

	if (!receiver)
		return error_set(error, STATUS_NO_MEMORY, "there is no memory for the receiver");
	receiver->options = *options;
	receiver->options.allowed_origins = NULL;
	arrivals_init(&receiver->arrivals, options->retention_ns);
	job_pool_init(&receiver->jobs,
		      options->batch_limit_bytes ? options->batch_limit_bytes : BATCH_LIMIT_BYTES);
	if (!cors_init(&receiver->cors, options->allowed_origins, options->allowed_origin_count)) {
		receiver_free(receiver);
		return error_set(error, STATUS_NO_MEMORY, "there is no memory for the receiver");
	}
	*receiver_out = receiver;
	return STATUS_OK;
}

void receiver_free(struct receiver *receiver)
{
	if (!receiver)
		return;
	job_pool_release(&receiver->jobs);
	cors_release(&receiver->cors);
	arrivals_release(&receiver->arrivals);
	free(receiver);
}
