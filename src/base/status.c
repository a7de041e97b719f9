#include "base/status.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {
	[STATUS_OK] = "ok",
	[STATUS_INVALID] = "invalid",
	[STATUS_TOO_LARGE] = "too_large",
	[STATUS_NOT_FOUND] = "not_found",
	[STATUS_UNSUPPORTED] = "unsupported",
	[STATUS_BUSY] = "busy",
	[STATUS_IO] = "io",
	[STATUS_CORRUPT] = "corrupt",
	[STATUS_NO_MEMORY] = "no_memory",
	[STATUS_CANCELLED] = "cancelled",
};

const char *status_name(enum status status)
{
	size_t count = sizeof(names) / sizeof(names[0]);

	return (size_t)status < count ? names[status] : "unknown";
}

int status_is_transient(enum status status)
{
	return status == STATUS_BUSY || status == STATUS_IO || status == STATUS_CANCELLED;
}

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
	va_list args;

	if (!error)
		return status;
	error->status = status;
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return status;
}

enum status error_wrap(struct error *error, enum status status, const char *format, ...)
{
	char inner[sizeof(error->message)];
	va_list args;
	int used;

	if (!error)
		return status;
	memcpy(inner, error->message, sizeof(inner));
	va_start(args, format);
	used = vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	if (used >= 0 && (size_t)used < sizeof(error->message))
		snprintf(error->message + used, sizeof(error->message) - (size_t)used, ": %s", inner);
	return error->status;
}
