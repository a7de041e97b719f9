/*
 * traces: flows of the shop, played out as spans.
 *
 * Times are offsets to the moment of sending. A request is what a collector would hand on: traces that ended
 * within the last half second, of all services together.
 */
#include "base/clock.h"
#include "base/protobuf.h"
#include "load/parts.h"
#include "load/workload.h"

/* opentelemetry/proto/trace/v1/trace.proto */
enum {
	SPAN_TRACE_ID = 1,
	SPAN_ID = 2,
	SPAN_PARENT_ID = 4,
	SPAN_NAME = 5,
	SPAN_KIND = 6,
	SPAN_START = 7,
	SPAN_END = 8,
	SPAN_ATTRIBUTES = 9,
	SPAN_EVENTS = 11,
	SPAN_LINKS = 13,
	SPAN_STATUS = 15,
	SPAN_FLAGS = 16,
};
enum { EVENT_TIME = 1, EVENT_NAME = 2, EVENT_ATTRIBUTES = 3 };
enum { LINK_TRACE_ID = 1, LINK_SPAN_ID = 2, LINK_ATTRIBUTES = 4 };
enum { STATUS_MESSAGE = 2, STATUS_CODE = 3, STATUS_ERROR = 2 };

enum { MOST_STEPS = 16, LONGEST_CHAIN = 4 };
enum { SAMPLED = 1, FAILING_FLOWS = 56, SPANS_WITH_EVENT = 600 }; /* thousandths */

static const int64_t longest_flow_ns = 5 * (int64_t)NS_PER_SECOND;

struct stage {
	struct parts parts;
	struct random random;
	struct body *body;
	uint32_t left; /* items still wanted */
};

/* One flow while it is played. */
struct trace {
	const struct flow *flow;
	struct speaker speaker;
	uint32_t trace_slot, span_slot; /* span_slot: of the first step */
	int64_t start, duration;
	int64_t starts[MOST_STEPS], ends[MOST_STEPS];
	bool failed[MOST_STEPS];
	uint32_t failing_step;
	const struct failure *failure; /* NULL: all went well */
};

/* Where an answering flow's link points. */
struct origin {
	uint32_t trace_slot, span_slot;
};

/* Which step fails, and with it all that called it. */
static void choose_failure(struct trace *trace, struct random *random)
{
	uint32_t step = random_below(random, trace->flow->step_count);

	if (!random_chance(random, FAILING_FLOWS))
		return;
	trace->failing_step = step;
	trace->failure = &shop_failures[random_below(random, shop_failure_count)];
	for (;;) {
		trace->failed[step] = true;
		if (trace->flow->steps[step].parent == NO_PARENT)
			break;
		step = trace->flow->steps[step].parent;
	}
}

/* Each step lies in its parent as the table says, a little later and shorter: so it stays inside. */
static void choose_times(struct trace *trace, struct random *random)
{
	trace->starts[0] = trace->start;
	trace->ends[0] = trace->start + trace->duration;
	for (uint32_t i = 1; i < trace->flow->step_count; i++) {
		const struct step *step = &trace->flow->steps[i], *parent = &trace->flow->steps[step->parent];
		int64_t room = trace->ends[step->parent] - trace->starts[step->parent];
		int64_t start = trace->starts[step->parent] + room * (step->at - parent->at) / parent->length;
		int64_t length = room * step->length / parent->length;

		trace->starts[i] = start + random_below(random, (uint32_t)(length / 16 + 1));
		trace->ends[i] = start + length - random_below(random, (uint32_t)(length / 4 + 1));
	}
}

static void put_exception(struct body *body, const struct trace *trace, uint32_t index)
{
	const struct failure *failure = trace->failure;
	const struct attribute attributes[] = {
		{"exception.type", TEXT, failure->type},
		{"exception.message", TEXT, failure->message},
		/* The stack only where it broke; what called it saw the message. */
		{index == trace->failing_step ? "exception.stacktrace" : NULL, TEXT, failure->stack},
		{0},
	};
	struct body_mark mark = body_begin(body, SPAN_EVENTS);
	uint64_t attribute_count = body->attribute_count;

	body_put_patched_field(body, EVENT_TIME, PATCH_TIME, 0, trace->ends[index]);
	protobuf_put_bytes(&body->bytes, EVENT_NAME, str_from("exception"));
	attributes_put(body, EVENT_ATTRIBUTES, attributes, &trace->speaker);
	body->attribute_count = attribute_count;
	body_end(body, mark);
}

static void put_event(struct body *body, const struct trace *trace, uint32_t index)
{
	static const struct attribute attributes[] = {
		{"event.domain", TEXT, "shop"},
		{"shop.attempt", INTEGER, "1..3"},
		{0},
	};
	int64_t middle = trace->starts[index] + (trace->ends[index] - trace->starts[index]) / 2;
	struct body_mark mark = body_begin(body, SPAN_EVENTS);
	uint64_t attribute_count = body->attribute_count;

	body_put_patched_field(body, EVENT_TIME, PATCH_TIME, 0, middle);
	protobuf_put_bytes(&body->bytes, EVENT_NAME, str_from(trace->flow->steps[index].event));
	attributes_put(body, EVENT_ATTRIBUTES, attributes, &trace->speaker);
	body->attribute_count = attribute_count;
	body_end(body, mark);
}

static void put_link(struct body *body, const struct origin *origin, const struct speaker *speaker)
{
	static const struct attribute attributes[] = {
		{"messaging.kafka.message.key", TEXT, "<order>"},
		{0},
	};
	struct body_mark mark = body_begin(body, SPAN_LINKS);
	uint64_t attribute_count = body->attribute_count;

	body_put_patched_field(body, LINK_TRACE_ID, PATCH_TRACE_ID, origin->trace_slot, 0);
	body_put_patched_field(body, LINK_SPAN_ID, PATCH_SPAN_ID, origin->span_slot, 0);
	attributes_put(body, LINK_ATTRIBUTES, attributes, speaker);
	body->attribute_count = attribute_count;
	body_end(body, mark);
}

static void put_failure(struct body *body, const struct trace *trace, uint32_t index)
{
	const struct attribute attributes[] = {{"error.type", TEXT, trace->failure->type}, {0}};
	struct body_mark mark;

	attributes_put(body, SPAN_ATTRIBUTES, attributes, &trace->speaker);
	put_exception(body, trace, index);
	mark = body_begin(body, SPAN_STATUS);
	text_put(body, STATUS_MESSAGE, trace->failure->message, &trace->speaker);
	protobuf_put_uint(&body->bytes, STATUS_CODE, STATUS_ERROR);
	body_end(body, mark);
}

static void put_identity(struct body *body, const struct trace *trace, uint32_t index)
{
	uint8_t parent = trace->flow->steps[index].parent;

	body_put_patched_field(body, SPAN_TRACE_ID, PATCH_TRACE_ID, trace->trace_slot, 0);
	body_put_patched_field(body, SPAN_ID, PATCH_SPAN_ID, trace->span_slot + index, 0);
	if (parent != NO_PARENT)
		body_put_patched_field(body, SPAN_PARENT_ID, PATCH_SPAN_ID, trace->span_slot + parent, 0);
}

static void put_span(struct stage *stage, struct trace *trace, uint32_t index, const struct origin *origin)
{
	const struct step *step = &trace->flow->steps[index];
	struct body *body = parts_of(&stage->parts, step->service, step->scope);
	struct body_mark mark = body_begin(body, SCOPE_ITEMS);

	memcpy(trace->speaker.words, step->words, sizeof(step->words));
	trace->speaker.instance = stage->parts.instances[step->service];
	trace->speaker.http_status = trace->failed[index] ? 500 : 200;
	put_identity(body, trace, index);
	protobuf_put_bytes(&body->bytes, SPAN_NAME, str_from(step->name));
	protobuf_put_uint(&body->bytes, SPAN_KIND, step->kind);
	body_put_patched_field(body, SPAN_START, PATCH_TIME, 0, trace->starts[index]);
	body_put_patched_field(body, SPAN_END, PATCH_TIME, 0, trace->ends[index]);
	attributes_put(body, SPAN_ATTRIBUTES, step->attributes, &trace->speaker);
	if (step->event && random_chance(&stage->random, SPANS_WITH_EVENT))
		put_event(body, trace, index);
	if (origin && step->parent == NO_PARENT)
		put_link(body, origin, &trace->speaker);
	if (trace->failed[index])
		put_failure(body, trace, index);
	protobuf_put_fixed32(&body->bytes, SPAN_FLAGS, SAMPLED);
	body_end(body, mark);
}

/* Plays one flow as far as items are wanted; a flow cut short is a trace whose rest has not arrived. */
static void play(struct stage *stage, struct trace *trace, const struct origin *origin)
{
	const struct flow *flow = trace->flow;

	trace->trace_slot = body_take_slots(stage->body, 2);
	trace->span_slot = body_take_slots(stage->body, flow->step_count);
	body_note_trace(stage->body, trace->trace_slot);
	choose_failure(trace, &stage->random);
	choose_times(trace, &stage->random);
	for (uint32_t i = 0; i < flow->step_count && stage->left > 0; i++) {
		put_span(stage, trace, i, origin);
		stage->left--;
	}
}

static const struct flow *choose_flow(struct random *random)
{
	uint32_t total = 0, at;

	for (uint32_t i = 0; i < shop_flow_count; i++)
		total += shop_flows[i]->weight;
	at = random_below(random, total);
	for (uint32_t i = 0; i < shop_flow_count; i++) {
		if (at < shop_flows[i]->weight)
			return shop_flows[i];
		at -= shop_flows[i]->weight;
	}
	return shop_flows[0];
}

static int64_t choose_duration(uint32_t median_us, struct random *random)
{
	double duration_ns = 1000.0 * median_us * random_skewed(random);

	return duration_ns < (double)longest_flow_ns ? (int64_t)duration_ns : longest_flow_ns;
}

/* A flow and the flows that answer it, the last of which ended a moment before the request is sent. */
static void play_chain(struct stage *stage)
{
	enum { MEDIAN_QUEUE_US = 15000, BATCH_NS = 500000000 };
	struct trace traces[LONGEST_CHAIN];
	int64_t queues[LONGEST_CHAIN], start;
	uint32_t count = 0, slot = body_take_slots(stage->body, SPEAKER_SLOTS);

	start = -(int64_t)random_below(&stage->random, BATCH_NS) - (int64_t)NS_PER_MS;
	for (const struct flow *flow = choose_flow(&stage->random); flow && count < LONGEST_CHAIN;
	     flow = flow->answer) {
		traces[count] = (struct trace){
			.flow = flow,
			.speaker = {.slot = slot, .random = &stage->random},
			.duration = choose_duration(flow->median_us, &stage->random),
		};
		queues[count] = choose_duration(MEDIAN_QUEUE_US, &stage->random);
		start -= traces[count].duration + queues[count];
		count++;
	}
	for (uint32_t i = 0; i < count && stage->left > 0; i++) {
		struct trace *trace = &traces[i], *before = i ? &traces[i - 1] : NULL;
		struct origin origin = {0};

		trace->start = start;
		if (before) {
			uint8_t publisher = before->flow->publisher;

			origin = (struct origin){before->trace_slot, before->span_slot + publisher};
			trace->start = before->ends[publisher] + queues[i];
		}
		play(stage, trace, before ? &origin : NULL);
	}
}

void traces_encode(struct body *body, uint32_t item_count, uint64_t seed, uint32_t index)
{
	struct stage stage = {
		.random = {random_mix(seed) + random_mix(index)},
		.body = body,
		.left = item_count,
	};

	parts_init(&stage.parts, &stage.random);
	while (stage.left > 0 && !body_failed(body) && !stage.parts.failed)
		play_chain(&stage);
	parts_join(&stage.parts, body);
	parts_release(&stage.parts);
	body->item_count = item_count;
}
