#include "app/query/lines.h"

#include <jansson.h>

#include "server/json.h"

/* A place in JSON text that the program itself wrote: well-formed. */
struct scanner {
	const char *at, *end;
	unsigned depth;
	struct str last; /* the string read last, without its quotes: before a colon it was a key */
};

static void skip_string(struct scanner *scanner)
{
	const char *first = ++scanner->at;

	while (scanner->at < scanner->end && *scanner->at != '"')
		scanner->at += *scanner->at == '\\' && scanner->at + 1 < scanner->end ? 2 : 1;
	scanner->last = str_make(first, (size_t)(scanner->at - first));
}

/* Goes on to the next bracket or comma, which it returns and stands behind; 0 at the end. */
static char next_mark(struct scanner *scanner)
{
	for (; scanner->at < scanner->end; scanner->at++) {
		char c = *scanner->at;

		if (c == '"') {
			skip_string(scanner);
		} else if (c == '{' || c == '[' || c == '}' || c == ']' || c == ',') {
			scanner->depth += c == '{' || c == '[';
			scanner->depth -= c == '}' || c == ']';
			scanner->at++;
			return c;
		}
	}
	return 0;
}

size_t lines_write(struct str body, const char *name, struct buffer *out)
{
	struct scanner scanner = {.at = body.data, .end = body.data + body.size};
	const char *first = NULL;
	size_t count = 0;
	char mark;

	while ((mark = next_mark(&scanner))) {
		if (!first && mark == '[' && scanner.depth == 2 && str_equal_c(scanner.last, name)) {
			first = scanner.at;
		} else if (first && ((mark == ',' && scanner.depth == 2) || scanner.depth == 1)) {
			struct str item = str_make(first, (size_t)(scanner.at - 1 - first));

			count += item.size > 0;
			buffer_append_str(out, item);
			if (item.size)
				buffer_append_byte(out, '\n');
			first = scanner.at;
			if (scanner.depth == 1)
				break;
		}
	}
	return count;
}

static void write_value(struct buffer *out, const char *time, const char *labels, double value)
{
	struct json json = json_to(out);

	json_begin_object(&json);
	json_member_c(&json, "time", time);
	json_key(&json, str_from("labels"));
	buffer_append_c(out, labels);
	json.comma = true;
	json_key(&json, str_from("value"));
	json_double(&json, value);
	json_end_object(&json);
	buffer_append_byte(out, '\n');
}

static size_t write_series(json_t *times, json_t *series, struct buffer *out)
{
	char *labels = json_dumps(json_object_get(series, "labels"), JSON_COMPACT);
	size_t count = 0, at;
	json_t *value;

	json_array_foreach(json_object_get(series, "values"), at, value)
	{
		if (!labels || !json_is_number(value))
			continue;
		write_value(out, json_string_value(json_array_get(times, at)), labels,
			    json_number_value(value));
		count++;
	}
	out->failed |= !labels;
	free(labels);
	return count;
}

size_t lines_write_values(struct str body, struct buffer *out)
{
	json_t *answer = json_loadb(body.data, body.size, JSON_ALLOW_NUL, NULL), *series;
	size_t count = 0, at;

	out->failed |= !answer;
	json_array_foreach(json_object_get(answer, "series"), at, series) count +=
		write_series(json_object_get(answer, "timestamps"), series, out);
	json_decref(answer);
	return count;
}
