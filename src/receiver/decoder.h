/*
 * decoder: the parts of OTLP's protobuf that every signal has: resources, scopes, attributes, text.
 *
 * Inside of the receiver; its users are the files otlp_protobuf*.c. Functions return false where the request
 * is broken or over a limit and decoding must end; decoder->bad says why the record at hand alone cannot be
 * kept.
 */
#ifndef ROHAS_RECEIVER_DECODER_H
#define ROHAS_RECEIVER_DECODER_H

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "receiver/otlp.h"
#include "receiver/wire.h"

struct decoder {
	struct batch *batch;
	struct arena *arena;                                /* the batch's */
	size_t *row_count;                                  /* the batch's, of the signal at hand */
	bool (*record)(struct decoder *, struct str bytes); /* decodes one record of the signal */
	const char *body_end;
	uint64_t now_ns;
	const struct resource *resource; /* of the records at hand */
	const struct scope *scope;
	const char *bad;          /* why the record at hand cannot be kept; NULL: it can */
	struct error value_error; /* where bad points when a value is at fault */
	struct otlp_outcome *outcome;
	struct error *error;
	enum status failure; /* why decoding ended; OK: the protobuf is malformed */
};

/* Decodes a whole request with decoder->record. */
bool decode_request(struct decoder *decoder, struct str body);

/* Ends the decoding: the request needs more memory or rows than it may have. Returns false. */
bool decode_over_limit(struct decoder *decoder, const char *what, size_t limit);

/* The same where the arena is full. */
bool decode_no_room(struct decoder *decoder);

/* A string that is longer than a vector, or ends where the body does, or is not ASCII. */
bool decode_is_utf8_slow(const struct decoder *decoder, struct str text);

static inline void decode_fault(struct decoder *decoder, const char *reason)
{
	if (!decoder->bad)
		decoder->bad = reason;
}

/* Whether text is UTF-8. Nearly all is ASCII and short: one load tells. */
static inline bool decode_is_utf8(const struct decoder *decoder, struct str text)
{
#ifdef __AVX2__
	if (text.size <= 32 && decoder->body_end - text.data >= 32) {
		__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text.data);
		uint32_t high = (uint32_t)_mm256_movemask_epi8(bytes);

		if (__builtin_expect(_bzhi_u32(high, (uint32_t)text.size) == 0, 1))
			return true;
	}
#endif
	return decode_is_utf8_slow(decoder, text);
}

/* A string field; reason is the fault where it is not UTF-8. */
static inline struct str decode_text(struct decoder *decoder, struct wire *wire, const char *reason)
{
	struct str text = wire_bytes(wire);

	if (__builtin_expect(!decode_is_utf8(decoder, text), 0))
		decode_fault(decoder, reason);
	return text;
}

/*
 * Repeated KeyValues: the one whose tag was read and all that follow on it with the same tag; appended to
 * attributes.
 */
bool decode_attributes(struct decoder *decoder, struct wire *wire, struct attributes *attributes);

/*
 * A fault of what stands above several rows (a resource, a scope, a metric) takes all of them along, wherever
 * in the message it stands: it is noted, and the rows are rejected when the message has been read.
 */
struct group_fault {
	char text[sizeof(((struct otlp_outcome *)NULL)->reason)];
	size_t first_row;
};

struct group_fault decode_group_begin(const struct decoder *decoder);
void decode_group_note(struct decoder *decoder, struct group_fault *fault); /* decoder->bad is not NULL */
void decode_group_end(struct decoder *decoder, const struct group_fault *fault);

/* A run of repeated messages that follow on each other, and the array that they go into, at [first, end). */
struct parts {
	void *items;
	uint32_t first, end;
};

/*
 * Makes room for the run that begins with the field whose tag was read, behind the count items that are
 * there. The items of a run are zeroed. Read it so:
 *
 *     for (uint32_t i = parts.first; i < parts.end; i++)
 *             bytes = decode_part(wire, i > parts.first); …
 */
bool decode_parts(struct decoder *decoder, struct wire *wire, const void *items, uint32_t count,
		  size_t item_size, struct parts *parts_out);

static inline struct str decode_part(struct wire *wire, bool has_tag_in_front)
{
	if (has_tag_in_front)
		wire_next(wire);
	return wire_bytes(wire);
}

/* An id of exactly size bytes into id_out; false, and zeros, where it has another size. */
static inline bool decode_id(struct str bytes, uint8_t *id_out, size_t size)
{
	bool fits = bytes.size == size;

	if (fits)
		memcpy(id_out, bytes.data, size);
	else
		memset(id_out, 0, size);
	return fits;
}

#endif
