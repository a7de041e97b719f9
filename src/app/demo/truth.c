#include "app/demo/truth.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"

static bool is_row(const struct truth_row *row, const char *handler, const char *event, const char *language,
		   bool is_error)
{
	return row->is_error == is_error && !strcmp(row->language, language) &&
	       !strcmp(row->handler, handler) && !strcmp(row->event, event);
}

int truth_row(struct demo_truth *truth, const char *handler, const char *event, const char *type,
	      const char *language, bool is_error)
{
	struct truth_row *row;

	for (size_t i = 0; i < truth->row_count; i++)
		if (is_row(&truth->rows[i], handler, event, language, is_error))
			return (int)i;
	if (truth->row_count == TRUTH_ROWS_MOST)
		return TRUTH_NONE;
	row = &truth->rows[truth->row_count];
	snprintf(row->handler, sizeof(row->handler), "%s", handler);
	snprintf(row->event, sizeof(row->event), "%s", event);
	row->type = type;
	row->language = language;
	row->is_error = is_error;
	return (int)truth->row_count++;
}

static double in_ms(uint64_t duration_ns)
{
	return (double)duration_ns / (double)NS_PER_MS;
}

static json_t *execution_json(const struct truth_row *row)
{
	json_t *object =
		json_pack("{s:s, s:s, s:s, s:s, s:I, s:f, s:f}", "handler_name", row->handler, "handler_type",
			  row->type, "language", row->language, "status", row->is_error ? "error" : "success",
			  "count", (json_int_t)row->count, "duration_ms_sum", in_ms(row->duration_ns),
			  "duration_ms_max", in_ms(row->longest_ns));

	if (row->event[0]) {
		json_object_set_new(object, "event", json_string(row->event));
		json_object_set_new(object, "messages", json_integer((json_int_t)row->messages));
	}
	return object;
}

static json_t *publication_json(const struct truth_row *row)
{
	return json_pack("{s:s, s:s, s:I}", "event", row->event, "language", row->language, "count",
			 (json_int_t)row->messages);
}

void truth_miss(struct demo_truth *truth, const char *handler, uint64_t due_ns)
{
	struct truth_missed *missed = &truth->missed[truth->missed_count];

	if (truth->missed_count == TRUTH_MISSED_MOST)
		return;
	snprintf(missed->handler, sizeof(missed->handler), "%s", handler);
	missed->due_ns = due_ns;
	truth->missed_count++;
}

static json_t *missed_json(const struct demo_truth *truth)
{
	json_t *list = json_array();
	char due[TIME_TEXT_SIZE];

	for (size_t i = 0; i < truth->missed_count; i++) {
		time_format(truth->missed[i].due_ns, due);
		json_array_append_new(
			list, json_pack("{s:s, s:s}", "handler_name", truth->missed[i].handler, "due", due));
	}
	return list;
}

static json_t *truth_json(const struct demo_truth *truth, uint64_t seed)
{
	json_t *executions = json_array(), *publications = json_array();
	char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];

	for (size_t i = 0; i < truth->row_count; i++) {
		const struct truth_row *row = &truth->rows[i];

		if (row->count && row->handler[0])
			json_array_append_new(executions, execution_json(row));
		else if (row->count)
			json_array_append_new(publications, publication_json(row));
	}
	time_format(truth->first_ns, first);
	time_format(truth->last_ns, last);
	return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:{s:I}}", "seed",
			 (json_int_t)seed, "start", first, "end", last, "traces",
			 (json_int_t)truth->trace_count, "spans", (json_int_t)truth->span_count, "logs",
			 (json_int_t)truth->log_count, "points", (json_int_t)truth->point_count, "rejected",
			 (json_int_t)truth->rejected_count, "executions", executions, "published",
			 publications, "missed", missed_json(truth), "metrics", "shop.orders.count",
			 (json_int_t)truth->order_count);
}

enum status truth_write(const struct demo_truth *truth, uint64_t seed, const char *path, struct error *error)
{
	json_t *top = truth_json(truth, seed);
	int failed = json_dump_file(top, path, JSON_INDENT(2));

	json_decref(top);
	if (failed)
		return error_set(error, STATUS_IO, "%s cannot be written: %s", path, strerror(errno));
	return STATUS_OK;
}
