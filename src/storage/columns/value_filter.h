/*
 * value_filter: which values a column of strings cannot hold, in five bits a value.
 *
 * A split-block Bloom filter: buckets of four 32-bit words, a bucket a value, and in it one bit of each word. So a
 * question touches one cache line. It answers "no" only where the value was never added; about one in ten
 * values that were not gets a "maybe". On disk: the buckets, words little-endian, nothing else.
 *
 * Ownership  a filter is the bytes that the caller holds.
 * Threads    plain values.
 * Errors     none; a filter that is not whole buckets answers "maybe".
 * Source     Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007 (blocked filters)
 */
#ifndef ROHAS_STORAGE_COLUMNS_VALUE_FILTER_H
#define ROHAS_STORAGE_COLUMNS_VALUE_FILTER_H

#include "base/buffer.h"
#include "base/str.h"

/* How many bytes the filter of count values takes; at least one bucket. */
size_t value_filter_size(size_t count);

/* Adds a value to the filter, of size bytes, all zero at first. */
void value_filter_add(char *filter, size_t size, struct str value);

/* Whether the value may have been added. */
bool value_filter_may_hold(struct str filter, struct str value);

/* Where in a filter of that size the bucket of a value lies: all that a question reads. */
enum { VALUE_FILTER_BUCKET = 16 };
size_t value_filter_place(size_t size, struct str value);

#endif
