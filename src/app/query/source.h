/*
 * source: whom `query` asks: the store's folder, read beside whoever holds it, or a running program over HTTP.
 * Both give the same JSON for the same question.
 *
 * Ownership  the strings of the options are borrowed until source_close.
 * Threads    one thread at a time.
 * Errors     source_open: enum status. source_ask: false, with the problem filled in, as the API's.
 */
#ifndef ROHAS_APP_QUERY_SOURCE_H
#define ROHAS_APP_QUERY_SOURCE_H

#include "server/questions.h"

struct source_options {
	const char *url;     /* of a running program; NULL: the folder */
	const char *api_key; /* for url; "": none. Never printed */
	const char *folder;
};

struct source;

enum status source_open(const struct source_options *options, struct source **source_out,
			struct error *error);
void source_close(struct source *source); /* NULL is allowed */

enum source_subject {
	SOURCE_TRACES,
	SOURCE_TRACE,
	SOURCE_LOGS,
	SOURCE_LOG_COUNTS,
	SOURCE_LOG_TOP,
	SOURCE_LOG_PATTERNS,
	SOURCE_LOG_CONTEXT,
	SOURCE_METRICS,
};

/* trace_id is for SOURCE_TRACE alone. */
bool source_ask(struct source *source, enum source_subject subject, const char *trace_id,
		const struct parameters *parameters, struct buffer *body_out, struct problem *problem);

#endif
