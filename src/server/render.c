#include "server/render.h"

#include <math.h>
#include <stdlib.h>

static bool is_empty_id(const uint8_t *id, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (id[i])
			return false;
	return true;
}

static void member_id(struct json *json, const char *key, const uint8_t *id, size_t size)
{
	json_key(json, str_from(key));
	if (is_empty_id(id, size))
		json_nothing(json);
	else
		json_hex(json, id, size);
}

static void member_time(struct json *json, const char *key, uint64_t time_ns)
{
	json_key(json, str_from(key));
	json_time(json, time_ns);
}

static void member_duration(struct json *json, uint64_t start_ns, uint64_t end_ns)
{
	json_key(json, str_from("duration_ms"));
	json_milliseconds(json, end_ns > start_ns ? end_ns - start_ns : 0);
}

/* ---- values and attributes ---- */

static int by_key(const void *a, const void *b)
{
	const struct attribute *left = *(const struct attribute *const *)a;
	const struct attribute *right = *(const struct attribute *const *)b;
	int order = str_compare(left->key, right->key);

	return order ? order : (left > right) - (left < right);
}

/* Whether each item is the last of its key; NULL (all are) also where memory ran out. */
static bool *find_last_ones(const struct attribute *items, uint32_t count)
{
	const struct attribute **sorted = malloc((count + (size_t)1) * sizeof(*sorted));
	bool *is_last = malloc(count + (size_t)1);

	if (sorted && is_last) {
		for (uint32_t i = 0; i < count; i++)
			sorted[i] = &items[i];
		qsort(sorted, count, sizeof(*sorted), by_key);
		for (uint32_t i = 0; i < count; i++)
			is_last[sorted[i] - items] =
				i + 1 == count || !str_equal(sorted[i]->key, sorted[i + 1]->key);
	}
	free(sorted);
	return is_last;
}

/* Few attributes: looking ahead is quicker than sorting. */
static bool comes_again(const struct attribute *items, uint32_t count, uint32_t index)
{
	for (uint32_t i = index + 1; i < count; i++)
		if (str_equal(items[i].key, items[index].key))
			return true;
	return false;
}

enum { FEW_ATTRIBUTES = 24 };

static void members(struct json *json, const struct attribute *items, uint32_t count)
{
	bool *is_last = count > FEW_ATTRIBUTES ? find_last_ones(items, count) : NULL;

	for (uint32_t i = 0; i < count; i++) {
		if (is_last ? !is_last[i] : count <= FEW_ATTRIBUTES && comes_again(items, count, i))
			continue;
		json_key(json, items[i].key);
		render_value(json, &items[i].value);
	}
	free(is_last);
}

static void render_map(struct json *json, const struct value *value)
{
	struct protobuf_reader reader = value_walk(value);
	struct attribute *items = NULL, item;
	uint32_t count = 0, capacity = 0;

	while (value_next_attribute(&reader, &item)) {
		if (count == capacity) {
			struct attribute *moved;

			capacity = capacity ? capacity * 2 : 16;
			moved = realloc(items, capacity * sizeof(*items));
			if (!moved) {
				json->out->failed = true;
				break;
			}
			items = moved;
		}
		items[count++] = item;
	}
	json_begin_object(json);
	members(json, items, count);
	json_end_object(json);
	free(items);
}

static void render_array(struct json *json, const struct value *value)
{
	struct protobuf_reader reader = value_walk(value);
	struct value item;

	json_begin_array(json);
	while (value_next_item(&reader, &item))
		render_value(json, &item);
	json_end_array(json);
}

void render_value(struct json *json, const struct value *value)
{
	switch (value->type) {
	case VALUE_STRING: json_text(json, value_str(value)); break;
	case VALUE_BOOL: json_bool(json, value->boolean); break;
	case VALUE_INT: json_i64(json, value->integer); break;
	case VALUE_DOUBLE: json_double(json, value->real); break;
	case VALUE_ARRAY: render_array(json, value); break;
	case VALUE_MAP: render_map(json, value); break;
	case VALUE_BYTES:
		json_begin_object(json);
		json_key(json, str_from("$bytes"));
		json_base64(json, value_str(value));
		json_end_object(json);
		break;
	default: json_nothing(json); break;
	}
}

void render_attributes(struct json *json, const struct attributes *attributes)
{
	json_begin_object(json);
	members(json, attributes->items, attributes->count);
	json_end_object(json);
}

static void member_attributes(struct json *json, const char *key, const struct attributes *attributes)
{
	json_key(json, str_from(key));
	render_attributes(json, attributes);
}

/* ---- traces ---- */

static void render_events(struct json *json, const struct span *span)
{
	json_key(json, str_from("logs"));
	json_begin_array(json);
	for (uint32_t i = 0; i < span->event_count; i++) {
		const struct span_event *event = &span->events[i];

		json_begin_object(json);
		member_time(json, "time", event->time_ns);
		json_member_string(json, "name", event->name);
		member_attributes(json, "attributes", &event->attributes);
		json_member_u64(json, "dropped_attributes_count", event->attributes.dropped_count);
		json_end_object(json);
	}
	json_end_array(json);
}

static void render_links(struct json *json, const struct span *span)
{
	json_key(json, str_from("links"));
	json_begin_array(json);
	for (uint32_t i = 0; i < span->link_count; i++) {
		const struct span_link *link = &span->links[i];

		json_begin_object(json);
		json_key(json, str_from("trace_id"));
		json_hex(json, link->trace_id, TRACE_ID_SIZE);
		json_key(json, str_from("span_id"));
		json_hex(json, link->span_id, SPAN_ID_SIZE);
		json_member_string(json, "trace_state", link->trace_state);
		member_attributes(json, "attributes", &link->attributes);
		json_member_u64(json, "flags", link->flags);
		json_end_object(json);
	}
	json_end_array(json);
}

static void render_origin(struct json *json, const struct resource *resource, const struct scope *scope)
{
	json_key(json, str_from("resource"));
	json_begin_object(json);
	member_attributes(json, "attributes", &resource->attributes);
	json_member_string(json, "schema_url", resource->schema_url);
	json_end_object(json);
	json_key(json, str_from("scope"));
	json_begin_object(json);
	json_member_string(json, "name", scope->name);
	json_member_string(json, "version", scope->version);
	member_attributes(json, "attributes", &scope->attributes);
	json_member_string(json, "schema_url", scope->schema_url);
	json_end_object(json);
}

static void render_handler(struct json *json, const struct handler *handler)
{
	bool publishes = handler->role == ROLE_PUBLISH;

	json_key(json, str_from("handler"));
	if (handler->role == ROLE_EXECUTION) {
		json_begin_object(json);
		json_member_string(json, "name", handler->name);
		json_member_c(json, "type", handler_type_name(handler->type));
		json_member_nullable(json, "language", handler->language);
		json_member_c(json, "status", outcome_name(handler->outcome));
		json_member_nullable(json, "event", handler->event);
		json_end_object(json);
	} else {
		json_nothing(json);
	}
	json_member_nullable(json, "published_event", publishes ? handler->event : str_make("", 0));
}

void render_span(struct json *json, const struct span *span)
{
	json_begin_object(json);
	member_id(json, "trace_id", span->trace_id, TRACE_ID_SIZE);
	member_id(json, "span_id", span->span_id, SPAN_ID_SIZE);
	member_id(json, "parent_span_id", span->parent_span_id, SPAN_ID_SIZE);
	json_member_string(json, "operation_name", span->name);
	json_member_c(json, "kind", span_kind_name(span->kind));
	member_time(json, "start_time", span->start_ns);
	member_time(json, "end_time", span->end_ns);
	member_duration(json, span->start_ns, span->end_ns);
	json_member_c(json, "status", outcome_name(span->handler.outcome));
	json_member_c(json, "status_code", span_status_name(span->status_code));
	json_member_string(json, "status_message", span->status_message);
	member_attributes(json, "tags", &span->attributes);
	render_events(json, span);
	render_links(json, span);
	render_origin(json, span->resource, span->scope);
	json_member_string(json, "trace_state", span->trace_state);
	json_member_u64(json, "flags", span->flags);
	json_member_u64(json, "dropped_attributes_count", span->attributes.dropped_count);
	json_member_u64(json, "dropped_events_count", span->dropped_event_count);
	json_member_u64(json, "dropped_links_count", span->dropped_link_count);
	render_handler(json, &span->handler);
	json_end_object(json);
}

static void member_services(struct json *json, const struct trace_summary *summary)
{
	json_key(json, str_from("services"));
	json_begin_array(json);
	for (size_t i = 0; i < summary->service_count; i++)
		json_text(json, summary->services[i]);
	json_end_array(json);
}

static void member_times(struct json *json, const struct trace_summary *summary)
{
	member_time(json, "start_time", summary->start_ns);
	member_time(json, "end_time", summary->end_ns);
	member_duration(json, summary->start_ns, summary->end_ns);
	json_member_u64(json, "span_count", summary->span_count);
}

void render_trace(struct json *json, const struct trace *trace)
{
	json_begin_object(json);
	member_id(json, "trace_id", trace->summary.trace_id, TRACE_ID_SIZE);
	member_times(json, &trace->summary);
	member_services(json, &trace->summary);
	json_member_bool(json, "complete", trace->summary.complete);
	json_key(json, str_from("spans"));
	json_begin_array(json);
	for (size_t i = 0; i < trace->batch.span_count; i++)
		render_span(json, &trace->batch.spans[i]);
	json_end_array(json);
	json_end_object(json);
}

void render_trace_summary(struct json *json, const struct trace_summary *summary)
{
	json_begin_object(json);
	member_id(json, "trace_id", summary->trace_id, TRACE_ID_SIZE);
	json_member_string(json, "name", summary->name);
	json_member_nullable(json, "handler_name", summary->handler_name);
	json_member_nullable(json, "handler_type", str_from(handler_type_name(summary->handler_type)));
	json_member_nullable(json, "language", summary->language);
	json_member_c(json, "status", outcome_name(summary->outcome));
	member_times(json, summary);
	json_member_u64(json, "error_count", summary->error_count);
	member_services(json, summary);
	json_member_bool(json, "complete", summary->complete);
	json_end_object(json);
}

void render_trace_list(struct json *json, const struct trace_list *list)
{
	json_begin_object(json);
	json_key(json, str_from("traces"));
	json_begin_array(json);
	for (size_t i = 0; i < list->count; i++)
		render_trace_summary(json, &list->summaries[i]);
	json_end_array(json);
	json_member_nullable(json, "next_cursor", str_from(list->next_cursor));
	json_end_object(json);
}

static void render_started(struct json *json, const struct span *span, uint64_t heard_ns)
{
	json_begin_object(json);
	member_id(json, "trace_id", span->trace_id, TRACE_ID_SIZE);
	member_id(json, "span_id", span->span_id, SPAN_ID_SIZE);
	json_member_string(json, "operation_name", span->name);
	json_member_nullable(json, "handler_name", span->handler.name);
	json_member_nullable(json, "handler_type", str_from(handler_type_name(span->handler.type)));
	json_member_nullable(json, "language", span->handler.language);
	json_member_nullable(json, "event", span->handler.event);
	json_member_string(json, "service", resource_service(span->resource));
	json_member_c(json, "status", outcome_name(span->handler.outcome));
	member_time(json, "start_time", span->start_ns);
	member_duration(json, span->start_ns, span->end_ns);
	member_time(json, "last_heard", heard_ns);
	json_end_object(json);
}

void render_running(struct json *json, const struct batch *spans, const uint64_t *heard_ns,
		    const struct running_stats *stats)
{
	json_begin_object(json);
	json_key(json, str_from("executions"));
	json_begin_array(json);
	for (size_t i = 0; i < spans->span_count; i++)
		render_started(json, &spans->spans[i], heard_ns[i]);
	json_end_array(json);
	json_member_u64(json, "running", stats->running);
	json_member_u64(json, "lost", stats->lost);
	json_member_u64(json, "refused", stats->refused);
	json_end_object(json);
}

/* ---- flows ---- */

enum { FLOW_DEPTH_MOST = 100 };

static void render_flow_node(struct json *json, const struct flow *flow, const struct flow_node *node);

static void render_children(struct json *json, const char *key, const struct flow *flow, int first)
{
	json_key(json, str_from(key));
	json_begin_array(json);
	for (int at = first; at != FLOW_NONE; at = flow->nodes[at].next_sibling)
		render_flow_node(json, flow, &flow->nodes[at]);
	json_end_array(json);
}

static void render_flow_node(struct json *json, const struct flow *flow, const struct flow_node *node)
{
	const struct span *span = node->span;
	bool is_publication = span->handler.role == ROLE_PUBLISH;

	json_begin_object(json);
	json_member_c(json, "type", is_publication ? "event" : "handler");
	json_member_string(json, "name", is_publication ? span->handler.event : span->handler.name);
	json_member_nullable(json, "handler_type", str_from(handler_type_name(span->handler.type)));
	json_member_nullable(json, "language", span->handler.language);
	json_member_nullable(json, "event", span->handler.event);
	json_member_string(json, "service", resource_service(span->resource));
	member_id(json, "trace_id", span->trace_id, TRACE_ID_SIZE);
	member_id(json, "span_id", span->span_id, SPAN_ID_SIZE);
	json_member_c(json, "status", outcome_name(span->handler.outcome));
	member_time(json, "start_time", span->start_ns);
	member_time(json, "end_time", span->end_ns);
	member_duration(json, span->start_ns, span->end_ns);
	json_key(json, str_from("queue_ms"));
	if (node->has_queue_time)
		json_milliseconds(json, node->queue_ns);
	else
		json_nothing(json);
	json_key(json, str_from("handled"));
	if (is_publication)
		json_u64(json, node->handling_count);
	else
		json_nothing(json);
	render_children(json, "children", flow,
			node->depth < FLOW_DEPTH_MOST ? node->first_child : FLOW_NONE);
	json_end_object(json);
}

static bool is_deep(const struct flow *flow)
{
	for (size_t i = 0; i < flow->node_count; i++)
		if (flow->nodes[i].depth > FLOW_DEPTH_MOST)
			return true;
	return false;
}

void render_flow(struct json *json, const struct flow *flow)
{
	json_begin_object(json);
	member_id(json, "trace_id", flow->traces[0]->summary.trace_id, TRACE_ID_SIZE);
	json_key(json, str_from("traces"));
	json_begin_array(json);
	for (size_t i = 0; i < flow->trace_count; i++)
		render_trace_summary(json, &flow->traces[i]->summary);
	json_end_array(json);
	render_children(json, "roots", flow, flow->first_root);
	json_member_u64(json, "node_count", flow->node_count);
	json_member_bool(json, "truncated", flow->is_truncated || is_deep(flow));
	json_end_object(json);
}

/* ---- logs ---- */

static void member_message(struct json *json, const struct value *body)
{
	struct buffer text = BUFFER_EMPTY;

	if (body->type == VALUE_STRING) {
		json_member_string(json, "message", value_str(body));
		return;
	}
	value_to_text(body, &text);
	json_member_string(json, "message", buffer_str(&text));
	buffer_release(&text);
}

/* What the level alone does not say. An attribute of the same name is the sender's word and comes first. */
static void severity_members(struct json *json, const struct log_record *record)
{
	enum log_record_level level = log_record_level(record);
	bool says_more = record->severity_number && record->severity_number != level_lowest_severity(level);

	if (says_more && !attributes_find(&record->attributes, "severity_number"))
		json_member_u64(json, "severity_number", record->severity_number);
	if (record->severity_text.size &&
	    !str_equal_nocase(record->severity_text, str_from(level_name(level))) &&
	    !attributes_find(&record->attributes, "severity_text"))
		json_member_string(json, "severity_text", record->severity_text);
}

void render_log(struct json *json, const struct log_record *record)
{
	char id[LOG_ID_TEXT_SIZE];

	log_id_write(log_id_of(record), id);
	json_begin_object(json);
	json_member_c(json, "id", id);
	member_time(json, "timestamp", record->time_ns);
	json_member_c(json, "level", level_name(log_record_level(record)));
	member_message(json, &record->body);
	json_member_nullable(json, "handler", record->handler);
	json_member_string(json, "service", resource_service(record->resource));
	member_id(json, "trace_id", record->trace_id, TRACE_ID_SIZE);
	member_id(json, "span_id", record->span_id, SPAN_ID_SIZE);
	json_member_nullable(json, "event_name", record->event_name);
	json_key(json, str_from("metadata"));
	json_begin_object(json);
	members(json, record->attributes.items, record->attributes.count);
	severity_members(json, record);
	json_end_object(json);
	json_end_object(json);
}

void render_log_list(struct json *json, const struct log_list *list)
{
	json_begin_object(json);
	json_key(json, str_from("logs"));
	json_begin_array(json);
	for (size_t i = 0; i < list->batch.log_count; i++)
		render_log(json, &list->batch.logs[i]);
	json_end_array(json);
	json_member_nullable(json, "next_cursor", str_from(list->next_cursor));
	json_end_object(json);
}

/* ---- metrics ---- */

static void render_metric(struct json *json, const struct metric_summary *summary)
{
	const struct metric *metric = summary->metric;

	json_begin_object(json);
	json_member_string(json, "name", metric->name);
	json_member_c(json, "type", metric_type_name(metric->type));
	json_member_string(json, "unit", metric->unit);
	json_member_string(json, "description", metric->description);
	json_member_nullable(json, "temporality", str_from(temporality_name(metric->temporality)));
	json_key(json, str_from("monotonic"));
	if (metric->type == METRIC_SUM)
		json_bool(json, metric->monotonic);
	else
		json_nothing(json);
	json_key(json, str_from("label_names"));
	json_begin_array(json);
	for (size_t i = 0; i < summary->label_name_count; i++)
		json_text(json, summary->label_names[i]);
	json_end_array(json);
	json_member_u64(json, "series_count", summary->series_count);
	json_end_object(json);
}

void render_metric_list(struct json *json, const struct metric_list *list)
{
	json_begin_object(json);
	json_key(json, str_from("metrics"));
	json_begin_array(json);
	for (size_t i = 0; i < list->count; i++)
		render_metric(json, &list->metrics[i]);
	json_end_array(json);
	json_end_object(json);
}

/* A chart draws numbers or gaps: an infinite figure is a gap too. */
static void json_finite(struct json *json, double figure)
{
	if (isfinite(figure))
		json_double(json, figure);
	else
		json_nothing(json);
}

static void member_labels(struct json *json, const struct metric_label *labels, size_t count)
{
	json_key(json, str_from("labels"));
	json_begin_object(json);
	for (size_t i = 0; i < count; i++) {
		json_key(json, labels[i].name);
		json_text(json, labels[i].value);
	}
	json_end_object(json);
}

static void render_line(struct json *json, const struct metric_line *line, size_t step_count)
{
	json_begin_object(json);
	member_labels(json, line->labels, line->label_count);
	json_key(json, str_from("values"));
	json_begin_array(json);
	for (size_t i = 0; i < step_count; i++)
		json_finite(json, line->values[i]);
	json_end_array(json);
	json_end_object(json);
}

static void render_exemplars(struct json *json, const struct metric_range *answer)
{
	json_key(json, str_from("exemplars"));
	json_begin_array(json);
	for (size_t i = 0; i < answer->exemplar_count; i++) {
		const struct metric_exemplar *exemplar = &answer->exemplars[i];

		json_begin_object(json);
		member_time(json, "time", exemplar->time_ns);
		json_key(json, str_from("value"));
		json_finite(json, number_as_double(exemplar->value));
		member_id(json, "trace_id", exemplar->trace_id, TRACE_ID_SIZE);
		member_id(json, "span_id", exemplar->span_id, SPAN_ID_SIZE);
		member_labels(json, exemplar->labels, exemplar->label_count);
		json_end_object(json);
	}
	json_end_array(json);
}

void render_metric_range(struct json *json, const struct metric_range *answer, struct time_range range)
{
	json_begin_object(json);
	json_member_string(json, "name", answer->metric.name);
	json_member_c(json, "type", metric_type_name(answer->metric.type));
	json_member_string(json, "unit", answer->metric.unit);
	member_time(json, "start", range.start_ns);
	member_time(json, "end", range.end_ns);
	json_key(json, str_from("step_ms"));
	json_milliseconds(json, answer->step_ns);
	json_member_c(json, "agg", answer->agg.name);
	json_key(json, str_from("error_bound"));
	json_finite(json, answer->error_bound);
	json_key(json, str_from("timestamps"));
	json_begin_array(json);
	for (size_t i = 0; i < answer->step_count; i++)
		json_time(json, answer->first_ns + i * answer->step_ns);
	json_end_array(json);
	json_key(json, str_from("series"));
	json_begin_array(json);
	for (size_t i = 0; i < answer->line_count; i++)
		render_line(json, &answer->lines[i], answer->step_count);
	json_end_array(json);
	if (answer->with_exemplars)
		render_exemplars(json, answer);
	json_end_object(json);
}
