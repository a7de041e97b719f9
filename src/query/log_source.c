#include "query/log_source.h"

#include "query/insides.h"

/* A record that stands for itself. */
struct single {
	const struct log_fold *fold;
	log_visit *visit;
	void *context;
	struct buffer scratch;
};

static enum status visit_record(void *context, const struct log_record *record, struct error *error)
{
	struct single *single = context;
	unsigned wanted = single->fold->columns;
	uint8_t level = (uint8_t)log_record_level(record);
	struct str text = wanted & LOG_COLUMN_FIELD
				  ? log_field_text(&single->fold->field, record, &single->scratch)
				  : str_make("", 0);
	uint32_t code = text.size ? 0 : LOG_NO_VALUE;
	const struct log_columns columns = {
		.count = 1,
		.time_ns = wanted & LOG_COLUMN_TIME ? &record->time_ns : NULL,
		.levels = wanted & LOG_COLUMN_LEVEL ? &level : NULL,
		.codes = wanted & LOG_COLUMN_FIELD ? &code : NULL,
		.values = &text,
		.value_count = 1,
	};

	return single->visit(single->context, &columns, error);
}

enum status log_source_fold(struct query *query, const struct log_fold *fold, const struct predicate *handled,
			    log_visit *visit, void *context, struct log_reach *reach_out, struct error *error)
{
	bool by_handler = fold->columns & LOG_COLUMN_FIELD && fold->field.kind == LOG_FIELD_HANDLER;
	const struct log_query which = {.filter = fold->filter, .handled = handled};
	struct single single = {fold, visit, context, BUFFER_EMPTY};
	size_t examined = 0;
	enum status status;

	*reach_out = (struct log_reach){.is_complete = true};
	if (!by_handler && !handled && fold->filter.handler.size == 0)
		return store_fold_logs(query->store, fold, visit, context, error);
	status = log_walk(query, &which, by_handler, SIZE_MAX, visit_record, &single, &examined,
			  &reach_out->is_complete, error);
	reach_out->examined = examined;
	buffer_release(&single.scratch);
	return status;
}
