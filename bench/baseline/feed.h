/*
 * feed: the load generator's spans, request by request. A file of its own, because generator and program have
 * names in common.
 *
 * Ownership  what feed_next returns is the feed's, until the next call.
 * Threads    one thread at a time.
 * Units      times are Unix nanoseconds.
 * Errors     NULL where memory ran out.
 */
#ifndef BENCH_BASELINE_FEED_H
#define BENCH_BASELINE_FEED_H

#include <stdbool.h>

#include "base/str.h"

struct feed;

struct feed *feed_new(uint32_t items_per_request);
void feed_free(struct feed *feed);

/* An ExportTraceServiceRequest with new ids, whose spans ended just before now_ns. */
struct str feed_next(struct feed *feed, uint64_t now_ns, bool has_needle);

/* The attribute that a needle is known by. */
extern const char feed_needle_key[], feed_needle_value[];

#endif
