/*
 * What an application does with the C library, in one run: library.test.mjs builds it as C and as C++, and looks for it.
 * The first argument is the project root; with a second one it ends without closing.
 */
#include <rohas/telemetry.h>
#include <stdio.h>

static struct rohas_begin nothing_more(void)
{
	struct rohas_begin begin;

	memset(&begin, 0, sizeof(begin));
	return begin;
}

static void handle_event(const char *traceparent)
{
	struct rohas_carrier from = {traceparent, NULL, NULL};
	struct rohas_begin begin = nothing_more();
	struct rohas_span execution;

	begin.event = "order.placed";
	begin.from = &from;
	begin.from_count = 1;
	execution = rohas_handler_begin(ROHAS_EVENT, "reserve_stock", &begin);
	rohas_error(execution, "StockError", "there is none left", "at reserve_stock");
	rohas_handler_end(execution);
}

static void run_schedule(void)
{
	struct rohas_begin begin = nothing_more();

	begin.schedule = "0 3 * * *";
	rohas_handler_end(rohas_handler_begin(ROHAS_CRON, "nightly", &begin));
}

int main(int argc, char **argv)
{
	struct rohas_options options = ROHAS_OPTIONS_INIT;
	struct rohas_begin begin = nothing_more();
	char reason[ROHAS_REASON_SIZE];
	struct rohas_context message;
	struct rohas_report report;
	struct rohas_span execution;
	enum rohas_status status;

	options.project_root = argc > 1 ? argv[1] : ".";
	if (rohas_open(&options, reason) != ROHAS_OK) {
		fprintf(stderr, "%s\n", reason);
		return 1;
	}
	begin.method = "POST";
	begin.route = "/orders";
	execution = rohas_handler_begin(ROHAS_API, "place_order", &begin);
	rohas_tag_string(execution, "customer.tier", "gold");
	rohas_log(ROHAS_WARN, "the last cup", NULL, 0);
	rohas_counter_add(rohas_counter("orders.count", "{order}", NULL, 0), 2);
	rohas_event_publish("order.placed", &message);
	rohas_handler_end(execution);
	handle_event(message.traceparent);
	run_schedule();
	rohas_handler_end(rohas_handler_begin(ROHAS_WEBSOCKET, "live_orders", NULL));
	if (argc > 2) {
		printf("%s\n", message.traceparent);
		return 0;
	}
	status = rohas_close(20000, &report);
	printf("%s %llu\n", message.traceparent, (unsigned long long)report.spans_delivered);
	if (status != ROHAS_OK)
		fprintf(stderr, "%s\n", report.reason);
	return status == ROHAS_OK ? 0 : 1;
}
