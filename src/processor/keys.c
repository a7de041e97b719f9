#include "processor/keys.h"

#include <assert.h>

/* Every text has at least eight bytes: the table reads that many from both ends. */
enum { SHORTEST_TEXT = 8 };

static const char *const texts[KEY_TEXT_COUNT] = {
	[KEY_ROHAS_HANDLER_TYPE] = "rohas.handler.type",
	[KEY_ROHAS_HANDLER_NAME] = "rohas.handler.name",
	[KEY_ROHAS_HANDLER_LANGUAGE] = "rohas.handler.language",
	[KEY_ROHAS_EVENT_NAME] = "rohas.event.name",
	[KEY_FAAS_TRIGGER] = "faas.trigger",
	[KEY_FAAS_CRON] = "faas.cron",
	[KEY_FAAS_NAME] = "faas.name",
	[KEY_FAAS_DOCUMENT_COLLECTION] = "faas.document.collection",
	[KEY_JOB_SYSTEM] = "job.system",
	[KEY_CODE_FUNCTION_NAME] = "code.function.name",
	[KEY_CODE_FUNCTION] = "code.function",
	[KEY_CODE_NAMESPACE] = "code.namespace",
	[KEY_HTTP_REQUEST_METHOD] = "http.request.method",
	[KEY_HTTP_METHOD] = "http.method",
	[KEY_HTTP_ROUTE] = "http.route",
	[KEY_HTTP_RESPONSE_STATUS_CODE] = "http.response.status_code",
	[KEY_HTTP_STATUS_CODE] = "http.status_code",
	[KEY_HTTP_TARGET] = "http.target",
	[KEY_HTTP_URL] = "http.url",
	[KEY_HTTP_SCHEME] = "http.scheme",
	[KEY_URL_PATH] = "url.path",
	[KEY_URL_FULL] = "url.full",
	[KEY_URL_SCHEME] = "url.scheme",
	[KEY_RPC_SYSTEM] = "rpc.system",
	[KEY_RPC_SYSTEM_NAME] = "rpc.system.name",
	[KEY_GRAPHQL_OPERATION_TYPE] = "graphql.operation.type",
	[KEY_ERROR_TYPE] = "error.type",
	[KEY_ASGI_EVENT_TYPE] = "asgi.event.type",
	[KEY_CLOUDEVENTS_EVENT_TYPE] = "cloudevents.event_type",
	[KEY_MESSAGING_SYSTEM] = "messaging.system",
	[KEY_MESSAGING_OPERATION_TYPE] = "messaging.operation.type",
	[KEY_MESSAGING_OPERATION] = "messaging.operation",
	[KEY_MESSAGING_DESTINATION_TEMPLATE] = "messaging.destination.template",
	[KEY_MESSAGING_DESTINATION_NAME] = "messaging.destination.name",
	[KEY_MESSAGING_DESTINATION] = "messaging.destination",
	[KEY_MESSAGING_DESTINATION_TEMPORARY] = "messaging.destination.temporary",
	[KEY_MESSAGING_DESTINATION_ANONYMOUS] = "messaging.destination.anonymous",
	[KEY_MESSAGING_TEMP_DESTINATION] = "messaging.temp_destination",
	[KEY_MESSAGING_SUBSCRIPTION] = "messaging.destination.subscription.name",
	[KEY_MESSAGING_CONSUMER_GROUP] = "messaging.consumer.group.name",
	[KEY_MESSAGING_KAFKA_CONSUMER_GROUP] = "messaging.kafka.consumer.group",
	[KEY_MESSAGING_KAFKA_CONSUMER_GROUP_OLD] = "messaging.kafka.consumer_group",
	[KEY_MESSAGING_SOCKET_IO_EVENT_NAME] = "messaging.socket.io.event_name",
	[KEY_MESSAGING_BATCH_MESSAGE_COUNT] = "messaging.batch.message_count",
	[KEY_MESSAGING_RABBITMQ_ROUTING_KEY] = "messaging.rabbitmq.destination.routing_key",
	[KEY_MESSAGING_RABBITMQ_ROUTING_KEY_OLD] = "messaging.rabbitmq.routing_key",
};

static uint64_t load_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* The size tells apart what begins and ends alike: messaging.destination.name and
 * messaging.destination.subscription.name. */
static inline size_t slot_of(const struct key_table *table, uint64_t first, uint64_t last, size_t size)
{
	return (size_t)(((first ^ size << 56) * table->first_factor + last * table->last_factor) >> 55);
}
_Static_assert(KEY_SLOT_COUNT == 1 << (64 - 55), "a slot is what slot_of gives");

static bool fill_slots(struct key_table *table)
{
	memset(table->slots, 0, sizeof(table->slots));
	for (int key = KEY_NONE + 1; key < KEY_TEXT_COUNT; key++) {
		const struct key_entry *entry = &table->entries[key];
		uint8_t *slot = &table->slots[slot_of(table, entry->first, entry->last, entry->size)];

		if (*slot)
			return false;
		*slot = (uint8_t)key;
	}
	return true;
}

void key_table_init(struct key_table *table)
{
	*table = (struct key_table){.first_factor = 1, .last_factor = 3};
	for (int key = KEY_NONE + 1; key < KEY_TEXT_COUNT; key++) {
		size_t size = strlen(texts[key]);

		table->entries[key] =
			(struct key_entry){load_word(texts[key]),
					   load_word(texts[key] + size - SHORTEST_TEXT), texts[key], size};
	}
	/* About one pair of odd factors in six gives every key a slot of its own. */
	for (int attempts = 1; !fill_slots(table); attempts++) {
		assert(attempts < 10000);
		table->first_factor = table->first_factor * UINT64_C(6364136223846793005) + 2;
		table->last_factor = table->last_factor * UINT64_C(3935559000370003845) + 2;
	}
}

/* Families are told by how their keys begin. A key of less than eight bytes comes padded with zeros. */
static enum key family_of(uint64_t first, struct str key)
{
	enum { CRON_MASK_BYTES = 5 };
	const uint64_t mask = (UINT64_C(1) << (8 * CRON_MASK_BYTES)) - 1;

	if (((first ^ load_word("cron.\0\0")) & mask) == 0)
		return key.size > CRON_MASK_BYTES ? KEY_ANY_CRON : KEY_NONE;
	if (first == load_word("deno.cro") && str_starts_with(key, "deno.cron."))
		return KEY_ANY_DENO_CRON;
	if (first == load_word("rohas.we") && str_starts_with(key, "rohas.websocket."))
		return KEY_ANY_ROHAS_WEBSOCKET;
	return KEY_NONE;
}

static inline enum key key_of(const struct key_table *table, struct str key)
{
	const struct key_entry *entry;
	uint64_t first = 0, last;
	enum key found;

	if (key.size < SHORTEST_TEXT) {
		if (key.size)
			memcpy(&first, key.data, key.size);
		return family_of(first, key);
	}
	first = load_word(key.data);
	last = load_word(key.data + key.size - SHORTEST_TEXT);
	found = (enum key)table->slots[slot_of(table, first, last, key.size)];
	entry = &table->entries[found];
	if (entry->size != key.size || entry->first != first || entry->last != last)
		return family_of(first, key);
	if (key.size > 2 * SHORTEST_TEXT &&
	    memcmp(entry->text + SHORTEST_TEXT, key.data + SHORTEST_TEXT, key.size - 2 * SHORTEST_TEXT) != 0)
		return KEY_NONE;
	return found;
}

void key_table_collect(const struct key_table *table, const struct attributes *attributes,
		       struct key_values *values_out)
{
	uint64_t present = 0;

	for (uint32_t i = 0; i < attributes->count; i++) {
		enum key key = key_of(table, attributes->items[i].key);

		/* What is no key of ours lands in of[KEY_NONE], which nobody reads: no branch to mispredict.
		 */
		values_out->of[key] = &attributes->items[i].value;
		present |= KEY_BIT(key);
	}
	values_out->present = present & ~KEY_BIT(KEY_NONE);
}

bool key_integer(const struct key_values *values, enum key key, int64_t *integer_out)
{
	if (!key_present(values, key))
		return false;
	if (values->of[key]->type == VALUE_STRING)
		return str_parse_i64(value_str(values->of[key]), integer_out);
	if (values->of[key]->type != VALUE_INT)
		return false;
	*integer_out = values->of[key]->integer;
	return true;
}

bool key_is_true(const struct key_values *values, enum key key)
{
	return key_present(values, key) && values->of[key]->type == VALUE_BOOL && values->of[key]->boolean;
}
