/*
 * definitions: what metrics are, by name, as far as a list of them has been read before.
 *
 * A metric that was there once may be asked for when it is quiet; to list all metrics of a store only to learn its
 * type would be dear. What is remembered is bounded: when there is no room, it begins anew.
 *
 * Ownership  definitions own copies.
 * Threads    every call may run concurrently.
 */
#ifndef ROHAS_QUERY_DEFINITIONS_H
#define ROHAS_QUERY_DEFINITIONS_H

#include "storage/store.h"

struct definitions;

/* limit_bytes bounds what is remembered. NULL where memory ran out. */
struct definitions *definitions_new(size_t limit_bytes);
void definitions_free(struct definitions *definitions);

/* Remembers what a list says. Of one name with several types, the first. */
void definitions_note(struct definitions *definitions, const struct metric_summary *metrics, size_t count);

/* Copies the definition into arena. False where it is not known, or memory ran out. */
bool definitions_find(struct definitions *definitions, struct str name, struct arena *arena,
		      struct metric *metric_out);

/* Deep, but for the metadata, which is left out. */
bool definition_copy(struct arena *arena, const struct metric *from, struct metric *to_out);

#endif
