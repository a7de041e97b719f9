#include "storage/columns/block_sequences.h"

#include "storage/columns/numbers.h"

enum { FIELD_OFFSET = 0 };

void block_sequences_encode(const uint64_t *offsets, size_t count, struct block_writer *writer)
{
	numbers_encode(offsets, count, block_writer_column(writer, TABLE_SEQUENCES, FIELD_OFFSET, 0));
}

enum status block_sequences_read(struct block *block, const struct block_header *header,
				 const uint64_t **sequences_out, struct error *error)
{
	struct numbers offsets = {.count = block->row_count};
	uint64_t *sequences = arena_alloc(block->arena, block->row_count * sizeof(*sequences));
	struct str bytes;
	enum status status = block_column(block, TABLE_SEQUENCES, FIELD_OFFSET, 0, &bytes, error);

	if (status == STATUS_OK && !sequences)
		status = error_set(error, STATUS_NO_MEMORY, "no memory to read a block of %zu rows",
				   block->row_count);
	if (status == STATUS_OK && bytes.size)
		status = numbers_open(&bytes, block->row_count, &offsets, error);
	if (status != STATUS_OK)
		return status;
	numbers_read(&offsets, 0, block->row_count, sequences);
	for (size_t i = 0; i < block->row_count; i++)
		sequences[i] += header->first_sequence;
	*sequences_out = sequences;
	return STATUS_OK;
}

enum status block_sequences_mask(struct block *block, const struct block_header *header, uint64_t snapshot,
				 uint8_t *matches, struct error *error)
{
	const uint64_t *sequences;
	enum status status;

	if (header->last_sequence <= snapshot)
		return STATUS_OK;
	status = block_sequences_read(block, header, &sequences, error);
	for (size_t i = 0; status == STATUS_OK && i < block->row_count; i++)
		matches[i] &= sequences[i] <= snapshot;
	return status;
}
