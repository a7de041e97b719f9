/*
 * Metric and its data points of opentelemetry-proto metrics/v1.
 *
 * A metric's name may follow its points on the wire, and so may temporality and metadata: the points are
 * checked when the metric has been read to its end.
 */
#include "receiver/records.h"

static bool decode_exemplar(struct decoder *decoder, struct str bytes, struct exemplar *exemplar)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_I64(2): exemplar->time_ns = wire_i64(&wire); break;
		case WIRE_I64(3):
			exemplar->value = (struct number){.real = wire_double(&wire), .kind = NUMBER_DOUBLE};
			break;
		case WIRE_LEN(4): decode_id(wire_bytes(&wire), exemplar->span_id, SPAN_ID_SIZE); break;
		case WIRE_LEN(5): decode_id(wire_bytes(&wire), exemplar->trace_id, TRACE_ID_SIZE); break;
		case WIRE_I64(6):
			exemplar->value =
				(struct number){.integer = (int64_t)wire_i64(&wire), .kind = NUMBER_INT};
			break;
		case WIRE_LEN(7):
			if (!decode_attributes(decoder, &wire, &exemplar->attributes))
				return false;
			break;
		default: wire_skip(&wire);
		}
	return !wire.failed;
}

static bool decode_exemplars(struct decoder *decoder, struct wire *wire, struct metric_point *point)
{
	struct exemplar *exemplars;
	struct parts parts;

	if (!decode_parts(decoder, wire, point->exemplars, point->exemplar_count, sizeof(*exemplars), &parts))
		return false;
	point->exemplars = exemplars = parts.items;
	point->exemplar_count = parts.end;
	for (uint32_t i = parts.first; i < parts.end; i++)
		if (!decode_exemplar(decoder, decode_part(wire, i > parts.first), &exemplars[i]))
			return false;
	return true;
}

/* Numbers that are repeated, packed or one by one, decoded into eight bytes each behind the count that is
 * there. */
struct numbers {
	uint64_t *items;
	uint32_t count;
};

static bool numbers_reserve(struct decoder *decoder, struct numbers *numbers, size_t more)
{
	uint64_t *items;

	if (more > OTLP_PARTS_MAX - numbers->count) {
		decode_fault(decoder, "a histogram has more than 65536 buckets");
		return true;
	}
	items = arena_alloc(decoder->arena, (numbers->count + more) * sizeof(*items));
	if (!items)
		return decode_no_room(decoder);
	if (numbers->count)
		memcpy(items, numbers->items, numbers->count * sizeof(*items));
	numbers->items = items;
	return true;
}

static bool numbers_add(struct decoder *decoder, struct numbers *numbers, uint64_t number)
{
	if (!numbers_reserve(decoder, numbers, 1))
		return false;
	if (!decoder->bad)
		numbers->items[numbers->count++] = number;
	return true;
}

/* Packed fixed64 or double. */
static bool decode_packed_i64(struct decoder *decoder, struct wire *wire, struct numbers *numbers)
{
	struct str bytes = wire_bytes(wire);
	size_t more = bytes.size / sizeof(uint64_t);

	if (wire->failed || bytes.size % sizeof(uint64_t) != 0)
		return false;
	if (!numbers_reserve(decoder, numbers, more))
		return false;
	if (decoder->bad || more == 0)
		return true;
	memcpy(numbers->items + numbers->count, bytes.data, bytes.size);
	for (size_t i = 0; i < more; i++)
		numbers->items[numbers->count + i] = le64toh(numbers->items[numbers->count + i]);
	numbers->count += (uint32_t)more;
	return true;
}

/* Every varint ends in a byte below 0x80. */
static size_t count_varints(struct str bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < bytes.size; i++)
		count += (unsigned char)bytes.data[i] < 0x80;
	return count;
}

static bool decode_packed_varints(struct decoder *decoder, struct wire *wire, struct numbers *numbers)
{
	struct str bytes = wire_bytes(wire);
	struct wire packed = wire_open(bytes);

	if (wire->failed || !numbers_reserve(decoder, numbers, count_varints(bytes)))
		return false;
	if (decoder->bad)
		return true;
	while (packed.at < packed.end) {
		uint64_t number = wire_varint(&packed);

		if (packed.failed)
			return false;
		numbers->items[numbers->count++] = number;
	}
	return true;
}

/* The fields that points of every type have, under numbers of their own. */
static void set_sum(struct metric_point *point, struct wire *wire)
{
	point->sum = wire_double(wire);
	point->has |= POINT_HAS_SUM;
}

static void set_min(struct metric_point *point, struct wire *wire)
{
	point->min = wire_double(wire);
	point->has |= POINT_HAS_MIN;
}

static void set_max(struct metric_point *point, struct wire *wire)
{
	point->max = wire_double(wire);
	point->has |= POINT_HAS_MAX;
}

static bool decode_number_point(struct decoder *decoder, struct str bytes, struct metric_point *point)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_I64(2): point->start_ns = wire_i64(&wire); break;
		case WIRE_I64(3): point->time_ns = wire_i64(&wire); break;
		case WIRE_I64(4):
			point->value = (struct number){.real = wire_double(&wire), .kind = NUMBER_DOUBLE};
			break;
		case WIRE_LEN(5):
			if (!decode_exemplars(decoder, &wire, point))
				return false;
			break;
		case WIRE_I64(6):
			point->value =
				(struct number){.integer = (int64_t)wire_i64(&wire), .kind = NUMBER_INT};
			break;
		case WIRE_LEN(7):
			if (!decode_attributes(decoder, &wire, &point->attributes))
				return false;
			break;
		case WIRE_VARINT(8): point->flags = (uint32_t)wire_varint(&wire); break;
		default: wire_skip(&wire);
		}
	return !wire.failed;
}

/* Buckets and bounds of a histogram; false where decoding must end. */
static bool decode_buckets_field(struct decoder *decoder, struct wire *wire, struct numbers *counts,
				 struct numbers *bounds)
{
	switch (wire->tag) {
	case WIRE_LEN(6): return decode_packed_i64(decoder, wire, counts);
	case WIRE_I64(6): return numbers_add(decoder, counts, wire_i64(wire));
	case WIRE_LEN(7): return decode_packed_i64(decoder, wire, bounds);
	case WIRE_I64(7): return numbers_add(decoder, bounds, wire_i64(wire));
	default: wire_skip(wire); return true;
	}
}

static bool decode_histogram_fields(struct decoder *decoder, struct wire *wire, struct metric_point *point,
				    struct numbers *counts, struct numbers *bounds)
{
	while (wire_next(wire)) {
		bool fine = true;

		switch (wire->tag) {
		case WIRE_I64(2): point->start_ns = wire_i64(wire); break;
		case WIRE_I64(3): point->time_ns = wire_i64(wire); break;
		case WIRE_I64(4): point->count = wire_i64(wire); break;
		case WIRE_I64(5): set_sum(point, wire); break;
		case WIRE_LEN(8): fine = decode_exemplars(decoder, wire, point); break;
		case WIRE_LEN(9): fine = decode_attributes(decoder, wire, &point->attributes); break;
		case WIRE_VARINT(10): point->flags = (uint32_t)wire_varint(wire); break;
		case WIRE_I64(11): set_min(point, wire); break;
		case WIRE_I64(12): set_max(point, wire); break;
		default: fine = decode_buckets_field(decoder, wire, counts, bounds);
		}
		if (!fine)
			return false;
	}
	return !wire->failed;
}

static bool decode_histogram_point(struct decoder *decoder, struct str bytes, struct metric_point *point)
{
	struct wire wire = wire_open(bytes);
	struct numbers counts = {NULL, 0}, bounds = {NULL, 0};

	if (!decode_histogram_fields(decoder, &wire, point, &counts, &bounds))
		return false;
	point->histogram = (struct histogram){.counts = counts.items,
					      .bounds = (const double *)(const void *)bounds.items,
					      .bucket_count = counts.count,
					      .bound_count = bounds.count};
	return true;
}

static bool decode_exponential_buckets(struct decoder *decoder, struct str bytes,
				       struct exponential_buckets *buckets)
{
	struct numbers counts = {(uint64_t *)(uintptr_t)buckets->counts, buckets->count};
	struct wire wire = wire_open(bytes);
	bool fine = true;

	while (fine && wire_next(&wire))
		switch (wire.tag) {
		case WIRE_VARINT(1): buckets->offset = (int32_t)protobuf_zigzag(wire_varint(&wire)); break;
		case WIRE_LEN(2): fine = decode_packed_varints(decoder, &wire, &counts); break;
		case WIRE_VARINT(2): fine = numbers_add(decoder, &counts, wire_varint(&wire)); break;
		default: wire_skip(&wire);
		}
	buckets->counts = counts.items;
	buckets->count = counts.count;
	return fine && !wire.failed;
}

/* The fields that only exponential histograms have; false where decoding must end. */
static bool decode_scale_field(struct decoder *decoder, struct wire *wire, struct metric_point *point)
{
	struct exponential_histogram *histogram = &point->exponential;

	switch (wire->tag) {
	case WIRE_VARINT(6): histogram->scale = (int32_t)protobuf_zigzag(wire_varint(wire)); return true;
	case WIRE_I64(7): histogram->zero_count = wire_i64(wire); return true;
	case WIRE_LEN(8): return decode_exponential_buckets(decoder, wire_bytes(wire), &histogram->positive);
	case WIRE_LEN(9): return decode_exponential_buckets(decoder, wire_bytes(wire), &histogram->negative);
	case WIRE_I64(14): histogram->zero_threshold = wire_double(wire); return true;
	default: wire_skip(wire); return true;
	}
}

static bool decode_exponential_point(struct decoder *decoder, struct str bytes, struct metric_point *point)
{
	struct wire wire = wire_open(bytes);
	bool fine = true;

	while (fine && wire_next(&wire))
		switch (wire.tag) {
		case WIRE_LEN(1): fine = decode_attributes(decoder, &wire, &point->attributes); break;
		case WIRE_I64(2): point->start_ns = wire_i64(&wire); break;
		case WIRE_I64(3): point->time_ns = wire_i64(&wire); break;
		case WIRE_I64(4): point->count = wire_i64(&wire); break;
		case WIRE_I64(5): set_sum(point, &wire); break;
		case WIRE_VARINT(10): point->flags = (uint32_t)wire_varint(&wire); break;
		case WIRE_LEN(11): fine = decode_exemplars(decoder, &wire, point); break;
		case WIRE_I64(12): set_min(point, &wire); break;
		case WIRE_I64(13): set_max(point, &wire); break;
		default: fine = decode_scale_field(decoder, &wire, point);
		}
	return fine && !wire.failed;
}

static bool decode_quantile(struct str bytes, struct quantile *quantile)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_I64(1): quantile->quantile = wire_double(&wire); break;
		case WIRE_I64(2): quantile->value = wire_double(&wire); break;
		default: wire_skip(&wire);
		}
	return !wire.failed;
}

static bool decode_quantiles(struct decoder *decoder, struct wire *wire, struct summary *summary)
{
	struct quantile *quantiles;
	struct parts parts;

	if (!decode_parts(decoder, wire, summary->quantiles, summary->count, sizeof(*quantiles), &parts))
		return false;
	summary->quantiles = quantiles = parts.items;
	summary->count = parts.end;
	for (uint32_t i = parts.first; i < parts.end; i++)
		if (!decode_quantile(decode_part(wire, i > parts.first), &quantiles[i]))
			return false;
	return true;
}

static bool decode_summary_point(struct decoder *decoder, struct str bytes, struct metric_point *point)
{
	struct wire wire = wire_open(bytes);
	bool fine = true;

	while (fine && wire_next(&wire))
		switch (wire.tag) {
		case WIRE_I64(2): point->start_ns = wire_i64(&wire); break;
		case WIRE_I64(3): point->time_ns = wire_i64(&wire); break;
		case WIRE_I64(4): point->count = wire_i64(&wire); break;
		case WIRE_I64(5): set_sum(point, &wire); break;
		case WIRE_LEN(6): fine = decode_quantiles(decoder, &wire, &point->summary); break;
		case WIRE_LEN(7): fine = decode_attributes(decoder, &wire, &point->attributes); break;
		case WIRE_VARINT(8): point->flags = (uint32_t)wire_varint(&wire); break;
		default: wire_skip(&wire);
		}
	return fine && !wire.failed;
}

typedef bool decode_point(struct decoder *decoder, struct str bytes, struct metric_point *point);

static bool add_point(struct decoder *decoder, struct str bytes, const struct metric *metric,
		      decode_point *decode)
{
	struct metric_point *point;

	if (!decode_may_add(decoder))
		return false;
	point = batch_add_point(decoder->batch);
	if (!point)
		return decode_no_room(decoder);
	point->metric = metric;
	point->resource = decoder->resource;
	point->scope = decoder->scope;
	if (!decode(decoder, bytes, point))
		return false;
	decode_finish_row(decoder);
	return true;
}

/* Gauge, Sum, Histogram, ExponentialHistogram, Summary: their fields have the same numbers. */
static bool decode_data(struct decoder *decoder, struct str bytes, struct metric *metric,
			enum metric_type type)
{
	static decode_point *const points[] = {[METRIC_GAUGE] = decode_number_point,
					       [METRIC_SUM] = decode_number_point,
					       [METRIC_HISTOGRAM] = decode_histogram_point,
					       [METRIC_EXPONENTIAL_HISTOGRAM] = decode_exponential_point,
					       [METRIC_SUMMARY] = decode_summary_point};
	bool has_temporality = type != METRIC_GAUGE && type != METRIC_SUMMARY, fine = true;
	struct wire wire = wire_open(bytes);

	while (fine && wire_next(&wire))
		if (wire.tag == WIRE_LEN(1))
			fine = add_point(decoder, wire_bytes(&wire), metric, points[type]);
		else if (wire.tag == WIRE_VARINT(2) && has_temporality)
			metric->temporality = otlp_small_enum(wire_varint(&wire));
		else if (wire.tag == WIRE_VARINT(3) && type == METRIC_SUM)
			metric->monotonic = wire_varint(&wire) != 0;
		else
			wire_skip(&wire);
	return fine && !wire.failed;
}

/* The types by the number of their field; 0 is none. */
static enum metric_type type_of_field(uint32_t tag)
{
	switch (tag) {
	case WIRE_LEN(5): return METRIC_GAUGE;
	case WIRE_LEN(7): return METRIC_SUM;
	case WIRE_LEN(9): return METRIC_HISTOGRAM;
	case WIRE_LEN(10): return METRIC_EXPONENTIAL_HISTOGRAM;
	case WIRE_LEN(11): return METRIC_SUMMARY;
	default: return 0;
	}
}

/*
 * The field with the points, or one that is not known. They are a oneof: where a second type follows, only
 * the last one counts, and what was read of the first is forgotten.
 */
static bool decode_data_field(struct decoder *decoder, struct wire *wire, struct metric *metric,
			      size_t first_row)
{
	enum metric_type type = type_of_field(wire->tag);

	if (type == 0) {
		wire_skip(wire);
		return true;
	}
	if (metric->type != type)
		*decoder->row_count = first_row;
	metric->type = (uint8_t)type;
	return decode_data(decoder, wire_bytes(wire), metric, type);
}

static bool decode_metric_field(struct decoder *decoder, struct wire *wire, struct metric *metric,
				size_t first_row)
{
	switch (wire->tag) {
	case WIRE_LEN(1):
		metric->name = decode_text(decoder, wire, "a metric's name is not UTF-8");
		return true;
	case WIRE_LEN(2):
		metric->description = decode_text(decoder, wire, "a metric's description is not UTF-8");
		return true;
	case WIRE_LEN(3):
		metric->unit = decode_text(decoder, wire, "a metric's unit is not UTF-8");
		return true;
	case WIRE_LEN(12): return decode_attributes(decoder, wire, &metric->metadata);
	default: return decode_data_field(decoder, wire, metric, first_row);
	}
}

/* Checks the metric's points, now that all of it is known, and closes up over those that are rejected. */
static void complete_points(struct decoder *decoder, size_t first_row)
{
	struct metric_point *points = decoder->batch->points;
	size_t kept = first_row;

	for (size_t i = first_row; i < *decoder->row_count; i++) {
		const char *fault = otlp_point_complete(&points[i], decoder->now_ns);

		if (fault)
			otlp_reject(decoder->outcome, 1, fault);
		else if (kept++ != i)
			points[kept - 1] = points[i];
	}
	*decoder->row_count = kept;
}

bool decode_metric(struct decoder *decoder, struct str bytes)
{
	struct metric *metric = arena_calloc(decoder->arena, 1, sizeof(*metric));
	struct group_fault fault = decode_group_begin(decoder);
	struct wire wire = wire_open(bytes);
	bool fine = true;

	if (!metric)
		return decode_no_room(decoder);
	while (fine && wire_next(&wire)) {
		fine = decode_metric_field(decoder, &wire, metric, fault.first_row);
		if (decoder->bad)
			decode_group_note(decoder, &fault);
	}
	decode_group_end(decoder, &fault);
	complete_points(decoder, fault.first_row);
	return fine && !wire.failed;
}
