/*
 * records: the decoders of one record each, by signal. Inside of the receiver: see decoder.h for how they
 * fail.
 */
#ifndef ROHAS_RECEIVER_RECORDS_H
#define ROHAS_RECEIVER_RECORDS_H

#include "receiver/decoder.h"

bool decode_span(struct decoder *decoder, struct str bytes);
bool decode_metric(struct decoder *decoder, struct str bytes); /* each data point is a row */
bool decode_log_record(struct decoder *decoder, struct str bytes);

/* Whether one more row may be added; where not, decoding must end. */
static inline bool decode_may_add(struct decoder *decoder)
{
	return *decoder->row_count < OTLP_ROWS_MAX || decode_over_limit(decoder, "rows", OTLP_ROWS_MAX);
}

/* Takes the last row away again where something was wrong with it. */
static inline void decode_finish_row(struct decoder *decoder)
{
	if (__builtin_expect(decoder->bad == NULL, 1))
		return;
	otlp_reject(decoder->outcome, 1, decoder->bad);
	*decoder->row_count -= 1;
	decoder->bad = NULL;
}

#endif
