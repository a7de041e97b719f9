/*
 * json_fields: JSON objects read into structs by tables: which field, of what kind, goes where.
 *
 * Inside of the receiver; its user is otlp_json.c. A decoder here is the one of decoder.h, so that faults,
 * limits and outcomes are the same as for protobuf.
 *
 * Errors     false where decoding must end: a field has the wrong JSON type (the sentence names it), or
 * memory ran out. decoder->bad says why the record at hand alone cannot be kept.
 */
#ifndef ROHAS_RECEIVER_JSON_FIELDS_H
#define ROHAS_RECEIVER_JSON_FIELDS_H

#include <jansson.h>

#include "receiver/decoder.h"

enum json_kind {
	FIELD_TEXT,       /* struct str */
	FIELD_U64,        /* uint64_t */
	FIELD_U32,        /* uint32_t */
	FIELD_I32,        /* int32_t */
	FIELD_REAL,       /* double */
	FIELD_FLAG,       /* bool */
	FIELD_ENUM,       /* uint8_t; names has the enum's names in the order of their numbers */
	FIELD_TRACE_ID,   /* 16 bytes; another size is a fault of the record */
	FIELD_SPAN_ID,    /* 8 bytes */
	FIELD_ANY,        /* struct value */
	FIELD_ATTRIBUTES, /* struct attributes, but for dropped_count */
	FIELD_AS_INT,     /* struct number */
	FIELD_AS_DOUBLE,  /* struct number */
	FIELD_MEASURE,    /* double of a metric_point; sets flag in its has */
	FIELD_U64S,       /* pointer to uint64_t; their number goes to count_offset */
	FIELD_REALS,      /* pointer to double, likewise */
	FIELD_PARTS,      /* pointer to structs that parts describes, likewise */
	FIELD_INSIDE,     /* an object whose fields (parts) go into the struct that begins at offset */
};

struct json_field {
	const char *name; /* lowerCamelCase */
	uint16_t offset, count_offset;
	uint8_t kind; /* enum json_kind */
	uint8_t flag; /* of MEASURE; for ids: 1 means that one of another size is none, as logs have it */
	const char *const *names;
	const struct json_struct *parts;
};

struct json_struct {
	const struct json_field *fields;
	size_t field_count, size;
};

struct json_decoder {
	struct decoder decoder;
	struct buffer scratch; /* where nested values are encoded */
};

/* The field, under either of its names; NULL where it is absent or null. */
const json_t *json_find(const json_t *object, const char *name);

/* Reads every field that the table knows into target. */
bool json_read(struct json_decoder *json, const json_t *object, const struct json_struct *type, void *target);

/* The request is malformed: field must be what. Returns false. */
bool json_wrong(struct json_decoder *json, const char *field, const char *what);

/* An AnyValue, with what it needs in the arena. */
bool json_read_any(struct json_decoder *json, const json_t *any, struct value *value_out);

bool json_read_attributes(struct json_decoder *json, const char *field, const json_t *list,
			  struct attributes *attributes);

bool json_read_u64(const json_t *number, uint64_t *value_out);
bool json_read_i64(const json_t *number, int64_t *value_out);
bool json_read_real(const json_t *number, double *value_out);

/* A string's copy in the arena. */
bool json_copy_text(struct json_decoder *json, const char *field, const json_t *string, struct str *text_out);

#endif
