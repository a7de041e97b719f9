/*
 * stages-bench: what each stage of a row's way to its block takes, on one core and with nothing else around it.
 *
 *     stages-bench [ROUNDS [traces|logs|metrics]]
 *
 * Decodes the load generator's requests, recognises handlers, and builds one block of all their rows. Prints,
 * for each signal, the best of many short rounds (noise only ever adds) and the bytes that a row takes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "processor/processor.h"
#include "receiver/otlp_protobuf.h"
#include "stages/bodies.h"
#include "storage/columns/builder.h"

/* A group of this many requests is what a busy store commits at once. */
enum { BODIES = 8, ITEMS = 1000, ROUNDS = 100 };

enum stage { DECODE, RECOGNISE, BUILD, STAGE_COUNT };

struct bench {
	enum signal signal;
	struct str bodies[BODIES];
	struct batch batches[BODIES];
	const void *rows[BODIES * ITEMS * 8];
	size_t row_count;
	struct processor *processor;
	struct block_builder *builder;
	struct buffer block;
	uint64_t best_ns[STAGE_COUNT];
};

static bool decode(struct bench *bench)
{
	struct otlp_outcome outcome;

	for (int i = 0; i < BODIES; i++) {
		batch_clear(&bench->batches[i]);
		if (otlp_protobuf_decode(bench->signal, bench->bodies[i], 1, &bench->batches[i], &outcome,
					 NULL) != STATUS_OK)
			return false;
	}
	return true;
}

static bool recognise(struct bench *bench)
{
	for (int i = 0; i < BODIES; i++)
		if (processor_recognise(bench->processor, &bench->batches[i], NULL) != STATUS_OK)
			return false;
	return true;
}

static bool build(struct bench *bench)
{
	struct block_header header;

	bench->row_count = 0;
	for (int i = 0; i < BODIES; i++) {
		const struct batch *batch = &bench->batches[i];

		for (size_t j = 0; j < batch->span_count; j++)
			bench->rows[bench->row_count++] = &batch->spans[j];
		for (size_t j = 0; j < batch->log_count; j++)
			bench->rows[bench->row_count++] = &batch->logs[j];
		for (size_t j = 0; j < batch->point_count; j++)
			bench->rows[bench->row_count++] = &batch->points[j];
	}
	buffer_clear(&bench->block);
	switch (bench->signal) {
	case SIGNAL_TRACES:
		return block_build_spans(bench->builder, (const struct span **)bench->rows, bench->row_count,
					 &bench->block, &header, NULL) == STATUS_OK;
	case SIGNAL_LOGS:
		return block_build_logs(bench->builder, (const struct log_record **)bench->rows,
					bench->row_count, &bench->block, &header, NULL) == STATUS_OK;
	default:
		return block_build_points(bench->builder, (const struct metric_point **)bench->rows,
					  bench->row_count, &bench->block, &header, NULL) == STATUS_OK;
	}
}

static bool run_round(struct bench *bench)
{
	static bool (*const stages[STAGE_COUNT])(struct bench *) = {decode, recognise, build};

	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		uint64_t start_ns = clock_monotonic_ns(), took_ns;

		if (!stages[stage](bench))
			return false;
		took_ns = clock_monotonic_ns() - start_ns;
		if (!bench->best_ns[stage] || took_ns < bench->best_ns[stage])
			bench->best_ns[stage] = took_ns;
	}
	return true;
}

static bool run(struct bench *bench, enum signal signal, char kind, int rounds)
{
	bool done = true;
	double rows;

	bench->signal = signal;
	memset(bench->best_ns, 0, sizeof(bench->best_ns));
	for (uint32_t i = 0; i < BODIES; i++) {
		bench->bodies[i] = bodies_encode(kind, ITEMS, i);
		done = done && bench->bodies[i].data;
	}
	for (int round = 0; round < rounds && done; round++)
		done = run_round(bench);
	rows = (double)bench->row_count;
	if (done)
		printf("%-8s decode %5.0f, recognise %4.0f, build %5.0f ns a row; %5.1f bytes a row\n",
		       signal_name(signal), (double)bench->best_ns[DECODE] / rows,
		       (double)bench->best_ns[RECOGNISE] / rows, (double)bench->best_ns[BUILD] / rows,
		       (double)bench->block.size / rows);
	for (int i = 0; i < BODIES; i++)
		free((char *)(uintptr_t)bench->bodies[i].data);
	return done;
}

int main(int argc, char **argv)
{
	static const char kinds[SIGNAL_COUNT] = {
		[SIGNAL_TRACES] = 't', [SIGNAL_LOGS] = 'l', [SIGNAL_METRICS] = 'm'};
	struct processor_options options = {.clock = &clock_system, .host = "bench"};
	struct bench *bench = calloc(1, sizeof(*bench));
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
	bool done = true;

	if (!bench || processor_new(&options, &bench->processor, NULL) != STATUS_OK)
		return 1;
	bench->builder = block_builder_new(CODEC_ZSTD, 1);
	for (int i = 0; i < BODIES; i++)
		batch_init(&bench->batches[i], 0);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		if (argc < 3 || strcmp(argv[2], signal_name((enum signal)signal)) == 0)
			done = run(bench, (enum signal)signal, kinds[signal], rounds) && done;
	return !done;
}
