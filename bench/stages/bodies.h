/*
 * bodies: request bodies of the load generator for the decoder's benchmark. A file of its own, because
 * generator and program have names in common.
 *
 * Ownership  the caller frees the bytes.
 * Errors     empty where memory ran out.
 */
#ifndef BENCH_STAGES_BODIES_H
#define BENCH_STAGES_BODIES_H

#include "base/str.h"

/* kind is 't' for traces, 'l' for logs, 'm' for metrics. */
struct str bodies_encode(char kind, uint32_t item_count, uint32_t index);

#endif
