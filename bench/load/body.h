/*
 * body: one request body, encoded once and made new before every send.
 *
 * Encoding a span costs about a microsecond, sending one a tenth of that. So a body is encoded when the
 * program starts, and what must differ from request to request (ids, times, identifiers in attributes,
 * samples) is remembered as a list of patches: places of fixed width that body_refresh writes over in place.
 *
 * An identifier is a slot of its body: the same slot gives the same value wherever it stands in one request
 * (a parent and its children, a link and its target, an order's number in five spans), and another value in
 * the next request. Values follow from the stamp alone, so whoever kept the stamp can compute them again.
 *
 * Ownership  a body owns its bytes and patches; a writer owns them until body_finish.
 * Threads    one thread at a time.
 * Units      times are Unix nanoseconds; a patch's delta is nanoseconds before (negative) or after the
 * stamp's time. Errors     memory that ran out shows in body_failed, asked once at the end.
 */
#ifndef BENCH_LOAD_BODY_H
#define BENCH_LOAD_BODY_H

#include "base/buffer.h"

/* Slots of one body are less than this; stamps of one run lie so far apart that no identifier comes twice. */
#define BODY_SLOTS (UINT64_C(1) << 20)

/* What a search for something rare looks for: one span's or log record's tenant among all the others. */
enum { TENANT_SIZE = 12 };
extern const char tenant_usual[TENANT_SIZE + 1], tenant_needle[TENANT_SIZE + 1];

enum patch_kind {
	PATCH_TRACE_ID, /* 16 bytes from slot and slot + 1 */
	PATCH_SPAN_ID,  /* 8 bytes */
	PATCH_HEX,      /* width lower-case digits, at most 32; past 16 from slot + 1 */
	PATCH_DECIMAL,  /* width digits, at most 16 */
	PATCH_TENANT,   /* TENANT_SIZE characters: tenant_usual, or tenant_needle once where the stamp asks */
	PATCH_TIME,     /* fixed64: the stamp's time plus delta, stretched */
	PATCH_STEP_TIME,  /* fixed64: the stamp's series time, the same for every point of a request */
	PATCH_START_TIME, /* fixed64: when the run's series began */
	PATCH_COUNTER,    /* fixed64: an integer that grows by about delta each time the body is sent */
	PATCH_GAUGE,      /* double: wanders around delta / 100 */
	PATCH_HISTOGRAM,  /* see body_put_histogram */
};

/* Sixteen bytes: a pool of bodies has half a million of them, and they are read before every send. */
struct patch {
	uint32_t offset; /* from the payload's first byte */
	uint32_t slot : 20, width : 8, kind : 4;
	int64_t delta;
};

struct body {
	struct buffer bytes; /* what goes over the wire: the HTTP head, if there is one, then the payload */
	size_t head_size;
	struct patch *patches;
	size_t patch_count, patch_capacity;
	uint32_t *trace_slots; /* the slot of each trace id in it */
	size_t trace_count, trace_capacity;
	uint32_t next_slot;
	uint32_t item_count; /* spans, log records or data points */
	uint64_t attribute_count;
	uint64_t sent_count; /* the body's age: what counters grow by */
	bool failed;
};

/* What makes one sending of a body different from all others. */
struct stamp {
	uint64_t base;        /* identifiers are mixed from base + slot */
	uint64_t now_ns;      /* the time that deltas refer to */
	uint64_t series_ns;   /* the time of data points */
	uint64_t start_ns;    /* the start time of data points */
	uint64_t stretch_q16; /* deltas are multiplied by this / 65536, so that durations differ too */
	uint64_t age;         /* how many times the body was sent before */
	bool has_needle;      /* the body's first tenant is the needle */
};

void body_release(struct body *body);
bool body_failed(const struct body *body);

/* A slot range of its own for count values. */
uint32_t body_take_slots(struct body *body, uint32_t count);

/* Remembers a trace id's slot, so that acknowledged traces can be listed. */
void body_note_trace(struct body *body, uint32_t slot);

/* Appends width bytes to be written later. */
void body_put_patched(struct body *body, enum patch_kind kind, uint32_t width, uint32_t slot, int64_t delta);

/* A field that holds a patched value: fixed64 for times and samples, bytes for ids. */
void body_put_patched_field(struct body *body, uint32_t number, enum patch_kind kind, uint32_t slot,
			    int64_t delta);

/*
 * The count (4), sum (5) and bucket_counts (6) of an OTLP HistogramDataPoint, whose buckets grow by their own
 * share of rate each time, and whose count is always their total. mean is the mean of one observation.
 */
void body_put_histogram(struct body *body, uint32_t bucket_count, uint32_t slot, uint32_t rate,
			uint32_t mean);

/* A message inside the payload, as protobuf_begin and protobuf_end, with the patches inside kept in place. */
struct body_mark {
	size_t at, patch;
};
struct body_mark body_begin(struct body *body, uint32_t number);
void body_end(struct body *body, struct body_mark mark);

/* Appends what part holds, patches included. Both must take their slots from one of them (see traces.c). */
void body_append(struct body *body, const struct body *part);

/* Puts the HTTP head in front of the payload. */
void body_set_head(struct body *body, struct str head);

/* Writes every patch. */
void body_refresh(struct body *body, const struct stamp *stamp);

/* The trace id that slot stands for under this stamp. */
void stamp_trace_id(const struct stamp *stamp, uint32_t slot, uint8_t id_out[16]);

#endif
