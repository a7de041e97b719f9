/*
 * sifter: tail sampling's thread: once a second, takes out of the store what the sampler does not keep of the spans
 * whose decision window is over.
 *
 * When it starts, it shows the sampler what the program before it left undecided. What is undecided when it stops is
 * left to the next. While the store cannot be written nothing is taken out, and it is tried again.
 *
 * Ownership  sampler, store and clock are borrowed and outlive the sifter.
 * Threads    new and stop belong to one thread; the sifter has its own.
 * Errors     that it fails is told in the log when it begins.
 */
#ifndef ROHAS_APP_SIFTER_H
#define ROHAS_APP_SIFTER_H

#include "processor/sampler.h"
#include "storage/store.h"

struct sifter;

enum status sifter_new(struct sampler *sampler, struct store *store, uint64_t window_ns,
		       struct sifter **sifter_out, struct error *error);

/* Waits for a sift that is under way, and frees. NULL is allowed. */
void sifter_stop(struct sifter *sifter);

#endif
