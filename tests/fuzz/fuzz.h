/*
 * fuzz: what the fuzz targets share: rows that came out of a decoder are walked to their last byte, copied,
 * and held to what the decoders promise.
 *
 * Errors     a promise that is broken aborts, which the fuzzer reports with the input that did it.
 */
#ifndef ROHAS_TESTS_FUZZ_FUZZ_H
#define ROHAS_TESTS_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "model/batch.h"

#define require(condition)                                                                                   \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);      \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte of every row, checks it, and copies every row into another batch. */
void use_rows(const struct batch *batch);

/* Walks a value and turns it into text. */
void use_value(const struct value *value);

#endif
