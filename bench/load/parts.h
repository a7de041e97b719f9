/*
 * parts: the items of one request, gathered by service and scope, then put together as OTLP wants them.
 *
 * OTLP nests: resource, in it scopes, in them the items. A trace wanders through several services, so its
 * spans are written to the part of their service and scope, and parts_join writes the whole.
 *
 * Ownership  parts_release frees; scope names are borrowed constants.
 * Errors     too many parts or too little memory make the joined body fail.
 */
#ifndef BENCH_LOAD_PARTS_H
#define BENCH_LOAD_PARTS_H

#include "load/shop.h"

enum { PARTS_MAX = 64 };

/* The field of ScopeSpans, ScopeLogs and ScopeMetrics that holds an item. */
enum { SCOPE_ITEMS = 2 };

struct part {
	enum service service;
	const char *scope;
	struct body body;
};

struct parts {
	struct part list[PARTS_MAX];
	uint32_t count;
	uint32_t instances[SERVICE_COUNT]; /* which instance of each service speaks in this request */
	struct random *random;
	bool failed;
};

void parts_init(struct parts *parts, struct random *random);
void parts_release(struct parts *parts);

/* Where items of this service and scope are written. Never NULL. */
struct body *parts_of(struct parts *parts, enum service service, const char *scope);

/* Writes all parts into body: ResourceSpans, ResourceLogs and ResourceMetrics are numbered alike. */
void parts_join(struct parts *parts, struct body *body);

#endif
