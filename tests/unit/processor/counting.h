/* counting: a processor at a time that stands still, and what it counted. */
#ifndef ROHAS_TESTS_UNIT_PROCESSOR_COUNTING_H
#define ROHAS_TESTS_UNIT_PROCESSOR_COUNTING_H

#include "processor/processor.h"
#include "spans.h"

static uint64_t now_ns = 1000;

static inline uint64_t held_still(const struct clock *clock)
{
	(void)clock;
	return now_ns;
}

static const struct clock still = {.now_ns = held_still};

static inline struct processor *new_processor(size_t series_limit)
{
	const struct processor_options options = {
		.clock = &still, .host = "host-1", .series_limit = series_limit};
	struct processor *processor;
	struct error error;

	assert_int_equal(processor_new(&options, &processor, &error), STATUS_OK);
	return processor;
}

static inline void recognise_and_count(struct processor *processor, struct batch *batch)
{
	struct error error;

	assert_int_equal(processor_recognise(processor, batch, &error), STATUS_OK);
	processor_count(processor, batch);
}

static inline void collect(struct processor *processor, struct batch *batch)
{
	struct error error;

	batch_clear(batch);
	assert_int_equal(processor_collect(processor, batch, &error), STATUS_OK);
}

/* Labels as "key=value,key=value". */
static inline struct str labels_of(struct batch *batch, const struct metric_point *point)
{
	struct str text_out = str_make("", 0);

	for (uint32_t i = 0; i < point->attributes.count; i++)
		text_out = arena_printf(&batch->arena, "%.*s%s%.*s=%.*s", STR_ARG(text_out), i ? "," : "",
					STR_ARG(point->attributes.items[i].key),
					STR_ARG(value_str(&point->attributes.items[i].value)));
	return text_out;
}

static inline const struct metric_point *find_point(struct batch *batch, const char *name, const char *labels)
{
	for (size_t i = 0; i < batch->point_count; i++)
		if (str_equal_c(batch->points[i].metric->name, name) &&
		    str_equal_c(labels_of(batch, &batch->points[i]), labels))
			return &batch->points[i];
	return NULL;
}

static inline int64_t count_of(struct batch *batch, const char *name, const char *labels)
{
	const struct metric_point *point = find_point(batch, name, labels);

	return point ? point->value.integer : 0;
}

#endif
