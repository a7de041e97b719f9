#include "http/content.h"

#include <zlib.h>
#include <zstd.h>

enum {
	/* zlib's window bits: the largest window, and how the frame around it is named. */
	WINDOW_BITS = 15,
	AS_GZIP = WINDOW_BITS + 16,
	AS_ZLIB = WINDOW_BITS,
	AS_RAW = -WINDOW_BITS,
	/* The window that RFC 9659 allows zstd on the web: 8 MB. */
	ZSTD_WINDOW_LOG = 23,
	LEAST_ROOM_BYTES = 64 * 1024,
};

enum content_coding content_coding_parse(struct str header)
{
	static const struct {
		const char *name;
		enum content_coding coding;
	} names[] = {
		{"", CODING_IDENTITY},   {"identity", CODING_IDENTITY}, {"gzip", CODING_GZIP},
		{"x-gzip", CODING_GZIP}, {"deflate", CODING_DEFLATE},   {"zstd", CODING_ZSTD},
	};

	header = str_trim(header);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_equal_nocase(header, str_from(names[i].name)))
			return names[i].coding;
	return CODING_UNKNOWN;
}

/*
 * Makes room behind out: growing by half, but never past one byte more than the limit. That byte tells a
 * result that fits from one that does not.
 */
static size_t make_room(struct buffer *out, size_t limit_bytes)
{
	size_t room = out->capacity - out->size, most = limit_bytes + 1 - out->size;

	if (room == 0)
		room = out->size / 2 + LEAST_ROOM_BYTES;
	if (room > most)
		room = most;
	return buffer_reserve(out, room) ? room : 0;
}

static enum status too_large(size_t limit_bytes, struct error *error)
{
	return error_set(error, STATUS_TOO_LARGE,
			 "the body unpacks to more than %zu bytes, which is the most that is allowed",
			 limit_bytes);
}

static enum status damaged(const char *coding, struct error *error)
{
	return error_set(error, STATUS_INVALID, "the body is not whole, valid %s", coding);
}

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "there is no memory to unpack the body");
}

/* Inflates until the input is used up; several gzip members in a row are one body. */
static enum status inflate_all(z_stream *stream, bool members, size_t limit_bytes, struct buffer *out,
			       struct error *error)
{
	for (;;) {
		size_t room = make_room(out, limit_bytes);
		int result;

		if (room == 0)
			return no_memory(error);
		stream->next_out = (Bytef *)out->data + out->size;
		stream->avail_out = (uInt)(room < UINT32_MAX ? room : UINT32_MAX);
		room = stream->avail_out;
		result = inflate(stream, Z_NO_FLUSH);
		out->size += room - stream->avail_out;
		if (out->size > limit_bytes)
			return too_large(limit_bytes, error);
		if (result == Z_STREAM_END) {
			if (stream->avail_in == 0)
				return STATUS_OK;
			if (!members || inflateReset(stream) != Z_OK)
				return damaged(members ? "gzip" : "deflate", error);
		} else if (result == Z_MEM_ERROR) {
			return no_memory(error);
		} else if (result != Z_OK) {
			return damaged(members ? "gzip" : "deflate", error);
		}
	}
}

/* RFC 1950's header: method 8, and a multiple of 31. What has none is raw, as some clients send it. */
static bool has_zlib_header(struct str bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.data;

	return bytes.size >= 2 && (p[0] & 15) == 8 && (p[0] << 8 | p[1]) % 31 == 0;
}

static enum status decode_zlib(enum content_coding coding, struct str bytes, size_t limit_bytes,
			       struct buffer *out, struct error *error)
{
	int window_bits = coding == CODING_GZIP ? AS_GZIP : has_zlib_header(bytes) ? AS_ZLIB : AS_RAW;
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes.data, .avail_in = (uInt)bytes.size};
	enum status status;

	if (bytes.size > UINT32_MAX)
		return too_large(limit_bytes, error);
	if (inflateInit2(&stream, window_bits) != Z_OK)
		return no_memory(error);
	status = inflate_all(&stream, coding == CODING_GZIP, limit_bytes, out, error);
	inflateEnd(&stream);
	return status;
}

static enum status decode_frames(ZSTD_DStream *stream, struct str bytes, size_t limit_bytes,
				 struct buffer *out, struct error *error)
{
	ZSTD_inBuffer in = {bytes.data, bytes.size, 0};
	size_t left = 1;

	while (in.pos < in.size || left != 0) {
		size_t room = make_room(out, limit_bytes), before = in.pos;
		ZSTD_outBuffer piece = {out->data ? out->data + out->size : NULL, room, 0};

		if (room == 0)
			return no_memory(error);
		left = ZSTD_decompressStream(stream, &piece, &in);
		out->size += piece.pos;
		if (out->size > limit_bytes)
			return too_large(limit_bytes, error);
		if (ZSTD_isError(left) || (left != 0 && in.pos == before && piece.pos == 0))
			return damaged("zstd", error);
	}
	return STATUS_OK;
}

static enum status decode_zstd(struct str bytes, size_t limit_bytes, struct buffer *out, struct error *error)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	enum status status;

	if (!stream)
		return no_memory(error);
	ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	status = decode_frames(stream, bytes, limit_bytes, out, error);
	ZSTD_freeDStream(stream);
	return status;
}

enum status content_decode(enum content_coding coding, struct str bytes, size_t limit_bytes,
			   struct buffer *out, struct error *error)
{
	out->limit = limit_bytes + 1;
	return coding == CODING_ZSTD ? decode_zstd(bytes, limit_bytes, out, error)
				     : decode_zlib(coding, bytes, limit_bytes, out, error);
}

/* ";q=0", with up to three more zeros: not at all. */
static bool is_refused(struct str parameter)
{
	struct str name, quality;

	str_split(parameter, '=', &name, &quality);
	quality = str_trim(quality);
	for (size_t i = 0; i < quality.size; i++)
		if (quality.data[i] != '0' && quality.data[i] != '.')
			return false;
	return quality.size && str_equal_nocase(str_trim(name), str_from("q"));
}

bool content_accepts_gzip(struct str header)
{
	struct str item, name, parameter;
	bool more = header.size > 0, any = false;

	while (more) {
		more = str_split(header, ',', &item, &header);
		str_split(item, ';', &name, &parameter);
		name = str_trim(name);
		if (content_coding_parse(name) == CODING_GZIP)
			return !is_refused(parameter);
		if (str_equal_c(name, "*"))
			any = !is_refused(parameter);
	}
	return any;
}

bool content_gzip(struct str bytes, struct buffer *out)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes.data, .avail_in = (uInt)bytes.size};
	size_t room = bytes.size / 2;
	int result;

	if (bytes.size > UINT32_MAX || !buffer_reserve(out, room))
		return false;
	if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, AS_GZIP, MAX_MEM_LEVEL - 1, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return false;
	stream.next_out = (Bytef *)out->data + out->size;
	stream.avail_out = (uInt)room;
	result = deflate(&stream, Z_FINISH);
	out->size += room - stream.avail_out;
	deflateEnd(&stream);
	return result == Z_STREAM_END;
}
