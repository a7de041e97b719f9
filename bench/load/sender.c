#include "load/sender.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/connection.h"
#include "load/random.h"

enum { EVENTS_MAX = 64, TICK_MS = 100, LONGEST_PAUSE_SECONDS = 5 };

static const uint64_t never = UINT64_MAX;
static const uint64_t series_age_ns = 6 * 3600 * NS_PER_SECOND;

struct sender {
	const struct sender_settings *settings;
	struct workload *workload;
	struct sender_result *result;
	struct addrinfo *addresses;
	int epoll_fd;
	struct connection *connections;
	uint32_t *free_bodies; /* a ring: bodies are used in turn */
	uint32_t free_at, free_count;
	uint64_t request_number; /* of the next request */
	uint64_t started_ns, measure_ns, end_ns;
	uint64_t series_start_ns;
	bool is_measuring, is_over;
	struct process_usage own_before, server_before;
};

static enum status resolve(struct sender *sender, struct error *error)
{
	const struct url *url = &sender->settings->url;
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	int code = getaddrinfo(url->host, url->port, &hints, &sender->addresses);

	if (code != 0)
		return error_set(error, STATUS_IO, "cannot find the host \"%s\": %s", url->host,
				 gai_strerror(code));
	return STATUS_OK;
}

static bool open_connection(struct sender *sender, struct connection *connection)
{
	for (struct addrinfo *address = sender->addresses; address; address = address->ai_next)
		if (connection_open(connection, address, sender->epoll_fd))
			return true;
	return false;
}

static enum status open_all(struct sender *sender, struct error *error)
{
	uint32_t count = sender->settings->connection_count;

	sender->connections = calloc(count, sizeof(*sender->connections));
	if (!sender->connections)
		return error_set(error, STATUS_NO_MEMORY, "no memory for %u connections", count);
	for (uint32_t i = 0; i < count; i++)
		sender->connections[i].fd = -1;
	for (uint32_t i = 0; i < count; i++)
		if (!open_connection(sender, &sender->connections[i]))
			return error_set(error, STATUS_IO, "cannot connect to %s: %s",
					 sender->settings->url.authority, strerror(errno));
	return STATUS_OK;
}

/* The head is the same for every sending of a body: its length never changes. */
static void put_head(const struct sender_settings *settings, struct body *body, struct buffer *head)
{
	buffer_clear(head);
	buffer_printf(head,
		      "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: otlp-load\r\n"
		      "Content-Type: application/x-protobuf\r\nContent-Length: %zu\r\n",
		      settings->url.path, settings->url.authority, body->bytes.size - body->head_size);
	for (uint32_t i = 0; i < settings->header_count; i++)
		buffer_printf(head, "%s\r\n", settings->headers[i]);
	buffer_append_c(head, "\r\n");
	if (buffer_failed(head))
		body->failed = true;
	else
		body_set_head(body, buffer_str(head));
}

static enum status prepare_bodies(struct sender *sender, struct error *error)
{
	struct workload *workload = sender->workload;
	struct buffer head = BUFFER_EMPTY;
	bool failed = false;

	sender->free_bodies = calloc(workload->body_count, sizeof(*sender->free_bodies));
	for (uint32_t i = 0; i < workload->body_count && sender->free_bodies; i++) {
		put_head(sender->settings, &workload->bodies[i], &head);
		failed = failed || body_failed(&workload->bodies[i]);
		sender->free_bodies[i] = i;
	}
	buffer_release(&head);
	if (!sender->free_bodies || failed)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the request bodies");
	sender->free_count = workload->body_count;
	return STATUS_OK;
}

static struct body *take_body(struct sender *sender)
{
	struct body *body = &sender->workload->bodies[sender->free_bodies[sender->free_at]];

	sender->free_at = (sender->free_at + 1) % sender->workload->body_count;
	sender->free_count--;
	return body;
}

static void give_back_body(struct sender *sender, const struct body *body)
{
	uint32_t at = (sender->free_at + sender->free_count) % sender->workload->body_count;

	sender->free_bodies[at] = (uint32_t)(body - sender->workload->bodies);
	sender->free_count++;
}

static uint64_t request_limit(const struct sender *sender)
{
	uint64_t size = sender->workload->items_per_request;

	return (sender->settings->item_limit + size - 1) / size;
}

/* What a request's times refer to: now, or its own place in the past that all of them are spread over. */
static uint64_t request_time_ns(const struct sender *sender, uint64_t number)
{
	double spread_ns = sender->settings->spread_seconds * 1e9;
	uint64_t now_ns = clock_now_ns(&clock_system), limit = request_limit(sender);

	return spread_ns > 0 ? now_ns - (uint64_t)(spread_ns * (double)(limit - number - 1) / (double)limit)
			     : now_ns;
}

/* Series too: each body is one more point of its series every time it is sent. */
static uint64_t step_time_ns(const struct sender *sender)
{
	const struct sender_settings *settings = sender->settings;
	double points = (double)request_limit(sender) / sender->workload->body_count;

	if (settings->spread_seconds > 0)
		return (uint64_t)(settings->spread_seconds * 1e9 / (points > 1 ? points : 1));
	return (uint64_t)(settings->step_seconds * 1e9);
}

static struct stamp make_stamp(struct sender *sender, struct body *body)
{
	uint64_t step_ns = step_time_ns(sender), number = sender->request_number++;

	/* Counters of one run never meet, and mixing is one to one: no identifier comes twice. */
	return (struct stamp){
		.base = random_mix(sender->settings->id_seed) + number * BODY_SLOTS,
		.now_ns = request_time_ns(sender, number),
		.start_ns = sender->series_start_ns,
		.series_ns = sender->series_start_ns + (body->sent_count + 1) * step_ns,
		.stretch_q16 = 49152 + (random_mix(number) & 32767),
		.age = body->sent_count++,
		.has_needle = sender->settings->has_needle && number == request_limit(sender) / 2,
	};
}

/* When the next request is due; never, when enough was sent. */
static uint64_t next_due_ns(const struct sender *sender)
{
	const struct sender_settings *settings = sender->settings;
	uint64_t sent = sender->request_number * sender->workload->items_per_request;

	if (sender->is_over || (settings->item_limit && sent >= settings->item_limit))
		return never;
	if (settings->items_per_second <= 0)
		return sender->started_ns;
	return sender->started_ns + (uint64_t)((double)sent / settings->items_per_second * 1e9);
}

static struct sender_counts add_counts(struct sender_counts a, const struct sender_counts *b)
{
	a.requests += b->requests;
	a.items += b->items;
	a.bytes += b->bytes;
	a.rejected_items += b->rejected_items;
	a.refused_requests += b->refused_requests;
	a.failed_requests += b->failed_requests;
	a.lost_requests += b->lost_requests;
	a.late_requests += b->late_requests;
	return a;
}

static void count(struct sender *sender, struct sender_counts counts)
{
	sender->result->totals = add_counts(sender->result->totals, &counts);
	if (sender->is_measuring)
		sender->result->counts = add_counts(sender->result->counts, &counts);
}

static void note_bad_answer(struct sender_result *result, const struct response *response)
{
	size_t size = response->body_size;

	if (result->first_bad_status)
		return;
	result->first_bad_status = response->status;
	if (size >= sizeof(result->first_bad_answer))
		size = sizeof(result->first_bad_answer) - 1;
	memcpy(result->first_bad_answer, response->body, size);
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)result->first_bad_answer[i] < ' ')
			result->first_bad_answer[i] = ' ';
}

static void write_trace_ids(FILE *file, const struct body *body, const struct stamp *stamp)
{
	for (size_t i = 0; i < body->trace_count; i++) {
		uint8_t id[16];
		char line[33];

		stamp_trace_id(stamp, body->trace_slots[i], id);
		hex_encode(id, sizeof(id), line);
		line[32] = '\n';
		fwrite(line, 1, sizeof(line), file);
	}
}

static void take_success(struct sender *sender, const struct connection *connection, uint64_t now_ns)
{
	const struct body *body = connection->body;
	uint64_t rejected = response_rejected_count(&connection->response);

	count(sender, (struct sender_counts){
			      .requests = 1,
			      .items = body->item_count,
			      .bytes = body->bytes.size - body->head_size,
			      .rejected_items = rejected,
		      });
	if (sender->is_measuring)
		histogram_add(&sender->result->latency, now_ns - connection->started_ns);
	if (sender->settings->trace_ids && rejected == 0)
		write_trace_ids(sender->settings->trace_ids, body, &connection->stamp);
}

static void take_answer(struct sender *sender, struct connection *connection, uint64_t now_ns)
{
	const struct response *response = &connection->response;
	uint32_t pause = response->retry_after_seconds;

	if (response->status >= 200 && response->status < 300) {
		take_success(sender, connection, now_ns);
	} else if (response->status == 429 || response->status == 503) {
		count(sender, (struct sender_counts){.refused_requests = 1});
		note_bad_answer(sender->result, response);
		pause = pause < LONGEST_PAUSE_SECONDS ? pause : LONGEST_PAUSE_SECONDS;
		connection->resume_ns = now_ns + (pause ? pause * NS_PER_SECOND : TICK_MS * NS_PER_MS);
	} else {
		count(sender, (struct sender_counts){.failed_requests = 1});
		note_bad_answer(sender->result, response);
	}
	give_back_body(sender, connection->body);
	connection_finish(connection);
}

static void take_loss(struct sender *sender, struct connection *connection, struct sender_counts counts,
		      uint64_t now_ns)
{
	count(sender, counts);
	give_back_body(sender, connection->body);
	connection_close(connection);
	connection->resume_ns = now_ns + TICK_MS * NS_PER_MS;
	if (sender->settings->stop_on_loss)
		sender->is_over = true;
}

static void take_event(struct sender *sender, struct connection *connection, enum connection_event event)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (event == CONNECTION_ANSWERED)
		take_answer(sender, connection, now_ns);
	else if (event == CONNECTION_LOST)
		take_loss(sender, connection, (struct sender_counts){.lost_requests = 1}, now_ns);
}

/* Starts a request where one is due and a connection is free. */
static void start_request(struct sender *sender, struct connection *connection, uint64_t now_ns)
{
	uint64_t due_ns = next_due_ns(sender);
	struct body *body;

	if (connection->body || now_ns < connection->resume_ns || due_ns > now_ns)
		return;
	if (connection->fd < 0 && !open_connection(sender, connection)) {
		connection->resume_ns = now_ns + TICK_MS * NS_PER_MS;
		if (sender->settings->stop_on_loss)
			sender->is_over = true;
		return;
	}
	connection->started_ns = sender->settings->items_per_second > 0 ? due_ns : now_ns;
	connection->expires_ns = now_ns + (uint64_t)(sender->settings->timeout_seconds * 1e9);
	body = take_body(sender);
	connection->stamp = make_stamp(sender, body);
	body_refresh(body, &connection->stamp);
	take_event(sender, connection, connection_start(connection, body));
}

static void serve(struct sender *sender, struct connection *connection, uint32_t events)
{
	enum connection_event event = CONNECTION_WAITS;

	if (connection->fd < 0)
		return;
	if (events & EPOLLOUT)
		event = connection_write(connection);
	if (event == CONNECTION_WAITS && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		event = connection_read(connection);
	take_event(sender, connection, event);
}

static bool any_under_way(const struct sender *sender)
{
	for (uint32_t i = 0; i < sender->settings->connection_count; i++)
		if (sender->connections[i].body)
			return true;
	return false;
}

static void drop_late(struct sender *sender, uint64_t now_ns)
{
	for (uint32_t i = 0; i < sender->settings->connection_count; i++) {
		struct connection *connection = &sender->connections[i];

		if (connection->body && now_ns > connection->expires_ns)
			take_loss(sender, connection, (struct sender_counts){.late_requests = 1}, now_ns);
	}
}

static void begin_measuring(struct sender *sender, uint64_t now_ns)
{
	sender->is_measuring = true;
	sender->measure_ns = now_ns;
	if (sender->settings->duration_seconds > 0)
		sender->end_ns = now_ns + (uint64_t)(sender->settings->duration_seconds * 1e9);
	process_read(getpid(), &sender->own_before);
	sender->result->has_server = sender->settings->server_pid &&
				     process_read(sender->settings->server_pid, &sender->server_before);
}

static struct process_usage usage_since(struct process_usage now, const struct process_usage *before)
{
	now.user_seconds -= before->user_seconds;
	now.system_seconds -= before->system_seconds;
	now.written_bytes -= before->written_bytes;
	return now;
}

static void end_measuring(struct sender *sender, uint64_t now_ns)
{
	struct sender_result *result = sender->result;

	if (!sender->is_measuring)
		return;
	sender->is_measuring = false;
	result->seconds = (double)(now_ns - sender->measure_ns) / 1e9;
	if (process_read(getpid(), &result->own))
		result->own = usage_since(result->own, &sender->own_before);
	result->has_server =
		result->has_server && process_read(sender->settings->server_pid, &result->server);
	if (result->has_server)
		result->server = usage_since(result->server, &sender->server_before);
}

/* How long nothing has to be done without an event. In nanoseconds: a late start would count as latency. */
static struct timespec wait_time(const struct sender *sender)
{
	uint64_t due_ns = next_due_ns(sender), now_ns = clock_monotonic_ns(), wait_ns = TICK_MS * NS_PER_MS;

	if (sender->settings->items_per_second > 0 && due_ns != never) {
		if (due_ns <= now_ns)
			wait_ns = NS_PER_MS;
		else if (due_ns - now_ns < wait_ns)
			wait_ns = due_ns - now_ns;
	}
	return (struct timespec){.tv_nsec = (long)wait_ns};
}

/* One turn of the clock; false when all is done. */
static bool tick(struct sender *sender, uint64_t now_ns)
{
	bool warm = (double)(now_ns - sender->started_ns) >= sender->settings->warmup_seconds * 1e9;

	if (!sender->is_measuring && !sender->is_over && warm)
		begin_measuring(sender, now_ns);
	if (now_ns >= sender->end_ns || *sender->settings->stop)
		sender->is_over = true;
	for (uint32_t i = 0; i < sender->settings->connection_count; i++)
		start_request(sender, &sender->connections[i], now_ns);
	drop_late(sender, now_ns);
	if (sender->is_over)
		end_measuring(sender, now_ns);
	return any_under_way(sender) || next_due_ns(sender) != never;
}

static void run(struct sender *sender)
{
	struct epoll_event events[EVENTS_MAX];
	uint64_t now_ns = clock_monotonic_ns();

	sender->started_ns = now_ns;
	sender->series_start_ns =
		clock_now_ns(&clock_system) - (sender->settings->spread_seconds > 0
						       ? (uint64_t)(sender->settings->spread_seconds * 1e9)
						       : series_age_ns);
	sender->end_ns = never;
	while (tick(sender, now_ns)) {
		struct timespec timeout = wait_time(sender);
		int count = epoll_pwait2(sender->epoll_fd, events, EVENTS_MAX, &timeout, NULL);

		for (int i = 0; i < count; i++) {
			struct connection *connection = events[i].data.ptr;

			serve(sender, connection, events[i].events);
			start_request(sender, connection, clock_monotonic_ns());
		}
		now_ns = clock_monotonic_ns();
	}
	end_measuring(sender, now_ns);
}

static void release(struct sender *sender)
{
	for (uint32_t i = 0; sender->connections && i < sender->settings->connection_count; i++)
		connection_close(&sender->connections[i]);
	free(sender->connections);
	free(sender->free_bodies);
	if (sender->addresses)
		freeaddrinfo(sender->addresses);
	if (sender->epoll_fd >= 0)
		close(sender->epoll_fd);
}

enum status sender_run(const struct sender_settings *settings, struct workload *workload,
		       struct sender_result *result_out, struct error *error)
{
	struct sender sender = {
		.settings = settings,
		.workload = workload,
		.result = result_out,
		.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
	};
	enum status status;

	memset(result_out, 0, sizeof(*result_out));
	status = resolve(&sender, error);
	if (status == STATUS_OK)
		status = prepare_bodies(&sender, error);
	if (status == STATUS_OK)
		status = open_all(&sender, error);
	if (status == STATUS_OK)
		run(&sender);
	release(&sender);
	return status;
}
