/*
 * url: where requests go. Plain HTTP only: TLS would measure the cipher.
 *
 * Errors     url_parse returns STATUS_INVALID with a sentence.
 */
#ifndef BENCH_LOAD_URL_H
#define BENCH_LOAD_URL_H

#include "base/status.h"

struct url {
	char host[256]; /* a name or an address; IPv6 without its brackets */
	char port[6];
	char path[1024];     /* with the query, never empty */
	char authority[280]; /* host and port as they were written: the Host header */
};

/* Reads "http://host[:port][/path]". Without a path it takes default_path. */
enum status url_parse(const char *text, const char *default_path, struct url *url_out, struct error *error);

#endif
