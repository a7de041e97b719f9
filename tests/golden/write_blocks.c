/*
 * Writes blocks of rows that follow from a fixed seed, into a folder that it makes.
 *
 *     write_blocks golden FOLDER    for each signal NAME.block, NAME.header and NAME.rows, the rows as text
 *     write_blocks seeds FOLDER     what fuzz_block begins with: a byte for the signal (3: a header), the
 * bytes
 *
 * Golden files are written once for each format, and never again: they stand for the stores that people have.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "contract/dump.h"
#include "contract/rows.h"
#include "unit/storage/columns/blocks.h"
#include "unit/test.h"

enum { HEADER = SIGNAL_COUNT, GOLDEN_ROWS = 40, GOLDEN_SEQUENCE = 7 };

static void write_file(const char *path, struct str prefix, struct str bytes)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(prefix.data, 1, prefix.size, file) != prefix.size ||
	    fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file) != 0) {
		fprintf(stderr, "%s cannot be written\n", path);
		exit(1);
	}
}

static void make(enum signal signal, size_t count, enum block_codec codec, struct made_block *block,
		 struct buffer *header)
{
	struct random random = {1 + (uint64_t)signal};
	struct batch batch;

	batch_init(&batch, 0);
	add_random_spans(&batch, &random, signal == SIGNAL_TRACES ? count : 0);
	add_random_logs(&batch, &random, signal == SIGNAL_LOGS ? count : 0);
	add_random_points(&batch, &random, signal == SIGNAL_METRICS ? count : 0);
	block_make(block, signal, &batch, codec);
	block->header.sequence = GOLDEN_SEQUENCE;
	block->header.first_sequence = block->header.last_sequence = GOLDEN_SEQUENCE;
	*header = BUFFER_EMPTY;
	header_encode(&block->header, header);
	batch_release(&batch);
}

static void write_golden(const char *folder, enum signal signal)
{
	struct buffer header, rows = BUFFER_EMPTY;
	struct made_block block;
	struct str nothing = {"", 0};
	char path[512];

	make(signal, GOLDEN_ROWS, CODEC_ZSTD, &block, &header);
	block_dump(signal, buffer_str(&block.body), &rows);
	snprintf(path, sizeof(path), "%s/%s.block", folder, signal_name(signal));
	write_file(path, nothing, buffer_str(&block.body));
	snprintf(path, sizeof(path), "%s/%s.header", folder, signal_name(signal));
	write_file(path, nothing, buffer_str(&header));
	snprintf(path, sizeof(path), "%s/%s.rows", folder, signal_name(signal));
	write_file(path, nothing, buffer_str(&rows));
	buffer_release(&rows);
	buffer_release(&header);
	block_release(&block);
}

static void write_seed(const char *folder, enum signal signal, size_t count, enum block_codec codec)
{
	const char kinds[] = {(char)signal, HEADER};
	struct made_block block;
	struct buffer header;
	char path[512];

	make(signal, count, codec, &block, &header);
	snprintf(path, sizeof(path), "%s/%s_%d_%zu", folder, signal_name(signal), codec, count);
	write_file(path, str_make(&kinds[0], 1), buffer_str(&block.body));
	snprintf(path, sizeof(path), "%s/header_%s_%zu", folder, signal_name(signal), count);
	write_file(path, str_make(&kinds[1], 1), buffer_str(&header));
	buffer_release(&header);
	block_release(&block);
}

/* Small ones, and as they are: the fuzzer changes what it can see. */
static void write_seeds(const char *folder, enum signal signal)
{
	static const size_t counts[] = {1, 2, 5, 12};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		write_seed(folder, signal, counts[i], CODEC_NONE);
	write_seed(folder, signal, 12, CODEC_ZSTD);
	write_seed(folder, signal, 12, CODEC_LZ4);
}

int main(int argc, char **argv)
{
	bool golden = argc == 3 && strcmp(argv[1], "golden") == 0;

	if (!golden && (argc != 3 || strcmp(argv[1], "seeds") != 0)) {
		fprintf(stderr, "usage: write_blocks golden|seeds FOLDER\n");
		return 2;
	}
	mkdir(argv[2], 0777);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		if (golden)
			write_golden(argv[2], (enum signal)signal);
		else
			write_seeds(argv[2], (enum signal)signal);
	return 0;
}
