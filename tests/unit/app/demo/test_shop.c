#include "app/demo/shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/protobuf.h"
#include "processor/processor.h"
#include "receiver/receiver.h"
#include "storage/commit_queue.h"
#include "storage/memory/memory_store.h"
#include "test.h"

#define START_NS (UINT64_C(1767261600) * NS_PER_SECOND) /* 2026-01-01T10:00:00Z */

static struct shop *shop_new(uint64_t seed, double rate)
{
	struct shop *shop = calloc(1, sizeof(*shop));

	assert_non_null(shop);
	shop_init(shop, seed, rate, START_NS, START_NS);
	return shop;
}

static void shop_free(struct shop *shop)
{
	outbox_release(&shop->play.outbox);
	free(shop);
}

static bool same_items(const struct shop *a, const struct shop *b)
{
	if (a->play.outbox.count != b->play.outbox.count)
		return false;
	for (size_t i = 0; i < a->play.outbox.count; i++)
		if (!str_equal(a->play.outbox.heap[i]->bytes, b->play.outbox.heap[i]->bytes))
			return false;
	return true;
}

static void same_seed_plays_the_same_shop(void **state)
{
	struct shop *one = shop_new(1, 20), *again = shop_new(1, 20), *other = shop_new(2, 20);

	(void)state;
	shop_play(one, START_NS + 60 * NS_PER_SECOND);
	/* In other steps, too. */
	shop_play(again, START_NS + 7 * NS_PER_SECOND);
	shop_play(again, START_NS + 60 * NS_PER_SECOND);
	shop_play(other, START_NS + 60 * NS_PER_SECOND);
	assert_true(same_items(one, again));
	assert_false(same_items(one, other));
	shop_free(one);
	shop_free(again);
	shop_free(other);
}

static void same_clock_tells_the_same_story_on_another_day(void **state)
{
	struct shop *one = shop_new(1, 20), *later = shop_new(1, 20);
	uint64_t shift_ns = 123456789 * NS_PER_SECOND + 987654321;

	(void)state;
	shop_init(later, 1, 20, START_NS + shift_ns, START_NS);
	shop_play(one, START_NS + 60 * NS_PER_SECOND);
	shop_play(later, START_NS + shift_ns + 60 * NS_PER_SECOND);
	assert_int_equal(one->play.outbox.count, later->play.outbox.count);
	for (size_t i = 0; i < one->play.outbox.count; i++) {
		const struct outbox_item *a = one->play.outbox.heap[i], *b = later->play.outbox.heap[i];

		assert_int_equal(a->due_ns + shift_ns, b->due_ns);
		assert_int_equal(a->scope, b->scope);
		assert_int_equal(a->truth_row, b->truth_row);
	}
	shop_free(one);
	shop_free(later);
}

static void makes_about_as_many_traces_as_asked(void **state)
{
	struct shop *shop = shop_new(3, 20);
	size_t traces = 0;

	(void)state;
	shop_play(shop, START_NS + 600 * NS_PER_SECOND);
	for (size_t i = 0; i < shop->play.outbox.count; i++)
		traces += shop->play.outbox.heap[i]->is_root;
	assert_in_range(traces, 20 * 600 * 9 / 10, 20 * 600 * 11 / 10);
	shop_free(shop);
}

static void nights_are_quieter_than_evenings(void **state)
{
	struct shop *night = shop_new(4, 20), *evening = shop_new(4, 20);
	uint64_t midnight_ns = START_NS + 17 * 3600 * NS_PER_SECOND,
		 evening_ns = START_NS + 9 * 3600 * NS_PER_SECOND;

	(void)state;
	shop_init(night, 4, 20, midnight_ns, midnight_ns);
	shop_init(evening, 4, 20, evening_ns, evening_ns);
	night->has_day_curve = evening->has_day_curve = true;
	shop_play(night, midnight_ns + 600 * NS_PER_SECOND);
	shop_play(evening, evening_ns + 600 * NS_PER_SECOND);
	assert_true(night->play.outbox.count * 2 < evening->play.outbox.count);
	shop_free(night);
	shop_free(evening);
}

/* A sent span, as far as these tests read it. */
struct sent {
	struct str trace_id, span_id, parent_id;
	uint64_t start_ns, end_ns;
	struct str linked_span;
};

static void read_link(struct str bytes, struct sent *sent)
{
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field;

	while (protobuf_next(&reader, &field))
		if (field.number == 2)
			sent->linked_span = field.bytes;
}

static struct sent read_span(struct str bytes)
{
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field;
	struct sent sent = {0};

	while (protobuf_next(&reader, &field)) {
		switch (field.number) {
		case 1: sent.trace_id = field.bytes; break;
		case 2: sent.span_id = field.bytes; break;
		case 4: sent.parent_id = field.bytes; break;
		case 7: sent.start_ns = field.integer; break;
		case 8: sent.end_ns = field.integer; break;
		case 13: read_link(field.bytes, &sent); break;
		default: break;
		}
	}
	assert_false(reader.failed);
	return sent;
}

static const struct sent *find_span(const struct sent *spans, size_t count, struct str span_id)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(spans[i].span_id, span_id))
			return &spans[i];
	return NULL;
}

static void spans_have_their_parents_and_links_their_spans(void **state)
{
	struct shop *shop = shop_new(5, 20);
	struct sent *spans;
	size_t count = 0, links = 0;

	(void)state;
	shop_play(shop, START_NS + 30 * NS_PER_SECOND);
	spans = calloc(shop->play.outbox.count, sizeof(*spans));
	for (size_t i = 0; i < shop->play.outbox.count; i++)
		if (shop->play.outbox.heap[i]->signal == SIGNAL_TRACES)
			spans[count++] = read_span(shop->play.outbox.heap[i]->bytes);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(spans[i].trace_id.size, TRACE_ID_SIZE);
		assert_int_equal(spans[i].span_id.size, SPAN_ID_SIZE);
		assert_true(spans[i].start_ns >= START_NS && spans[i].end_ns > spans[i].start_ns);
		assert_ptr_equal(find_span(spans, count, spans[i].span_id), &spans[i]);
		if (spans[i].parent_id.size) {
			const struct sent *parent = find_span(spans, count, spans[i].parent_id);

			assert_non_null(parent);
			assert_true(str_equal(parent->trace_id, spans[i].trace_id));
			assert_true(parent->start_ns <= spans[i].start_ns);
		}
		if (spans[i].linked_span.size) {
			assert_non_null(find_span(spans, count, spans[i].linked_span));
			links++;
		}
	}
	assert_true(links > 0);
	free(spans);
	shop_free(shop);
}

/* The program's own way in, from the HTTP server to the recognition, over the reference store. */
struct house {
	struct store *store;
	struct processor *processor;
	struct commit_queue *queue;
	struct receiver *receiver;
	struct http_server *door;
	struct demo_sender *sender;
	struct demo_truth found; /* counted from what arrived */
};

static void find_execution(struct demo_truth *found, const struct span *span)
{
	static const char *const types[] = {[HANDLER_API] = "api",
					    [HANDLER_EVENT] = "event",
					    [HANDLER_CRON] = "cron",
					    [HANDLER_WEBSOCKET] = "websocket"};
	static const char *const languages[] = {"typescript", "python", "rust"};
	char handler[TRUTH_NAME_SIZE], event[TRUTH_NAME_SIZE];
	int language = 0, row;

	while (language < 2 && !str_equal_c(span->handler.language, languages[language]))
		language++;
	assert_str(span->handler.language, languages[language]);
	snprintf(handler, sizeof(handler), "%.*s", STR_ARG(span->handler.name));
	snprintf(event, sizeof(event), "%.*s", STR_ARG(span->handler.event));
	row = truth_row(found, span->handler.role == ROLE_PUBLISH ? "" : handler, event,
			span->handler.role == ROLE_PUBLISH ? "" : types[span->handler.type],
			languages[language],
			span->handler.role == ROLE_EXECUTION && span->handler.outcome == OUTCOME_ERROR);
	found->rows[row].count++;
	found->rows[row].messages += span->handler.messages;
	found->rows[row].duration_ns += span->end_ns - span->start_ns;
}

static void observe(void *context, const struct batch *batch)
{
	struct demo_truth *found = context;

	for (size_t i = 0; i < batch->span_count; i++)
		if (batch->spans[i].handler.role == ROLE_EXECUTION ||
		    batch->spans[i].handler.role == ROLE_PUBLISH)
			find_execution(found, &batch->spans[i]);
}

static void open_house(struct house *house)
{
	static const volatile sig_atomic_t never;
	struct processor_options processor = {.clock = &clock_system, .host = "here"};
	struct receiver_options receiver = {.clock = &clock_system,
					    .enabled = {true, true, true},
					    .observe = observe,
					    .observe_context = &house->found};
	struct http_server_options door = {.host = "127.0.0.1",
					   .thread_count = 1,
					   .connection_limit = 8,
					   .connection_memory_bytes = 262144,
					   .body_limit_bytes = 16 << 20,
					   .idle_timeout_seconds = 30,
					   .handler = receiver_serve,
					   .reject = receiver_reject};
	char url[64];

	*house = (struct house){.store = memory_store_open()};
	assert_int_equal(processor_new(&processor, &house->processor, NULL), STATUS_OK);
	assert_int_equal(commit_queue_new(house->store, 64 << 20, &house->queue, NULL), STATUS_OK);
	receiver.processor = house->processor;
	receiver.queue = house->queue;
	assert_int_equal(receiver_new(&receiver, &house->receiver, NULL), STATUS_OK);
	door.context = house->receiver;
	assert_int_equal(http_server_start(&door, &house->door, NULL), STATUS_OK);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(house->door));
	assert_int_equal(sender_new(url, NULL, 0, &never, &house->sender, NULL), STATUS_OK);
}

static void close_house(struct house *house)
{
	sender_free(house->sender);
	commit_queue_drain(house->queue);
	http_server_stop(house->door);
	receiver_free(house->receiver);
	commit_queue_stop(house->queue);
	processor_free(house->processor);
	store_close(house->store);
}

static void truth_is_what_the_program_recognises(void **state)
{
	struct shop *shop = shop_new(6, 40);
	struct demo_truth *truth = &shop->play.truth;
	struct receiver_stats stats;
	struct house house;
	struct error error = {0};

	(void)state;
	open_house(&house);
	shop->play.outbox.truth = truth;
	shop->play.outbox.sender = house.sender;
	shop_play(shop, START_NS + 1200 * NS_PER_SECOND);
	if (outbox_flush(&shop->play.outbox, UINT64_MAX, &error) != STATUS_OK)
		fail_msg("%s", error.message);
	receiver_stats(house.receiver, &stats);
	assert_int_equal(truth->rejected_count, 0);
	assert_int_equal(stats.signals[SIGNAL_TRACES].received, truth->span_count);
	assert_int_equal(stats.signals[SIGNAL_LOGS].received, truth->log_count);
	assert_int_equal(stats.signals[SIGNAL_METRICS].received, truth->point_count);
	assert_true(truth->row_count > 30);
	for (size_t i = 0; i < truth->row_count; i++) {
		const struct truth_row *sent = &truth->rows[i];
		const struct truth_row *found =
			&house.found.rows[truth_row(&house.found, sent->handler, sent->event, sent->type,
						    sent->language, sent->is_error)];

		if (found->count != sent->count || found->messages != sent->messages ||
		    strcmp(found->type, sent->type))
			fail_msg("%s %s (%s, %s): %llu sent, %llu found", sent->handler, sent->event,
				 sent->language, sent->is_error ? "error" : "success",
				 (unsigned long long)sent->count, (unsigned long long)found->count);
		if (sent->handler[0])
			assert_int_equal(found->duration_ns, sent->duration_ns);
	}
	assert_int_equal(house.found.row_count, truth->row_count);
	close_house(&house);
	shop_free(shop);
}

static void shop_has_every_kind_of_handler_in_every_language(void **state)
{
	static const char *const types[] = {"api", "event", "cron", "websocket"};
	static const char *const languages[] = {"typescript", "python", "rust"};
	struct shop *shop = shop_new(7, 40);

	(void)state;
	shop_play(shop, START_NS + 1200 * NS_PER_SECOND);
	for (size_t t = 0; t < 4; t++)
		for (size_t l = 0; l < 3; l++) {
			bool found = false;

			for (size_t i = 0; i < shop->play.truth.row_count; i++)
				found = found || (!strcmp(shop->play.truth.rows[i].type, types[t]) &&
						  !strcmp(shop->play.truth.rows[i].language, languages[l]));
			/* The Rust service has no sockets. */
			assert_int_equal(found, !(t == 3 && l == 2));
		}
	shop_free(shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_plays_the_same_shop),
		cmocka_unit_test(same_clock_tells_the_same_story_on_another_day),
		cmocka_unit_test(makes_about_as_many_traces_as_asked),
		cmocka_unit_test(nights_are_quieter_than_evenings),
		cmocka_unit_test(spans_have_their_parents_and_links_their_spans),
		cmocka_unit_test(truth_is_what_the_program_recognises),
		cmocka_unit_test(shop_has_every_kind_of_handler_in_every_language),
	};

	return test_run("app/demo/shop", tests);
}
