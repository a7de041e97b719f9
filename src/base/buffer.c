#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){.limit = buffer->limit};
}

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer->failed = false;
}

static bool grow(struct buffer *buffer, size_t needed)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 256;
	char *data;

	while (capacity < needed)
		capacity += capacity / 2 + 256;
	if (buffer->limit && capacity > buffer->limit)
		capacity = buffer->limit;
	data = realloc(buffer->data, capacity);
	if (!data)
		return false;
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

char *buffer_reserve(struct buffer *buffer, size_t extra)
{
	size_t needed;

	if (buffer->failed)
		return NULL;
	if (__builtin_add_overflow(buffer->size, extra, &needed) || needed > SIZE_MAX / 4 ||
	    (buffer->limit && needed > buffer->limit) ||
	    ((needed > buffer->capacity || !buffer->data) && !grow(buffer, needed))) {
		buffer->failed = true;
		return NULL;
	}
	return buffer->data + buffer->size;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
	char *at = buffer_reserve(buffer, size);

	if (!at || size == 0)
		return;
	memcpy(at, bytes, size);
	buffer->size += size;
}

void buffer_append_str(struct buffer *buffer, struct str s)
{
	buffer_append(buffer, s.data, s.size);
}

void buffer_append_c(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

void buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
	buffer_append(buffer, &byte, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	int size;
	char *at;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	at = size < 0 ? NULL : buffer_reserve(buffer, (size_t)size + 1);
	if (!at)
		return;
	va_start(args, format);
	vsnprintf(at, (size_t)size + 1, format, args);
	va_end(args);
	buffer->size += (size_t)size;
}
