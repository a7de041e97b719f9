/*
 * samples: how runs of numbers that belong together in time are laid out: the values of a series, the counts of
 * one of its buckets, the times at which it was measured. A run can be read without those before it.
 *
 * A run is first made whole numbers: integers as they are; doubles that are all decimals of a few places, times
 * the power of ten that makes them whole (as ALP and VictoriaMetrics do); other doubles by their bits. Of those,
 * whichever is the least is stored: the distance to the smallest, the difference to the value before, or the
 * difference of differences. These residuals are written in as few bits each as the largest asks for, or in
 * Golomb-Rice code, whichever is shorter. What comes out is bit for bit what went in.
 *
 *     modes     numbers, one a run: order + 3 * scale. order 0: value - base; 1: zigzag of the difference;
 *               2: zigzag of the difference of differences, each in units. scale 0: the numbers are the values;
 *               s: value = number / 10^(s - 1), as doubles
 *     shapes    numbers, one a run: w <= 64: w bits a residual; 65 + k: Rice code of parameter k
 *     bases     numbers, one a run: order 0: the least number, zigzag; else the first, zigzag
 *     slopes    numbers, one a run: order 2: the second number less the first, zigzag; else 0
 *     units     numbers, one a run: what residuals are multiples of; 1 for most
 *     sizes     numbers, one a run: bytes of its residuals
 *     payload   the residuals of each run, from the lowest bit of its first byte on
 *
 * Rice code of r: r >> k ones, a zero, the k low bits of r; where that would be RICE_LONGEST ones or more: so many
 * ones, then r in 64 bits.
 *
 * Source     S. Golomb, "Run-length encodings", IEEE Trans. Inf. Theory 12 (1966); R. F. Rice, JPL 79-22 (1979);
 *            A. Afroozeh, L. Kuffo, P. Boncz, "ALP: Adaptive Lossless floating-Point Compression", SIGMOD 2023
 * Ownership  a writer owns what it is given until it is cleared; a reader is a view of the stream's bytes, its
 *            table lies in the arena given to samples_open.
 * Threads    one thread at a time for a writer; a reader may be read by several.
 * Errors     a writer remembers (samples_failed); a reader says STATUS_CORRUPT or STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_SAMPLES_H
#define ROHAS_STORAGE_COLUMNS_SAMPLES_H

#include "base/arena.h"
#include "storage/columns/numbers.h"
#include "storage/columns/vector.h"

enum { RICE_LONGEST = 24 };

struct samples_writer {
	struct vector_u32 modes, shapes, sizes;
	struct vector_u64 bases, slopes, units;
	struct vector_u64 integers, residuals[3], scratch; /* of the run at hand */
	struct buffer payload;
};

/* Appends a run of at least one value. Doubles are given as their bits. */
void samples_put_integers(struct samples_writer *writer, const uint64_t *values, size_t count);
void samples_put_doubles(struct samples_writer *writer, const uint64_t *values, size_t count);

static inline size_t samples_run_count(const struct samples_writer *writer)
{
	return writer->modes.count;
}
void samples_encode(const struct samples_writer *writer, struct buffer *out);
bool samples_failed(const struct samples_writer *writer);
void samples_clear(struct samples_writer *writer);
void samples_release(struct samples_writer *writer);

struct samples {
	struct numbers modes, shapes, bases, slopes, units;
	const uint32_t *offsets; /* where each run's residuals begin in payload; run_count + 1 */
	const char *payload;
	size_t run_count;
};

/* Opens a stream of run_count runs. */
enum status samples_open(struct str bytes, size_t run_count, struct arena *arena, struct samples *samples_out,
			 struct error *error);

/* The values of a run, of which the caller knows that there are count; values_out has room for them. */
enum status samples_read(const struct samples *samples, size_t run, size_t count, uint64_t *values_out,
			 struct error *error);

#endif
