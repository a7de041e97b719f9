/* insides: what the files of this folder share and nobody else sees. */
#ifndef ROHAS_SERVER_INSIDES_H
#define ROHAS_SERVER_INSIDES_H

#include <stdatomic.h>

#include "query/query.h"
#include "server/access.h"
#include "server/live.h"
#include "server/server.h"
#include "server/workers.h"

/* The status codes that answers are counted by; the last place counts all others. */
enum { COUNTED_CODES = 15 };
extern const uint16_t counted_codes[COUNTED_CODES];

struct server {
	struct server_options options; /* its strings lie in arena */
	struct arena arena;
	struct access access;
	struct query *query;
	struct live *live;
	struct workers *workers;
	atomic_bool is_backing_up;
	uint64_t start_ns, start_monotonic_ns;
	atomic_bool stopping;
	_Atomic uint64_t answers[COUNTED_CODES + 1];
};

/* ---- answers: answer.c ---- */

/* Takes body. */
void answer(struct server *server, struct http_request *request, unsigned status_code,
	    const char *content_type, struct buffer *body);
void answer_text(struct server *server, struct http_request *request, unsigned status_code, const char *text);
void answer_problem(struct server *server, struct http_request *request, const struct problem *problem);

/* Takes body, which holds JSON; a body that could not be made is answered 503. */
void answer_json(struct server *server, struct http_request *request, struct buffer *body);

void count_answer(struct server *server, unsigned status_code);

/* Reads the request's query parameters; answers where there are too many, and returns false. */
bool take_parameters(struct server *server, struct http_request *request, struct parameters *parameters_out);

/* ---- what the routes run; each answers the request ---- */

void run_traces(struct server *server, struct http_request *request); /* api.c */
void run_trace(struct server *server, struct http_request *request);
void run_flow(struct server *server, struct http_request *request);
void run_handlers(struct server *server, struct http_request *request);
void run_handler(struct server *server, struct http_request *request);
void run_events(struct server *server, struct http_request *request);
void run_graph(struct server *server, struct http_request *request);
void run_errors(struct server *server, struct http_request *request);
void run_error_state(struct server *server, struct http_request *request);
void run_crons(struct server *server, struct http_request *request);
void run_logs(struct server *server, struct http_request *request);
void run_running(struct server *server, struct http_request *request);
void run_log_counts(struct server *server, struct http_request *request);
void run_log_top(struct server *server, struct http_request *request);
void run_log_patterns(struct server *server, struct http_request *request);
void run_log_context(struct server *server, struct http_request *request);
void run_metrics(struct server *server, struct http_request *request);
void run_backup(struct server *server, struct http_request *request); /* api_backup.c */
void run_live(struct server *server, struct http_request *request);   /* api_live.c */
void run_status(struct server *server, struct http_request *request); /* figures.c */
void run_figures(struct server *server, struct http_request *request);
void run_health(struct server *server, struct http_request *request);
void run_ready(struct server *server, struct http_request *request);
void run_openapi(struct server *server, struct http_request *request); /* workbench.c */
void run_workbench(struct server *server, struct http_request *request);
void run_front(struct server *server, struct http_request *request);

#endif
