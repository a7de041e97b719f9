/* workbench: the files that are inside the program: the Workbench and the OpenAPI document. */
#include <stdlib.h>
#include <zlib.h>

#include "http/content.h"
#include "server/assets.h"
#include "server/insides.h"

/* For the rare client that takes no gzip. */
static bool unpack(const struct asset *asset, struct buffer *out)
{
	z_stream stream = {0};
	char *room = buffer_reserve(out, asset->size);
	int result;

	if (!room || inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
		return false;
	stream.next_in = (Bytef *)(uintptr_t)asset->gzip_bytes.data;
	stream.avail_in = (uInt)asset->gzip_bytes.size;
	stream.next_out = (Bytef *)room;
	stream.avail_out = (uInt)asset->size;
	result = inflate(&stream, Z_FINISH);
	out->size += stream.total_out;
	inflateEnd(&stream);
	return result == Z_STREAM_END && out->size == asset->size;
}

static void serve(struct server *server, struct http_request *request, const struct asset *asset,
		  const char *cache_control)
{
	struct buffer body = BUFFER_EMPTY;

	http_reply_header(request, "ETag", asset->etag);
	http_reply_header(request, "Cache-Control", cache_control);
	http_reply_header(request, "Vary", "Accept-Encoding, Origin");
	if (str_equal_c(http_request_header(request, "If-None-Match"), asset->etag)) {
		answer(server, request, 304, NULL, &body);
		return;
	}
	if (content_accepts_gzip(http_request_header(request, "Accept-Encoding"))) {
		count_answer(server, 200);
		http_reply_static(request, 200, asset->content_type, "gzip", asset->gzip_bytes);
		return;
	}
	if (unpack(asset, &body)) {
		answer(server, request, 200, asset->content_type, &body);
		return;
	}
	buffer_release(&body);
	answer_text(server, request, 500, "this file cannot be unpacked\n");
}

void run_openapi(struct server *server, struct http_request *request)
{
	serve(server, request, &asset_openapi, "no-cache");
}

static const struct asset *find(struct str path)
{
	size_t low = 0, high = asset_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(str_from(assets[middle].path), path);

		if (order == 0)
			return &assets[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Nothing from elsewhere, and no script that is not ours. Mantine sets its styles from scripts. */
static void add_policy(struct http_request *request)
{
	struct buffer policy = BUFFER_EMPTY;

	buffer_printf(&policy,
		      "default-src 'self'; script-src 'self' %s; style-src 'self' 'unsafe-inline'; "
		      "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
		      "base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
		      asset_inline_scripts);
	buffer_append_byte(&policy, '\0');
	if (!buffer_failed(&policy))
		http_reply_header(request, "Content-Security-Policy", policy.data);
	buffer_release(&policy);
	http_reply_header(request, "Referrer-Policy", "same-origin");
}

void run_workbench(struct server *server, struct http_request *request)
{
	static const char prefix[] = "/workbench/";
	struct str path = http_request_path(request), name = str_make("", 0);
	const struct asset *asset;
	bool is_hashed; /* the names of files in assets/ hold a hash of their content */

	if (path.size >= sizeof(prefix) - 1)
		name = str_make(path.data + sizeof(prefix) - 1, path.size - (sizeof(prefix) - 1));
	is_hashed = str_starts_with(name, "assets/");
	asset = find(name);
	if (!asset && is_hashed) {
		answer_text(server, request, 404, "this file is of another version of the Workbench\n");
		return;
	}
	/* Any other address is a view of the Workbench: its own router knows which. */
	if (!asset)
		asset = find(str_from("index.html"));
	add_policy(request);
	serve(server, request, asset, is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
}

void run_front(struct server *server, struct http_request *request)
{
	/* Relative, so that it holds behind a proxy with a path of its own. */
	http_reply_header(request, "Location", "workbench");
	answer_text(server, request, 302, "the Workbench is at workbench\n");
}
