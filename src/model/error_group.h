/*
 * error_group: which errors are one and the same error, told by a number.
 *
 * Errors of one group have the same exception type and the same stack: functions and files in order, without
 * line numbers, addresses and ids. Where there is no stack, the message decides, without numbers, quoted text,
 * e-mail addresses and ids. A span without an exception is grouped by its error.type and its status message.
 *
 * The number is a plain hash of a text: the same in every process, whatever the span went through in between.
 *
 * Ownership  views of the span.
 * Threads    pure.
 * Units      work is bounded: the last of eight exceptions, 16 KiB of its stack, 1 KiB of its message.
 * Errors     none; false where the span tells of no error.
 */
#ifndef ROHAS_MODEL_ERROR_GROUP_H
#define ROHAS_MODEL_ERROR_GROUP_H

#include "model/span.h"

enum { ERROR_GROUP_TEXT_SIZE = 16 };

struct error_group {
	uint64_t id;
	struct str type;    /* of the exception, or error.type; may be empty */
	struct str message; /* as it was sent; may be empty */
};

/* Of the last exception that the span recorded; false where it recorded none. */
bool error_group_of_exception(const struct span *span, struct error_group *group_out);

/* Of a span that failed: of its exception, else of what else it says. */
void error_group_of_failure(const struct span *span, struct error_group *group_out);

/* The id as 16 hexadecimal digits, no NUL. */
void error_group_text(uint64_t id, char text_out[ERROR_GROUP_TEXT_SIZE]);

#endif
