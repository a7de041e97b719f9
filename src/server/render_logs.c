/* render_logs: what many log records have in common. */
#include "server/render.h"

static void member_time(struct json *json, const char *name, uint64_t time_ns)
{
	json_key(json, str_from(name));
	json_time(json, time_ns);
}

static void member_share(struct json *json, uint64_t count, uint64_t total)
{
	json_key(json, str_from("share"));
	json_double(json, total ? (double)count / (double)total : 0);
}

static void member_levels(struct json *json, const uint64_t counts[LEVEL_COUNT])
{
	json_key(json, str_from("levels"));
	json_begin_object(json);
	for (size_t level = 0; level < LEVEL_COUNT; level++)
		json_member_u64(json, level_name((enum log_record_level)level), counts[level]);
	json_end_object(json);
}

/* How far the answer reaches: all lines, or the newest that were looked at. */
static void members_of_reach(struct json *json, const struct log_reach *reach)
{
	json_member_u64(json, "lines", reach->line_count);
	json_member_bool(json, "complete", reach->is_complete);
	json_key(json, str_from("examined"));
	if (reach->examined)
		json_u64(json, reach->examined);
	else
		json_nothing(json);
}

void render_log_counts(struct json *json, const struct log_counts *counts, uint64_t step_ns)
{
	json_begin_object(json);
	json_key(json, str_from("step_ms"));
	json_milliseconds(json, step_ns);
	members_of_reach(json, &counts->reach);
	json_key(json, str_from("steps"));
	json_begin_array(json);
	for (size_t i = 0; i < counts->step_count; i++) {
		const struct log_step *step = &counts->steps[i];
		uint64_t total = 0;

		for (size_t level = 0; level < LEVEL_COUNT; level++)
			total += step->counts[level];
		json_begin_object(json);
		member_time(json, "time", step->start_ns);
		json_member_u64(json, "count", total);
		member_levels(json, step->counts);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

void render_log_top(struct json *json, const struct log_top *top, struct str field)
{
	json_begin_object(json);
	json_member_string(json, "field", field);
	members_of_reach(json, &top->reach);
	json_member_u64(json, "without", top->without_count);
	json_key(json, str_from("distinct"));
	if (top->error_most)
		json_nothing(json);
	else
		json_u64(json, top->distinct_count);
	json_member_u64(json, "error_most", top->error_most);
	json_key(json, str_from("values"));
	json_begin_array(json);
	for (size_t i = 0; i < top->value_count; i++) {
		json_begin_object(json);
		json_member_string(json, "value", top->values[i].text);
		json_member_u64(json, "count", top->values[i].count);
		json_member_u64(json, "error_most", top->values[i].error_most);
		member_share(json, top->values[i].count, top->reach.line_count);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

static void render_pattern(struct json *json, const struct log_pattern *pattern, uint64_t total)
{
	size_t gravest = LEVEL_COUNT - 1;

	while (gravest > 0 && !pattern->counts[gravest])
		gravest--;
	json_begin_object(json);
	json_member_string(json, "pattern", pattern->text);
	json_member_u64(json, "count", pattern->count);
	member_share(json, pattern->count, total);
	json_member_c(json, "level", level_name((enum log_record_level)gravest));
	member_levels(json, pattern->counts);
	member_time(json, "first_seen", pattern->first_ns);
	member_time(json, "last_seen", pattern->last_ns);
	json_member_string(json, "example", pattern->example);
	json_member_c(json, "example_id", pattern->example_id);
	json_end_object(json);
}

void render_log_patterns(struct json *json, const struct log_patterns *patterns, size_t sample)
{
	json_begin_object(json);
	members_of_reach(json, &patterns->reach);
	json_member_u64(json, "sample", sample);
	json_member_u64(json, "distinct", patterns->distinct_count);
	json_member_u64(json, "other", patterns->other_count);
	json_key(json, str_from("patterns"));
	json_begin_array(json);
	for (size_t i = 0; i < patterns->pattern_count; i++)
		render_pattern(json, &patterns->patterns[i], patterns->reach.line_count);
	json_end_array(json);
	json_end_object(json);
}

void render_log_context(struct json *json, const struct log_context *context)
{
	json_begin_object(json);
	json_member_u64(json, "position", context->position);
	json_key(json, str_from("logs"));
	json_begin_array(json);
	for (size_t i = 0; i < context->batch.log_count; i++)
		render_log(json, &context->batch.logs[i]);
	json_end_array(json);
	json_end_object(json);
}
