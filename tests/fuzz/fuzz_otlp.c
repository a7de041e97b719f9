/*
 * fuzz_otlp: a request body of any bytes into rows. Built once a signal (FUZZ_SIGNAL) and decoder
 * (FUZZ_DECODE).
 */
#include "fuzz.h"
#include "receiver/otlp_json.h"
#include "receiver/otlp_protobuf.h"

/* Small, so that the fuzzer reaches the ceiling too. */
enum { BATCH_BYTES = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The block ends where the body does: a sanitizer sees the first byte read past it. */
	char *body = malloc(size ? size : 1);
	struct otlp_outcome outcome;
	struct error error = {.message = ""};
	struct batch batch;
	enum status status;

	if (size)
		memcpy(body, data, size);
	batch_init(&batch, BATCH_BYTES);
	status = FUZZ_DECODE(FUZZ_SIGNAL, str_make(body, size), 1, &batch, &outcome, &error);
	require(status == STATUS_OK || status == STATUS_INVALID || status == STATUS_TOO_LARGE);
	require((status == STATUS_OK) == (error.message[0] == '\0'));
	require((outcome.rejected == 0) == (outcome.reason[0] == '\0'));
	if (status == STATUS_OK)
		use_rows(&batch);
	batch_release(&batch);
	free(body);
	return 0;
}
