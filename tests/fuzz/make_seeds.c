/*
 * make-seeds: writes what the fuzzers begin with: for each target a folder with small valid inputs.
 *
 *     make-seeds FOLDER
 *
 * The JSON seeds are kept as files in seeds/json; these are the binary ones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "model/value.h"

static const char *root;

static void make_folder(const char *path)
{
	if (mkdir(path, 0777) != 0 && errno != EEXIST) {
		fprintf(stderr, "make-seeds: cannot make %s: %s\n", path, strerror(errno));
		exit(1);
	}
}

/* Writes and releases the bytes. */
static void save(const char *target, const char *name, struct buffer *bytes)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, target);
	make_folder(path);
	snprintf(path, sizeof(path), "%s/%s/%s", root, target, name);
	file = fopen(path, "wb");
	if (!file || fwrite(bytes->data, 1, bytes->size, file) != bytes->size || fclose(file) != 0) {
		fprintf(stderr, "make-seeds: cannot write %s: %s\n", path, strerror(errno));
		exit(1);
	}
	buffer_release(bytes);
}

static void put_text(struct buffer *out, uint32_t number, const char *text)
{
	protobuf_put_bytes(out, number, str_from(text));
}

static void put_ids(struct buffer *out, uint32_t trace, uint32_t span)
{
	put_text(out, trace, "trace id with 16");
	put_text(out, span, "span id8");
}

/* An array of a map of bytes: a little of everything that nests. */
static void put_nested(struct buffer *out)
{
	size_t array = protobuf_begin(out, 5), item = protobuf_begin(out, 1), map = protobuf_begin(out, 6);
	struct attribute leaf = {.key = {"b", 1}, .value = {.data = "\xff", .size = 1, .type = VALUE_BYTES}};

	attribute_encode(1, &leaf, out);
	protobuf_end(out, map);
	protobuf_end(out, item);
	protobuf_end(out, array);
}

/* One attribute of each type. */
static void put_attributes(struct buffer *out, uint32_t number)
{
	const struct attribute attributes[] = {
		{{"http.route", 10}, {.data = "/users/:id", .size = 10, .type = VALUE_STRING}},
		{{"n", 1}, value_from_int(-3)},
		{{"d", 1}, value_from_double(0.5)},
		{{"f", 1}, value_from_bool(true)},
		{{"none", 4}, {.type = VALUE_EMPTY}},
	};
	size_t pair, any;

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		attribute_encode(number, &attributes[i], out);
	pair = protobuf_begin(out, number);
	put_text(out, 1, "nested");
	any = protobuf_begin(out, 2);
	put_nested(out);
	protobuf_end(out, any);
	protobuf_end(out, pair);
}

static void put_span(struct buffer *out)
{
	size_t part;

	put_ids(out, 1, 2);
	put_text(out, 3, "a=1");
	put_text(out, 4, "parentid");
	put_text(out, 5, "POST /users");
	protobuf_put_uint(out, 6, 2);
	protobuf_put_fixed64(out, 7, 1000);
	protobuf_put_fixed64(out, 8, 2000);
	put_attributes(out, 9);
	part = protobuf_begin(out, 11);
	protobuf_put_fixed64(out, 1, 1500);
	put_text(out, 2, "event");
	put_attributes(out, 3);
	protobuf_end(out, part);
	part = protobuf_begin(out, 13);
	put_ids(out, 1, 2);
	put_attributes(out, 4);
	protobuf_end(out, part);
	part = protobuf_begin(out, 15);
	put_text(out, 2, "broke");
	protobuf_put_uint(out, 3, 2);
	protobuf_end(out, part);
	protobuf_put_fixed32(out, 16, 1);
}

static void put_log_record(struct buffer *out)
{
	size_t body;

	protobuf_put_fixed64(out, 1, 1000);
	protobuf_put_uint(out, 2, 9);
	put_text(out, 3, "INFO");
	body = protobuf_begin(out, 5);
	put_text(out, 1, "hello");
	protobuf_end(out, body);
	put_attributes(out, 6);
	put_ids(out, 9, 10);
	put_text(out, 12, "event");
}

static void put_exemplar(struct buffer *out, uint32_t number)
{
	size_t part = protobuf_begin(out, number);

	protobuf_put_fixed64(out, 2, 1000);
	protobuf_put_double(out, 3, 0.5);
	put_ids(out, 5, 4);
	put_attributes(out, 7);
	protobuf_end(out, part);
}

static void put_number(struct buffer *out)
{
	put_attributes(out, 7);
	protobuf_put_fixed64(out, 3, 1000);
	protobuf_put_fixed64(out, 6, 5);
	put_exemplar(out, 5);
}

static void put_histogram(struct buffer *out)
{
	protobuf_put_fixed64(out, 4, 3);
	protobuf_put_double(out, 5, 1.5);
	protobuf_put_bytes(out, 6, str_make("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16));
	protobuf_put_double(out, 7, 10);
	put_exemplar(out, 8);
	put_attributes(out, 9);
	protobuf_put_double(out, 11, 0);
}

static void put_exponential(struct buffer *out)
{
	size_t part;

	put_attributes(out, 1);
	protobuf_put_sint(out, 6, -3);
	part = protobuf_begin(out, 8);
	protobuf_put_sint(out, 1, -7);
	put_text(out, 2, "\x01\x80\x01\x02");
	protobuf_end(out, part);
	protobuf_put_double(out, 14, 0.25);
}

static void put_summary(struct buffer *out)
{
	size_t part = protobuf_begin(out, 6);

	protobuf_put_double(out, 1, 0.5);
	protobuf_put_double(out, 2, 10);
	protobuf_end(out, part);
	put_attributes(out, 7);
}

/* A metric whose data is field number. */
static void put_metric(struct buffer *out, uint32_t number, void (*put_point)(struct buffer *out))
{
	size_t data, point;

	put_text(out, 1, "latency");
	put_text(out, 3, "ms");
	data = protobuf_begin(out, number);
	point = protobuf_begin(out, 1);
	put_point(out);
	protobuf_end(out, point);
	protobuf_put_uint(out, 2, 2);
	protobuf_end(out, data);
}

static void put_gauge_metric(struct buffer *out)
{
	put_metric(out, 5, put_number);
}

static void put_sum_metric(struct buffer *out)
{
	put_metric(out, 7, put_number);
}

static void put_histogram_metric(struct buffer *out)
{
	put_metric(out, 9, put_histogram);
}

static void put_exponential_metric(struct buffer *out)
{
	put_metric(out, 10, put_exponential);
}

static void put_summary_metric(struct buffer *out)
{
	put_metric(out, 11, put_summary);
}

/* A request with two records of a kind. */
static void save_request(const char *target, const char *name, void (*put_record)(struct buffer *out))
{
	struct buffer out = BUFFER_EMPTY;
	size_t group = protobuf_begin(&out, 1), scopes, part = protobuf_begin(&out, 1);

	put_attributes(&out, 1);
	protobuf_end(&out, part);
	scopes = protobuf_begin(&out, 2);
	part = protobuf_begin(&out, 1);
	put_text(&out, 1, "my.library");
	put_text(&out, 2, "1.2");
	protobuf_end(&out, part);
	for (int i = 0; i < 2; i++) {
		part = protobuf_begin(&out, 2);
		put_record(&out);
		protobuf_end(&out, part);
	}
	put_text(&out, 3, "https://scope");
	protobuf_end(&out, scopes);
	protobuf_end(&out, group);
	save(target, name, &out);
}

static void save_value(void)
{
	struct buffer out = BUFFER_EMPTY;

	put_nested(&out);
	save("value", "nested", &out);
	put_text(&out, 1, "text");
	save("value", "text", &out);
	protobuf_put_double(&out, 4, 0.5);
	save("value", "double", &out);
}

/* The first byte names the coding, as fuzz_content has it. */
static void save_content(void)
{
	static const char text[] = "packed, packed, packed and packed again";
	static const int window_bits[] = {31, 15, -15};

	for (size_t i = 0; i < 3; i++) {
		z_stream stream = {.next_in = (Bytef *)(uintptr_t)text, .avail_in = sizeof(text)};
		struct buffer out = BUFFER_EMPTY;
		char name[] = {'z', (char)('0' + i), '\0'};

		buffer_append_byte(&out, i == 0 ? 0 : 1);
		stream.next_out = (Bytef *)buffer_reserve(&out, 256);
		stream.avail_out = 256;
		deflateInit2(&stream, 9, Z_DEFLATED, window_bits[i], 8, Z_DEFAULT_STRATEGY);
		deflate(&stream, Z_FINISH);
		out.size += stream.total_out;
		deflateEnd(&stream);
		save("content", name, &out);
	}
	struct buffer out = BUFFER_EMPTY;

	buffer_append_byte(&out, 2);
	out.size += ZSTD_compress(buffer_reserve(&out, 256), 256, text, sizeof(text), 3);
	save("content", "zstd", &out);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("make-seeds: say into which folder, and nothing else\n", stderr);
		return 2;
	}
	root = argv[1];
	make_folder(root);
	save_request("protobuf_traces", "span", put_span);
	save_request("protobuf_logs", "log", put_log_record);
	save_request("protobuf_metrics", "gauge", put_gauge_metric);
	save_request("protobuf_metrics", "sum", put_sum_metric);
	save_request("protobuf_metrics", "histogram", put_histogram_metric);
	save_request("protobuf_metrics", "exponential", put_exponential_metric);
	save_request("protobuf_metrics", "summary", put_summary_metric);
	save_value();
	save_content();
	return 0;
}
