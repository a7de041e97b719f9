#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

static _Atomic int lowest = LOG_INFO;

void log_set_level(enum log_level level)
{
	atomic_store(&lowest, (int)level);
}

/* A foreign string in a message must not be able to forge a line or drive a terminal. */
static size_t escape(const char *text, char *out, size_t room)
{
	size_t size = 0;

	for (; *text && size + 4 < room; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c != 0x7f)
			out[size++] = (char)c;
		else
			size += (size_t)snprintf(out + size, room - size, "\\x%02x", c);
	}
	return size;
}

void log_write(enum log_level level, const char *part, const char *format, ...)
{
	static const char *const names[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};
	char message[1024], line[2048], time[TIME_TEXT_SIZE];
	va_list args;
	size_t size;

	if ((int)level < atomic_load_explicit(&lowest, memory_order_relaxed))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	time_format(clock_now_ns(&clock_system), time);
	size = (size_t)snprintf(line, sizeof(line), "%.23sZ %s %s: ", time, names[level], part);
	size += escape(message, line + size, sizeof(line) - size - 1);
	line[size++] = '\n';
	if (write(STDERR_FILENO, line, size) < 0)
		return; /* nowhere left to say it */
}
