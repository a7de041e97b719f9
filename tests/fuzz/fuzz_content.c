/* fuzz_content: gzip, deflate and zstd unpacked; the first byte says which, the rest is the body. */
#include "fuzz.h"
#include "http/content.h"

enum { LIMIT_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum content_coding codings[] = {CODING_GZIP, CODING_DEFLATE, CODING_ZSTD};
	struct buffer out = BUFFER_EMPTY;
	struct error error = {.message = ""};
	enum status status;

	if (size == 0)
		return 0;
	status =
		content_decode(codings[data[0] % 3], str_make(data + 1, size - 1), LIMIT_BYTES, &out, &error);
	require(status == STATUS_OK || status == STATUS_INVALID || status == STATUS_TOO_LARGE);
	require((status == STATUS_OK) == (error.message[0] == '\0'));
	require(out.capacity <= LIMIT_BYTES + 1);
	require(status != STATUS_OK || out.size <= LIMIT_BYTES);
	buffer_release(&out);
	return 0;
}
