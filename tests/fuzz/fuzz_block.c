/*
 * A block's body, or a header, of any bytes at all: the first byte says which, the rest is it. Everything
 * that opens is read and searched.
 */
#include "unit/storage/columns/read_all.h"

enum { LIMIT_BYTES = 64 << 20, HEADER = SIGNAL_COUNT };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % (SIGNAL_COUNT + 1) == HEADER)
		read_header(str_make(data + 1, size - 1), LIMIT_BYTES);
	else
		read_all((enum signal)(data[0] % (SIGNAL_COUNT + 1)), str_make(data + 1, size - 1),
			 LIMIT_BYTES);
	return 0;
}
