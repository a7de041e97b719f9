/* insides: what the files of this folder share and nobody else sees. */
#ifndef ROHAS_QUERY_INSIDES_H
#define ROHAS_QUERY_INSIDES_H

#include "query/definitions.h"
#include "query/query.h"
#include "query/trace_cache.h"

struct query {
	struct store *store; /* borrowed */
	struct trace_cache *cache;
	struct definitions *definitions;
	struct running *running; /* NULL: nobody says what has started */
};

#endif
