/* span_schema: the tables of a block of spans; docs/format.md says what each field holds. On disk. */
#ifndef ROHAS_STORAGE_COLUMNS_SPAN_SCHEMA_H
#define ROHAS_STORAGE_COLUMNS_SPAN_SCHEMA_H

enum span_field {
	/* one value a trace */
	SPAN_TRACE_COUNT = 0, /* a single value */
	SPAN_RUN_LENGTH = 1,  /* spans of the trace */
	SPAN_RUN_START = 2,   /* start of its first span */
	/* one value a span */
	SPAN_START_DELTA = 3, /* to the span before, of the same trace */
	SPAN_DURATION = 4,    /* zigzag: end less start */
	SPAN_PARENT = 5,      /* 0: root; 1: the next of SPAN_OUTER_PARENT; n + 2: the trace's n-th span */
	SPAN_KIND = 6,
	SPAN_STATUS_CODE = 7,
	SPAN_FLAGS = 8,
	SPAN_EVENT_COUNT = 9,
	SPAN_LINK_COUNT = 10,
	SPAN_DROPPED_EVENTS = 11,
	SPAN_DROPPED_LINKS = 12,
	SPAN_RESOURCE = 13,
	SPAN_SCOPE = 14,
	SPAN_HANDLER_ROLE = 15,
	SPAN_HANDLER_TYPE = 16,
	SPAN_OUTCOME = 17,
	SPAN_MESSAGES = 18,
	SPAN_OUTER_COUNT = 19, /* a single value: how many SPAN_OUTER_PARENT there are */
	SPAN_NAME = 64,
	SPAN_TRACE_STATE = 65,
	SPAN_STATUS_MESSAGE = 66,
	SPAN_HANDLER_NAME = 67,
	SPAN_LANGUAGE = 68,
	SPAN_EVENT_HANDLED = 69, /* handler.event */
	SPAN_TRACE_ID = 128,     /* 16 bytes a trace, ascending */
	SPAN_ID = 129,
	SPAN_OUTER_PARENT = 130, /* parents that are not in this block */
};

enum span_event_field { EVENT_TIME = 0 /* zigzag: to the span's start */, EVENT_NAME = 64 };

enum span_link_field { LINK_FLAGS = 0, LINK_TRACE_STATE = 64, LINK_TRACE_ID = 128, LINK_SPAN_ID = 129 };

#endif
