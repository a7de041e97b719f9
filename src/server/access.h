/*
 * access: who may ask: other origins, other host names, and those without the key.
 *
 * - Origins (CORS). With enable_cors, the origins listed are answered; "*" lists all. Where none are listed,
 * pages served from this machine (http://localhost:…, http://127.0.0.1:…, http://[::1]:…) are: that is a
 * developer.
 * - Host names. A server bound to a loopback address answers only to the names of this machine, to its
 *   configured host, and to the hosts of the listed origins. A page of a foreign site that resolves its own
 * name to 127.0.0.1 (DNS rebinding) is so refused. X-Forwarded-Host is not looked at: a proxy on this machine
 * that passes the outer Host on needs its name listed as an origin.
 * - The key. Authorization: Bearer, or X-API-Key; the comparison takes the same time wherever they differ.
 *
 * Ownership  an access copies its strings.
 * Threads    read-only after access_init: every call may run concurrently.
 */
#ifndef ROHAS_SERVER_ACCESS_H
#define ROHAS_SERVER_ACCESS_H

#include "base/arena.h"
#include "server/problem.h"

struct access {
	struct arena arena;
	struct str host, api_key;
	struct str *origins;
	size_t origin_count;
	bool enable_cors, any_origin, is_loopback;
};

/* False where memory ran out. */
bool access_init(struct access *access, const char *host, bool enable_cors, const char *const *origins,
		 size_t origin_count, const char *api_key);
void access_release(struct access *access);

/* Whether a page of that origin may read the answers. */
bool access_allows_origin(const struct access *access, struct str origin);

/* Whether the Host header is one that this server answers to. */
bool access_allows_host(const struct access *access, struct str host);

/* Whether one of these is the key, or none is asked for. authorization is the header's value. */
bool access_allows_key(const struct access *access, struct str authorization, struct str api_key);

#endif
