#include "load/body.h"

#include <stdlib.h>

#include "base/protobuf.h"
#include "load/random.h"

enum { FIXED64_SIZE = 8, TRACE_ID_SIZE = 16, SPAN_ID_SIZE = 8 };

/* Where the histogram's parts lie, from its patch: count's value, tag, sum's value, tag and size, buckets. */
enum { HISTOGRAM_SUM = FIXED64_SIZE + 1, HISTOGRAM_SIZE_MAX = 127 };

const char tenant_usual[TENANT_SIZE + 1] = "default-shop", tenant_needle[TENANT_SIZE + 1] = "needle-found";

void body_release(struct body *body)
{
	buffer_release(&body->bytes);
	free(body->patches);
	free(body->trace_slots);
	*body = (struct body){0};
}

bool body_failed(const struct body *body)
{
	return body->failed || buffer_failed(&body->bytes) || body->next_slot >= BODY_SLOTS;
}

uint32_t body_take_slots(struct body *body, uint32_t count)
{
	uint32_t slot = body->next_slot;

	body->next_slot += count;
	return slot;
}

/* Room for one more element of an array that doubles; false, and the body has failed, where memory ran out.
 */
static bool make_room(struct body *body, void **array, size_t *capacity, size_t count, size_t element_size)
{
	size_t wanted = *capacity ? 2 * *capacity : 256;
	void *grown;

	if (count < *capacity)
		return true;
	grown = realloc(*array, wanted * element_size);
	if (!grown) {
		body->failed = true;
		return false;
	}
	*array = grown;
	*capacity = wanted;
	return true;
}

void body_note_trace(struct body *body, uint32_t slot)
{
	void *array = body->trace_slots;

	if (make_room(body, &array, &body->trace_capacity, body->trace_count, sizeof(*body->trace_slots))) {
		body->trace_slots = array;
		body->trace_slots[body->trace_count++] = slot;
	}
}

static void add_patch(struct body *body, struct patch patch)
{
	void *array = body->patches;

	if (make_room(body, &array, &body->patch_capacity, body->patch_count, sizeof(*body->patches))) {
		body->patches = array;
		body->patches[body->patch_count++] = patch;
	}
}

void body_put_patched(struct body *body, enum patch_kind kind, uint32_t width, uint32_t slot, int64_t delta)
{
	uint32_t offset = (uint32_t)body->bytes.size;
	char *at = buffer_reserve(&body->bytes, width);

	if (!at)
		return;
	memset(at, '0', width);
	body->bytes.size += width;
	add_patch(body, (struct patch){offset, slot % BODY_SLOTS, width & 0xff, kind & 0xf, delta});
}

void body_put_patched_field(struct body *body, uint32_t number, enum patch_kind kind, uint32_t slot,
			    int64_t delta)
{
	bool is_id = kind == PATCH_TRACE_ID || kind == PATCH_SPAN_ID;
	uint32_t width = kind == PATCH_TRACE_ID ? TRACE_ID_SIZE : FIXED64_SIZE;

	protobuf_put_varint(&body->bytes, (uint64_t)number << 3 | (is_id ? PROTOBUF_LEN : PROTOBUF_I64));
	if (is_id)
		protobuf_put_varint(&body->bytes, width);
	body_put_patched(body, kind, width, slot, delta);
}

void body_put_histogram(struct body *body, uint32_t bucket_count, uint32_t slot, uint32_t rate, uint32_t mean)
{
	uint32_t buckets_size = bucket_count * FIXED64_SIZE, offset;

	/* One byte of length in front of the buckets keeps every distance a constant. */
	if (buckets_size > HISTOGRAM_SIZE_MAX) {
		body->failed = true;
		return;
	}
	protobuf_put_varint(&body->bytes, 4 << 3 | PROTOBUF_I64);
	offset = (uint32_t)body->bytes.size;
	for (size_t i = 0; i < FIXED64_SIZE; i++)
		buffer_append_byte(&body->bytes, 0);
	protobuf_put_fixed64(&body->bytes, 5, 0);
	protobuf_put_varint(&body->bytes, 6 << 3 | PROTOBUF_LEN);
	protobuf_put_varint(&body->bytes, buckets_size);
	for (size_t i = 0; i < buckets_size; i++)
		buffer_append_byte(&body->bytes, 0);
	add_patch(body, (struct patch){offset, slot % BODY_SLOTS, bucket_count & 0xff, PATCH_HISTOGRAM,
				       (int64_t)mean << 32 | rate});
}

struct body_mark body_begin(struct body *body, uint32_t number)
{
	size_t at = protobuf_begin(&body->bytes, number);

	return (struct body_mark){at, body->patch_count};
}

void body_end(struct body *body, struct body_mark mark)
{
	size_t before = body->bytes.size;

	protobuf_end(&body->bytes, mark.at);
	for (size_t i = mark.patch; i < body->patch_count; i++)
		body->patches[i].offset += (uint32_t)(body->bytes.size - before);
}

void body_append(struct body *body, const struct body *part)
{
	uint32_t shift = (uint32_t)body->bytes.size;

	buffer_append(&body->bytes, part->bytes.data, part->bytes.size);
	for (size_t i = 0; i < part->patch_count; i++) {
		struct patch patch = part->patches[i];

		patch.offset += shift;
		add_patch(body, patch);
	}
	body->failed = body->failed || body_failed(part);
}

void body_set_head(struct body *body, struct str head)
{
	size_t payload_size = body->bytes.size - body->head_size;

	if (!buffer_reserve(&body->bytes, head.size))
		return;
	memmove(body->bytes.data + head.size, body->bytes.data + body->head_size, payload_size);
	memcpy(body->bytes.data, head.data, head.size);
	body->bytes.size = head.size + payload_size;
	body->head_size = head.size;
}

static uint64_t slot_value(const struct stamp *stamp, uint32_t slot)
{
	return random_mix(stamp->base + slot);
}

void stamp_trace_id(const struct stamp *stamp, uint32_t slot, uint8_t id_out[16])
{
	uint64_t high = slot_value(stamp, slot), low = slot_value(stamp, slot + 1);

	memcpy(id_out, &high, sizeof(high));
	memcpy(id_out + sizeof(high), &low, sizeof(low));
}

/* Eight digits at once: spreads the nibbles over eight bytes, then adds '0', or 'a' - 10 above nine. */
static uint64_t hex_digits(uint32_t value)
{
	uint64_t spread = value;

	spread = (spread | spread << 16) & UINT64_C(0x0000ffff0000ffff);
	spread = (spread | spread << 8) & UINT64_C(0x00ff00ff00ff00ff);
	spread = (spread | spread << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	uint64_t letters = (spread + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);

	return spread + UINT64_C(0x3030303030303030) + letters * ('a' - '9' - 1);
}

static void write_hex(char *at, const struct stamp *stamp, const struct patch *patch)
{
	char digits[32];

	for (uint32_t i = 0; i * 8 < patch->width; i++) {
		uint64_t value = slot_value(stamp, patch->slot + i / 2);
		uint64_t text = hex_digits((uint32_t)(i % 2 ? value >> 32 : value));

		memcpy(digits + 8 * i, &text, sizeof(text));
	}
	memcpy(at, digits, patch->width);
}

static void write_decimal(char *at, uint64_t value, uint32_t width)
{
	for (uint32_t i = 0; i < width; i++) {
		/* The next digit is what a multiplication by ten pushes out at the top. */
		unsigned __int128 product = (unsigned __int128)value * 10;

		at[i] = (char)('0' + (int)(product >> 64));
		value = (uint64_t)product;
	}
}

/* Never falls as age rises: the noise is less than one step. */
static uint64_t counter_value(const struct stamp *stamp, uint32_t slot, uint64_t rate)
{
	uint64_t noise = rate ? (slot_value(stamp, slot) >> 32) % rate : 0;

	return rate * stamp->age + noise;
}

static double gauge_value(const struct stamp *stamp, const struct patch *patch)
{
	int64_t noise = (int64_t)(slot_value(stamp, patch->slot) >> 56) - 128;

	return (double)(patch->delta + patch->delta * noise / 2048) / 100;
}

static void write_histogram(char *at, const struct stamp *stamp, const struct patch *patch)
{
	uint64_t rate = (uint32_t)patch->delta, mean = (uint64_t)patch->delta >> 32, total = 0;
	char *bucket = at + HISTOGRAM_SUM + FIXED64_SIZE + 2;
	double sum;

	for (uint32_t i = 0; i < patch->width; i++) {
		uint64_t value =
			counter_value(stamp, patch->slot + i, rate * (i + 1) / (patch->width + i * i));

		total += value;
		memcpy(bucket + (size_t)FIXED64_SIZE * i, &value, sizeof(value));
	}
	sum = (double)(total * mean);
	memcpy(at, &total, sizeof(total));
	memcpy(at + HISTOGRAM_SUM, &sum, sizeof(sum));
}

static void write_u64(char *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint64_t moved_time(const struct stamp *stamp, int64_t delta)
{
	return stamp->now_ns + (uint64_t)(delta * (int64_t)stamp->stretch_q16 / 65536);
}

static void write_patch(char *at, const struct stamp *stamp, const struct patch *patch)
{
	double gauge;

	switch ((enum patch_kind)patch->kind) {
	case PATCH_TRACE_ID: stamp_trace_id(stamp, patch->slot, (uint8_t *)at); break;
	case PATCH_SPAN_ID: write_u64(at, slot_value(stamp, patch->slot)); break;
	case PATCH_HEX: write_hex(at, stamp, patch); break;
	case PATCH_DECIMAL: write_decimal(at, slot_value(stamp, patch->slot), patch->width); break;
	case PATCH_TENANT: memcpy(at, tenant_usual, TENANT_SIZE); break;
	case PATCH_TIME: write_u64(at, moved_time(stamp, patch->delta)); break;
	case PATCH_STEP_TIME: write_u64(at, stamp->series_ns); break;
	case PATCH_START_TIME: write_u64(at, stamp->start_ns); break;
	case PATCH_COUNTER: write_u64(at, counter_value(stamp, patch->slot, (uint64_t)patch->delta)); break;
	case PATCH_GAUGE:
		gauge = gauge_value(stamp, patch);
		memcpy(at, &gauge, sizeof(gauge));
		break;
	case PATCH_HISTOGRAM: write_histogram(at, stamp, patch); break;
	}
}

/* Over the first of the usual ones, which are all written by then. */
static void write_needle(struct body *body)
{
	for (size_t i = 0; i < body->patch_count; i++) {
		if (body->patches[i].kind != PATCH_TENANT)
			continue;
		memcpy(body->bytes.data + body->head_size + body->patches[i].offset, tenant_needle,
		       TENANT_SIZE);
		return;
	}
}

void body_refresh(struct body *body, const struct stamp *stamp)
{
	char *payload = body->bytes.data + body->head_size;

	for (size_t i = 0; i < body->patch_count; i++)
		write_patch(payload + body->patches[i].offset, stamp, &body->patches[i]);
	if (stamp->has_needle)
		write_needle(body);
}
