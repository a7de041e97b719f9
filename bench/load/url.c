#include "load/url.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const char scheme[] = "http://";

/* Copies with a NUL; false where it does not fit. */
static bool copy_text(char *out, size_t capacity, struct str text)
{
	if (text.size >= capacity)
		return false;
	memcpy(out, text.data, text.size);
	out[text.size] = '\0';
	return true;
}

/* Parts "host", "host:port", "[v6]" and "[v6]:port"; port is empty where there is none. */
static bool split_authority(struct str authority, struct str *host, struct str *port)
{
	struct str rest;

	if (!str_starts_with(authority, "[")) {
		str_split(authority, ':', host, port);
		return host->size > 0;
	}
	authority.data++;
	authority.size--;
	if (!str_split(authority, ']', host, &rest) || host->size == 0)
		return false;
	*port = str_make(rest.data, 0);
	if (rest.size == 0)
		return true;
	*port = str_make(rest.data + 1, rest.size - 1);
	return rest.data[0] == ':';
}

static bool port_is_valid(struct str port)
{
	uint64_t number;

	return str_parse_u64(port, &number) && number >= 1 && number <= 65535 && port.size <= 5;
}

/* Nothing that would end the request line or a header early. */
static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

enum status url_parse(const char *text, const char *default_path, struct url *url_out, struct error *error)
{
	struct str authority, path, host, port;
	struct url url;
	size_t size;

	if (!str_starts_with(str_from(text), scheme))
		return error_set(error, STATUS_INVALID, "the URL \"%.200s\" does not begin with http://",
				 text);
	if (!is_printable(text))
		return error_set(error, STATUS_INVALID, "the URL \"%.200s\" has a space or control character",
				 text);
	text += sizeof(scheme) - 1;
	size = strcspn(text, "/?");
	authority = str_make(text, size);
	path = str_from(text + size);
	if (path.size == 0 || str_equal_c(path, "/"))
		path = str_from(default_path);
	if (!split_authority(authority, &host, &port))
		return error_set(error, STATUS_INVALID, "the URL has no host in \"%.*s\"",
				 STR_ARG(authority));
	if (port.size == 0)
		port = str_from("80");
	if (!port_is_valid(port))
		return error_set(error, STATUS_INVALID,
				 "the URL's port \"%.*s\" is not a number from 1 to 65535", STR_ARG(port));
	if (!copy_text(url.host, sizeof(url.host), host) || !copy_text(url.port, sizeof(url.port), port) ||
	    !copy_text(url.authority, sizeof(url.authority), authority) ||
	    !copy_text(url.path, sizeof(url.path), path))
		return error_set(error, STATUS_INVALID, "the URL is too long");
	*url_out = url;
	return STATUS_OK;
}
