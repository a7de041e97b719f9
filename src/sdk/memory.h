/*
 * memory: the application's allocator, or the system's.
 *
 * Threads    as the allocator allows: any.
 * Errors     NULL where there is no memory.
 */
#ifndef ROHAS_SDK_MEMORY_H
#define ROHAS_SDK_MEMORY_H

#include "rohas/telemetry.h"

/* Of the system. */
extern const struct rohas_allocator memory_system;

static inline void *memory_get(const struct rohas_allocator *allocator, size_t size)
{
	return allocator->allocate(allocator->context, size);
}

/* memory may be NULL. */
static inline void memory_give(const struct rohas_allocator *allocator, void *memory, size_t size)
{
	if (memory)
		allocator->release(allocator->context, memory, size);
}

#endif
