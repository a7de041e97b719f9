#include "sdk/memory.h"

#include <stdlib.h>

static void *system_allocate(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void system_release(void *context, void *memory, size_t size)
{
	(void)context;
	(void)size;
	free(memory);
}

const struct rohas_allocator memory_system = {system_allocate, system_release, NULL};
