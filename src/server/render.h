/*
 * render: rows and answers in the JSON that docs/api describes.
 *
 * Ownership  everything is borrowed for the call.
 * Threads    plain functions.
 * Errors     those of the buffer behind json.
 */
#ifndef ROHAS_SERVER_RENDER_H
#define ROHAS_SERVER_RENDER_H

#include "query/flow.h"
#include "query/log_analysis.h"
#include "query/logs.h"
#include "query/metrics.h"
#include "query/trace.h"
#include "server/json.h"

void render_value(struct json *json, const struct value *value);

/* An object; where a key is there twice, the last one counts. */
void render_attributes(struct json *json, const struct attributes *attributes);

void render_span(struct json *json, const struct span *span);
void render_trace(struct json *json, const struct trace *trace);
void render_trace_summary(struct json *json, const struct trace_summary *summary);
void render_trace_list(struct json *json, const struct trace_list *list);

/* heard: when each span's process was last heard of. */
void render_running(struct json *json, const struct batch *spans, const uint64_t *heard_ns,
		    const struct running_stats *stats);

void render_flow(struct json *json, const struct flow *flow);

void render_log(struct json *json, const struct log_record *record);
void render_log_list(struct json *json, const struct log_list *list);
void render_log_counts(struct json *json, const struct log_counts *counts, uint64_t step_ns);
void render_log_top(struct json *json, const struct log_top *top, struct str field);
/* sample is what was asked for. */
void render_log_patterns(struct json *json, const struct log_patterns *patterns, size_t sample);
void render_log_context(struct json *json, const struct log_context *context);

void render_metric_list(struct json *json, const struct metric_list *list);
/* range is what was asked for. */
void render_metric_range(struct json *json, const struct metric_range *answer, struct time_range range);

#endif
