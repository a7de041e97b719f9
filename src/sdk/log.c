#include <stdarg.h>
#include <stdio.h>

#include "sdk/handle.h"
#include "sdk/record.h"
#include "sdk/ticks.h"

enum { LOGS = 2, FORMATTED_MOST = 1024 };

static const uint8_t severities[] = {
	[ROHAS_TRACE] = 1, [ROHAS_DEBUG] = 5, [ROHAS_INFO] = 9, [ROHAS_WARN] = 13, [ROHAS_ERROR] = 17};

static void write_body(struct record *record, struct str message)
{
	enum { ANY_STRING = 1 };

	record_write_head(record, LOG_BODY, field_size(message.size));
	record_write_head(record, ANY_STRING, message.size);
	record_write_text(record, message);
}

static bool write_log(struct record *record, struct pool *pool, struct str message,
		      const struct rohas_field *fields, size_t count)
{
	size_t size = field_size(field_size(message.size));

	if (!record_reserve(record, pool, size))
		return false;
	write_body(record, message);
	record_commit(record, size);
	for (size_t i = 0; i < count; i++)
		if (!record_attribute(record, pool, LOG_ATTRIBUTES, &fields[i]))
			record->dropped_attributes++;
	return true;
}

static void place(struct record *record, const struct record *around)
{
	record->trace_id[0] = around ? around->trace_id[0] : 0;
	record->trace_id[1] = around ? around->trace_id[1] : 0;
	record->span_id = around ? around->span_id : 0;
	record->flags = around ? around->flags : 0;
}

static void add_log(struct pool *pool, const struct record *around, enum rohas_level level,
		    const char *message, const struct rohas_field *fields, size_t count)
{
	struct record *record = pool ? record_new(pool, RECORD_LOG) : NULL;

	if (!record) {
		handle_count_lost(pool, LOGS);
		return;
	}
	record->kind = severities[level <= ROHAS_ERROR ? level : ROHAS_ERROR];
	record->start = ticks_now();
	place(record, around);
	if (write_log(record, pool, str_from(message ? message : ""), fields, fields ? count : 0)) {
		pool_finish(record);
		return;
	}
	record_discard(pool, record);
	handle_count_lost(pool, LOGS);
}

void rohas_log(enum rohas_level level, const char *message, const struct rohas_field *fields, size_t count)
{
	struct pool *pool = registry_pool();

	add_log(pool, pool ? handle_current(pool) : NULL, level, message, fields, count);
}

void rohas_log_in(struct rohas_span span, enum rohas_level level, const char *message,
		  const struct rohas_field *fields, size_t count)
{
	struct pool *pool = registry_pool();

	add_log(pool, pool ? handle_record(span) : NULL, level, message, fields, count);
}

void rohas_logf(enum rohas_level level, const char *format, ...)
{
	char message[FORMATTED_MOST];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(message, sizeof(message), format, arguments) < 0)
		message[0] = '\0';
	va_end(arguments);
	rohas_log(level, message, NULL, 0);
}
