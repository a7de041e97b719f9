#include "counting.h"

#define SECOND UINT64_C(1000000000)
#define QUEUE  "event_name=orders,handler_name=mail orders"
#define DONE   "event_name=orders,handler_name=mail orders,status=success"

struct world {
	struct processor *processor;
	struct batch batch, points;
};

static void begin(struct world *world)
{
	now_ns = 1000 * SECOND;
	world->processor = new_processor(0);
	batch_init(&world->batch, 0);
	batch_init(&world->points, 0);
}

static void end(struct world *world)
{
	batch_release(&world->batch);
	batch_release(&world->points);
	processor_free(world->processor);
	now_ns = 1000;
}

/* What one request brings. */
static void send(struct world *world)
{
	recognise_and_count(world->processor, &world->batch);
	batch_clear(&world->batch);
}

/* Trace and span have the number for an id; the parent is in the same trace; times are milliseconds from now. */
static struct span *add(struct world *world, uint8_t kind, const char *operation, uint8_t number,
			uint8_t parent, uint64_t start_ms, uint64_t end_ms)
{
	struct span *span = add_span(&world->batch, kind, "x",
				     WITH(text("messaging.destination.name", "orders"),
					  text("messaging.consumer.group.name", "mail"),
					  text("messaging.operation.type", operation)));

	span->trace_id[0] = number / 10;
	span->span_id[0] = number;
	span->parent_span_id[0] = parent;
	span->start_ns = 1000 * SECOND + start_ms * NS_PER_MS;
	span->end_ns = 1000 * SECOND + end_ms * NS_PER_MS;
	return span;
}

static void link_to(struct world *world, struct span *span, const uint8_t *numbers, uint32_t count)
{
	struct span_link *links = arena_calloc(&world->batch.arena, count, sizeof(*links));

	for (uint32_t i = 0; i < count; i++) {
		links[i].trace_id[0] = numbers[i] / 10;
		links[i].span_id[0] = numbers[i];
	}
	span->links = links;
	span->link_count = count;
}

static const struct metric_point *queue_of(struct world *world)
{
	collect(world->processor, &world->points);
	return find_point(&world->points, "event.queue.duration", QUEUE);
}

static void measures_the_time_between_producer_and_consumer(void **state)
{
	/* In one request; the producer first; the consumer first. By link, by parent. */
	for (int way = 0; way < 6; way++) {
		const uint8_t producer = 11, consumer = way % 2 ? 12 : 22;
		const struct metric_point *point;
		struct world world;
		struct span *span;

		(void)state;
		begin(&world);
		if (way / 2 < 2)
			add(&world, SPAN_PRODUCER, "send", producer, 0, 0, 5);
		if (way / 2 == 1)
			send(&world);
		span = add(&world, SPAN_CONSUMER, "process", consumer, way % 2 ? producer : 0, 45, 60);
		if (way % 2 == 0)
			link_to(&world, span, &producer, 1);
		send(&world);
		if (way / 2 == 2)
			assert_null(queue_of(&world));
		if (way / 2 == 2)
			add(&world, SPAN_PRODUCER, "send", producer, 0, 0, 5);
		send(&world);
		point = queue_of(&world);
		assert_non_null(point);
		assert_int_equal(point->metric->type, METRIC_EXPONENTIAL_HISTOGRAM);
		assert_str(point->metric->unit, "ms");
		assert_int_equal(point->count, 1);
		assert_true(point->sum == 40);
		end(&world);
	}
}

static void measures_every_message_of_a_batch_and_every_consumer_of_a_message(void **state)
{
	const uint8_t producers[] = {11, 21, 31};
	const struct metric_point *point;
	struct world world;

	(void)state;
	begin(&world);
	for (uint8_t i = 0; i < 3; i++)
		add(&world, SPAN_PRODUCER, "send", producers[i], 0, 0, i);
	send(&world);
	link_to(&world, add(&world, SPAN_CONSUMER, "process", 41, 0, 10, 20), producers, 3);
	link_to(&world, add(&world, SPAN_CONSUMER, "process", 51, 0, 100, 110), producers, 1);
	send(&world);
	point = queue_of(&world);
	assert_int_equal(point->count, 4);
	assert_true(point->sum == 10 + 9 + 8 + 100);
	end(&world);
}

static void counts_a_consumer_before_its_producer_as_no_time_at_all(void **state)
{
	const uint8_t producer = 11;
	const struct metric_point *point;
	struct processor_stats stats;
	struct world world;

	(void)state;
	begin(&world);
	add(&world, SPAN_PRODUCER, "send", producer, 0, 0, 50);
	link_to(&world, add(&world, SPAN_CONSUMER, "process", 21, 0, 10, 60), &producer, 1);
	send(&world);
	point = queue_of(&world);
	assert_int_equal(point->count, 1);
	assert_true(point->sum == 0);
	processor_stats(world.processor, &stats);
	assert_int_equal(stats.skewed_count, 1);
	end(&world);
}

static void remembers_a_producer_for_ten_minutes(void **state)
{
	const uint8_t producer = 11;

	(void)state;
	for (int late = 0; late < 2; late++) {
		struct world world;

		begin(&world);
		add(&world, SPAN_PRODUCER, "send", producer, 0, 0, 5);
		send(&world);
		now_ns += (late ? 600 : 599) * SECOND;
		collect(world.processor, &world.points);
		link_to(&world, add(&world, SPAN_CONSUMER, "process", 21, 0, 599000, 599001), &producer, 1);
		send(&world);
		assert_int_equal(queue_of(&world) != NULL, !late);
		end(&world);
	}
}

static int64_t total(struct world *world, const char *name)
{
	int64_t sum = 0;

	for (size_t i = 0; i < world->points.point_count; i++)
		if (str_equal_c(world->points.points[i].metric->name, name))
			sum += world->points.points[i].value.integer;
	return sum;
}

static void counts_a_receive_and_its_process_span_once_whichever_comes_first(void **state)
{
	(void)state;
	for (int receive_first = 0; receive_first < 2; receive_first++) {
		struct world world;

		begin(&world);
		for (int i = 0; i < 2; i++) {
			if (i == receive_first)
				add(&world, SPAN_CONSUMER, "process", 12, 11, 10, 20);
			else
				add(&world, SPAN_CONSUMER, "receive", 11, 0, 0, 9);
			send(&world);
			collect(world.processor, &world.points);
			assert_int_equal(total(&world, "handler.execution.count"), i == receive_first);
		}
		now_ns += 120 * SECOND;
		collect(world.processor, &world.points);
		assert_int_equal(total(&world, "handler.execution.count"), 0);
		end(&world);
	}
}

static void counts_a_receive_span_without_process_span_after_a_minute(void **state)
{
	const uint8_t producer = 11;
	struct world world;

	(void)state;
	begin(&world);
	add(&world, SPAN_PRODUCER, "send", producer, 0, 0, 5);
	link_to(&world, add(&world, SPAN_CONSUMER, "receive", 21, 0, 35, 50), &producer, 1);
	send(&world);
	collect(world.processor, &world.points);
	assert_int_equal(total(&world, "handler.execution.count"), 0);
	now_ns += 60 * SECOND;
	collect(world.processor, &world.points);
	assert_int_equal(total(&world, "handler.execution.count"), 1);
	assert_int_equal(count_of(&world.points, "event.handled.count", DONE), 1);
	assert_true(find_point(&world.points, "event.queue.duration", QUEUE)->sum == 30);
	end(&world);
}

static void counts_what_waits_at_once_when_it_is_settled(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	add(&world, SPAN_CONSUMER, "receive", 21, 0, 35, 50);
	send(&world);
	processor_settle(world.processor);
	collect(world.processor, &world.points);
	assert_int_equal(total(&world, "handler.execution.count"), 1);
	end(&world);
}

static void counts_a_create_and_its_send_span_once_whichever_comes_first(void **state)
{
	const uint8_t create = 12;

	(void)state;
	/* The send links to the create; the create is its child; the create is its parent and came first. */
	for (int way = 0; way < 5; way++) {
		struct world world;

		begin(&world);
		for (int i = 0; i < 2; i++) {
			if (way == 4 ? i == 0 : i == way % 2)
				add(&world, SPAN_PRODUCER, "create", create, way / 2 == 1 ? 13 : 0, 0, 1);
			else if (way / 2 == 0)
				link_to(&world, add(&world, SPAN_PRODUCER, "send", 13, 0, 1, 2), &create, 1);
			else
				add(&world, SPAN_PRODUCER, "send", 13, way == 4 ? create : 0, 1, 2);
			send(&world);
		}
		collect(world.processor, &world.points);
		assert_int_equal(total(&world, "event.published.count"), 1);
		end(&world);
	}
}

/* More messages than places: the oldest goes first, and that is told. */
static void counts_what_it_had_no_place_for(void **state)
{
	enum { CONSUMERS = 300 };
	const uint8_t producer = 11;
	struct processor_stats stats;
	struct world world;

	(void)state;
	begin(&world);
	for (int i = 0; i < CONSUMERS; i++) {
		link_to(&world, add(&world, SPAN_CONSUMER, "process", 21, 0, 10, 20), &producer, 1);
		send(&world);
	}
	processor_stats(world.processor, &stats);
	assert_int_equal(stats.pushed_out_count, CONSUMERS - 256);
	add(&world, SPAN_PRODUCER, "send", producer, 0, 0, 5);
	send(&world);
	assert_int_equal(queue_of(&world)->count, 256);
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_the_time_between_producer_and_consumer),
		cmocka_unit_test(measures_every_message_of_a_batch_and_every_consumer_of_a_message),
		cmocka_unit_test(counts_a_consumer_before_its_producer_as_no_time_at_all),
		cmocka_unit_test(remembers_a_producer_for_ten_minutes),
		cmocka_unit_test(counts_a_receive_and_its_process_span_once_whichever_comes_first),
		cmocka_unit_test(counts_a_receive_span_without_process_span_after_a_minute),
		cmocka_unit_test(counts_what_waits_at_once_when_it_is_settled),
		cmocka_unit_test(counts_a_create_and_its_send_span_once_whichever_comes_first),
		cmocka_unit_test(counts_what_it_had_no_place_for),
	};

	return test_run("processor/joins", tests);
}
