/*
 * helpers: threads that help whoever has work that can be divided.
 *
 * There is one set a store, one thread less than the machine has cores: however many queries run, they are not
 * helped by more. Who asks works too, and waits for nobody to begin.
 *
 * Ownership  helpers_run borrows work and context until it returns.
 * Threads    helpers_run may be called concurrently; helpers_free runs alone.
 * Errors     STATUS_BUSY where the system has no thread left.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_HELPERS_H
#define ROHAS_STORAGE_ROCKSDB_HELPERS_H

#include <stddef.h>

#include "base/status.h"

enum { MOST_HELPERS = 15 };

struct helpers;

/* count threads; 0 is allowed: then everybody works alone. */
enum status helpers_new(size_t count, struct helpers **helpers_out, struct error *error);
void helpers_free(struct helpers *helpers); /* NULL is allowed */

/* One thread less than there are cores, and no more than a search has use for. */
size_t helpers_wanted(void);

/*
 * Calls work on this thread and, as they become idle, on the helpers; returns once every call has. work takes its
 * share from context until none is left, and says nothing: what came of it is in context.
 */
typedef void help(void *context);
void helpers_run(struct helpers *helpers, help *work, void *context);

#endif
