/*
 * fuzz_filter: a filter text, of spans and of logs. What is refused says where and why; what is accepted means the same
 * whether it is evaluated as it stands or as the filter that it was planned onto.
 */
#include "fuzz.h"
#include "query/language/language.h"

enum { NOW_NS = 1000000000 };

static const struct attribute tags[] = {
	{{"http.route", 10}, {.data = "/users/:id", .size = 10, .type = VALUE_STRING}},
	{{"n", 1}, {.integer = 500, .type = VALUE_INT}},
	{{"d", 1}, {.real = 0.5, .type = VALUE_DOUBLE}},
	{{"t", 1}, {.boolean = true, .type = VALUE_BOOL}},
};
static const struct attribute own[] = {
	{{"service.name", 12}, {.data = "shop", .size = 4, .type = VALUE_STRING}},
};
static const struct resource resource = {.attributes = {own, 1, 0}};

static const struct span spans[] = {
	{.resource = &resource,
	 .scope = &scope_empty,
	 .trace_id = {1},
	 .span_id = {2},
	 .start_ns = 1000,
	 .end_ns = 2000000,
	 .name = {"GET", 3},
	 .attributes = {tags, 4, 0},
	 .kind = SPAN_SERVER,
	 .handler = {.role = ROLE_EXECUTION,
		     .type = HANDLER_API,
		     .outcome = OUTCOME_ERROR,
		     .name = {"CreateUser", 10},
		     .language = {"rust", 4}}},
	{.resource = &resource_empty,
	 .scope = &scope_empty,
	 .parent_span_id = {3},
	 .status_message = {"timed out", 9}},
};

static const struct log_record logs[] = {
	{.resource = &resource,
	 .scope = &scope_empty,
	 .time_ns = 1000,
	 .severity_number = 17,
	 .body = {.data = "request timed out", .size = 17, .type = VALUE_STRING},
	 .handler = {"CreateUser", 10},
	 .attributes = {tags, 4, 0}},
	{.resource = &resource_empty, .scope = &scope_empty, .time_ns = 5},
};

static void check_error(const struct expression_error *error, enum status status, size_t size)
{
	require(status == STATUS_INVALID);
	require(error->message[0] != '\0' && error->allowed[0] != '\0');
	require(error->column >= 1 && error->column <= size + 1);
}

static void use_of_spans(struct str text)
{
	struct expression expression;
	struct expression_error error;
	struct span_filter filter = SPAN_FILTER_ANY;
	struct error reason;
	enum status status = expression_parse(text, SIGNAL_TRACES, NOW_NS, &expression, &error);

	if (status != STATUS_OK) {
		check_error(&error, status, text.size);
	} else {
		require(expression_narrow_spans(&expression, &filter, &reason) == STATUS_OK);
		for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
			require(span_filter_match(&filter, &spans[i]) ==
				(!expression.root || predicate_match_span(expression.root, &spans[i])));
	}
	expression_release(&expression);
}

static void use_of_logs(struct str text)
{
	struct expression expression;
	struct expression_error error;
	struct log_filter filter = LOG_FILTER_ANY;
	const struct predicate *handled;
	struct error reason;
	enum status status = expression_parse(text, SIGNAL_LOGS, NOW_NS, &expression, &error);

	if (status != STATUS_OK) {
		check_error(&error, status, text.size);
	} else {
		require(expression_narrow_logs(&expression, &filter, &handled, &reason) == STATUS_OK);
		for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
			require((log_filter_match(&filter, &logs[i]) &&
				 (!handled || predicate_match_log(handled, &logs[i]))) ==
				(!expression.root || predicate_match_log(expression.root, &logs[i])));
	}
	expression_release(&expression);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size ? size : 1);

	if (size)
		memcpy(bytes, data, size);
	use_of_spans(str_make(bytes, size));
	use_of_logs(str_make(bytes, size));
	free(bytes);
	return 0;
}
