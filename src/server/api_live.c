/* api_live: opens a stream of server-sent events. */
#include "server/insides.h"

static bool read_reader(struct server *server, struct http_request *request, struct live_reader *reader)
{
	struct parameters parameters;
	struct problem problem;

	if (!take_parameters(server, request, &parameters))
		return false;
	/* The question outlives the request, and so must the text that it points to. */
	if (!parameters_copy(&parameters, &reader->arena))
		problem_set(&problem, 503, NULL, NULL, "there is not enough memory for another reader");
	else if (parameters_live_question(&parameters, &reader->question, &problem))
		return true;
	answer_problem(server, request, &problem);
	return false;
}

static bool has_room(struct server *server, struct http_request *request)
{
	struct live_stats stats;
	struct problem problem;

	live_stats_read(server->live, &stats);
	if (stats.reader_count < LIVE_READERS_MOST)
		return true;
	problem_set(&problem, 503, NULL, NULL, "%d readers are connected already; the most is %d",
		    LIVE_READERS_MOST, LIVE_READERS_MOST);
	answer_problem(server, request, &problem);
	return false;
}

void run_live(struct server *server, struct http_request *request)
{
	static const char greeting[] = "retry: 2000\n\n";
	struct live_reader *reader;

	if (!has_room(server, request))
		return;
	reader = live_reader_new();
	if (!reader) {
		answer_text(server, request, 503, "there is not enough memory for another reader\n");
		return;
	}
	if (!read_reader(server, request, reader)) {
		live_reader_free(reader);
		return;
	}
	http_reply_header(request, "Cache-Control", "no-store");
	http_reply_header(request, "X-Accel-Buffering", "no"); /* nginx would hold events back */
	count_answer(server, 200);
	reader->stream = http_reply_stream(request, 200, "text/event-stream", LIVE_WAITING_BYTES);
	if (!reader->stream) {
		live_reader_free(reader);
		return;
	}
	http_stream_write(reader->stream, str_from(greeting));
	if (!live_add(server->live, reader)) {
		http_stream_close(reader->stream);
		live_reader_free(reader);
	}
}
