/*
 * options: otlp-load's command line.
 *
 * Ownership  pointers in options point into argv.
 * Errors     options_parse returns STATUS_INVALID with a sentence.
 */
#ifndef BENCH_LOAD_OPTIONS_H
#define BENCH_LOAD_OPTIONS_H

#include "load/sender.h"

struct options {
	struct sender_settings sender;
	enum signal signal;
	uint32_t items_per_request;
	uint32_t body_count;
	uint64_t seed;
	bool repeat_ids; /* ids follow from the seed alone */
	const char *trace_ids_path;
	bool json;
	bool help;
};

enum status options_parse(int argc, char **argv, struct options *options_out, struct error *error);

extern const char options_help[];

#endif
