/*
 * stages-bench: what each stage of a row's way to its block takes, on one core and with nothing else around it.
 *
 *     stages-bench [ROUNDS [traces|logs|metrics]]
 *
 * Decodes the load generator's requests, recognises and counts handlers, builds one block of all their rows, reads it back
 * and builds it again, as a merge does. Prints, for each signal, the best of many short rounds (noise only ever
 * adds) and the bytes that a row takes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "processor/processor.h"
#include "receiver/otlp_protobuf.h"
#include "stages/bodies.h"
#include "storage/columns/builder.h"
#include "storage/columns/log_reader.h"
#include "storage/columns/point_reader.h"
#include "storage/columns/span_reader.h"

/* A group of this many requests is what a busy store commits at once. */
enum { BODIES = 8, ITEMS = 1000, ROUNDS = 100 };

enum stage { DECODE, RECOGNISE, COUNT, BUILD, READ, REBUILD, STAGE_COUNT };

struct bench {
	enum signal signal;
	struct str bodies[BODIES];
	struct batch batches[BODIES];
	const void *rows[BODIES * ITEMS * 8];
	size_t row_count;
	struct processor *processor;
	struct block_builder *builder;
	struct buffer block, rebuilt;
	struct arena arena; /* of the rows that were read back */
	struct span *spans;
	struct log_record *logs;
	struct batch points;
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

static bool count(struct bench *bench)
{
	for (int i = 0; i < BODIES; i++)
		processor_count(bench->processor, &bench->batches[i]);
	return true;
}

static bool build_rows(struct bench *bench, struct buffer *out)
{
	struct block_header header;

	buffer_clear(out);
	switch (bench->signal) {
	case SIGNAL_TRACES:
		return block_build_spans(bench->builder, (const struct span **)bench->rows, bench->row_count,
					 out, &header, NULL) == STATUS_OK;
	case SIGNAL_LOGS:
		return block_build_logs(bench->builder, (const struct log_record **)bench->rows,
					bench->row_count, out, &header, NULL) == STATUS_OK;
	default:
		return block_build_points(bench->builder, (const struct metric_point **)bench->rows,
					  bench->row_count, out, &header, NULL) == STATUS_OK;
	}
}

static bool build(struct bench *bench)
{
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
	return build_rows(bench, &bench->block);
}

static bool read_spans(struct bench *bench)
{
	struct span_reader reader;

	bench->spans = arena_alloc(&bench->arena, bench->row_count * sizeof(*bench->spans));
	return bench->spans &&
	       span_reader_open(&reader, buffer_str(&bench->block), &bench->arena, NULL) == STATUS_OK &&
	       span_reader_read(&reader, 0, bench->row_count, bench->spans, NULL) == STATUS_OK;
}

static bool read_logs(struct bench *bench)
{
	struct log_reader reader;

	bench->logs = arena_alloc(&bench->arena, bench->row_count * sizeof(*bench->logs));
	return bench->logs &&
	       log_reader_open(&reader, buffer_str(&bench->block), &bench->arena, NULL) == STATUS_OK &&
	       log_reader_read(&reader, 0, bench->row_count, bench->logs, NULL) == STATUS_OK;
}

static bool read_points(struct bench *bench)
{
	const struct point_filter any = POINT_FILTER_ANY;
	struct point_reader reader;

	batch_clear(&bench->points);
	return point_reader_open(&reader, buffer_str(&bench->block), &bench->arena, NULL) == STATUS_OK &&
	       point_reader_read(&reader, &any, &bench->points, NULL) == STATUS_OK;
}

static bool read_back(struct bench *bench)
{
	arena_clear(&bench->arena);
	switch (bench->signal) {
	case SIGNAL_TRACES: return read_spans(bench);
	case SIGNAL_LOGS: return read_logs(bench);
	default: return read_points(bench);
	}
}

static bool rebuild(struct bench *bench)
{
	for (size_t i = 0; i < bench->row_count; i++)
		bench->rows[i] = bench->signal == SIGNAL_TRACES ? (const void *)&bench->spans[i]
				 : bench->signal == SIGNAL_LOGS ? (const void *)&bench->logs[i]
								: (const void *)&bench->points.points[i];
	return build_rows(bench, &bench->rebuilt);
}

static bool run_round(struct bench *bench)
{
	static bool (*const stages[STAGE_COUNT])(struct bench *) = {decode, recognise, count,
								    build,  read_back, rebuild};

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
		printf("%-8s decode %5.0f, recognise %4.0f, count %4.0f, build %5.0f, read %5.0f, rebuild "
		       "%5.0f ns a row; "
		       "%5.1f bytes a row\n",
		       signal_name(signal), (double)bench->best_ns[DECODE] / rows,
		       (double)bench->best_ns[RECOGNISE] / rows, (double)bench->best_ns[COUNT] / rows,
		       (double)bench->best_ns[BUILD] / rows, (double)bench->best_ns[READ] / rows,
		       (double)bench->best_ns[REBUILD] / rows, (double)bench->block.size / rows);
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
	arena_init(&bench->arena, 0);
	batch_init(&bench->points, 0);
	for (int i = 0; i < BODIES; i++)
		batch_init(&bench->batches[i], 0);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		if (argc < 3 || strcmp(argv[2], signal_name((enum signal)signal)) == 0)
			done = run(bench, (enum signal)signal, kinds[signal], rounds) && done;
	return !done;
}
