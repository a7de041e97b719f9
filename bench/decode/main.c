/*
 * decode-bench: what the OTLP decoder takes for a row, on one core and with nothing else around it.
 *
 *     decode-bench
 *
 * Prints, for each signal, the best of many short rounds: noise only ever adds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "decode/bodies.h"
#include "receiver/otlp_protobuf.h"

enum { BODIES = 16, ITEMS = 1000, ROUNDS = 200 };

/* Decodes every body once; returns nanoseconds a row, or a negative number where one is refused. */
static double measure(enum signal signal, const struct str *bodies, struct batch *batch)
{
	uint64_t start_ns = clock_monotonic_ns(), rows = 0;
	struct otlp_outcome outcome;
	struct error error;

	for (int i = 0; i < BODIES; i++) {
		batch_clear(batch);
		if (otlp_protobuf_decode(signal, bodies[i], start_ns, batch, &outcome, &error) != STATUS_OK)
			return -1;
		rows += batch_row_count(batch);
	}
	return (double)(clock_monotonic_ns() - start_ns) / (double)rows;
}

static int run(enum signal signal, char kind)
{
	struct str bodies[BODIES];
	struct batch batch;
	double best = 0, bytes = 0;

	for (uint32_t i = 0; i < BODIES; i++) {
		bodies[i] = bodies_encode(kind, ITEMS, i);
		if (!bodies[i].data)
			return 1;
		bytes += (double)bodies[i].size;
	}
	batch_init(&batch, 0);
	for (int round = 0; round < ROUNDS; round++) {
		double ns = measure(signal, bodies, &batch);

		if (ns < 0)
			return 1;
		if (round == 0 || ns < best)
			best = ns;
	}
	printf("%-8s %6.1f ns a row of %.0f bytes\n", signal_name(signal), best,
	       bytes / (BODIES * (double)ITEMS));
	batch_release(&batch);
	for (int i = 0; i < BODIES; i++)
		free((char *)(uintptr_t)bodies[i].data);
	return 0;
}

int main(void)
{
	return run(SIGNAL_TRACES, 't') || run(SIGNAL_LOGS, 'l') || run(SIGNAL_METRICS, 'm');
}
