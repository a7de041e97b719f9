#include "processor/recognise.h"

#include "processor/naming.h"
#include "processor/pairs.h"
#include "processor/starts.h"

/* What spans of one resource and one scope have in common: worked out once, since they stand together. */
struct origin {
	const struct resource *resource;
	const struct scope *scope;
	struct str language, faas_name;
	uint64_t scope_keys; /* bits of struct key_values.present */
	uint64_t user_rules; /* bits of those that may be met */
};

void recogniser_init(struct recogniser *recogniser, const struct rule *rules, size_t rule_count,
		     const struct user_rule *user_rules, size_t user_rule_count)
{
	recogniser->user_rules = user_rules;
	recogniser->user_rule_count = user_rule_count;
	key_table_init(&recogniser->keys);
	rule_set_init(&recogniser->rules, rules, rule_count);
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* As a word of its own: "instrumentation-cron" is a scheduler, "micronaut" is none. */
static bool contains_word(struct str text, struct str word)
{
	for (size_t i = 0; i + word.size <= text.size; i++) {
		size_t after = i + word.size;

		if (str_equal_nocase(str_make(text.data + i, word.size), word) &&
		    (i == 0 || !is_alphanumeric(text.data[i - 1])) &&
		    (after == text.size || !is_alphanumeric(text.data[after])))
			return true;
	}
	return false;
}

static bool is_scheduler(struct str scope_name)
{
	static const char *const names[] = {"cron", "quartz", "spring-scheduling", "apscheduler"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (contains_word(scope_name, str_from(names[i])))
			return true;
	return false;
}

/* Both kinds of JavaScript are written in TypeScript as far as handlers are concerned. */
static struct str language_of_sdk(struct str language)
{
	if (str_equal_c(language, "nodejs") || str_equal_c(language, "webjs"))
		return str_from("typescript");
	return name_cut(language);
}

static void look_at_origin(const struct recogniser *recogniser, struct origin *origin,
			   const struct span *span)
{
	if (recogniser->user_rule_count &&
	    (span->resource != origin->resource || span->scope != origin->scope))
		origin->user_rules = user_rules_for(recogniser->user_rules, recogniser->user_rule_count,
						    span->resource, span->scope);
	if (span->resource != origin->resource) {
		const struct attributes *attributes = &span->resource->attributes;

		origin->resource = span->resource;
		origin->language = language_of_sdk(attributes_find_str(attributes, "telemetry.sdk.language"));
		origin->faas_name = attributes_find_str(attributes, "faas.name");
	}
	if (span->scope != origin->scope) {
		origin->scope = span->scope;
		origin->scope_keys = is_scheduler(span->scope->name) ? KEY_BIT(KEY_SCHEDULER_SCOPE) : 0;
	}
}

static const uint64_t failure_keys =
	KEY_BIT(KEY_ERROR_TYPE) | KEY_BIT(KEY_HTTP_RESPONSE_STATUS_CODE) | KEY_BIT(KEY_HTTP_STATUS_CODE);

static bool failed(const struct span *span, const struct key_values *values)
{
	enum { SERVER_ERROR = 500 };
	int64_t http_status;

	if (span->status_code == SPAN_STATUS_ERROR)
		return true;
	if (!(values->present & failure_keys))
		return false;
	if (key_present(values, KEY_ERROR_TYPE) && values->of[KEY_ERROR_TYPE]->type != VALUE_EMPTY)
		return true;
	return span->kind == SPAN_SERVER &&
	       (key_integer(values, KEY_HTTP_RESPONSE_STATUS_CODE, &http_status) ||
		key_integer(values, KEY_HTTP_STATUS_CODE, &http_status)) &&
	       http_status >= SERVER_ERROR;
}

static enum operation operation_of(const struct key_values *values)
{
	static const struct {
		const char *name;
		enum operation operation;
	} operations[] = {
		{"receive", OPERATION_RECEIVE}, {"process", OPERATION_PROCESS},
		{"deliver", OPERATION_PROCESS}, {"create", OPERATION_CREATE},
		{"send", OPERATION_SEND},       {"publish", OPERATION_SEND},
	};
	struct str name = key_str_either(values, KEY_MESSAGING_OPERATION_TYPE, KEY_MESSAGING_OPERATION);

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (str_equal_nocase(name, str_from(operations[i].name)))
			return operations[i].operation;
	return OPERATION_NONE;
}

static uint32_t message_count(const struct key_values *values, uint32_t otherwise)
{
	int64_t count;

	if (!key_integer(values, KEY_MESSAGING_BATCH_MESSAGE_COUNT, &count))
		count = otherwise;
	return count < 1 ? 1 : count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

/* What a span is: the user's rule that it meets decides, then the table. */
struct verdict {
	const struct user_rule *user; /* NULL: it meets none */
	uint8_t role, type;
};

static struct verdict judge(const struct recogniser *recogniser, const struct origin *origin,
			    const struct span *span, const struct key_values *values)
{
	struct verdict verdict = {NULL, ROLE_NONE, HANDLER_NONE};
	const struct rule *rule;

	if (origin->user_rules)
		verdict.user = user_rules_match(recogniser->user_rules, origin->user_rules, span);
	if (verdict.user && verdict.user->gives) {
		verdict.role = verdict.user->role;
		verdict.type = verdict.user->type;
		return verdict;
	}
	rule = rule_set_match(&recogniser->rules, span->kind, values);
	if (rule) {
		verdict.role = rule->role;
		verdict.type = rule->type;
	}
	return verdict;
}

static bool name_by_user(struct span *span, const struct user_rule *user, struct arena *arena)
{
	struct handler *handler = &span->handler;

	return (!user->event_name || !handler->messages ||
		user_template_expand(user->event_name, span, arena, &handler->event)) &&
	       (!user->handler_name || handler->role != ROLE_EXECUTION ||
		user_template_expand(user->handler_name, span, arena, &handler->name));
}

static bool fill_handler(struct span *span, const struct verdict *verdict, const struct key_values *values,
			 const struct origin *origin, struct arena *arena)
{
	struct handler *handler = &span->handler;
	struct str language = key_str(values, KEY_ROHAS_HANDLER_LANGUAGE);

	handler->role = verdict->role;
	handler->type = verdict->type;
	handler->language = language.size ? name_cut(language) : origin->language;
	if (verdict->role == ROLE_PUBLISH || verdict->type == HANDLER_EVENT) {
		bool handled = verdict->role != ROLE_PUBLISH;

		handler->event = name_event(span, values);
		handler->messages = message_count(values, handled ? span->link_count : 1);
	}
	if (verdict->role == ROLE_EXECUTION &&
	    !name_handler(span, values, origin->faas_name, arena, &handler->name))
		return false;
	return !verdict->user || name_by_user(span, verdict->user, arena);
}

/* False where memory ran out. What it is lies in the span afterwards. */
static bool recognise_span(const struct recogniser *recogniser, struct origin *origin, struct span *span,
			   struct arena *arena)
{
	struct key_values values;
	struct verdict verdict;

	look_at_origin(recogniser, origin, span);
	key_table_collect(&recogniser->keys, &span->attributes, &values);
	values.present |= origin->scope_keys;
	span->handler = (struct handler){.outcome = failed(span, &values) ? OUTCOME_ERROR : OUTCOME_SUCCESS};
	verdict = judge(recogniser, origin, span, &values);
	if (verdict.role == ROLE_NONE)
		return true;
	if (!fill_handler(span, &verdict, &values, origin, arena))
		return false;
	if (span->handler.event.size)
		span->handler.operation = (uint8_t)operation_of(&values);
	return true;
}

static bool recognise_starts(const struct recogniser *recogniser, struct batch *batch)
{
	struct origin origin = {0};

	for (size_t i = 0; i < batch->start_count; i++) {
		if (!recognise_span(recogniser, &origin, &batch->starts[i], &batch->arena))
			return false;
		batch->starts[i].handler.outcome = OUTCOME_RUNNING;
	}
	return true;
}

static bool recognise_spans(const struct recogniser *recogniser, struct batch *batch)
{
	struct origin origin = {0};
	struct pairs pairs;

	if (!pairs_init(&pairs, batch))
		return false;
	for (size_t i = 0; i < batch->span_count; i++) {
		struct span *span = &batch->spans[i];

		if (!recognise_span(recogniser, &origin, span, &batch->arena))
			return false;
		if (span->handler.event.size)
			pairs_note(&pairs, i, (enum operation)span->handler.operation);
	}
	return pairs_resolve(&pairs);
}

/* Only what the record says itself: code.function.name, which it may have, is whatever function wrote it. */
static void recognise_logs(const struct recogniser *recogniser, struct batch *batch)
{
	const struct resource *resource = NULL;
	struct str faas_name = {NULL, 0};

	for (size_t i = 0; i < batch->log_count; i++) {
		struct log_record *record = &batch->logs[i];
		struct key_values values;

		if (record->resource != resource) {
			resource = record->resource;
			faas_name = attributes_find_str(&resource->attributes, "faas.name");
		}
		key_table_collect(&recogniser->keys, &record->attributes, &values);
		record->handler = key_str_either(&values, KEY_ROHAS_HANDLER_NAME, KEY_FAAS_NAME);
		record->handler = name_cut(record->handler.size ? record->handler : faas_name);
	}
}

enum status recognise_batch(const struct recogniser *recogniser, struct batch *batch, struct error *error)
{
	recognise_logs(recogniser, batch);
	if (!starts_take(batch) || !recognise_starts(recogniser, batch) ||
	    !recognise_spans(recogniser, batch))
		return error_set(error, STATUS_NO_MEMORY, "the batch has no memory left for handler names");
	return STATUS_OK;
}
