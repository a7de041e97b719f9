/* log_schema: the tables of a block of log records; docs/format.md says what each field holds. On disk. */
#ifndef ROHAS_STORAGE_COLUMNS_LOG_SCHEMA_H
#define ROHAS_STORAGE_COLUMNS_LOG_SCHEMA_H

enum log_schema_field {
	LOG_FIRST_TIME = 0, /* a single value */
	LOG_TIME_DELTA = 1, /* to the record before */
	LOG_OBSERVED = 2,   /* zigzag: observed less time; 0 where there is none */
	LOG_SEVERITY = 3,
	LOG_FLAGS = 4,
	LOG_RESOURCE = 5,
	LOG_SCOPE = 6,
	LOG_HAS_OBSERVED = 7,
	LOG_TRACE_ID = 64, /* 16 bytes or empty */
	LOG_SPAN_ID = 65,  /* 8 bytes or empty */
	LOG_SEVERITY_TEXT = 66,
	LOG_EVENT_NAME = 67,
	LOG_HANDLER = 68,
};

/* The body is the one attribute, with an empty key, of a table of its own, so that every type has its column. */

#endif
