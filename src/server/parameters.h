/*
 * parameters: the query parameters of a request, read into questions. Each mistake is one problem that names
 * the parameter, what was found and what is allowed.
 *
 * An empty value is the same as none. A reader leaves its target as it was where the parameter is absent.
 *
 * Ownership  names and values are views into the request, or into an arena after parameters_copy.
 * Threads    one thread at a time.
 * Errors     false, with the problem filled in.
 */
#ifndef ROHAS_SERVER_PARAMETERS_H
#define ROHAS_SERVER_PARAMETERS_H

#include "query/errors.h"
#include "query/language/language.h"
#include "query/log_analysis.h"
#include "query/metrics.h"
#include "query/trace.h"
#include "server/problem.h"

enum { PARAMETER_LIMIT = 64 };

struct parameter {
	struct str name, value;
};

struct parameters {
	struct parameter items[PARAMETER_LIMIT];
	size_t count;
	uint64_t now_ns; /* what "-15m" is relative to */
};

/* A parameter that an address knows. */
struct parameter_rule {
	const char *name;
	bool repeatable;
};

/* Adds one; false where there are PARAMETER_LIMIT already. */
bool parameters_add(struct parameters *parameters, struct str name, struct str value,
		    struct problem *problem);

/* Moves names and values into the arena. */
bool parameters_copy(struct parameters *parameters, struct arena *arena);

/* Empty where it is absent. */
struct str parameters_find(const struct parameters *parameters, const char *name);

/* Refuses names that no rule has, naming the nearest one, and repetitions of what is not repeatable. */
bool parameters_check(const struct parameters *parameters, const struct parameter_rule *rules, size_t count,
		      struct problem *problem);

/* A question and the room for what it points to. */
struct trace_question {
	struct trace_query query;
	struct tag_filter tags[PARAMETER_LIMIT];
	struct expression expression; /* q */
};
struct running_question {
	struct span_filter filter;
	size_t limit;
};
/* What was counted of handlers, events, errors and jobs. */
struct view_question {
	struct time_range range; /* the last hour, where nothing is said */
	uint64_t step_ns;        /* about 60 steps, where nothing is said */
	struct str handler, handler_type, language;
	bool has_state;
	enum error_state state;
	size_t limit;
};
enum view { VIEW_HANDLERS, VIEW_HANDLER, VIEW_EVENTS, VIEW_GRAPH, VIEW_ERRORS, VIEW_CRONS };
struct log_question {
	struct log_query query;
	struct expression expression; /* q */
	uint8_t trace_id[TRACE_ID_SIZE], span_id[SPAN_ID_SIZE];
};
/* Of all log records that meet a list's filters. */
struct log_analysis_question {
	struct log_question logs;
	uint64_t step_ns;       /* counts */
	bool by_level;          /* top: the field is the level */
	struct log_field field; /* top */
	size_t limit, sample;   /* top, patterns */
};
struct log_context_question {
	struct log_id id;
	size_t before, after;
};
struct metric_question {
	bool is_list; /* no name: only the range counts */
	struct metric_query query;
	struct label_filter labels[PARAMETER_LIMIT];
	struct str by[METRIC_BY_LIMIT];
};

/* The lists. A question points into itself: it must not be moved. trace_question_release and log_question_release free
 * what the question of a list or of the live stream holds, also where reading it failed. */
bool parameters_trace_question(const struct parameters *parameters, struct trace_question *question_out,
			       struct problem *problem);
bool parameters_log_question(const struct parameters *parameters, struct log_question *question_out,
			     struct problem *problem);
bool parameters_running_question(const struct parameters *parameters, struct running_question *question_out,
				 struct problem *problem);
bool parameters_view_question(const struct parameters *parameters, enum view view,
			      struct view_question *question_out, struct problem *problem);
bool parameters_log_counts(const struct parameters *parameters, struct log_analysis_question *question_out,
			   struct problem *problem);
bool parameters_log_top(const struct parameters *parameters, struct log_analysis_question *question_out,
			struct problem *problem);
bool parameters_log_patterns(const struct parameters *parameters, struct log_analysis_question *question_out,
			     struct problem *problem);
bool parameters_log_context(const struct parameters *parameters, struct log_context_question *question_out,
			    struct problem *problem);
bool parameters_metric_question(const struct parameters *parameters, struct metric_question *question_out,
				struct problem *problem);

void trace_question_release(struct trace_question *question);
void log_question_release(struct log_question *question);

/* The live stream: which signals, and the filters of their lists. Of two signals q is an expression of both. */
struct live_question {
	bool traces, logs;
	struct trace_question trace;
	struct log_question log;
};
bool parameters_live_question(const struct parameters *parameters, struct live_question *question_out,
			      struct problem *problem);
void live_question_release(struct live_question *question);

#endif
