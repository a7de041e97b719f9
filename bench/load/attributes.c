#include "load/attributes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/protobuf.h"

/* opentelemetry/proto/common/v1/common.proto */
enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };
enum { VALUE_STRING = 1, VALUE_BOOL = 2, VALUE_INT = 3, VALUE_DOUBLE = 4, VALUE_ARRAY = 5, ARRAY_VALUES = 1 };

enum { PRODUCT_COUNT = 5000 };

static const char *const agents[] = {
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
	"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
	"ShopApp/4.12.0 (iOS 18.1; iPhone16,2)",
	"ShopApp/4.11.3 (Android 14; SM-S921B)",
	"node",
	"python-httpx/0.27.2",
};

/* An identifier: how many digits, of which kind, and its place among the speaker's slots. */
static const struct identifier {
	const char *word;
	enum patch_kind kind;
	uint32_t width, place;
} identifiers[] = {
	{"user", PATCH_DECIMAL, 6, 0},
	{"order", PATCH_DECIMAL, 8, 1},
	{"cart", PATCH_HEX, 12, 2},
	{"session", PATCH_HEX, 16, 3},
	{"request", PATCH_HEX, 32, 4}, /* and 5 */
	{"payment", PATCH_HEX, 24, 6}, /* and 7 */
	{"tenant", PATCH_TENANT, TENANT_SIZE, 0},
};

static void put_ip(struct buffer *text, struct random *random)
{
	buffer_printf(text, "10.%u.%u.%u", 20 + random_below(random, 4), random_below(random, 250),
		      1 + random_below(random, 250));
}

/* Few products are bought often. */
static void put_product(struct buffer *text, struct random *random)
{
	double rank = random_unit(random);

	buffer_printf(text, "%04u", (unsigned)(rank * rank * PRODUCT_COUNT));
}

static void put_pod(struct buffer *text, const struct speaker *speaker)
{
	uint64_t mixed = random_mix(speaker->instance);

	buffer_printf(text, "%08x-%05x", (unsigned)(uint32_t)mixed, (unsigned)(mixed >> 44));
}

static bool put_identifier(struct body *body, struct str word, const struct speaker *speaker)
{
	for (size_t i = 0; i < sizeof(identifiers) / sizeof(identifiers[0]); i++) {
		const struct identifier *identifier = &identifiers[i];

		if (!str_equal_c(word, identifier->word))
			continue;
		body_put_patched(body, identifier->kind, identifier->width, speaker->slot + identifier->place,
				 0);
		return true;
	}
	return false;
}

static bool put_word(struct body *body, struct str word, const struct speaker *speaker);

/* Writes text, filling in its words; the speaker's words may hold words themselves. */
static void put_filled(struct body *body, const char *text, const struct speaker *speaker)
{
	while (*text) {
		size_t plain = strcspn(text, "<"), inside;

		buffer_append(&body->bytes, text, plain);
		text += plain;
		if (!*text)
			break;
		inside = strcspn(text + 1, ">");
		if (text[1 + inside] && put_word(body, str_make(text + 1, inside), speaker)) {
			text += inside + 2;
		} else {
			buffer_append_byte(&body->bytes, '<');
			text++;
		}
	}
}

static bool put_word(struct body *body, struct str word, const struct speaker *speaker)
{
	struct buffer *text = &body->bytes;
	size_t agent_count = sizeof(agents) / sizeof(agents[0]);

	if (word.size == 1 && word.data[0] >= '1' && word.data[0] <= '3') {
		const char *own = speaker->words[word.data[0] - '1'];

		put_filled(body, own ? own : "", speaker);
	} else if (str_equal_c(word, "ip")) {
		put_ip(text, speaker->random);
	} else if (str_equal_c(word, "agent")) {
		buffer_append_c(text, agents[random_below(speaker->random, (uint32_t)agent_count)]);
	} else if (str_equal_c(word, "product")) {
		put_product(text, speaker->random);
	} else if (str_equal_c(word, "pod")) {
		put_pod(text, speaker);
	} else if (str_equal_c(word, "host")) {
		buffer_printf(text, "node-%02u", speaker->instance % 7);
	} else if (str_equal_c(word, "status")) {
		buffer_printf(text, "%u", speaker->http_status);
	} else {
		return put_identifier(body, word, speaker);
	}
	return true;
}

void text_put(struct body *body, uint32_t number, const char *text, const struct speaker *speaker)
{
	struct body_mark mark = body_begin(body, number);

	put_filled(body, text, speaker);
	body_end(body, mark);
}

static uint64_t choose_integer(const char *text, const struct speaker *speaker)
{
	char *rest;
	uint64_t low, high;

	if (strcmp(text, "<status>") == 0)
		return speaker->http_status;
	low = strtoull(text, &rest, 10);
	if (strncmp(rest, "..", 2) != 0)
		return low;
	high = strtoull(rest + 2, NULL, 10);
	return low + random_below(speaker->random, (uint32_t)(high - low + 1));
}

static void put_list(struct body *body, const char *texts, const struct speaker *speaker)
{
	struct body_mark array = body_begin(body, VALUE_ARRAY);
	struct str rest = str_from(texts), text;
	bool more = true;

	while (more) {
		char copy[128];
		struct body_mark value;

		more = str_split(rest, ',', &text, &rest);
		snprintf(copy, sizeof(copy), "%.*s", STR_ARG(text));
		value = body_begin(body, ARRAY_VALUES);
		text_put(body, VALUE_STRING, copy, speaker);
		body_end(body, value);
	}
	body_end(body, array);
}

static void put_value(struct body *body, const struct attribute *attribute, const struct speaker *speaker)
{
	struct body_mark mark = body_begin(body, KEY_VALUE_VALUE);

	switch (attribute->type) {
	case INTEGER:
		protobuf_put_uint(&body->bytes, VALUE_INT, choose_integer(attribute->value, speaker));
		break;
	case REAL: protobuf_put_double(&body->bytes, VALUE_DOUBLE, strtod(attribute->value, NULL)); break;
	case FLAG: protobuf_put_uint(&body->bytes, VALUE_BOOL, attribute->value[0] == 't'); break;
	case LIST: put_list(body, attribute->value, speaker); break;
	default: text_put(body, VALUE_STRING, attribute->value, speaker); break;
	}
	body_end(body, mark);
}

void attributes_put(struct body *body, uint32_t number, const struct attribute *list,
		    const struct speaker *speaker)
{
	for (; list && list->key; list++) {
		struct body_mark mark = body_begin(body, number);

		protobuf_put_bytes(&body->bytes, KEY_VALUE_KEY, str_from(list->key));
		put_value(body, list, speaker);
		body_end(body, mark);
		body->attribute_count++;
	}
}
