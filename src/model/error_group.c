#include "model/error_group.h"

#include "base/hash.h"

enum { EVENTS_MOST = 8, STACK_MOST_BYTES = 16384, MESSAGE_MOST_BYTES = 1024, OUT_BYTES = 4096 };

/* What is hashed, as far as it fits: more would tell no more. */
struct normal_text {
	char bytes[OUT_BYTES];
	size_t size;
};

static void put(struct normal_text *out, char c)
{
	if (out->size < sizeof(out->bytes))
		out->bytes[out->size++] = c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What a name, a number or an id is made of. */
static bool is_token(char c)
{
	return is_digit(c) || is_letter(c) || c == '_' || c == '-';
}

/*
 * A token that is different each time: a number ("12", "3ms"), something hexadecimal with a digit in it
 * ("0x7f3a", a UUID, "deadbeef01"), a long one that mixes letters and digits. "utf8" and "base64" are names.
 */
static bool is_variable(struct str token)
{
	enum { LONG_TOKEN = 16, SHORTEST_HEX = 6 };
	size_t digits = 0, hexes = 0, dashes = 0;

	for (size_t i = 0; i < token.size; i++) {
		digits += is_digit(token.data[i]);
		hexes += is_hex(token.data[i]);
		dashes += token.data[i] == '-';
	}
	if (!digits)
		return false;
	return is_digit(token.data[token.data[0] == '-' && token.size > 1]) ||
	       (hexes + dashes == token.size && token.size >= SHORTEST_HEX) || token.size >= LONG_TOKEN;
}

/* The size of the e-mail address at the front, or 0: "ada.l@example.org". */
static size_t address_size(struct str text)
{
	size_t size = 0, at = 0;

	for (; size < text.size && (is_token(text.data[size]) || memchr(".+@", text.data[size], 3)); size++)
		if (text.data[size] == '@')
			at = size;
	return at && size > at + 1 ? size : 0;
}

static size_t token_size(struct str text)
{
	size_t size = 0;

	while (size < text.size && is_token(text.data[size]))
		size++;
	return size;
}

/* The size of the quoted text at the front, its quotes with it; 0 where none begins there. An apostrophe inside
 * of a word is none, and text that is never closed is not quoted. */
static size_t quoted_size(struct str text, char before)
{
	char quote = text.data[0];
	const char *end;

	if ((quote != '"' && quote != '\'' && quote != '`') || is_token(before))
		return 0;
	end = memchr(text.data + 1, quote, text.size - 1);
	return end ? (size_t)(end - text.data) + 1 : 0;
}

static void put_token(struct normal_text *out, struct str token, const char *mark)
{
	if (is_variable(token))
		token = str_from(mark);
	for (size_t i = 0; i < token.size; i++)
		put(out, token.data[i]);
}

/* Ids, numbers, quoted text and addresses become one mark each. */
static void put_message(struct normal_text *out, struct str text)
{
	char before = ' ';

	for (size_t at = 0, size; at < text.size; at += size) {
		struct str rest = str_make(text.data + at, text.size - at);

		if ((size = quoted_size(rest, before)) > 0 || (size = address_size(rest)) > 0) {
			put(out, '#');
		} else if ((size = token_size(rest)) > 0) {
			put_token(out, str_make(rest.data, size), "#");
		} else {
			put(out, rest.data[0]);
			size = 1;
		}
		before = rest.data[size - 1];
	}
}

/* A line of a stack that names a place: "at f (file.js:1:2)", 'File "a.py", line 1, in f', "3: mod::f". The first
 * line of most stacks repeats the message, and Python's show a line of the source. */
static bool is_frame(struct str line)
{
	size_t digits = 0;

	if (str_starts_with(line, "at ") || str_starts_with(line, "File \""))
		return true;
	while (digits < line.size && is_digit(line.data[digits]))
		digits++;
	if (digits && digits + 1 < line.size && line.data[digits] == ':' && line.data[digits + 1] == ' ')
		return true;
	/* Go: "main.handler(0xc000…)" and below it "\t/src/main.go:12 +0x1d". */
	return memmem(line.data, line.size, ".go:", 4) ||
	       (line.size && line.data[line.size - 1] == ')' && memmem(line.data, line.size, "(0x", 3));
}

/* Without line numbers, addresses and white space. */
static void put_frame(struct normal_text *out, struct str line)
{
	for (size_t at = 0, size; at < line.size; at += size) {
		struct str rest = str_make(line.data + at, line.size - at);

		size = token_size(rest);
		if (size)
			put_token(out, str_make(rest.data, size), "");
		else if (rest.data[0] != ' ' && rest.data[0] != '\t')
			put(out, rest.data[0]);
		size += size == 0;
	}
	put(out, '\n');
}

static struct str cut(struct str text, size_t most)
{
	return str_make(text.data, text.size < most ? text.size : most);
}

/* False where the text has no frame. */
static bool put_stack(struct normal_text *out, struct str stack)
{
	struct str line, rest = cut(stack, STACK_MOST_BYTES);
	size_t before = out->size;

	while (rest.size && out->size < sizeof(out->bytes)) {
		str_split(rest, '\n', &line, &rest);
		line = str_trim(line);
		if (is_frame(line))
			put_frame(out, line);
	}
	return out->size > before;
}

static void finish(struct normal_text *text, struct str stack, struct error_group *group)
{
	text->size = 0;
	/* The type stands in front, so that no type is a beginning of another one. */
	for (size_t i = 0; i < group->type.size && i < MESSAGE_MOST_BYTES; i++)
		put(text, group->type.data[i]);
	put(text, '\n');
	if (!put_stack(text, stack))
		put_message(text, cut(group->message, MESSAGE_MOST_BYTES));
	group->id = hash_bytes(text->bytes, text->size);
}

static const struct span_event *last_exception(const struct span *span)
{
	for (uint32_t i = 0; i < span->event_count && i < EVENTS_MOST; i++) {
		const struct span_event *event = &span->events[span->event_count - 1 - i];

		if (str_equal_c(event->name, "exception"))
			return event;
	}
	return NULL;
}

bool error_group_of_exception(const struct span *span, struct error_group *group_out)
{
	const struct span_event *event = last_exception(span);
	struct normal_text text;

	if (!event)
		return false;
	group_out->type = attributes_find_str(&event->attributes, "exception.type");
	group_out->message = attributes_find_str(&event->attributes, "exception.message");
	finish(&text, attributes_find_str(&event->attributes, "exception.stacktrace"), group_out);
	return true;
}

void error_group_of_failure(const struct span *span, struct error_group *group_out)
{
	struct normal_text text;

	if (error_group_of_exception(span, group_out))
		return;
	group_out->type = attributes_find_str(&span->attributes, "error.type");
	group_out->message = span->status_message;
	finish(&text, str_make("", 0), group_out);
}

void error_group_text(uint64_t id, char text_out[ERROR_GROUP_TEXT_SIZE])
{
	uint8_t bytes[sizeof(id)];

	for (size_t i = 0; i < sizeof(id); i++)
		bytes[i] = (uint8_t)(id >> (8 * (sizeof(id) - 1 - i)));
	hex_encode(bytes, sizeof(bytes), text_out);
}
