/*
 * log_record: one log line or event, as OTLP has it.
 *
 * Ownership  views and pointers into the batch that holds the record.
 * Threads    plain values.
 * Units      times are Unix nanoseconds.
 * Source     opentelemetry-proto logs/v1/logs.proto; levels: the log data model, "Severity Fields"
 */
#ifndef ROHAS_MODEL_LOG_RECORD_H
#define ROHAS_MODEL_LOG_RECORD_H

#include "model/span.h"

/* The five levels that people see. FATAL (21-24) is ERROR with its number kept. */
enum log_record_level { LEVEL_TRACE = 0, LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };
enum { LEVEL_COUNT = 5 };

struct log_record {
	uint64_t
		time_ns; /* never 0 in a store: the observed or the arrival time where the sender gave none */
	uint64_t observed_time_ns;       /* 0: not given */
	uint8_t trace_id[TRACE_ID_SIZE]; /* all zero: none */
	uint8_t span_id[SPAN_ID_SIZE];   /* all zero: none */
	struct value body;
	struct str severity_text, event_name;
	struct attributes attributes;
	const struct resource *resource; /* never NULL */
	const struct scope *scope;       /* never NULL */
	uint32_t flags;
	uint8_t severity_number; /* 0 (unspecified) to 24 */
	struct str
		handler; /* the handler that it was written in, where known; filled in by processor or query */
};

/* The level of a severity number; an unspecified one falls back on the text, then on INFO. */
enum log_record_level log_record_level(const struct log_record *record);

/* "TRACE", "DEBUG", "INFO", "WARN", "ERROR". */
const char *level_name(enum log_record_level level);

/* Any case; also "warning", "fatal" (ERROR). */
bool level_parse(struct str name, enum log_record_level *level_out);

/* The lowest severity number of a level: 1, 5, 9, 13, 17. */
uint8_t level_lowest_severity(enum log_record_level level);

#endif
