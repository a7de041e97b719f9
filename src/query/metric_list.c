#include <stdio.h>

#include "query/insides.h"
#include "query/metrics.h"

enum status metric_list(struct query *query, struct time_range range, struct metric_list *list_out,
			struct error *error)
{
	struct metric_list list = {0};
	enum status status;

	arena_init(&list.arena, PAGE_LIMIT_BYTES);
	status = store_list_metrics(query->store, range, &list.arena, &list.metrics, &list.count, error);
	if (status != STATUS_OK) {
		arena_release(&list.arena);
		return status;
	}
	definitions_note(query->definitions, list.metrics, list.count);
	*list_out = list;
	return STATUS_OK;
}

void metric_list_release(struct metric_list *list)
{
	arena_release(&list->arena);
	*list = (struct metric_list){0};
}

/* Digits and a point alone: a number may be written in more ways than a percentile. */
static bool percent_parse(struct str text, double *percent_out)
{
	for (size_t i = 0; i < text.size; i++)
		if ((text.data[i] < '0' || text.data[i] > '9') && (text.data[i] != '.' || i == 0))
			return false;
	return str_parse_double(text, percent_out) && *percent_out > 0 && *percent_out < 100;
}

bool metric_agg_parse(struct str text, struct metric_agg *agg_out)
{
	static const struct {
		const char *name;
		enum agg_kind kind;
	} names[] = {{"rate", AGG_RATE}, {"sum", AGG_SUM}, {"avg", AGG_AVG},
		     {"min", AGG_MIN},   {"max", AGG_MAX}, {"count", AGG_COUNT}};
	struct metric_agg agg = {.kind = AGG_STANDARD};
	double percent;

	if (text.size >= sizeof(agg.name))
		return false;
	snprintf(agg.name, sizeof(agg.name), "%.*s", STR_ARG(text));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_equal_c(text, names[i].name))
			agg.kind = names[i].kind;
	if (text.size > 1 && text.data[0] == 'p' &&
	    percent_parse(str_make(text.data + 1, text.size - 1), &percent)) {
		agg.kind = AGG_PERCENTILE;
		agg.quantile = percent / 100;
	}
	if (agg.kind == AGG_STANDARD)
		return false;
	*agg_out = agg;
	return true;
}

uint64_t metric_standard_step(struct time_range range)
{
	static const uint32_t seconds[] = {1,   2,    5,    10,   15,    30,    60,    120,   300,    600,
					   900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800};
	uint64_t wanted_ns = (range.end_ns - range.start_ns) / METRIC_STANDARD_STEPS, step_ns = 0;

	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]) && (i == 0 || step_ns < wanted_ns); i++)
		step_ns = seconds[i] * NS_PER_SECOND;
	while (step_ns < wanted_ns)
		step_ns *= 2;
	return step_ns;
}
