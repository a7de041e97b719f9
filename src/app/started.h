/*
 * started: what was running when the program stopped, found again when it starts: reported starts of the last day whose
 * spans have not arrived.
 *
 * Threads    the main thread, before the doors open.
 * Errors     enum status; what cannot be found again is not shown as running, and that is all.
 */
#ifndef ROHAS_APP_STARTED_H
#define ROHAS_APP_STARTED_H

#include "processor/processor.h"
#include "server/server.h"
#include "storage/store.h"

enum status started_restore(struct store *store, struct processor *processor, struct server *server,
			    uint64_t now_ns, struct error *error);

#endif
