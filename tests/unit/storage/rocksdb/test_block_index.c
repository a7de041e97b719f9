#include "unit/test.h"

#include "storage/rocksdb/block_index.h"

static struct block_entry *entry_of(uint64_t sequence, uint64_t time_ns, uint64_t rows)
{
	struct block_header header = {.signal = SIGNAL_LOGS,
				      .sequence = sequence,
				      .first_sequence = sequence,
				      .last_sequence = sequence,
				      .first_ns = time_ns,
				      .last_ns = time_ns,
				      .row_count = rows,
				      .has_all_terms = true};
	struct buffer encoded = BUFFER_EMPTY;
	struct error error = {0};
	struct block_entry *entry;

	header_encode(&header, &encoded);
	entry = block_entry_new(1, buffer_str(&encoded), &error);
	buffer_release(&encoded);
	if (!entry)
		fail_msg("%s", error.message);
	return entry;
}

static void add(struct block_index *index, uint64_t sequence, uint64_t rows)
{
	struct block_entry *entry = entry_of(sequence, sequence, rows);

	assert_int_equal(block_index_reserve(index, 1, NULL), STATUS_OK);
	block_index_add(index, &entry, 1);
}

static bool any(const struct block_header *header, const void *filter)
{
	(void)header;
	(void)filter;
	return true;
}

static struct block_list list_of(struct block_index *index)
{
	struct block_list list;

	assert_int_equal(block_index_list(index, SIGNAL_LOGS, UINT64_MAX, any, NULL, &list, NULL), STATUS_OK);
	return list;
}

/* A replaced block that a query still reads reaches the graveyard with the query's end, and not before. */
static void buries_what_was_replaced_once_nobody_reads_it(void **state)
{
	struct block_index index;
	struct block_entry *old[2], *grave;
	struct block_list list;

	(void)state;
	block_index_init(&index);
	add(&index, 1, 10);
	add(&index, 2, 20);
	list = list_of(&index);
	old[0] = list.items[1];
	old[1] = list.items[0];
	block_index_replace(&index, old, 2, entry_of(3, 3, 30));
	assert_null(block_index_take_graveyard(&index));
	assert_int_equal(index.row_counts[SIGNAL_LOGS], 30);
	block_list_release(&list);
	grave = block_index_take_graveyard(&index);
	assert_non_null(grave);
	assert_non_null(grave->next);
	assert_null(grave->next->next);
	block_entry_bury(grave->next);
	block_entry_bury(grave);
	block_index_release(&index);
}

/* What was there, and what waits in the graveyard, is freed: the sanitizer would tell. */
static void takes_the_entries_of_another_in_place_of_its_own(void **state)
{
	struct block_index index, other;
	struct block_list list;

	(void)state;
	block_index_init(&index);
	block_index_init(&other);
	add(&index, 1, 10);
	add(&index, 7, 20);
	list = list_of(&index);
	block_index_replace(&index, list.items, 2, entry_of(8, 8, 30));
	block_list_release(&list);
	add(&other, 4, 40);
	add(&other, 5, 50);
	block_index_take(&index, &other);
	block_index_release(&other);
	list = list_of(&index);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0]->header.sequence, 5);
	assert_int_equal(list.items[1]->header.sequence, 4);
	assert_int_equal(index.row_counts[SIGNAL_LOGS], 90);
	assert_int_equal(block_index_last_sequence(&index), 5);
	block_list_release(&list);
	add(&index, 9, 1);
	block_index_release(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buries_what_was_replaced_once_nobody_reads_it),
		cmocka_unit_test(takes_the_entries_of_another_in_place_of_its_own),
	};

	return test_run("storage/rocksdb/block_index", tests);
}
