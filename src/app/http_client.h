/*
 * http_client: asks a running program over HTTP.
 *
 * Ownership  url and api_key are borrowed until http_client_free.
 * Threads    one thread at a time.
 * Errors     http_client_get: STATUS_IO where nobody answers; the sentence says why.
 */
#ifndef ROHAS_APP_HTTP_CLIENT_H
#define ROHAS_APP_HTTP_CLIENT_H

#include "base/buffer.h"
#include "base/status.h"

struct http_client;

/* api_key: NULL or "": none. Never printed. */
enum status http_client_new(const char *url, const char *api_key, struct http_client **client_out,
			    struct error *error);
void http_client_free(struct http_client *client); /* NULL is allowed */

/* Appends text to out as it may stand in a path or a query. */
void http_client_escape(struct http_client *client, struct str text, struct buffer *out);

/* GET of the URL with target (a path and what follows) behind it. body_out: empty before; its limit holds. */
enum status http_client_get(struct http_client *client, struct str target, struct buffer *body_out,
			    long *http_code_out, bool *is_json_out, struct error *error);

#endif
