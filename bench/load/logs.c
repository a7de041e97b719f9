/*
 * logs: what the shop's services write while they work, most of it inside a trace.
 */
#include "base/clock.h"
#include "base/protobuf.h"
#include "load/parts.h"
#include "load/workload.h"

/* opentelemetry/proto/logs/v1/logs.proto */
enum {
	LOG_TIME = 1,
	LOG_SEVERITY = 2,
	LOG_SEVERITY_TEXT = 3,
	LOG_BODY = 5,
	LOG_ATTRIBUTES = 6,
	LOG_FLAGS = 8,
	LOG_TRACE_ID = 9,
	LOG_SPAN_ID = 10,
	LOG_OBSERVED = 11,
	VALUE_STRING = 1,
};
enum { DEBUG = 5, INFO = 9, WARN = 13, ERROR = 17 };

static const struct attribute common[] = {
	{"code.file.path", TEXT, "<3>"},
	{"code.line.number", INTEGER, "10..400"},
	{"thread.name", TEXT, "worker"},
	{"request.id", TEXT, "<request>"},
	{0},
};

static const struct line {
	enum service service;
	uint32_t severity, weight;
	const char *text, *file;
} lines[] = {
	{SHOP_API, INFO, 20,
	 "POST /orders 201 in 84 ms, order <order> of user <user> accepted, cart <cart> emptied, request "
	 "<request>",
	 "/app/dist/handlers/create-order.js"},
	{GATEWAY, INFO, 30,
	 "<ip> - user <user> \"GET /api/products/<product> HTTP/1.1\" 200 18342 \"-\" session=<session>",
	 "src/access_log.rs"},
	{CATALOG, INFO, 16,
	 "search finished: 40 hits in 3 shards, rewritten query 'shoes <product>', cache hit rate 0.83, "
	 "session <session>",
	 "/app/catalog/search.py"},
	{CATALOG, DEBUG, 10,
	 "cache miss for product <product>: loading from products, storing for 300 s under key "
	 "product:<product>:v7",
	 "/app/catalog/cache.py"},
	{INVENTORY, INFO, 10,
	 "reserved 2 pieces of product <product> for order <order>, 118 pieces free, warehouse fra-2, lock "
	 "held 11 ms",
	 "src/stock.rs"},
	{PAYMENTS, INFO, 8,
	 "payment pi_<payment> of order <order> confirmed by the provider after 1 attempt, captured 129.95 "
	 "EUR",
	 "/app/dist/handlers/charge-order.js"},
	{PAYMENTS, WARN, 3,
	 "provider answered slowly, 2381 ms for pi_<payment>; attempt 2 of 3 follows in 400 ms, order "
	 "<order>",
	 "/app/dist/clients/psp.js"},
	{MAILER, INFO, 6,
	 "receipt for order <order> handed to smtp-relay.shop.svc as message <request>, 2 attachments, "
	 "tenant <tenant>",
	 "/app/mailer/receipts.py"},
	{SCHEDULER, INFO, 3,
	 "expire_carts: 1842 carts and 5211 items deleted in 4 batches, next run in 300 s, invocation "
	 "<request>",
	 "/app/jobs/expire_carts.py"},
	{REALTIME, DEBUG, 6,
	 "socket <session> of user <user> joined room product:<product>, 18 watchers, 4211 sockets open on "
	 "<host>",
	 "/app/dist/handlers/watch-product.js"},
	{SHOP_API, ERROR, 2,
	 "POST /orders 500: could not serialize access due to concurrent update, order <order>, user <user>, "
	 "retry",
	 "/app/dist/handlers/create-order.js"},
};

static const struct line *choose_line(struct random *random)
{
	size_t count = sizeof(lines) / sizeof(lines[0]);
	uint32_t total = 0, at;

	for (size_t i = 0; i < count; i++)
		total += lines[i].weight;
	at = random_below(random, total);
	for (size_t i = 0; i < count; i++) {
		if (at < lines[i].weight)
			return &lines[i];
		at -= lines[i].weight;
	}
	return &lines[0];
}

static const char *severity_text(uint32_t severity)
{
	static const char *const texts[] = {"DEBUG", "INFO", "WARN", "ERROR"};

	return texts[(severity - DEBUG) / 4];
}

/* trace_slot 0: outside any trace. */
static void put_record(struct body *body, const struct line *line, struct speaker *speaker,
		       uint32_t trace_slot, int64_t at)
{
	struct body_mark record = body_begin(body, SCOPE_ITEMS), text;

	body_put_patched_field(body, LOG_TIME, PATCH_TIME, 0, at);
	protobuf_put_uint(&body->bytes, LOG_SEVERITY, line->severity);
	protobuf_put_bytes(&body->bytes, LOG_SEVERITY_TEXT, str_from(severity_text(line->severity)));
	text = body_begin(body, LOG_BODY);
	text_put(body, VALUE_STRING, line->text, speaker);
	body_end(body, text);
	speaker->words[2] = line->file;
	attributes_put(body, LOG_ATTRIBUTES, common, speaker);
	if (trace_slot) {
		protobuf_put_fixed32(&body->bytes, LOG_FLAGS, 1);
		body_put_patched_field(body, LOG_TRACE_ID, PATCH_TRACE_ID, trace_slot, 0);
		body_put_patched_field(body, LOG_SPAN_ID, PATCH_SPAN_ID, trace_slot + 2, 0);
	}
	body_put_patched_field(body, LOG_OBSERVED, PATCH_TIME, 0, at + (int64_t)NS_PER_MS / 4);
	body_end(body, record);
}

void logs_encode(struct body *body, uint32_t item_count, uint64_t seed, uint32_t index)
{
	enum { SPREAD_NS = 1000000000, LINES_OF_TRACE = 5, OUTSIDE_TRACES = 150 };
	struct random random = {random_mix(seed) + random_mix(index)};
	struct parts parts;
	uint32_t trace_slot = 0;
	struct speaker speaker = {.slot = body_take_slots(body, SPEAKER_SLOTS), .random = &random};

	parts_init(&parts, &random);
	for (uint32_t i = 0; i < item_count; i++) {
		const struct line *line = choose_line(&random);
		int64_t at = (int64_t)SPREAD_NS / item_count * i - SPREAD_NS - (int64_t)NS_PER_MS;

		if (i % LINES_OF_TRACE == 0) {
			speaker.slot = body_take_slots(body, SPEAKER_SLOTS);
			trace_slot = random_chance(&random, OUTSIDE_TRACES) ? 0 : body_take_slots(body, 3);
			if (trace_slot)
				body_note_trace(body, trace_slot);
		}
		speaker.instance = parts.instances[line->service];
		put_record(parts_of(&parts, line->service, shop_services[line->service].name), line, &speaker,
			   trace_slot, at);
	}
	parts_join(&parts, body);
	parts_release(&parts);
	body->item_count = item_count;
}
