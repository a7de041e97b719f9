#include "server/render_views.h"

#include <math.h>

#include "query/trace.h"

static void member_time(struct json *json, const char *key, uint64_t time_ns)
{
	json_key(json, str_from(key));
	if (time_ns)
		json_time(json, time_ns);
	else
		json_nothing(json);
}

/* Numbers that are not known are null. */
static void member_number(struct json *json, const char *key, double number)
{
	json_key(json, str_from(key));
	if (isfinite(number))
		json_double(json, number);
	else
		json_nothing(json);
}

static void member_id(struct json *json, const char *key, const uint8_t *id, size_t size)
{
	static const uint8_t none[TRACE_ID_SIZE];

	json_key(json, str_from(key));
	if (memcmp(id, none, size) == 0)
		json_nothing(json);
	else
		json_hex(json, id, size);
}

static void member_range(struct json *json, struct time_range range)
{
	member_time(json, "start", range.start_ns);
	member_time(json, "end", range.end_ns);
}

static void begin_list(struct json *json, const char *key)
{
	json_key(json, str_from(key));
	json_begin_array(json);
}

/* ---- handlers ---- */

static void members_of_figures(struct json *json, const struct handler_figures *figures,
			       struct time_range range)
{
	double seconds = (double)(range.end_ns - range.start_ns) / 1e9;

	json_member_u64(json, "count", figures->count);
	json_member_u64(json, "error_count", figures->error_count);
	member_number(json, "rate", seconds > 0 ? (double)figures->count / seconds : NAN);
	member_number(json, "error_ratio",
		      figures->count ? (double)figures->error_count / (double)figures->count : NAN);
	member_number(json, "mean_ms", figures->mean_ms);
	member_number(json, "p50_ms", figures->p50_ms);
	member_number(json, "p95_ms", figures->p95_ms);
	member_number(json, "p99_ms", figures->p99_ms);
	member_number(json, "max_ms", figures->most_ms);
}

static void render_summary(struct json *json, const struct handler_summary *handler, struct time_range range)
{
	json_begin_object(json);
	json_member_string(json, "handler_name", handler->name);
	json_member_nullable(json, "handler_type", handler->type);
	json_member_nullable(json, "language", handler->language);
	members_of_figures(json, &handler->now, range);
	member_time(json, "last_run", handler->last_run_ns);
	json_member_u64(json, "running", handler->running_count);
	json_key(json, str_from("before"));
	json_begin_object(json);
	members_of_figures(json, &handler->before, range);
	json_end_object(json);
	json_end_object(json);
}

static void render_summaries(struct json *json, const struct handler_list *list, struct time_range range)
{
	begin_list(json, "handlers");
	for (size_t i = 0; i < list->count; i++)
		render_summary(json, &list->handlers[i], range);
	json_end_array(json);
}

/* How far a percentile may be off: it lies in the bucket of the true one, whose bounds are 2^(1/16) apart. */
static void member_error_bound(struct json *json)
{
	member_number(json, "percentile_error", 0.0443);
}

void render_handler_list(struct json *json, const struct handler_list *list, struct time_range range)
{
	json_begin_object(json);
	member_range(json, range);
	member_error_bound(json);
	render_summaries(json, list, range);
	json_end_object(json);
}

static void render_heat_map(struct json *json, const struct heat_map *map)
{
	json_key(json, str_from("heat_map"));
	json_begin_object(json);
	json_key(json, str_from("step_ms"));
	json_milliseconds(json, map->step_ns);
	begin_list(json, "timestamps");
	for (size_t i = 0; i < map->step_count; i++)
		json_time(json, map->first_ns + i * map->step_ns);
	json_end_array(json);
	begin_list(json, "bounds_ms");
	for (size_t i = 0; map->bucket_count && i <= map->bucket_count; i++)
		json_double(json, map->bounds_ms[i]);
	json_end_array(json);
	begin_list(json, "counts");
	for (size_t i = 0; i < map->step_count; i++) {
		json_begin_array(json);
		for (size_t j = 0; j < map->bucket_count; j++)
			json_u64(json, map->counts[i * map->bucket_count + j]);
		json_end_array(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void render_slowest(struct json *json, const struct batch *spans)
{
	begin_list(json, "slowest");
	for (size_t i = 0; i < spans->span_count; i++) {
		const struct span *span = &spans->spans[i];

		json_begin_object(json);
		member_id(json, "trace_id", span->trace_id, TRACE_ID_SIZE);
		member_id(json, "span_id", span->span_id, SPAN_ID_SIZE);
		member_time(json, "start_time", span->start_ns);
		json_key(json, str_from("duration_ms"));
		json_milliseconds(json, span_duration_ns(span));
		json_member_c(json, "status", outcome_name(span->handler.outcome));
		json_end_object(json);
	}
	json_end_array(json);
}

static void render_callers(struct json *json, const struct handler_callers *callers)
{
	json_key(json, str_from("called_by"));
	json_begin_object(json);
	json_member_u64(json, "sampled", callers->sampled);
	json_member_u64(json, "without_caller", callers->without_caller);
	begin_list(json, "handlers");
	for (size_t i = 0; i < callers->caller_count; i++) {
		json_begin_object(json);
		json_member_string(json, "handler_name", callers->callers[i].name);
		json_member_nullable(json, "handler_type", callers->callers[i].type);
		json_member_nullable(json, "language", callers->callers[i].language);
		json_member_string(json, "service", callers->callers[i].service);
		json_member_u64(json, "count", callers->callers[i].count);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

/* ---- events ---- */

static void member_queue(struct json *json, const struct event_times *queue)
{
	json_key(json, str_from("queue"));
	json_begin_object(json);
	json_member_u64(json, "count", queue->count);
	member_number(json, "mean_ms", queue->mean_ms);
	member_number(json, "p50_ms", queue->p50_ms);
	member_number(json, "p95_ms", queue->p95_ms);
	member_number(json, "p99_ms", queue->p99_ms);
	member_number(json, "max_ms", queue->most_ms);
	json_end_object(json);
}

static void render_publisher(struct json *json, const struct event_party *party)
{
	json_begin_object(json);
	json_member_nullable(json, "handler_name", party->handler_name);
	json_member_nullable(json, "language", party->language);
	json_member_u64(json, "count", party->count);
	json_end_object(json);
}

static void render_handling(struct json *json, const struct event_party *party)
{
	json_begin_object(json);
	json_member_string(json, "handler_name", party->handler_name);
	json_member_nullable(json, "language", party->language);
	json_member_u64(json, "count", party->count);
	json_member_u64(json, "error_count", party->error_count);
	member_queue(json, &party->queue);
	json_end_object(json);
}

void render_event_list(struct json *json, const struct event_list *list, struct time_range range)
{
	json_begin_object(json);
	member_range(json, range);
	member_error_bound(json);
	begin_list(json, "events");
	for (size_t i = 0; i < list->count; i++) {
		const struct event_summary *event = &list->events[i];

		json_begin_object(json);
		json_member_string(json, "event_name", event->name);
		json_member_u64(json, "published", event->published_count);
		json_member_u64(json, "handled", event->handled_count);
		json_member_bool(json, "unhandled", event->published_count && !event->handled_count);
		member_queue(json, &event->queue);
		begin_list(json, "published_by");
		for (size_t j = 0; j < event->publisher_count; j++)
			render_publisher(json, &event->publishers[j]);
		json_end_array(json);
		begin_list(json, "handled_by");
		for (size_t j = 0; j < event->handler_count; j++)
			render_handling(json, &event->handlers[j]);
		json_end_array(json);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void render_published(struct json *json, const struct event_list *events, struct str handler)
{
	begin_list(json, "publishes");
	for (size_t i = 0; i < events->count; i++)
		for (size_t j = 0; j < events->events[i].publisher_count; j++) {
			const struct event_party *party = &events->events[i].publishers[j];

			if (!str_equal(party->handler_name, handler))
				continue;
			json_begin_object(json);
			json_member_string(json, "event_name", events->events[i].name);
			json_member_u64(json, "count", party->count);
			json_end_object(json);
		}
	json_end_array(json);
}

static void render_handled(struct json *json, const struct event_list *events, struct str handler)
{
	begin_list(json, "handles");
	for (size_t i = 0; i < events->count; i++)
		for (size_t j = 0; j < events->events[i].handler_count; j++) {
			const struct event_party *party = &events->events[i].handlers[j];

			if (!str_equal(party->handler_name, handler))
				continue;
			json_begin_object(json);
			json_member_string(json, "event_name", events->events[i].name);
			json_member_u64(json, "count", party->count);
			json_member_u64(json, "error_count", party->error_count);
			member_queue(json, &party->queue);
			json_end_object(json);
		}
	json_end_array(json);
}

/* ---- errors ---- */

static void render_error(struct json *json, const struct error_list *list, const struct error_summary *error)
{
	json_begin_object(json);
	json_member_string(json, "group", error->group);
	json_member_nullable(json, "exception_type", error->exception_type);
	json_member_nullable(json, "message", error->message);
	json_member_nullable(json, "stack_trace", error->stack_trace);
	json_member_u64(json, "count", error->count);
	json_member_u64(json, "total_count", error->total_count);
	member_time(json, "first_seen", error->first_ns);
	member_time(json, "last_seen", error->last_ns);
	begin_list(json, "counts");
	for (size_t i = 0; i < list->step_count; i++)
		json_u64(json, error->counts[i]);
	json_end_array(json);
	begin_list(json, "handlers");
	for (size_t i = 0; i < error->party_count; i++) {
		json_begin_object(json);
		json_member_nullable(json, "handler_name", error->parties[i].handler_name);
		json_member_nullable(json, "language", error->parties[i].language);
		json_member_u64(json, "count", error->parties[i].count);
		json_end_object(json);
	}
	json_end_array(json);
	member_id(json, "trace_id", error->trace_id, TRACE_ID_SIZE);
	member_id(json, "span_id", error->span_id, SPAN_ID_SIZE);
	json_member_bool(json, "is_stored", error->is_stored);
	json_member_c(json, "state", error_state_name(error->state));
	json_member_bool(json, "reopened", error->was_reopened);
	member_time(json, "decided", error->decided_ns);
	json_end_object(json);
}

static void members_of_errors(struct json *json, const struct error_list *list)
{
	json_key(json, str_from("step_ms"));
	json_milliseconds(json, list->step_ns);
	begin_list(json, "timestamps");
	for (size_t i = 0; i < list->step_count; i++)
		json_time(json, list->first_ns + i * list->step_ns);
	json_end_array(json);
	begin_list(json, "errors");
	for (size_t i = 0; i < list->count; i++)
		render_error(json, list, &list->errors[i]);
	json_end_array(json);
}

void render_error_list(struct json *json, const struct error_list *list, struct time_range range)
{
	json_begin_object(json);
	member_range(json, range);
	members_of_errors(json, list);
	json_end_object(json);
}

void render_handler_view(struct json *json, const struct handler_view *view)
{
	json_begin_object(json);
	json_member_string(json, "handler_name", view->name);
	member_range(json, view->range);
	member_error_bound(json);
	render_summaries(json, view->summaries, view->range);
	render_heat_map(json, view->heat_map);
	render_slowest(json, view->slowest);
	json_key(json, str_from("error_groups"));
	json_begin_object(json);
	members_of_errors(json, view->errors);
	json_end_object(json);
	render_published(json, view->events, view->name);
	render_handled(json, view->events, view->name);
	render_callers(json, view->callers);
	json_end_object(json);
}

/* ---- the graph ---- */

static void render_handler_node(struct json *json, const struct handler_summary *handler)
{
	json_begin_object(json);
	json_member_c(json, "kind", "handler");
	json_member_string(json, "name", handler->name);
	json_member_nullable(json, "handler_type", handler->type);
	json_member_nullable(json, "language", handler->language);
	json_member_u64(json, "count", handler->now.count);
	json_member_u64(json, "error_count", handler->now.error_count);
	json_end_object(json);
}

static void render_event_node(struct json *json, const struct event_summary *event)
{
	json_begin_object(json);
	json_member_c(json, "kind", "event");
	json_member_string(json, "name", event->name);
	json_member_nullable(json, "handler_type", str_make("", 0));
	json_member_nullable(json, "language", str_make("", 0));
	json_member_u64(json, "count", event->published_count);
	json_member_u64(json, "error_count", 0);
	json_end_object(json);
}

static void render_edge(struct json *json, const char *kind, struct str handler, struct str event,
			const struct event_party *party)
{
	bool is_handling = kind[0] == 'h';

	json_begin_object(json);
	json_member_c(json, "kind", kind);
	json_member_nullable(json, "from", is_handling ? event : handler);
	json_member_string(json, "to", is_handling ? handler : event);
	json_member_nullable(json, "language", party->language);
	json_member_u64(json, "count", party->count);
	json_member_u64(json, "error_count", party->error_count);
	member_number(json, "queue_p95_ms", party->queue.p95_ms);
	json_end_object(json);
}

void render_graph(struct json *json, const struct handler_list *handlers, const struct event_list *events,
		  struct time_range range)
{
	json_begin_object(json);
	member_range(json, range);
	begin_list(json, "nodes");
	for (size_t i = 0; i < handlers->count; i++)
		if (handlers->handlers[i].now.count || handlers->handlers[i].running_count)
			render_handler_node(json, &handlers->handlers[i]);
	for (size_t i = 0; i < events->count; i++)
		render_event_node(json, &events->events[i]);
	json_end_array(json);
	begin_list(json, "edges");
	for (size_t i = 0; i < events->count; i++) {
		const struct event_summary *event = &events->events[i];

		for (size_t j = 0; j < event->publisher_count; j++)
			render_edge(json, "publishes", event->publishers[j].handler_name, event->name,
				    &event->publishers[j]);
		for (size_t j = 0; j < event->handler_count; j++)
			render_edge(json, "handles", event->handlers[j].handler_name, event->name,
				    &event->handlers[j]);
	}
	json_end_array(json);
	json_end_object(json);
}

/* ---- jobs ---- */

static void member_length(struct json *json, const char *key, uint64_t length_ns)
{
	json_key(json, str_from(key));
	if (length_ns)
		json_milliseconds(json, length_ns);
	else
		json_nothing(json);
}

static void render_times(struct json *json, const char *key, const uint64_t *times_ns, uint64_t count)
{
	begin_list(json, key);
	for (uint64_t i = count - cron_shown(count); i < count; i++)
		json_time(json, times_ns[i % CRON_TIMES_MOST]);
	json_end_array(json);
}

static void render_cron(struct json *json, const struct cron_summary *cron)
{
	static const char *const sources[] = {
		[CRON_UNKNOWN] = "unknown", [CRON_SCHEDULED] = "schedule", [CRON_LEARNED] = "learned"};

	json_begin_object(json);
	json_member_string(json, "handler_name", cron->handler_name);
	json_member_nullable(json, "language", cron->language);
	json_member_nullable(json, "schedule", cron->schedule);
	json_member_c(json, "expected_by", sources[cron->source]);
	member_length(json, "interval_ms", cron->interval_ns);
	json_key(json, str_from("utc_offset_minutes"));
	json_i64(json, cron->offset_ns / (int64_t)(60 * NS_PER_SECOND));
	json_member_u64(json, "runs", cron->run_count);
	json_member_u64(json, "errors", cron->error_count);
	json_member_u64(json, "expected", cron->expected_count);
	json_member_u64(json, "missed", cron->missed_count);
	json_member_u64(json, "late", cron->late_count);
	json_member_u64(json, "overlapping", cron->overlap_count);
	json_member_u64(json, "running", cron->running_count);
	member_time(json, "last_run", cron->last_run_ns);
	member_length(json, "last_duration_ms", cron->last_duration_ns);
	member_time(json, "next_run", cron->next_run_ns);
	render_times(json, "missed_runs", cron->missed_ns, cron->missed_count);
	begin_list(json, "late_runs");
	for (uint64_t i = cron->late_count - cron_shown(cron->late_count); i < cron->late_count; i++) {
		json_begin_object(json);
		member_time(json, "expected", cron->late[i % CRON_TIMES_MOST].expected_ns);
		member_time(json, "started", cron->late[i % CRON_TIMES_MOST].started_ns);
		json_end_object(json);
	}
	json_end_array(json);
	render_times(json, "overlapping_runs", cron->overlapping_ns, cron->overlap_count);
	json_end_object(json);
}

void render_cron_list(struct json *json, const struct cron_list *list, struct time_range range)
{
	json_begin_object(json);
	member_range(json, range);
	begin_list(json, "crons");
	for (size_t i = 0; i < list->count; i++)
		render_cron(json, &list->crons[i]);
	json_end_array(json);
	json_end_object(json);
}
