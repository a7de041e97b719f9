#include "http/content.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "test.h"

enum { LIMIT = 1 << 20 };

/* Bytes that pack, but not to nothing. */
static struct buffer sample(size_t size)
{
	struct buffer buffer = BUFFER_EMPTY;

	for (size_t i = 0; buffer.size < size; i++)
		buffer_printf(&buffer, "line %zu of %zu;", i * 2654435761u % 1000, size);
	buffer.size = size;
	return buffer;
}

static struct buffer deflated(struct str bytes, int window_bits)
{
	struct buffer packed = BUFFER_EMPTY;
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes.data, .avail_in = (uInt)bytes.size};

	assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.avail_out = (uInt)deflateBound(&stream, bytes.size);
	stream.next_out = (Bytef *)buffer_reserve(&packed, stream.avail_out);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	packed.size = stream.total_out;
	deflateEnd(&stream);
	return packed;
}

static struct buffer zstd_packed(struct str bytes)
{
	struct buffer packed = BUFFER_EMPTY;
	size_t room = ZSTD_compressBound(bytes.size);

	packed.size = ZSTD_compress(buffer_reserve(&packed, room), room, bytes.data, bytes.size, 3);
	assert_false(ZSTD_isError(packed.size));
	return packed;
}

static struct buffer packed_as(enum content_coding coding, struct str bytes)
{
	if (coding == CODING_ZSTD)
		return zstd_packed(bytes);
	return deflated(bytes, coding == CODING_GZIP ? 31 : 15);
}

static enum status decode(enum content_coding coding, struct str packed, size_t limit, struct buffer *out)
{
	struct error error = {.message = ""};
	enum status status = content_decode(coding, packed, limit, out, &error);

	assert_int_equal(status == STATUS_OK, error.message[0] == '\0');
	return status;
}

static const enum content_coding codings[] = {CODING_GZIP, CODING_DEFLATE, CODING_ZSTD};

static void unpacks_every_coding(void **state)
{
	static const size_t sizes[] = {0, 1, 100, 70000, 900000};

	(void)state;
	for (size_t c = 0; c < 3; c++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct buffer plain = sample(sizes[i]), out = BUFFER_EMPTY;
			struct buffer packed = packed_as(codings[c], buffer_str(&plain));

			assert_int_equal(decode(codings[c], buffer_str(&packed), LIMIT, &out), STATUS_OK);
			assert_true(str_equal(buffer_str(&plain), buffer_str(&out)));
			buffer_release(&plain);
			buffer_release(&packed);
			buffer_release(&out);
		}
}

static void unpacks_deflate_without_a_header(void **state)
{
	struct buffer plain = sample(5000), packed = deflated(buffer_str(&plain), -15), out = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(decode(CODING_DEFLATE, buffer_str(&packed), LIMIT, &out), STATUS_OK);
	assert_true(str_equal(buffer_str(&plain), buffer_str(&out)));
	buffer_release(&plain);
	buffer_release(&packed);
	buffer_release(&out);
}

static void joins_members_and_frames(void **state)
{
	(void)state;
	for (size_t c = 0; c < 3; c += 2) {
		struct buffer packed = packed_as(codings[c], str_from("first,"));
		struct buffer second = packed_as(codings[c], str_from("second")), out = BUFFER_EMPTY;

		buffer_append_str(&packed, buffer_str(&second));
		assert_int_equal(decode(codings[c], buffer_str(&packed), LIMIT, &out), STATUS_OK);
		assert_str(buffer_str(&out), "first,second");
		buffer_release(&packed);
		buffer_release(&second);
		buffer_release(&out);
	}
}

static void allows_exactly_the_limit_and_no_byte_more(void **state)
{
	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct buffer plain = sample(100000), out = BUFFER_EMPTY;
		struct buffer packed = packed_as(codings[c], buffer_str(&plain));

		assert_int_equal(decode(codings[c], buffer_str(&packed), 100000, &out), STATUS_OK);
		buffer_clear(&out);
		assert_int_equal(decode(codings[c], buffer_str(&packed), 99999, &out), STATUS_TOO_LARGE);
		buffer_release(&plain);
		buffer_release(&packed);
		buffer_release(&out);
	}
}

static void a_bomb_takes_no_more_memory_than_the_limit(void **state)
{
	char *zeros = calloc(1, 64 << 20);

	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct buffer packed = packed_as(codings[c], str_make(zeros, 64 << 20)), out = BUFFER_EMPTY;

		assert_int_equal(decode(codings[c], buffer_str(&packed), LIMIT, &out), STATUS_TOO_LARGE);
		assert_true(out.capacity <= LIMIT + 1);
		buffer_release(&packed);
		buffer_release(&out);
	}
	free(zeros);
}

static void rejects_what_is_cut_anywhere(void **state)
{
	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct buffer plain = sample(300), packed = packed_as(codings[c], buffer_str(&plain));

		for (size_t size = 0; size < packed.size; size++) {
			struct buffer out = BUFFER_EMPTY;

			/* A zstd body of no bytes is no frame at all. */
			assert_int_equal(decode(codings[c], str_make(packed.data, size), LIMIT, &out),
					 STATUS_INVALID);
			buffer_release(&out);
		}
		buffer_release(&plain);
		buffer_release(&packed);
	}
}

static void rejects_noise_and_damage(void **state)
{
	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct buffer plain = sample(3000), packed = packed_as(codings[c], buffer_str(&plain)),
			      out = BUFFER_EMPTY;

		assert_int_equal(decode(codings[c], str_from("this was never packed at all"), LIMIT, &out),
				 STATUS_INVALID);
		buffer_clear(&out);
		buffer_append_c(&packed, "behind the end");
		assert_int_equal(decode(codings[c], buffer_str(&packed), LIMIT, &out), STATUS_INVALID);
		buffer_release(&plain);
		buffer_release(&packed);
		buffer_release(&out);
	}
}

static void refuses_a_zstd_window_that_is_too_large(void **state)
{
	struct buffer plain = sample(1 << 20), packed = BUFFER_EMPTY, out = BUFFER_EMPTY;
	ZSTD_CStream *stream = ZSTD_createCStream();
	size_t room = ZSTD_compressBound(plain.size);
	ZSTD_inBuffer in = {plain.data, plain.size, 0};
	ZSTD_outBuffer piece = {buffer_reserve(&packed, room), room, 0};

	(void)state;
	/* Streamed, so that the frame does not know its size and asks for the whole window: 128 MB. */
	ZSTD_CCtx_setParameter(stream, ZSTD_c_windowLog, 27);
	assert_int_equal(ZSTD_compressStream2(stream, &piece, &in, ZSTD_e_flush), 0);
	assert_int_equal(ZSTD_compressStream2(stream, &piece, &in, ZSTD_e_end), 0);
	packed.size = piece.pos;
	ZSTD_freeCStream(stream);
	assert_int_equal(decode(CODING_ZSTD, buffer_str(&packed), 4 * LIMIT, &out), STATUS_INVALID);
	buffer_release(&plain);
	buffer_release(&packed);
	buffer_release(&out);
}

static void knows_codings_by_their_names(void **state)
{
	static const struct {
		const char *header;
		enum content_coding coding;
	} cases[] = {
		{"", CODING_IDENTITY},   {"identity", CODING_IDENTITY},  {" GZip ", CODING_GZIP},
		{"x-gzip", CODING_GZIP}, {"deflate", CODING_DEFLATE},    {"zstd", CODING_ZSTD},
		{"br", CODING_UNKNOWN},  {"gzip, zstd", CODING_UNKNOWN}, {"gzipped", CODING_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(content_coding_parse(str_from(cases[i].header)), cases[i].coding);
}

static void takes_gzip_where_it_is_named_and_not_refused(void **state)
{
	static const struct {
		const char *header;
		bool taken;
	} cases[] = {
		{"", false},
		{"gzip", true},
		{"deflate, GZIP;q=0.5, br", true},
		{"gzip;q=0", false},
		{"gzip; q=0.000", false},
		{"gzip;q=0.05", true},
		{"*", true},
		{"*;q=0", false},
		{"*;q=0, gzip", true},
		{"gzip;q=0, *", false},
		{"deflate, br, zstd", false},
		{"gzipped", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (content_accepts_gzip(str_from(cases[i].header)) != cases[i].taken)
			fail_msg("\"%s\"", cases[i].header);
}

static void gzip_unpacks_to_what_was_packed(void **state)
{
	static const size_t sizes[] = {200, 70000, 3 * LIMIT};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buffer plain = sample(sizes[i]), packed = BUFFER_EMPTY, out = BUFFER_EMPTY;

		assert_true(content_gzip(buffer_str(&plain), &packed));
		assert_true(packed.size <= plain.size / 2);
		assert_int_equal(decode(CODING_GZIP, buffer_str(&packed), plain.size, &out), STATUS_OK);
		assert_int_equal(out.size, plain.size);
		assert_memory_equal(out.data, plain.data, plain.size);
		buffer_release(&plain);
		buffer_release(&packed);
		buffer_release(&out);
	}
}

static void what_does_not_pack_is_left_as_it_is(void **state)
{
	struct buffer noise = BUFFER_EMPTY, packed = BUFFER_EMPTY;
	uint64_t word = 1;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		word = word * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		buffer_append_byte(&noise, (char)(word >> 56));
	}
	assert_false(content_gzip(buffer_str(&noise), &packed));
	assert_false(content_gzip(str_from(""), &packed));
	buffer_release(&noise);
	buffer_release(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unpacks_every_coding),
		cmocka_unit_test(unpacks_deflate_without_a_header),
		cmocka_unit_test(joins_members_and_frames),
		cmocka_unit_test(allows_exactly_the_limit_and_no_byte_more),
		cmocka_unit_test(a_bomb_takes_no_more_memory_than_the_limit),
		cmocka_unit_test(rejects_what_is_cut_anywhere),
		cmocka_unit_test(rejects_noise_and_damage),
		cmocka_unit_test(refuses_a_zstd_window_that_is_too_large),
		cmocka_unit_test(knows_codings_by_their_names),
		cmocka_unit_test(takes_gzip_where_it_is_named_and_not_refused),
		cmocka_unit_test(gzip_unpacks_to_what_was_packed),
		cmocka_unit_test(what_does_not_pack_is_left_as_it_is),
	};

	return test_run("http/content", tests);
}
