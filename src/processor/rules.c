#include "processor/rules.h"

enum {
	KIND_UNSPECIFIED = 1 << SPAN_UNSPECIFIED,
	KIND_INTERNAL = 1 << SPAN_INTERNAL,
	KIND_SERVER = 1 << SPAN_SERVER,
	KIND_CLIENT = 1 << SPAN_CLIENT,
	KIND_PRODUCER = 1 << SPAN_PRODUCER,
	KIND_CONSUMER = 1 << SPAN_CONSUMER,
	KIND_ANY = 0xff,
	/* Work that this side does. A client or producer span with the same attributes is a call to somebody
	   else. */
	KIND_HERE = KIND_UNSPECIFIED | KIND_INTERNAL | KIND_SERVER | KIND_CONSUMER,
	KIND_NOT_PRODUCER = KIND_ANY & ~KIND_PRODUCER,
};

#define EXECUTION(type_) .role = ROLE_EXECUTION, .type = (type_)
#define PUBLISH          .role = ROLE_PUBLISH, .type = HANDLER_NONE

const struct rule rules_built_in[] = {
	{KIND_ANY, KEY_ROHAS_HANDLER_TYPE, EXECUTION(HANDLER_API), .values = {"api"}},
	{KIND_ANY, KEY_ROHAS_HANDLER_TYPE, EXECUTION(HANDLER_EVENT), .values = {"event"}},
	{KIND_ANY, KEY_ROHAS_HANDLER_TYPE, EXECUTION(HANDLER_CRON), .values = {"cron"}},
	{KIND_ANY, KEY_ROHAS_HANDLER_TYPE, EXECUTION(HANDLER_WEBSOCKET), .values = {"websocket"}},

	{KIND_HERE, KEY_FAAS_TRIGGER, EXECUTION(HANDLER_CRON), .values = {"timer"}},
	{KIND_HERE, KEY_FAAS_CRON, EXECUTION(HANDLER_CRON)},
	{KIND_HERE, KEY_JOB_SYSTEM, EXECUTION(HANDLER_CRON)},
	{KIND_HERE, KEY_ANY_CRON, EXECUTION(HANDLER_CRON)},
	{KIND_HERE, KEY_ANY_DENO_CRON, EXECUTION(HANDLER_CRON)},
	{KIND_HERE, KEY_SCHEDULER_SCOPE, EXECUTION(HANDLER_CRON)},

	{KIND_HERE, KEY_MESSAGING_SYSTEM, EXECUTION(HANDLER_WEBSOCKET), .values = {"socket.io"}},
	{KIND_HERE, KEY_ASGI_EVENT_TYPE, EXECUTION(HANDLER_WEBSOCKET), .values = {"websocket.*"}},
	{KIND_HERE, KEY_URL_SCHEME, EXECUTION(HANDLER_WEBSOCKET), .values = {"ws", "wss"}},
	{KIND_HERE, KEY_HTTP_SCHEME, EXECUTION(HANDLER_WEBSOCKET), .values = {"ws", "wss"}},
	{KIND_HERE, KEY_ANY_ROHAS_WEBSOCKET, EXECUTION(HANDLER_WEBSOCKET)},

	{KIND_CONSUMER, KEY_NONE, EXECUTION(HANDLER_EVENT)},
	{KIND_NOT_PRODUCER, KEY_MESSAGING_OPERATION_TYPE, EXECUTION(HANDLER_EVENT),
	 .values = {"process", "receive", "deliver"}},
	{KIND_NOT_PRODUCER, KEY_MESSAGING_OPERATION, EXECUTION(HANDLER_EVENT),
	 .values = {"process", "receive", "deliver"}},
	{KIND_HERE, KEY_FAAS_TRIGGER, EXECUTION(HANDLER_EVENT), .values = {"pubsub", "datasource"}},
	{KIND_SERVER | KIND_CONSUMER, KEY_CLOUDEVENTS_EVENT_TYPE, EXECUTION(HANDLER_EVENT)},

	{KIND_SERVER, KEY_HTTP_REQUEST_METHOD, EXECUTION(HANDLER_API)},
	{KIND_SERVER, KEY_HTTP_METHOD, EXECUTION(HANDLER_API)},
	{KIND_SERVER, KEY_RPC_SYSTEM, EXECUTION(HANDLER_API)},
	{KIND_SERVER, KEY_RPC_SYSTEM_NAME, EXECUTION(HANDLER_API)},
	{KIND_SERVER, KEY_GRAPHQL_OPERATION_TYPE, EXECUTION(HANDLER_API)},
	{KIND_HERE, KEY_FAAS_TRIGGER, EXECUTION(HANDLER_API), .values = {"http"}},

	{KIND_PRODUCER, KEY_NONE, PUBLISH},
	{KIND_ANY, KEY_MESSAGING_OPERATION_TYPE, PUBLISH, .values = {"create", "send", "publish"}},
	{KIND_ANY, KEY_MESSAGING_OPERATION, PUBLISH, .values = {"create", "send", "publish"}},

	{KIND_SERVER, KEY_NONE, EXECUTION(HANDLER_API)},
};
const size_t rules_built_in_count = sizeof(rules_built_in) / sizeof(rules_built_in[0]);

void rule_set_init(struct rule_set *set, const struct rule *rules, size_t count)
{
	*set = (struct rule_set){.rules = rules, .count = count};
	for (size_t i = 0; i < count; i++)
		for (int kind = 0; kind < SPAN_KIND_COUNT; kind++) {
			if (!(rules[i].kinds & 1u << kind))
				continue;
			if (rules[i].key == KEY_NONE)
				set->kind_decides[kind] = true;
			else
				set->keys[kind] |= KEY_BIT(rules[i].key);
		}
}

static bool value_matches(struct str actual, const char *wanted)
{
	size_t size = strlen(wanted);

	if (size && wanted[size - 1] == '*')
		return actual.size >= size && memcmp(actual.data, wanted, size - 1) == 0;
	return str_equal_nocase(actual, str_make(wanted, size));
}

static bool rule_matches(const struct rule *rule, const struct key_values *values)
{
	if (rule->key == KEY_NONE)
		return true;
	if (!key_present(values, (enum key)rule->key))
		return false;
	for (size_t i = 0; i < RULE_VALUES_MOST && rule->values[i]; i++)
		if (value_matches(key_str(values, (enum key)rule->key), rule->values[i]))
			return true;
	return rule->values[0] == NULL;
}

const struct rule *rule_set_match_slow(const struct rule_set *set, uint8_t kind,
				       const struct key_values *values)
{
	for (size_t i = 0; i < set->count; i++)
		if ((set->rules[i].kinds & 1u << kind) && rule_matches(&set->rules[i], values))
			return &set->rules[i];
	return NULL;
}
