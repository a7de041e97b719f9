#include "server/access.h"

static struct str without_port(struct str host)
{
	size_t size = host.size;

	while (size && host.data[size - 1] >= '0' && host.data[size - 1] <= '9')
		size--;
	/* "::1" has no port; "[::1]:3000" and "localhost:3000" have. */
	if (size && host.data[size - 1] == ':' && (host.data[0] == '[' || !memchr(host.data, ':', size - 1)))
		host.size = size - 1;
	return host;
}

static struct str without_brackets(struct str host)
{
	if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
		return str_make(host.data + 1, host.size - 2);
	return host;
}

/* The host of "scheme://host[:port]"; empty where it is not of that form. */
static struct str origin_host(struct str origin)
{
	for (size_t i = 0; i + 3 <= origin.size; i++)
		if (memcmp(origin.data + i, "://", 3) == 0)
			return without_brackets(
				without_port(str_make(origin.data + i + 3, origin.size - i - 3)));
	return str_make("", 0);
}

static bool is_local_name(struct str host)
{
	static const char suffix[] = ".localhost";
	size_t size = sizeof(suffix) - 1;

	return str_equal_nocase(host, str_from("localhost")) || str_starts_with(host, "127.") ||
	       str_equal_c(host, "::1") ||
	       (host.size > size &&
		str_equal_nocase(str_make(host.data + host.size - size, size), str_make(suffix, size)));
}

/* A name like 127.evil.example is not an address. */
static bool is_local(struct str host)
{
	if (!is_local_name(host))
		return false;
	if (!str_starts_with(host, "127."))
		return true;
	for (size_t i = 0; i < host.size; i++)
		if (host.data[i] != '.' && (host.data[i] < '0' || host.data[i] > '9'))
			return false;
	return true;
}

bool access_init(struct access *access, const char *host, bool enable_cors, const char *const *origins,
		 size_t origin_count, const char *api_key)
{
	memset(access, 0, sizeof(*access));
	arena_init(&access->arena, 0);
	access->enable_cors = enable_cors;
	access->host = arena_copy(&access->arena, without_brackets(str_from(host ? host : "")));
	access->api_key = arena_copy(&access->arena, str_from(api_key ? api_key : ""));
	access->origins = arena_calloc(&access->arena, origin_count, sizeof(*access->origins));
	if (!access->host.data || !access->api_key.data || !access->origins)
		return false;
	access->is_loopback = is_local(access->host);
	for (size_t i = 0; i < origin_count; i++) {
		struct str origin = str_trim(str_from(origins[i]));

		if (str_ends_with(origin, "/"))
			origin.size--;
		access->any_origin = access->any_origin || str_equal_c(origin, "*");
		access->origins[i] = arena_copy(&access->arena, origin);
		if (!access->origins[i].data)
			return false;
	}
	access->origin_count = origin_count;
	return true;
}

void access_release(struct access *access)
{
	arena_release(&access->arena);
}

bool access_allows_origin(const struct access *access, struct str origin)
{
	if (!access->enable_cors || origin.size == 0)
		return false;
	if (access->any_origin)
		return true;
	if (access->origin_count == 0)
		return (str_starts_with(origin, "http://") || str_starts_with(origin, "https://")) &&
		       is_local(origin_host(origin));
	for (size_t i = 0; i < access->origin_count; i++)
		if (str_equal_nocase(access->origins[i], origin))
			return true;
	return false;
}

bool access_allows_host(const struct access *access, struct str host)
{
	/* HTTP/1.0 may leave it out; a browser never does. */
	if (!access->is_loopback || host.size == 0)
		return true;
	host = without_brackets(without_port(host));
	if (is_local(host) || str_equal_nocase(host, access->host))
		return true;
	for (size_t i = 0; i < access->origin_count; i++)
		if (str_equal_nocase(origin_host(access->origins[i]), host))
			return true;
	return false;
}

/* Looks at every byte of what was given, whatever it is. */
static bool is_key(const struct access *access, struct str given)
{
	unsigned difference = given.size != access->api_key.size;

	for (size_t i = 0; i < given.size; i++)
		difference |= (unsigned char)given.data[i] ^
			      (unsigned char)access->api_key.data[i < access->api_key.size ? i : 0];
	return difference == 0;
}

bool access_allows_key(const struct access *access, struct str authorization, struct str api_key)
{
	static const char scheme[] = "Bearer ";
	size_t size = sizeof(scheme) - 1;

	if (access->api_key.size == 0)
		return true;
	if (authorization.size > size &&
	    str_equal_nocase(str_make(authorization.data, size), str_make(scheme, size)) &&
	    is_key(access, str_trim(str_make(authorization.data + size, authorization.size - size))))
		return true;
	return is_key(access, api_key);
}
