#include "receiver/otlp_protobuf.h"

#include "receiver/decoder.h"
#include "receiver/records.h"

enum status otlp_protobuf_decode(enum signal signal, struct str body, uint64_t now_ns, struct batch *batch,
				 struct otlp_outcome *outcome, struct error *error)
{
	static const char *const messages[SIGNAL_COUNT] = {
		"ExportTraceServiceRequest", "ExportMetricsServiceRequest", "ExportLogsServiceRequest"};
	static bool (*const records[SIGNAL_COUNT])(struct decoder *, struct str) = {
		decode_span, decode_metric, decode_log_record};
	size_t *const row_counts[SIGNAL_COUNT] = {&batch->span_count, &batch->point_count, &batch->log_count};
	struct decoder decoder = {.batch = batch,
				  .arena = &batch->arena,
				  .row_count = row_counts[signal],
				  .record = records[signal],
				  .body_end = body.data + body.size,
				  .now_ns = now_ns,
				  .outcome = outcome,
				  .error = error};

	*outcome = (struct otlp_outcome){0};
	/* Sizes are kept in 32 bits. */
	if (body.size > UINT32_MAX)
		return error_set(error, STATUS_TOO_LARGE, "the body is larger than %u bytes", UINT32_MAX);
	if (decode_request(&decoder, body))
		return STATUS_OK;
	if (decoder.failure != STATUS_OK)
		return decoder.failure;
	return error_set(error, STATUS_INVALID,
			 "the body is not a well-formed %s in protobuf: a field is cut off or malformed",
			 messages[signal]);
}
