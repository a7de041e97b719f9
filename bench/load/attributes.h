/*
 * attributes: lists of OTLP attributes, written from templates.
 *
 * A template's value is text with words in angle brackets that are filled in when it is written:
 *
 *     <1> <2> <3>            the speaker's own words (a route, a table, a query)
 *     <user> <order> <cart> <session> <request> <payment>   identifiers, patched before each send
 *     <tenant>               the usual tenant, or the needle
 *     <ip> <agent> <product> <host> <pod> <status>          chosen when the body is encoded
 *
 * An integer may be a range, "100..65000". A list is its texts with commas between.
 *
 * Ownership  templates are constants; nothing is kept.
 * Errors     as body.h. An unknown word is written as it stands.
 */
#ifndef BENCH_LOAD_ATTRIBUTES_H
#define BENCH_LOAD_ATTRIBUTES_H

#include "load/body.h"
#include "load/random.h"

enum attribute_type { ATTRIBUTE_END = 0, TEXT, INTEGER, REAL, FLAG, LIST };

/* A list ends with an element that is all zero. */
struct attribute {
	const char *key;
	enum attribute_type type;
	const char *value;
};

/* Slots that the identifiers of one business transaction take. */
enum { SPEAKER_SLOTS = 8 };

/* Whose attributes they are. */
struct speaker {
	const char *words[3];
	uint32_t slot; /* the first of SPEAKER_SLOTS: the same in all traces of one transaction */
	uint32_t instance;
	uint32_t http_status;
	struct random *random;
};

/* Text with its words filled in, as the string field number of the message that is being written. */
void text_put(struct body *body, uint32_t number, const char *text, const struct speaker *speaker);

/* Every attribute as a KeyValue in field number. Counts them in body->attribute_count. */
void attributes_put(struct body *body, uint32_t number, const struct attribute *list,
		    const struct speaker *speaker);

#endif
