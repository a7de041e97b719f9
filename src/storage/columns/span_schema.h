/* span_schema: the tables of a block of spans; docs/format.md says what each field holds. On disk. */
#ifndef ROHAS_STORAGE_COLUMNS_SPAN_SCHEMA_H
#define ROHAS_STORAGE_COLUMNS_SPAN_SCHEMA_H

enum span_field {
	/* one value a trace */
	SPAN_TRACE_COUNT = 0, /* a single value */
	SPAN_RUN_LENGTH = 1,  /* spans of the trace */
	SPAN_RUN_START = 2,   /* start of its first span */
	/* one value a span */
	SPAN_PARENT = 5, /* 0: root; 1: the next of SPAN_OUTER_PARENT; n + 2: the trace's n-th span */
	SPAN_EVENT_COUNT = 6,
	SPAN_LINK_COUNT = 7,
	SPAN_DROPPED_EVENTS = 8,
	SPAN_DROPPED_LINKS = 9,
	SPAN_OUTER_COUNT = 10, /* a single value: how many SPAN_OUTER_PARENT there are */
	SPAN_CLASS_COUNT = 11, /* a single value: how many classes there are */
	SPAN_CLASS = 12,       /* the row of TABLE_SPAN_CLASSES */
	/* one value for each MARK_ROWS spans: how many they have together */
	SPAN_EVENT_MARKS = 13,
	SPAN_LINK_MARKS = 14,
	SPAN_OUTER_MARKS = 15,
	/* one value a span */
	SPAN_START_DELTA = 40, /* to the span before, of the same trace */
	SPAN_DURATION = 41,    /* zigzag: end less start */
	SPAN_TRACE_STATE = 64,
	SPAN_STATUS_MESSAGE = 65,
	SPAN_TRACE_ID = 128, /* 16 bytes a trace, ascending */
	SPAN_ID = 129,
	SPAN_OUTER_PARENT = 130, /* parents that are not in this block */
};

/* What spans of one kind of work share: one value a class. */
enum span_class_field {
	CLASS_KIND = 0,
	CLASS_STATUS_CODE = 1,
	CLASS_FLAGS = 2,
	CLASS_RESOURCE = 3,
	CLASS_SCOPE = 4,
	CLASS_HANDLER_ROLE = 5,
	CLASS_HANDLER_TYPE = 6,
	CLASS_OUTCOME = 7,
	CLASS_MESSAGES = 8,
	CLASS_NAME = 64,
	CLASS_HANDLER_NAME = 65,
	CLASS_LANGUAGE = 66,
	CLASS_EVENT_HANDLED = 67, /* handler.event */
};

enum span_event_field { EVENT_TIME = 40 /* zigzag: to the span's start */, EVENT_NAME = 64 };

enum span_link_field {
	LINK_FLAGS = 0,
	LINK_TRACE_STATE = 64,
	LINK_TRACE_ID = 128,
	LINK_SPAN_ID = 129,
	LINK_TRACE_FILTER =
		130, /* a value filter over the trace ids, where there are LINKS_FILTERED or more */
};
enum { LINKS_FILTERED = 32 };

#endif
