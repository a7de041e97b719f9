/*
 * naming: what a handler and an event are called. A name is bounded: it comes from code, routes and
 * destinations, never from a raw URL path, a generated queue name or the like.
 *
 * Ownership  names are views of the span, or live in the arena.
 * Threads    plain functions.
 * Units      names are cut at NAME_LONGEST bytes, between characters.
 * Errors     false where the arena is full.
 */
#ifndef ROHAS_PROCESSOR_NAMING_H
#define ROHAS_PROCESSOR_NAMING_H

#include "model/span.h"
#include "processor/keys.h"

enum { NAME_LONGEST = 256 };

/* faas_name: of the span's resource, for a span that has none of its own; may be empty. */
bool name_handler(const struct span *span, const struct key_values *values, struct str faas_name,
		  struct arena *arena, struct str *name_out);

/* What was published or handled. Never empty unless the span's own name is. */
struct str name_event(const struct span *span, const struct key_values *values);

/* A view of at most NAME_LONGEST bytes that ends between two UTF-8 characters. */
struct str name_cut(struct str name);

#endif
