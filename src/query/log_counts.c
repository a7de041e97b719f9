#include <stdlib.h>

#include "query/log_source.h"

/* The steps that have lines, found by their number. */
enum { SLOTS = 32768 };
_Static_assert(SLOTS > 2 * LOG_COUNTS_STEPS_MOST, "a free slot is soon found");

struct counting {
	uint64_t step_ns;
	struct log_step *steps; /* room for LOG_COUNTS_STEPS_MOST, in order of arrival */
	size_t count;
	uint32_t *slots;       /* step + 1; 0: free */
	struct log_step *last; /* most lines belong to the step of the line before */
	uint64_t line_count;
};

static struct log_step *find_step(struct counting *counting, uint64_t start_ns)
{
	uint64_t number = start_ns / counting->step_ns;
	size_t slot = (size_t)((number * UINT64_C(0x9E3779B97F4A7C15)) >> 49);

	for (;; slot = (slot + 1) % SLOTS) {
		if (!counting->slots[slot])
			break;
		if (counting->steps[counting->slots[slot] - 1].start_ns == start_ns)
			return &counting->steps[counting->slots[slot] - 1];
	}
	if (counting->count == LOG_COUNTS_STEPS_MOST)
		return NULL;
	counting->steps[counting->count] = (struct log_step){.start_ns = start_ns};
	counting->slots[slot] = (uint32_t)++counting->count;
	return &counting->steps[counting->count - 1];
}

static enum status count_lines(void *context, const struct log_columns *rows, struct error *error)
{
	struct counting *counting = context;
	struct log_step *last = counting->last;

	for (size_t i = 0; i < rows->count; i++) {
		uint64_t time_ns = rows->time_ns[i], weight = rows->weights ? rows->weights[i] : 1;

		if (!last || time_ns - last->start_ns >= counting->step_ns) {
			last = find_step(counting, time_ns / counting->step_ns * counting->step_ns);
			if (!last)
				return error_set(error, STATUS_TOO_LARGE,
						 "more than %d steps have lines: ask for a longer step, or "
						 "for less time",
						 LOG_COUNTS_STEPS_MOST);
		}
		last->counts[rows->levels[i]] += weight;
		counting->line_count += weight;
	}
	counting->last = last;
	return STATUS_OK;
}

static int compare_steps(const void *a, const void *b)
{
	const struct log_step *x = a, *y = b;

	return (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

enum status log_counts(struct query *query, const struct log_query *which, uint64_t step_ns,
		       struct log_counts *counts_out, struct error *error)
{
	const struct log_fold fold = {
		.filter = which->filter, .columns = LOG_COLUMN_TIME | LOG_COLUMN_LEVEL, .step_ns = step_ns};
	struct counting counting = {.step_ns = step_ns,
				    .steps = malloc(LOG_COUNTS_STEPS_MOST * sizeof(struct log_step)),
				    .slots = calloc(SLOTS, sizeof(uint32_t))};
	struct log_reach reach = {0};
	enum status status = STATUS_OK;

	if (!counting.steps || !counting.slots)
		status = error_set(error, STATUS_NO_MEMORY, "no memory to count lines");
	if (status == STATUS_OK)
		status = log_source_fold(query, &fold, which->handled, count_lines, &counting, &reach, error);
	free(counting.slots);
	if (status != STATUS_OK) {
		free(counting.steps);
		return status;
	}
	qsort(counting.steps, counting.count, sizeof(counting.steps[0]), compare_steps);
	reach.line_count = counting.line_count;
	*counts_out = (struct log_counts){counting.steps, counting.count, reach};
	return STATUS_OK;
}

void log_counts_release(struct log_counts *counts)
{
	free(counts->steps);
}
