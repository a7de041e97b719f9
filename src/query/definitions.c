#include "query/definitions.h"

#include <pthread.h>
#include <stdlib.h>

#include "query/numbering.h"

struct definitions {
	pthread_mutex_t lock;
	size_t limit_bytes;
	struct arena arena; /* of the names and the metrics */
	struct numbering names;
	struct metric *metrics; /* by number of name */
	size_t capacity;
};

struct definitions *definitions_new(size_t limit_bytes)
{
	struct definitions *definitions = calloc(1, sizeof(*definitions));

	if (!definitions)
		return NULL;
	pthread_mutex_init(&definitions->lock, NULL);
	definitions->limit_bytes = limit_bytes;
	arena_init(&definitions->arena, limit_bytes);
	numbering_init(&definitions->names, &definitions->arena);
	return definitions;
}

static void forget(struct definitions *definitions)
{
	numbering_release(&definitions->names);
	arena_release(&definitions->arena);
	arena_init(&definitions->arena, definitions->limit_bytes);
	numbering_init(&definitions->names, &definitions->arena);
}

void definitions_free(struct definitions *definitions)
{
	if (!definitions)
		return;
	numbering_release(&definitions->names);
	arena_release(&definitions->arena);
	free(definitions->metrics);
	pthread_mutex_destroy(&definitions->lock);
	free(definitions);
}

bool definition_copy(struct arena *arena, const struct metric *from, struct metric *to_out)
{
	struct metric copy = *from;

	copy.metadata = (struct attributes){0};
	copy.name = arena_copy(arena, from->name);
	copy.unit = arena_copy(arena, from->unit);
	copy.description = arena_copy(arena, from->description);
	if (!copy.name.data || !copy.unit.data || !copy.description.data)
		return false;
	*to_out = copy;
	return true;
}

static bool make_room(struct definitions *definitions)
{
	size_t capacity = definitions->capacity ? definitions->capacity * 2 : 64;
	struct metric *moved;

	if (definitions->names.count < definitions->capacity)
		return true;
	moved = realloc(definitions->metrics, capacity * sizeof(*moved));
	if (!moved)
		return false;
	definitions->metrics = moved;
	definitions->capacity = capacity;
	return true;
}

static bool note(struct definitions *definitions, const struct metric *metric)
{
	size_t before = definitions->names.count, number;

	if (!make_room(definitions) || !numbering_take(&definitions->names, metric->name, &number))
		return false;
	return number < before || definition_copy(&definitions->arena, metric, &definitions->metrics[number]);
}

void definitions_note(struct definitions *definitions, const struct metric_summary *metrics, size_t count)
{
	pthread_mutex_lock(&definitions->lock);
	for (size_t i = 0; i < count; i++) {
		if (note(definitions, metrics[i].metric))
			continue;
		/* What could not be entered whole must not be found. */
		forget(definitions);
		break;
	}
	pthread_mutex_unlock(&definitions->lock);
}

bool definitions_find(struct definitions *definitions, struct str name, struct arena *arena,
		      struct metric *metric_out)
{
	bool found = false;

	pthread_mutex_lock(&definitions->lock);
	for (size_t i = 0; i < definitions->names.count && !found; i++)
		found = str_equal(definitions->names.keys[i], name) &&
			definition_copy(arena, &definitions->metrics[i], metric_out);
	pthread_mutex_unlock(&definitions->lock);
	return found;
}
