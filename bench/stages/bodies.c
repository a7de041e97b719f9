#include "stages/bodies.h"

#include <stdlib.h>

#include "load/workload.h"

enum { SEED = 1 };

struct str bodies_encode(char kind, uint32_t item_count, uint32_t index)
{
	/* Any moment will do: a fixed one makes every run decode the same bytes. */
	const struct stamp stamp = {.base = (index + 1) * BODY_SLOTS,
				    .now_ns = UINT64_C(1767225600000000000),
				    .series_ns = UINT64_C(1767225600000000000),
				    .start_ns = UINT64_C(1767222000000000000),
				    .stretch_q16 = 1 << 16};
	struct body body = {.bytes = BUFFER_EMPTY};
	struct str bytes = {NULL, 0};

	if (kind == 't')
		traces_encode(&body, item_count, SEED, index);
	else if (kind == 'l')
		logs_encode(&body, item_count, SEED, index);
	else
		metrics_encode(&body, item_count, SEED, index);
	if (!body_failed(&body)) {
		body_refresh(&body, &stamp);
		bytes = buffer_str(&body.bytes);
		body.bytes = BUFFER_EMPTY;
	}
	body_release(&body);
	return bytes;
}
