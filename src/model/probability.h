/*
 * probability: OpenTelemetry's consistent probability sampling: one random number a trace, compared with one threshold.
 *
 * Whoever samples by the same number keeps the same traces: of two samplers, the one with the smaller ratio keeps a
 * part of what the other keeps, and never half of a trace.
 *
 * Threads    plain values.
 * Units      randomness and thresholds have 56 bits.
 * Errors     none: a trace state that is not well-formed has no randomness of its own.
 * Source     OpenTelemetry, TraceState: Probability Sampling (keys rv and th of the vendor ot); W3C Trace Context
 *            Level 2, random trace id flag
 */
#ifndef ROHAS_MODEL_PROBABILITY_H
#define ROHAS_MODEL_PROBABILITY_H

#include "model/span.h"

#define RANDOMNESS_END (UINT64_C(1) << 56) /* the threshold of what keeps nothing */

/* The trace's number: rv of the trace state where it has one, else the last seven bytes of its id. */
uint64_t trace_randomness(const uint8_t trace_id[TRACE_ID_SIZE], struct str trace_state);

/* Of a ratio from 0 to 1. A trace is kept whose randomness is not below it. */
uint64_t ratio_threshold(double ratio);

#endif
