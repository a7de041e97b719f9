/*
 * A block's body, or a header, of any bytes at all: the first byte says which, the rest is it. Everything
 * that opens is read and searched. A body is given right checksums first: without, nothing would open.
 */
#include <stdlib.h>
#include <string.h>

#include "unit/storage/columns/read_all.h"
#include "unit/storage/columns/resum.h"

enum { LIMIT_BYTES = 64 << 20, HEADER = SIGNAL_COUNT };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes;

	if (size == 0)
		return 0;
	bytes = malloc(size);
	memcpy(bytes, data + 1, size - 1);
	if (data[0] % (SIGNAL_COUNT + 1) == HEADER) {
		read_header(str_make(bytes, size - 1), LIMIT_BYTES);
	} else {
		block_resum(bytes, size - 1);
		read_all((enum signal)(data[0] % (SIGNAL_COUNT + 1)), str_make(bytes, size - 1), LIMIT_BYTES);
	}
	free(bytes);
	return 0;
}
