/*
 * keys: finds the attributes that recognition asks for, in one pass over a span's attributes.
 *
 * Every span comes through here, so the pass never compares strings one by one: the first and the last eight
 * bytes and the size of a key pick one candidate out of a table without collisions, and one comparison
 * decides.
 *
 * Ownership  key_values holds views of the attributes that it was filled from.
 * Threads    a key_table is not changed after key_table_init.
 * Errors     none.
 */
#ifndef ROHAS_PROCESSOR_KEYS_H
#define ROHAS_PROCESSOR_KEYS_H

#include "model/value.h"

/* Attribute keys, today's semantic conventions and the older names. Their text is in keys.c. */
enum key {
	KEY_NONE,
	KEY_ROHAS_HANDLER_TYPE,
	KEY_ROHAS_HANDLER_NAME,
	KEY_ROHAS_HANDLER_LANGUAGE,
	KEY_ROHAS_EVENT_NAME,
	KEY_FAAS_TRIGGER,
	KEY_FAAS_CRON,
	KEY_FAAS_NAME,
	KEY_FAAS_DOCUMENT_COLLECTION,
	KEY_JOB_SYSTEM,
	KEY_CODE_FUNCTION_NAME,
	KEY_CODE_FUNCTION,
	KEY_CODE_NAMESPACE,
	KEY_HTTP_REQUEST_METHOD,
	KEY_HTTP_METHOD,
	KEY_HTTP_ROUTE,
	KEY_HTTP_RESPONSE_STATUS_CODE,
	KEY_HTTP_STATUS_CODE,
	KEY_HTTP_TARGET,
	KEY_HTTP_URL,
	KEY_HTTP_SCHEME,
	KEY_URL_PATH,
	KEY_URL_FULL,
	KEY_URL_SCHEME,
	KEY_RPC_SYSTEM,
	KEY_RPC_SYSTEM_NAME,
	KEY_GRAPHQL_OPERATION_TYPE,
	KEY_ERROR_TYPE,
	KEY_ASGI_EVENT_TYPE,
	KEY_CLOUDEVENTS_EVENT_TYPE,
	KEY_MESSAGING_SYSTEM,
	KEY_MESSAGING_OPERATION_TYPE,
	KEY_MESSAGING_OPERATION,
	KEY_MESSAGING_DESTINATION_TEMPLATE,
	KEY_MESSAGING_DESTINATION_NAME,
	KEY_MESSAGING_DESTINATION,
	KEY_MESSAGING_DESTINATION_TEMPORARY,
	KEY_MESSAGING_DESTINATION_ANONYMOUS,
	KEY_MESSAGING_TEMP_DESTINATION,
	KEY_MESSAGING_SUBSCRIPTION,
	KEY_MESSAGING_CONSUMER_GROUP,
	KEY_MESSAGING_KAFKA_CONSUMER_GROUP,
	KEY_MESSAGING_KAFKA_CONSUMER_GROUP_OLD,
	KEY_MESSAGING_SOCKET_IO_EVENT_NAME,
	KEY_MESSAGING_BATCH_MESSAGE_COUNT,
	KEY_MESSAGING_RABBITMQ_ROUTING_KEY,
	KEY_MESSAGING_RABBITMQ_ROUTING_KEY_OLD,
	KEY_TEXT_COUNT,
	/* Whole families of keys; the value is that of the last one met. */
	KEY_ANY_CRON = KEY_TEXT_COUNT,
	KEY_ANY_DENO_CRON,
	KEY_ANY_ROHAS_WEBSOCKET,
	/* No attribute: what is known of the span's scope. */
	KEY_SCHEDULER_SCOPE,
	KEY_COUNT,
};
_Static_assert(KEY_COUNT <= 64, "a set of keys is one word");

#define KEY_BIT(key) (UINT64_C(1) << (key))

/* of[key] is set only where present has the key's bit. Of a key that is there twice, the last one. */
struct key_values {
	uint64_t present;
	const struct value *of[KEY_COUNT];
};

enum { KEY_SLOT_COUNT = 512 };

struct key_entry {
	uint64_t first, last; /* eight bytes each; they overlap in a short key */
	const char *text;
	size_t size;
};

struct key_table {
	uint64_t first_factor, last_factor;
	struct key_entry entries[KEY_TEXT_COUNT];
	uint8_t slots[KEY_SLOT_COUNT]; /* enum key */
};

void key_table_init(struct key_table *table);

void key_table_collect(const struct key_table *table, const struct attributes *attributes,
		       struct key_values *values_out);

static inline bool key_present(const struct key_values *values, enum key key)
{
	return (values->present & KEY_BIT(key)) != 0;
}

/* The key's string; empty where it is absent or no string. */
static inline struct str key_str(const struct key_values *values, enum key key)
{
	if (!key_present(values, key) || values->of[key]->type != VALUE_STRING)
		return str_make("", 0);
	return value_str(values->of[key]);
}

/* The first of two keys that has a string: the new name, then the older one. */
static inline struct str key_str_either(const struct key_values *values, enum key key, enum key older)
{
	struct str s = key_str(values, key);

	return s.size ? s : key_str(values, older);
}

/* An integer, also where it was sent as a string of digits; false where there is none. */
bool key_integer(const struct key_values *values, enum key key, int64_t *integer_out);

/* Whether the key is there and true. */
bool key_is_true(const struct key_values *values, enum key key);

#endif
