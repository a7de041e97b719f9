#include "processor/naming.h"

struct str name_cut(struct str name)
{
	size_t size = NAME_LONGEST;

	if (name.size <= NAME_LONGEST)
		return name;
	while (size > NAME_LONGEST - 4 && ((unsigned char)name.data[size] & 0xc0) == 0x80)
		size--;
	return str_make(name.data, size);
}

/* "first" + separator + "second"; the span's own name where it says just that, which is the common case. */
static bool join(struct str first, char separator, struct str second, struct str span_name,
		 struct arena *arena, struct str *name_out)
{
	size_t size = first.size + 1 + second.size;
	char *at;

	if (span_name.size == size && span_name.data[first.size] == separator &&
	    memcmp(span_name.data, first.data, first.size) == 0 &&
	    memcmp(span_name.data + first.size + 1, second.data, second.size) == 0) {
		*name_out = span_name;
		return true;
	}
	at = arena_alloc(arena, size);
	if (!at)
		return false;
	memcpy(at, first.data, first.size);
	at[first.size] = separator;
	memcpy(at + first.size + 1, second.data, second.size);
	*name_out = str_make(at, size);
	return true;
}

/* A client may send any word as a method, and older conventions pass it on. */
static struct str http_method(const struct key_values *values)
{
	static const char *const known[] = {"GET",   "POST",    "PUT",   "DELETE", "HEAD",
					    "PATCH", "OPTIONS", "QUERY", "TRACE",  "CONNECT"};
	struct str method = key_str_either(values, KEY_HTTP_REQUEST_METHOD, KEY_HTTP_METHOD);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_equal_c(method, known[i]))
			return method;
	return str_from("HTTP");
}

static const uint64_t http_keys = KEY_BIT(KEY_HTTP_REQUEST_METHOD) | KEY_BIT(KEY_HTTP_METHOD) |
				  KEY_BIT(KEY_HTTP_TARGET) | KEY_BIT(KEY_HTTP_URL) |
				  KEY_BIT(KEY_HTTP_SCHEME) | KEY_BIT(KEY_URL_PATH) | KEY_BIT(KEY_URL_FULL) |
				  KEY_BIT(KEY_URL_SCHEME);
static const uint64_t rpc_keys = KEY_BIT(KEY_RPC_SYSTEM) | KEY_BIT(KEY_RPC_SYSTEM_NAME);

/*
 * An HTTP span without a route may be named for its raw path. A slash in the name is taken for one, unless
 * the name shows a placeholder as routes have it: /users/{id}, /users/:id, /users/<id>, /users/[id], or a
 * star.
 */
static bool holds_raw_path(struct str name, const struct key_values *values)
{
	bool slash = false;

	if (!(values->present & http_keys) || (values->present & rpc_keys))
		return false;
	for (size_t i = 0; i < name.size; i++) {
		char c = name.data[i];

		if (c == '{' || c == '<' || c == '[' || c == '*' ||
		    (c == ':' && i && name.data[i - 1] == '/'))
			return false;
		slash |= c == '/';
	}
	return slash;
}

/* A destination that was made for one connection has a generated name; conventions write these words instead.
 */
static struct str generated_destination(const struct key_values *values)
{
	if (key_is_true(values, KEY_MESSAGING_DESTINATION_TEMPORARY) ||
	    key_is_true(values, KEY_MESSAGING_TEMP_DESTINATION))
		return str_from("(temporary)");
	if (key_is_true(values, KEY_MESSAGING_DESTINATION_ANONYMOUS))
		return str_from("(anonymous)");
	return str_make("", 0);
}

static struct str destination(const struct key_values *values)
{
	struct str name = key_str(values, KEY_MESSAGING_DESTINATION_TEMPLATE);

	if (!name.size)
		name = generated_destination(values);
	if (!name.size)
		name = key_str_either(values, KEY_MESSAGING_DESTINATION_NAME, KEY_MESSAGING_DESTINATION);
	/* RabbitMQ's default exchange has no name: its routing key is that of the queue. */
	if (!name.size)
		name = key_str_either(values, KEY_MESSAGING_RABBITMQ_ROUTING_KEY,
				      KEY_MESSAGING_RABBITMQ_ROUTING_KEY_OLD);
	return name;
}

static struct str consumer_group(const struct key_values *values)
{
	struct str group = key_str_either(values, KEY_MESSAGING_CONSUMER_GROUP, KEY_MESSAGING_SUBSCRIPTION);

	if (!group.size)
		group = key_str_either(values, KEY_MESSAGING_KAFKA_CONSUMER_GROUP,
				       KEY_MESSAGING_KAFKA_CONSUMER_GROUP_OLD);
	return group;
}

/* The span's name, where it is not named for something without bound. */
static struct str span_name(const struct span *span, const struct key_values *values)
{
	struct str generated = generated_destination(values);

	if (holds_raw_path(span->name, values))
		return http_method(values);
	return generated.size ? generated : span->name;
}

static bool name_function(const struct span *span, const struct key_values *values, struct arena *arena,
			  struct str *name_out)
{
	struct str function = key_str(values, KEY_CODE_FUNCTION), space = key_str(values, KEY_CODE_NAMESPACE);

	if (space.size)
		return join(space, '.', function, span->name, arena, name_out);
	*name_out = function;
	return true;
}

static bool choose(const struct span *span, const struct key_values *values, struct str faas_name,
		   struct arena *arena, struct str *name_out)
{
	struct str route = key_str(values, KEY_HTTP_ROUTE), group = consumer_group(values);
	struct str target = destination(values), name;

	if ((name = key_str_either(values, KEY_ROHAS_HANDLER_NAME, KEY_CODE_FUNCTION_NAME)).size) {
		*name_out = name;
		return true;
	}
	if (key_str(values, KEY_CODE_FUNCTION).size)
		return name_function(span, values, arena, name_out);
	if ((name = key_str(values, KEY_FAAS_NAME)).size || (name = faas_name).size) {
		*name_out = name;
		return true;
	}
	if (route.size)
		return join(http_method(values), ' ', route, span->name, arena, name_out);
	if (group.size && target.size)
		return join(group, ' ', target, span->name, arena, name_out);
	name = key_str(values, KEY_MESSAGING_SOCKET_IO_EVENT_NAME);
	*name_out = name.size ? name : span_name(span, values);
	return true;
}

bool name_handler(const struct span *span, const struct key_values *values, struct str faas_name,
		  struct arena *arena, struct str *name_out)
{
	struct str name;

	if (!choose(span, values, faas_name, arena, &name))
		return false;
	*name_out = name_cut(name);
	return true;
}

struct str name_event(const struct span *span, const struct key_values *values)
{
	struct str name = key_str_either(values, KEY_ROHAS_EVENT_NAME, KEY_MESSAGING_SOCKET_IO_EVENT_NAME);

	if (!name.size)
		name = destination(values);
	if (!name.size)
		name = key_str_either(values, KEY_CLOUDEVENTS_EVENT_TYPE, KEY_FAAS_DOCUMENT_COLLECTION);
	return name_cut(name.size ? name : span_name(span, values));
}
