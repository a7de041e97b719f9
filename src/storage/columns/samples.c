#include "storage/columns/samples.h"

#include <math.h>

#include "base/protobuf.h"

enum { UNIT_BITS = 48 };
enum { ORDERS = 3, MOST_PLACES = 18, RICE_SHAPE = 65, MOST_RICE = 56, MODES = ORDERS * (MOST_PLACES + 2) };

static const double powers_of_ten[MOST_PLACES + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
						      1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
						      1e14, 1e15, 1e16, 1e17, 1e18};

static double double_of(uint64_t bits)
{
	double real;

	memcpy(&real, &bits, sizeof(real));
	return real;
}

static uint64_t bits_of(double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	return bits;
}

/*
 * Whether the double is exactly what reading "integer / 10^places" gives. Integers below 2^53 and these powers of
 * ten are exact doubles, so that the quotient is the double nearest to the decimal. Minus zero, infinities and
 * NaNs fail.
 */
static bool is_decimal(uint64_t bits, unsigned places, uint64_t *integer_out)
{
	static const double most = 9007199254740992.0; /* 2^53 */
	double scaled = double_of(bits) * powers_of_ten[places];
	int64_t integer;

	if (!(fabs(scaled) < most))
		return false;
	integer = (int64_t)nearbyint(scaled);
	*integer_out = (uint64_t)integer;
	return bits_of((double)integer / powers_of_ten[places]) == bits;
}

/* Makes a run of doubles whole numbers; returns the scale, 0 where they stay bits. */
static uint32_t scale_doubles(const uint64_t *values, size_t count, uint64_t *integers_out)
{
	unsigned places = 0;

	for (size_t i = 0; i < count; i++)
		while (!is_decimal(values[i], places, &integers_out[i]))
			if (++places > MOST_PLACES)
				goto bits;
	for (size_t i = 0; i < count; i++)
		if (!is_decimal(values[i], places, &integers_out[i]))
			goto bits;
	return places + 1;
bits:
	memcpy(integers_out, values, count * sizeof(*values));
	return 0;
}

static unsigned width_of(uint64_t value)
{
	return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

static uint64_t rice_bits(const struct vector_u64 *residuals, unsigned parameter)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < residuals->count; i++) {
		uint64_t ones = residuals->items[i] >> parameter;

		bits += ones < RICE_LONGEST ? ones + 1 + parameter : RICE_LONGEST + 64;
	}
	return bits;
}

/* Tries Rice code around a parameter. */
static void try_rice(const struct vector_u64 *residuals, unsigned middle, uint32_t *shape, uint64_t *bits)
{
	unsigned first = middle > 2 ? middle - 2 : 0, last = middle < MOST_RICE ? middle + 1 : MOST_RICE;

	for (unsigned parameter = first; parameter <= last; parameter++) {
		uint64_t its_bits = rice_bits(residuals, parameter);

		if (its_bits < *bits) {
			*bits = its_bits;
			*shape = RICE_SHAPE + parameter;
		}
	}
}

/* The shortest way to write residuals, and how many bits it takes. */
static uint32_t choose_shape(const struct vector_u64 *residuals, uint64_t *bits_out)
{
	uint64_t all = 0, widths = 0;
	uint32_t shape;

	*bits_out = 0;
	if (residuals->count == 0)
		return 0;
	for (size_t i = 0; i < residuals->count; i++) {
		all |= residuals->items[i];
		widths += width_of(residuals->items[i]);
	}
	shape = width_of(all);
	*bits_out = (uint64_t)shape * residuals->count;
	/* The mean of the widths, where one of the mean would follow a single leap. */
	if (shape)
		try_rice(residuals, (unsigned)(widths / residuals->count), &shape, bits_out);
	return shape;
}

static void find_ends(const uint64_t *integers, size_t count, int64_t *least_out, int64_t *most_out)
{
	int64_t least = (int64_t)integers[0], most = least;

	for (size_t i = 1; i < count; i++) {
		int64_t integer = (int64_t)integers[i];

		least = integer < least ? integer : least;
		most = integer > most ? integer : most;
	}
	*least_out = least;
	*most_out = most;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* What divides all differences: memory comes in pages, percentages in steps. 1 where there is nothing to win. */
static uint64_t find_unit(const uint64_t *integers, size_t count, int64_t least, int64_t most)
{
	uint64_t unit = 0;

	/* So that no difference, nor a difference of two, leaves what a signed number holds. */
	if (((uint64_t)most - (uint64_t)least) >> 61)
		return 1;
	for (size_t i = 0; i < count && unit != 1; i++)
		unit = common_divisor(integers[i] - (uint64_t)least, unit);
	/* It takes some bytes to say: few numbers must win them back. */
	return unit && count * width_of(unit / 2) > UNIT_BITS ? unit : 1;
}

static uint64_t in_units(uint64_t a, uint64_t b, int64_t unit)
{
	return zigzag_encode((int64_t)(a - b) / unit);
}

static void fill_residuals(const uint64_t *integers, size_t count, uint64_t least, uint64_t unit,
			   struct vector_u64 residuals[ORDERS])
{
	for (size_t order = 0; order < ORDERS; order++)
		vector_u64_clear(&residuals[order]);
	for (size_t i = 0; i < count; i++) {
		vector_u64_push(&residuals[0], (integers[i] - least) / unit);
		if (i > 0)
			vector_u64_push(&residuals[1], in_units(integers[i], integers[i - 1], (int64_t)unit));
		if (i > 1)
			vector_u64_push(&residuals[2],
					in_units(integers[i] - integers[i - 1],
						 integers[i - 1] - integers[i - 2], (int64_t)unit));
	}
}

/* Bits on their way into a buffer, the lowest first. */
struct bit_writer {
	struct buffer *out;
	uint64_t pending;
	unsigned count;
};

static void put_bits(struct bit_writer *bits, uint64_t value, unsigned width)
{
	while (width > 0) {
		unsigned taken = 64 - bits->count < width ? 64 - bits->count : width;
		uint64_t piece = taken < 64 ? value & ((UINT64_C(1) << taken) - 1) : value;

		bits->pending |= piece << bits->count;
		bits->count += taken;
		width -= taken;
		value = taken < 64 ? value >> taken : 0;
		if (bits->count == 64) {
			buffer_append(bits->out, &bits->pending, sizeof(bits->pending));
			bits->pending = 0;
			bits->count = 0;
		}
	}
}

static void put_rice(struct bit_writer *bits, uint64_t value, unsigned parameter)
{
	uint64_t ones = value >> parameter;

	if (ones >= RICE_LONGEST) {
		put_bits(bits, (UINT64_C(1) << RICE_LONGEST) - 1, RICE_LONGEST);
		put_bits(bits, value, 64);
		return;
	}
	put_bits(bits, (UINT64_C(1) << ones) - 1, (unsigned)ones + 1);
	put_bits(bits, value, parameter);
}

static void put_residuals(struct samples_writer *writer, const struct vector_u64 *residuals, uint32_t shape)
{
	size_t before = writer->payload.size;
	struct bit_writer bits = {.out = &writer->payload};

	for (size_t i = 0; i < residuals->count && shape; i++)
		if (shape < RICE_SHAPE)
			put_bits(&bits, residuals->items[i], shape);
		else
			put_rice(&bits, residuals->items[i], shape - RICE_SHAPE);
	buffer_append(&writer->payload, &bits.pending, (bits.count + 7) / 8);
	vector_u32_push(&writer->sizes, (uint32_t)(writer->payload.size - before));
}

static void put_run(struct samples_writer *writer, const uint64_t *integers, size_t count, uint32_t scale)
{
	int64_t least, most;
	uint64_t best_bits = UINT64_MAX, unit;
	uint32_t order = 0, shape = 0;

	find_ends(integers, count, &least, &most);
	unit = find_unit(integers, count, least, most);
	fill_residuals(integers, count, (uint64_t)least, unit, writer->residuals);
	for (uint32_t tried = 0; tried < ORDERS && tried < count; tried++) {
		/* A slope of its own is about two bytes. */
		uint64_t bits, extra = tried == 2 ? 16 : 0;
		uint32_t its_shape = choose_shape(&writer->residuals[tried], &bits);

		if (bits + extra < best_bits) {
			best_bits = bits + extra;
			order = tried;
			shape = its_shape;
		}
	}
	vector_u32_push(&writer->modes, order + ORDERS * scale);
	vector_u32_push(&writer->shapes, shape);
	vector_u64_push(&writer->bases, zigzag_encode(order ? (int64_t)integers[0] : least));
	vector_u64_push(&writer->slopes,
			order == 2 ? zigzag_encode((int64_t)(integers[1] - integers[0])) : 0);
	vector_u64_push(&writer->units, shape ? unit : 1);
	put_residuals(writer, &writer->residuals[order], shape);
}

void samples_put_integers(struct samples_writer *writer, const uint64_t *values, size_t count)
{
	put_run(writer, values, count, 0);
}

void samples_put_doubles(struct samples_writer *writer, const uint64_t *values, size_t count)
{
	vector_u64_clear(&writer->integers);
	for (size_t i = 0; i < count; i++)
		vector_u64_push(&writer->integers, 0);
	if (writer->integers.failed)
		return;
	put_run(writer, writer->integers.items, count, scale_doubles(values, count, writer->integers.items));
}

void samples_encode(const struct samples_writer *writer, struct buffer *out)
{
	numbers_encode_u32(writer->modes.items, writer->modes.count, out);
	numbers_encode_u32(writer->shapes.items, writer->shapes.count, out);
	numbers_encode(writer->bases.items, writer->bases.count, out);
	numbers_encode(writer->slopes.items, writer->slopes.count, out);
	numbers_encode(writer->units.items, writer->units.count, out);
	numbers_encode_u32(writer->sizes.items, writer->sizes.count, out);
	buffer_append_str(out, buffer_str(&writer->payload));
}

bool samples_failed(const struct samples_writer *writer)
{
	bool failed = writer->modes.failed || writer->shapes.failed || writer->sizes.failed ||
		      writer->bases.failed || writer->slopes.failed || writer->units.failed ||
		      writer->integers.failed || buffer_failed(&writer->payload);

	for (size_t order = 0; order < ORDERS; order++)
		failed |= writer->residuals[order].failed;
	return failed;
}

void samples_clear(struct samples_writer *writer)
{
	vector_u32_clear(&writer->modes);
	vector_u32_clear(&writer->shapes);
	vector_u32_clear(&writer->sizes);
	vector_u64_clear(&writer->bases);
	vector_u64_clear(&writer->slopes);
	vector_u64_clear(&writer->units);
	vector_u64_clear(&writer->integers);
	for (size_t order = 0; order < ORDERS; order++)
		vector_u64_clear(&writer->residuals[order]);
	buffer_clear(&writer->payload);
}

void samples_release(struct samples_writer *writer)
{
	vector_u32_release(&writer->modes);
	vector_u32_release(&writer->shapes);
	vector_u32_release(&writer->sizes);
	vector_u64_release(&writer->bases);
	vector_u64_release(&writer->slopes);
	vector_u64_release(&writer->units);
	vector_u64_release(&writer->integers);
	for (size_t order = 0; order < ORDERS; order++)
		vector_u64_release(&writer->residuals[order]);
	buffer_release(&writer->payload);
	*writer = (struct samples_writer){0};
}

static enum status damaged(size_t run_count, struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "a column of %zu runs of samples is damaged", run_count);
}

static enum status open_offsets(struct samples *samples, const struct numbers *sizes, struct str payload,
				struct arena *arena, struct error *error)
{
	uint32_t *offsets = arena_alloc(arena, (samples->run_count + 1) * sizeof(*offsets));
	uint64_t at = 0;

	if (!offsets)
		return error_set(error, STATUS_NO_MEMORY, "no memory for %zu runs of samples",
				 samples->run_count);
	for (size_t i = 0; i < samples->run_count; i++) {
		uint64_t size = numbers_get(sizes, i);

		offsets[i] = (uint32_t)at;
		if (size > payload.size - at)
			return damaged(samples->run_count, error);
		at += size;
	}
	offsets[samples->run_count] = (uint32_t)at;
	if (at != payload.size)
		return damaged(samples->run_count, error);
	samples->offsets = offsets;
	samples->payload = payload.data;
	return STATUS_OK;
}

enum status samples_open(struct str bytes, size_t run_count, struct arena *arena, struct samples *samples_out,
			 struct error *error)
{
	struct samples samples = {.run_count = run_count};
	struct numbers sizes;
	struct numbers *parts[] = {&samples.modes,  &samples.shapes, &samples.bases,
				   &samples.slopes, &samples.units,  &sizes};
	enum status status = STATUS_OK;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && status == STATUS_OK; i++)
		status = numbers_open(&bytes, run_count, parts[i], error);
	if (status == STATUS_OK)
		status = open_offsets(&samples, &sizes, bytes, arena, error);
	if (status == STATUS_OK)
		*samples_out = samples;
	return status;
}

/* Bits that are read; past the end there are zeros, and at tells that it happened. */
struct bit_reader {
	const uint8_t *bytes;
	uint64_t size, at; /* bytes; bits */
};

/* The next bits, at least 57 of them valid where that many are left. */
static uint64_t peek(const struct bit_reader *bits)
{
	uint64_t first = bits->at / 8, window = 0;

	if (first + sizeof(window) <= bits->size)
		memcpy(&window, bits->bytes + first, sizeof(window));
	else if (first < bits->size)
		memcpy(&window, bits->bytes + first, bits->size - first);
	return window >> (bits->at % 8);
}

static uint64_t take_bits(struct bit_reader *bits, unsigned width)
{
	uint64_t value;

	if (width > 56) {
		value = take_bits(bits, 32);
		return value | take_bits(bits, width - 32) << 32;
	}
	value = peek(bits) & ((UINT64_C(1) << width) - 1);
	bits->at += width;
	return value;
}

static uint64_t take_rice(struct bit_reader *bits, unsigned parameter)
{
	unsigned ones = (unsigned)__builtin_ctzll(~(peek(bits) & ((UINT64_C(1) << RICE_LONGEST) - 1)));

	if (ones == RICE_LONGEST) {
		bits->at += RICE_LONGEST;
		return take_bits(bits, 64);
	}
	bits->at += ones + 1;
	return (uint64_t)ones << parameter | take_bits(bits, parameter);
}

static bool read_residuals(struct bit_reader *bits, uint64_t shape, size_t count, uint64_t *residuals_out)
{
	if (shape < RICE_SHAPE && count * shape > bits->size * 8)
		return false;
	/* A residual of Rice code takes a bit at least. */
	if (shape >= RICE_SHAPE && count > bits->size * 8)
		return false;
	for (size_t i = 0; i < count; i++)
		residuals_out[i] = shape < RICE_SHAPE ? take_bits(bits, (unsigned)shape)
						      : take_rice(bits, (unsigned)(shape - RICE_SHAPE));
	return bits->at <= bits->size * 8;
}

/* Turns residuals, which lie at values[order] and behind, into the numbers that they stand for. */
static void add_up(uint64_t *values, size_t count, unsigned order, uint64_t base, uint64_t slope,
		   uint64_t unit)
{
	uint64_t value = base;

	if (order == 0) {
		for (size_t i = 0; i < count; i++)
			values[i] = base + values[i] * unit;
		return;
	}
	values[0] = base;
	if (order == 2)
		values[1] = value += slope;
	for (size_t i = order; i < count; i++) {
		uint64_t residual = (uint64_t)zigzag_decode(values[i]) * unit;

		slope = order == 2 ? slope + residual : residual;
		values[i] = value += slope;
	}
}

enum status samples_read(const struct samples *samples, size_t run, size_t count, uint64_t *values_out,
			 struct error *error)
{
	uint64_t mode = numbers_get(&samples->modes, run), shape = numbers_get(&samples->shapes, run);
	struct bit_reader bits = {(const uint8_t *)samples->payload + samples->offsets[run],
				  samples->offsets[run + 1] - samples->offsets[run], 0};
	unsigned order = (unsigned)(mode % ORDERS), scale = (unsigned)(mode / ORDERS);

	if (mode >= MODES || shape > RICE_SHAPE + MOST_RICE || count < order ||
	    !read_residuals(&bits, shape, count - order, values_out + order))
		return damaged(samples->run_count, error);
	add_up(values_out, count, order, (uint64_t)zigzag_decode(numbers_get(&samples->bases, run)),
	       (uint64_t)zigzag_decode(numbers_get(&samples->slopes, run)),
	       numbers_get(&samples->units, run));
	for (size_t i = 0; i < count && scale; i++)
		values_out[i] = bits_of((double)(int64_t)values_out[i] / powers_of_ten[scale - 1]);
	return STATUS_OK;
}
