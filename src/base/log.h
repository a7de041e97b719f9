/*
 * log: the program's own log, one line an entry on standard error.
 *
 *     2026-01-01T00:00:00.123Z WARN  storage: 3 blocks have no header; run "rohas-telemetry db verify"
 *
 * Threads    every call may run concurrently; a line is written whole.
 * Errors     none: a log that cannot be written is lost. Control characters in a message are escaped.
 *            Secrets never go in here: callers name a key, never its value, where the table says secret.
 */
#ifndef ROHAS_BASE_LOG_H
#define ROHAS_BASE_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Entries below level are not written. LOG_INFO at start. */
void log_set_level(enum log_level level);

/* part is the folder that speaks ("receiver", "storage", …). */
void log_write(enum log_level level, const char *part, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_debug(part, ...) log_write(LOG_DEBUG, part, __VA_ARGS__)
#define log_info(part, ...)  log_write(LOG_INFO, part, __VA_ARGS__)
#define log_warn(part, ...)  log_write(LOG_WARN, part, __VA_ARGS__)
#define log_error(part, ...) log_write(LOG_ERROR, part, __VA_ARGS__)

#endif
