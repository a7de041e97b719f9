#include "app/http_client.h"

#include <curl/curl.h>
#include <stdlib.h>

enum { CONNECT_SECONDS = 10 };

struct http_client {
	struct str url; /* without a slash at its end */
	CURL *curl;
	struct curl_slist *headers;
	char reason[CURL_ERROR_SIZE];
};

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct buffer *body = context;

	buffer_append(body, bytes, size * count);
	return buffer_failed(body) ? 0 : size * count;
}

static bool set_key(struct http_client *client, const char *api_key)
{
	struct buffer header = BUFFER_EMPTY;

	if (!api_key || !api_key[0])
		return true;
	buffer_printf(&header, "Authorization: Bearer %s", api_key);
	buffer_append_byte(&header, '\0');
	if (!buffer_failed(&header))
		client->headers = curl_slist_append(NULL, header.data);
	buffer_release(&header);
	return client->headers != NULL;
}

enum status http_client_new(const char *url, const char *api_key, struct http_client **client_out,
			    struct error *error)
{
	struct http_client *client = calloc(1, sizeof(*client));

	if (client)
		client->curl = curl_easy_init();
	if (!client || !client->curl || !set_key(client, api_key)) {
		http_client_free(client);
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	}
	client->url = str_from(url);
	while (client->url.size && client->url.data[client->url.size - 1] == '/')
		client->url.size--;
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
	curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(client->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, client->reason);
	curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_bytes);
	*client_out = client;
	return STATUS_OK;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	curl_slist_free_all(client->headers);
	curl_easy_cleanup(client->curl);
	free(client);
}

void http_client_escape(struct http_client *client, struct str text, struct buffer *out)
{
	char *escaped = text.size ? curl_easy_escape(client->curl, text.data, (int)text.size) : NULL;

	if (escaped)
		buffer_append_c(out, escaped);
	else if (text.size)
		out->failed = true;
	curl_free(escaped);
}

static bool is_json(CURL *curl)
{
	char *type = NULL;

	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	return type && str_starts_with(str_from(type), "application/json");
}

enum status http_client_get(struct http_client *client, struct str target, struct buffer *body_out,
			    long *http_code_out, bool *is_json_out, struct error *error)
{
	struct buffer url = BUFFER_EMPTY;
	CURLcode code = CURLE_OUT_OF_MEMORY;

	buffer_append_str(&url, client->url);
	buffer_append_str(&url, target);
	buffer_append_byte(&url, '\0');
	client->reason[0] = '\0';
	if (!buffer_failed(&url)) {
		curl_easy_setopt(client->curl, CURLOPT_URL, url.data);
		curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, body_out);
		code = curl_easy_perform(client->curl);
		curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, http_code_out);
	}
	buffer_release(&url);
	*is_json_out = is_json(client->curl);
	if (code == CURLE_OK)
		return STATUS_OK;
	return error_set(error, STATUS_IO, "%.*s cannot be asked: %s", STR_ARG(client->url),
			 client->reason[0] ? client->reason : curl_easy_strerror(code));
}
