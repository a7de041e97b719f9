/*
 * shelf: a receiver of this process over a store in memory: where what a test records arrives, and is read back.
 *
 * Ownership  shelf_open's result is the caller's until shelf_close.
 * Errors     a failure ends the test.
 */
#ifndef ROHAS_TESTS_UNIT_SDK_SHELF_H
#define ROHAS_TESTS_UNIT_SDK_SHELF_H

#include "model/batch.h"
#include "rohas/telemetry.h"

struct shelf;

struct shelf *shelf_open(void);
void shelf_close(struct shelf *shelf);

/* As the library's endpoint. */
const char *shelf_url(const struct shelf *shelf);

/* Opens the library against it, in a folder that has no configuration. */
void shelf_open_library(struct shelf *shelf, struct rohas_options options);

/* All rows that have arrived; the batch is the caller's to release. */
void shelf_read(struct shelf *shelf, struct batch *batch_out);

/* The span of that name; NULL where there is none. */
const struct span *shelf_span(const struct batch *batch, const char *name);

#endif
