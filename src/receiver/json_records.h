/*
 * json_records: the decoders of one JSON record each, by signal. Inside of the receiver.
 */
#ifndef ROHAS_RECEIVER_JSON_RECORDS_H
#define ROHAS_RECEIVER_JSON_RECORDS_H

#include "receiver/json_fields.h"

typedef bool json_record(struct json_decoder *json, const json_t *object);

bool json_read_span(struct json_decoder *json, const json_t *object);
bool json_read_metric(struct json_decoder *json, const json_t *object);
bool json_read_log_record(struct json_decoder *json, const json_t *object);

#endif
