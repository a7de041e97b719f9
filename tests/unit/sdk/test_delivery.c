/* What becomes of requests that a receiver does not take, and of those that find no room. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/http_server.h"
#include "rohas/telemetry.h"
#include "sdk/outbox.h"
#include "test.h"

enum { PATIENCE_MS = 20000 };

/* A receiver that answers its first requests with one status, and all later ones with 200. */
struct stubborn {
	struct http_server *door;
	unsigned status;
	_Atomic int refusals;
	_Atomic int answered;
	char url[64], key[64];
};

static void answer(void *context, struct http_request *request)
{
	struct stubborn *stubborn = context;
	bool refuses = atomic_fetch_sub(&stubborn->refusals, 1) > 0;
	struct str key = http_request_header(request, "X-API-Key");

	snprintf(stubborn->key, sizeof(stubborn->key), "%.*s", STR_ARG(key));
	atomic_fetch_add(&stubborn->answered, 1);
	http_reply_static(request, refuses ? stubborn->status : 200, "application/x-protobuf", NULL,
			  str_from(""));
}

static void reject(void *context, struct http_request *request, unsigned status_code, const char *sentence)
{
	(void)context;
	(void)sentence;
	http_reply_static(request, status_code, "text/plain", NULL, str_from(""));
}

static void open_all(struct stubborn *stubborn)
{
	struct http_server_options door = {.host = "127.0.0.1",
					   .thread_count = 1,
					   .connection_limit = 10,
					   .connection_memory_bytes = 64 * 1024,
					   .body_limit_bytes = 8 << 20,
					   .idle_timeout_seconds = 30,
					   .handler = answer,
					   .reject = reject,
					   .context = stubborn};
	struct rohas_options options = ROHAS_OPTIONS_INIT;
	char reason[ROHAS_REASON_SIZE];
	struct error error;

	assert_int_equal(http_server_start(&door, &stubborn->door, &error), STATUS_OK);
	snprintf(stubborn->url, sizeof(stubborn->url), "http://127.0.0.1:%u/",
		 http_server_port(stubborn->door));
	options.project_root = "/";
	options.endpoint = stubborn->url;
	options.api_key = "a key";
	assert_int_equal(rohas_open(&options, reason), ROHAS_OK);
}

static void close_all(struct stubborn *stubborn, struct rohas_report *report_out)
{
	rohas_close(PATIENCE_MS, report_out);
	http_server_quiesce(stubborn->door);
	http_server_stop(stubborn->door);
}

static void record_once(void)
{
	rohas_handler_end(rohas_handler_begin(ROHAS_API, "once", NULL));
}

static void a_request_is_sent_again_to_a_busy_receiver(void **state)
{
	struct stubborn stubborn = {.status = 503, .refusals = 2};
	struct rohas_report report;

	(void)state;
	open_all(&stubborn);
	record_once();
	close_all(&stubborn, &report);
	assert_int_equal(stubborn.answered, 3);
	assert_int_equal(report.spans_delivered, 1);
	assert_int_equal(report.spans_lost, 0);
	assert_non_null(strstr(report.reason, "HTTP status 503"));
	assert_string_equal(stubborn.key, "a key");
}

static void a_request_that_is_refused_is_counted_and_not_sent_again(void **state)
{
	struct stubborn stubborn = {.status = 400, .refusals = 1};
	struct rohas_report report;

	(void)state;
	open_all(&stubborn);
	record_once();
	assert_true(rohas_flush(PATIENCE_MS));
	assert_int_equal(stubborn.answered, 1);
	close_all(&stubborn, &report);
	assert_int_equal(report.spans_delivered, 0);
	assert_int_equal(report.spans_lost, 1);
	assert_int_equal(report.lost_refused, 1);
	/* It is told as a metric, which this receiver takes. */
	assert_int_equal(report.points_delivered, 1);
}

static void the_queue_has_a_limit(void **state)
{
	struct outbox outbox;
	struct body *body;

	(void)state;
	assert_true(outbox_init(&outbox));
	outbox_open(&outbox, &memory_system, 1000);
	body = outbox_new_body(&outbox, 600);
	assert_non_null(body);
	outbox_push(&outbox, body);
	assert_null(outbox_new_body(&outbox, 600));
	assert_ptr_equal(outbox_take(&outbox, 0), body);
	assert_null(outbox_new_body(&outbox, 600));
	outbox_handled(&outbox, body);
	body = outbox_new_body(&outbox, 600);
	assert_non_null(body);
	outbox_push(&outbox, body);
	outbox_close(&outbox);
	assert_false(outbox_is_done(&outbox));
	outbox_end(&outbox);
	assert_true(outbox_is_done(&outbox));
	outbox_release(&outbox);
}

static void a_child_leaves_the_store_to_its_parent(void **state)
{
	struct rohas_options options = ROHAS_OPTIONS_INIT;
	struct rohas_report report;
	char folder[] = "/tmp/rohas-store-XXXXXX", command[64];
	char reason[ROHAS_REASON_SIZE];
	int result = -1;
	pid_t process;

	(void)state;
	assert_non_null(mkdtemp(folder));
	options.project_root = folder;
	options.endpoint = "";
	assert_int_equal(rohas_open(&options, reason), ROHAS_OK);
	record_once();
	process = fork();
	if (process == 0) {
		bool is_inert =
			rohas_handler_begin(ROHAS_API, "child", NULL).id == 0 && !rohas_thread_begin();

		_exit(is_inert && rohas_close(PATIENCE_MS, NULL) == ROHAS_OK ? 0 : 1);
	}
	assert_int_equal(waitpid(process, &result, 0), process);
	assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
	record_once();
	assert_int_equal(rohas_close(PATIENCE_MS, &report), ROHAS_OK);
	assert_int_equal(report.spans_delivered, 2);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_sent_again_to_a_busy_receiver),
		cmocka_unit_test(a_request_that_is_refused_is_counted_and_not_sent_again),
		cmocka_unit_test(the_queue_has_a_limit),
		cmocka_unit_test(a_child_leaves_the_store_to_its_parent),
	};

	return test_run("sdk/delivery", tests);
}
