/*
 * recognise: fills in span.handler: which spans are executions, of what, with what outcome
 * (docs/handlers.md).
 *
 * Ownership  a recogniser borrows nothing but its rules. Names that it makes live in the batch's arena.
 * Threads    recognise_batch may run concurrently on different batches.
 * Errors     STATUS_NO_MEMORY where the batch's arena is full.
 */
#ifndef ROHAS_PROCESSOR_RECOGNISE_H
#define ROHAS_PROCESSOR_RECOGNISE_H

#include "model/batch.h"
#include "processor/keys.h"
#include "processor/rules.h"
#include "processor/user_rules.h"

struct recogniser {
	struct key_table keys;
	struct rule_set rules;
	const struct user_rule *user_rules; /* go before rules */
	size_t user_rule_count;
};

void recogniser_init(struct recogniser *recogniser, const struct rule *rules, size_t rule_count,
		     const struct user_rule *user_rules, size_t user_rule_count);

/* Spans and log records; and the starts that records report become the batch's (starts.h). */
enum status recognise_batch(const struct recogniser *recogniser, struct batch *batch, struct error *error);

#endif
