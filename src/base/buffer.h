/*
 * buffer: bytes that grow, with a ceiling.
 *
 * Appending never fails on the spot: a buffer that could not grow remembers it (failed), ignores what follows,
 * and the caller asks once at the end.
 *
 * Ownership  the buffer owns data; buffer_release frees it, buffer_take hands it over.
 * Threads    one thread at a time.
 * Errors     buffer_failed.
 */
#ifndef ROHAS_BASE_BUFFER_H
#define ROHAS_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buffer {
	char *data;
	size_t size, capacity;
	size_t limit; /* 0: none */
	bool failed;
};

#define BUFFER_EMPTY ((struct buffer){0})

void buffer_release(struct buffer *buffer);

/* Makes it empty and reusable; keeps the memory and the limit, forgets a failure. */
void buffer_clear(struct buffer *buffer);

/* Room for extra more bytes behind size, or NULL. The caller fills them and adds to size itself. */
char *buffer_reserve(struct buffer *buffer, size_t extra);

void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_append_str(struct buffer *buffer, struct str s);
void buffer_append_c(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, uint8_t byte);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline bool buffer_failed(const struct buffer *buffer)
{
	return buffer->failed;
}

static inline struct str buffer_str(const struct buffer *buffer)
{
	return str_make(buffer->data, buffer->size);
}

#endif
