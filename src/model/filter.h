/*
 * filter: what a query asks of rows, in a form that every adapter can turn into its own language.
 *
 * An empty str, a zero count or the widest range means "any". The match functions are the definition: an
 * adapter may prune as it likes but must return exactly the rows for which they say true.
 *
 * Ownership  borrowed; a filter's strings outlive the call that it is given to.
 * Threads    a filter is not changed while it is used.
 * Units      times are Unix nanoseconds; start is included, end is not.
 */
#ifndef ROHAS_MODEL_FILTER_H
#define ROHAS_MODEL_FILTER_H

#include "model/log_record.h"
#include "model/metric_point.h"
#include "model/pattern.h"
#include "model/predicate.h"
#include "model/span.h"

struct time_range {
	uint64_t start_ns, end_ns;
};
#define TIME_RANGE_ALL ((struct time_range){0, UINT64_MAX})

static inline bool time_range_contains(struct time_range range, uint64_t time_ns)
{
	return time_ns >= range.start_ns && time_ns < range.end_ns;
}

/* key = value, compared as text (value_to_text). Looked for in the row, then its resource, then its scope. */
struct tag_filter {
	struct str key, value;
};

enum { FILTER_ANY = 0xff };

/* A span meets it when it meets every part. The time is the span's start. */
struct span_filter {
	struct time_range range;
	struct str handler;                        /* handler.name of an execution */
	uint8_t handler_type;                      /* enum handler_type of an execution, or FILTER_ANY */
	uint8_t outcome;                           /* enum outcome, or FILTER_ANY */
	struct str language;                       /* handler.language */
	struct str service;                        /* the resource's service.name */
	struct str operation;                      /* the span's name */
	uint64_t min_duration_ns, max_duration_ns; /* both included */
	const uint8_t *trace_id;                   /* NULL: any */
	const struct tag_filter *tags;
	size_t tag_count;
	const struct predicate *predicate; /* what is asked beyond that; NULL: nothing */
	const uint8_t *links_to; /* a trace id: the span has a link to one of its spans; NULL: any */
};
#define SPAN_FILTER_ANY                                                                                      \
	((struct span_filter){.range = TIME_RANGE_ALL,                                                       \
			      .handler_type = FILTER_ANY,                                                    \
			      .outcome = FILTER_ANY,                                                         \
			      .max_duration_ns = UINT64_MAX})

bool span_filter_match(const struct span_filter *filter, const struct span *span);

/* A log record meets it when it meets every part. */
struct log_filter {
	struct time_range range;
	enum log_record_level lowest_level;
	struct str handler; /* log_record.handler */
	struct str service;
	const struct resource *source; /* resource_is_same_source; NULL: any */
	const uint8_t *trace_id;       /* NULL: any */
	const uint8_t *span_id;        /* NULL: any */
	/* Each must occur, letters of either case alike, in the body's text or in a string attribute's value. A term
	 * without white space is a word: it must stand alone, between characters that are no letters or digits (and
	 * no bytes above 127). A term with white space is a phrase: it occurs anywhere. */
	const struct str *terms;
	size_t term_count;
	const struct predicate *predicate; /* what is asked beyond that; NULL: nothing */
};
#define LOG_FILTER_ANY ((struct log_filter){.range = TIME_RANGE_ALL, .lowest_level = LEVEL_TRACE})

/* Whether a text contains a term, as above. */
bool text_contains_term(struct str text, struct str term);

/* The same of the beginning of a word: the word may go on behind it. A phrase is a phrase. */
bool text_contains_beginning(struct str text, struct str term);

bool log_filter_match(const struct log_filter *filter, const struct log_record *record);

/* A part of a log record that has one text, or none: an empty text is none. */
enum log_field_kind {
	LOG_FIELD_HANDLER, /* log_record.handler */
	LOG_FIELD_SERVICE, /* the resource's service.name */
	LOG_FIELD_TAG, /* the attribute of that key: of the record (the last one), else of its resource, else of its scope */
	LOG_FIELD_ATTRIBUTE, /* the same of the record alone */
};
struct log_field {
	enum log_field_kind kind;
	struct str key;
};

/* The text as value_to_text has it: a view into the record, or into scratch. */
struct str log_field_text(const struct log_field *field, const struct log_record *record,
			  struct buffer *scratch);

/* The attribute of that key: of the row (the last one), else of its resource, else of its scope; NULL where there is
 * none. Each of the three may be NULL. */
const struct value *attribute_of_row(struct str key, const struct attributes *row,
				     const struct resource *resource, const struct scope *scope);

enum label_comparison { LABEL_IS, LABEL_IS_NOT, LABEL_MATCHES, LABEL_MATCHES_NOT };

/* A label's value, as text, compared with value or, by the last two operators, with pattern. A label that is not
 * there is as one that is empty, save for LABEL_IS: that asks for one that is there. */
struct label_filter {
	struct str key, value;
	enum label_comparison comparison;
	const struct pattern *pattern; /* of value */
};

/* "route=~/users/.*": a name, one of = != =~ !~, and a value. False where it is none. */
bool label_filter_parse(struct str text, struct label_filter *label_out);

/* All series, whose number nobody knows, in shares of about the same size: which share a series belongs to follows from
 * its attributes and those of its resource, in any order, for the life of a process. */
struct series_share {
	uint32_t index, count; /* count 0: all series */
};

/* A label of a metric point is an attribute of the point, else of its resource. */
struct point_filter {
	struct time_range range;
	struct str metric; /* the name; empty: every metric */
	const struct label_filter *labels;
	size_t label_count;
	struct series_share share;
};
#define POINT_FILTER_ANY ((struct point_filter){.range = TIME_RANGE_ALL})

bool point_filter_match(const struct point_filter *filter, const struct metric_point *point);

#endif
