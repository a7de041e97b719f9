/*
 * series: counts and durations by a set of labels, with a ceiling on the number of sets.
 *
 * Ownership  a table copies the labels that it is given.
 * Threads    one thread at a time: the processor holds its lock.
 * Units      durations are nanoseconds.
 * Errors     where memory runs out a count is lost, and lost_count says how many.
 */
#ifndef ROHAS_PROCESSOR_SERIES_H
#define ROHAS_PROCESSOR_SERIES_H

#include "model/span.h"
#include "processor/distribution.h"

enum { SERIES_TEXT_COUNT = 3 };
#define SERIES_OTHER "__other__"

/* What tells one series from another. Which text is which label is the table's owner's matter. */
struct series_key {
	struct str texts[SERIES_TEXT_COUNT];
	uint8_t type;    /* enum handler_type */
	uint8_t outcome; /* enum outcome */
	uint64_t group;  /* error group, where the table counts errors; else 0 */
	uint64_t window; /* of what arrives late: the minute since 1970 in which it ended; else 0 */
};

/* A span that stands for others: an exemplar of its series. */
struct example {
	uint64_t time_ns; /* 0: there is none */
	uint64_t duration_ns;
	uint8_t trace_id[TRACE_ID_SIZE];
	uint8_t span_id[SPAN_ID_SIZE];
};

struct series {
	struct series_key key;
	uint64_t hash;
	uint64_t since_ns; /* where the interval began that is being counted */
	uint64_t count;    /* of executions or events in it */
	struct distribution durations;
	struct example slowest;
};

struct series_table {
	const char *name; /* of the metric, for the warning */
	struct series *items;
	size_t count, capacity, limit;
	uint32_t *slots; /* index + 1 */
	size_t slot_mask;
	bool warned;
	uint64_t lost_count;
};

/* name is borrowed. */
void series_table_init(struct series_table *table, const char *name, size_t limit);
void series_table_release(struct series_table *table);

uint64_t series_key_hash(const struct series_key *key);

/* Replaces the key's texts by copies, which series_key_release gives back. False where memory ran out. */
bool series_key_copy(struct series_key *key);
void series_key_release(struct series_key *key);

/* Adds to the count, and one duration unless that is NULL. Past the ceiling every text of the key becomes
 * SERIES_OTHER. A series that is new began at now_ns. Returns the series, until the next call; NULL where memory
 * ran out. */
struct series *series_table_add(struct series_table *table, const struct series_key *key, uint64_t hash,
				uint64_t count, const uint64_t *duration_ns, uint64_t now_ns);

/* Makes the example the series' own unless it has a slower one. */
static inline void series_note_example(struct series *series, const struct example *example)
{
	if (!series->slowest.time_ns || example->duration_ns > series->slowest.duration_ns)
		series->slowest = *example;
}

/* The series of the key, or NULL. */
const struct series *series_table_find(const struct series_table *table, const struct series_key *key);

/* Makes the series of the key, counting nothing, and says whether it is there: false past the ceiling. */
bool series_table_admit(struct series_table *table, const struct series_key *key, uint64_t hash,
			uint64_t now_ns);

/* Forgets the series that counted nothing since they were last emptied: room for new ones. */
void series_table_drop_idle(struct series_table *table);

#endif
