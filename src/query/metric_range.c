#include <math.h>
#include <stdlib.h>

#include "query/range_work.h"

/* Points are read slice by slice, so that a month takes no more memory than a few hours. */
#define SLICE_NS          (6 * 3600 * NS_PER_SECOND)
#define SHORTEST_SLICE_NS (10 * NS_PER_SECOND)

/* What the mixtures of one answer may take together. */
#define MIXTURES_LIMIT_BYTES ((size_t)256 << 20)

enum status range_no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory for a range of a metric");
}

/* ---- the question ---- */

static enum status choose_windows(struct work *work, struct error *error)
{
	struct time_range range = work->question->range;
	struct windows *windows = &work->windows;
	uint64_t count;

	windows->step_ns = work->question->step_ns ? work->question->step_ns : metric_standard_step(range);
	windows->base_ns = range.start_ns - range.start_ns % windows->step_ns;
	count = range.end_ns > windows->base_ns ? (range.end_ns - windows->base_ns - 1) / windows->step_ns + 1
						: 1;
	if (count > METRIC_STEPS_MOST) {
		work->parameter = "step";
		return error_set(error, STATUS_TOO_LARGE,
				 "the range has %llu steps; the most is %d: ask for a longer step or a "
				 "shorter range",
				 (unsigned long long)count, METRIC_STEPS_MOST);
	}
	windows->count = (size_t)count;
	work->range->first_ns = windows->base_ns + windows->step_ns;
	work->range->step_ns = windows->step_ns;
	work->range->step_count = windows->count;
	return STATUS_OK;
}

static enum status make_pattern(const struct label_filter *label, struct pattern **pattern_out,
				struct error *error)
{
	struct error reason;
	size_t offset = 0;
	enum status status = pattern_new_whole(label->value, pattern_out, &offset, &reason);

	if (status == STATUS_OK)
		return status;
	return error_set(error, status, "\"%.*s\" of %.*s is no regular expression: %s, at byte %zu",
			 STR_ARG(label->value), STR_ARG(label->key), reason.message, offset);
}

/* Makes patterns of what labels are compared with. */
static enum status choose_labels(struct work *work, struct error *error)
{
	const struct metric_query *question = work->question;

	if (question->label_count == 0)
		return STATUS_OK;
	work->labels = calloc(question->label_count, sizeof(*work->labels));
	if (!work->labels)
		return range_no_memory(error);
	for (size_t i = 0; i < question->label_count; i++) {
		struct label_filter *label = &work->labels[i];
		struct pattern *pattern = NULL;
		enum status status = STATUS_OK;

		*label = question->labels[i];
		if (label->comparison == LABEL_MATCHES || label->comparison == LABEL_MATCHES_NOT)
			status = make_pattern(label, &pattern, error);
		label->pattern = pattern;
		work->label_count++;
		if (status == STATUS_OK)
			continue;
		work->parameter = "match";
		return status;
	}
	return STATUS_OK;
}

static const struct {
	const char *what, *standard, *allowed;
} modes[] = {
	[SERIES_LEVEL] = {"a level", "avg", "avg, sum, min, max, count"},
	[SERIES_INCREASE] = {"a sum", "rate", "rate, sum, avg, min, max, count"},
	[SERIES_DISTRIBUTION] = {"a histogram", "p95", "rate, sum, avg, min, max, count, p50 to p99.9"},
	[SERIES_SUMMARY] = {"a summary", "avg", "rate, sum, avg, count, p50 to p99.9"},
};

static bool agg_suits(enum series_mode mode, enum agg_kind kind)
{
	switch (kind) {
	case AGG_RATE: return mode != SERIES_LEVEL;
	case AGG_PERCENTILE: return mode == SERIES_DISTRIBUTION || mode == SERIES_SUMMARY;
	case AGG_MIN:
	case AGG_MAX: return mode != SERIES_SUMMARY;
	default: return true;
	}
}

static enum status choose_agg(struct work *work, struct error *error)
{
	const struct metric *metric = &work->range->metric;
	enum series_mode mode = series_mode_of(metric);
	struct metric_agg *agg = &work->windows.agg;

	*agg = work->question->agg;
	if (agg->kind == AGG_STANDARD)
		metric_agg_parse(str_from(mode == SERIES_LEVEL && metric->type == METRIC_SUM
						  ? "sum"
						  : modes[mode].standard),
				 agg);
	if (!agg_suits(mode, agg->kind)) {
		work->parameter = "agg";
		return error_set(error, STATUS_INVALID, "agg=%s does not suit %.*s, which is %s; allowed: %s",
				 agg->name, STR_ARG(metric->name), modes[mode].what, modes[mode].allowed);
	}
	work->windows.mode = mode;
	work->range->agg = *agg;
	return STATUS_OK;
}

/* The first definition that is met is the one that is shown. */
static enum status choose_metric(struct work *work, const struct metric *metric, struct error *error)
{
	if (!definition_copy(&work->range->arena, metric, &work->range->metric))
		return range_no_memory(error);
	work->has_metric = true;
	return choose_agg(work, error);
}

static bool is_shown(const struct work *work, const struct metric *metric)
{
	return metric->type == work->range->metric.type && series_mode_of(metric) == work->windows.mode;
}

/* ---- points ---- */

/* The percentile that the sender worked out, where it is the one that is asked for. */
static enum status add_sender_percentile(struct work *work, const struct metric_point *point,
					 struct line *line, struct error *error)
{
	int64_t window = window_of(&work->windows, point->time_ns);

	if (line->series_count > 1) {
		work->parameter = "by";
		return error_set(error, STATUS_INVALID,
				 "percentiles of summaries cannot be put together: group so that each series "
				 "stands alone (by=*)");
	}
	for (uint32_t i = 0; i < point->summary.count; i++) {
		const struct quantile *quantile = &point->summary.quantiles[i];

		if (fabs(quantile->quantile - work->windows.agg.quantile) > 1e-9 || window < 0 ||
		    window == (int64_t)work->windows.count)
			continue;
		line->cells[window].total = quantile->value;
		line->cells[window].present = true;
	}
	return STATUS_OK;
}

static enum status add_increase(struct work *work, struct line *line, const struct increase *increase,
				struct error *error)
{
	int64_t window = window_of(&work->windows, increase->to_ns);
	struct mixture *mixture =
		window >= 0 && window < (int64_t)work->windows.count ? &line->cells[window].mixture : NULL;
	size_t before = mixture ? mixture->capacity : 0;
	bool added = cells_add(&work->windows, line->cells, increase);

	if (mixture)
		work->mixture_bytes += (mixture->capacity - before) * sizeof(struct bucket);
	if (added && work->mixture_bytes <= MIXTURES_LIMIT_BYTES)
		return STATUS_OK;
	work->parameter = "by";
	return error_set(error, STATUS_TOO_LARGE,
			 "the histograms have too many different buckets to be put together; group by fewer "
			 "labels, filter by label, or ask for a longer step");
}

static enum status take_point(struct work *work, const struct metric_point *point, struct error *error)
{
	struct followed *followed = NULL;
	struct increase increase;
	enum status status = work->has_metric ? STATUS_OK : choose_metric(work, point->metric, error);

	if (status != STATUS_OK || !is_shown(work, point->metric))
		return status;
	status = find_followed(work, point, &followed, error);
	if (status == STATUS_OK)
		status = take_exemplars(work, point, &work->lines[followed->line], error);
	if (status != STATUS_OK)
		return status;
	if (work->windows.mode == SERIES_SUMMARY && work->windows.agg.kind == AGG_PERCENTILE)
		return add_sender_percentile(work, point, &work->lines[followed->line], error);
	if (work->windows.mode == SERIES_LEVEL && (point->flags & POINT_NO_RECORDED_VALUE)) {
		level_end(&work->windows, work->lines[followed->line].cells, &followed->level,
			  point->time_ns);
		return STATUS_OK;
	}
	switch (series_take(&followed->series, point, work->visible_from_ns, &work->scratch, &increase)) {
	case SERIES_NO_MEMORY: return range_no_memory(error);
	case SERIES_NOTHING: return STATUS_OK;
	default: break;
	}
	if (work->windows.mode != SERIES_LEVEL)
		return add_increase(work, &work->lines[followed->line], &increase, error);
	level_add(&work->windows, work->lines[followed->line].cells, &followed->level, &increase);
	return STATUS_OK;
}

static enum status take_slice(struct work *work, struct time_range slice, struct batch *batch,
			      struct error *error)
{
	struct point_filter filter = {
		.range = slice,
		.metric = work->question->name,
		.labels = work->labels,
		.label_count = work->label_count,
		.share = work->share,
	};
	enum status status;

	batch_clear(batch);
	work->last_point = NULL;
	status = store_read_points(work->query->store, &filter, batch, error);
	for (size_t i = 0; status == STATUS_OK && i < batch->point_count; i++)
		status = take_point(work, &batch->points[i], error);
	return status;
}

static enum status too_much(struct work *work, struct error *error)
{
	work->parameter = "name";
	return error_set(
		error, STATUS_TOO_LARGE,
		"the range has more points than are read for one answer; filter by label or ask for a "
		"shorter range");
}

/* Slices as long as memory has room for. */
static enum status take_slices(struct work *work, uint64_t at_ns, uint64_t end_ns, struct batch *batch,
			       struct error *error)
{
	uint64_t slice_ns = SLICE_NS;
	enum status status = STATUS_OK;

	while (status == STATUS_OK && at_ns < end_ns) {
		uint64_t to_ns = end_ns - at_ns > slice_ns ? at_ns + slice_ns : end_ns;

		if (clock_monotonic_ns() > work->tired_ns)
			return too_much(work, error);
		status = take_slice(work, (struct time_range){at_ns, to_ns}, batch, error);
		if (status == STATUS_NO_MEMORY && batch->point_count == 0) {
			work->is_too_much = slice_ns <= SHORTEST_SLICE_NS;
			if (work->is_too_much)
				return too_much(work, error);
			slice_ns = (to_ns - at_ns) / 4 + 1;
			status = STATUS_OK;
			continue;
		}
		at_ns = to_ns;
	}
	return status;
}

/* Forgets the series, not what they gave to their lines. */
static void forget_series(struct work *work)
{
	for (size_t i = 0; i < work->followed_count; i++)
		series_release(&work->followed[i].series);
	work->followed_count = 0;
	numbering_release(&work->series_keys);
	arena_clear(&work->series_arena);
	numbering_init(&work->series_keys, &work->series_arena);
}

/* What came before the range gives it its first level and the count that the first difference is taken from.
 */
static enum status take_share(struct work *work, struct batch *batch, struct error *error)
{
	const struct windows *windows = &work->windows;
	uint64_t at_ns = windows->base_ns > METRIC_STALE_NS ? windows->base_ns - METRIC_STALE_NS : 0;
	uint64_t end_ns = window_end_ns(windows, windows->count - 1) + 1;
	enum status status;

	work->visible_from_ns = at_ns ? at_ns - 1 : 0;
	status = take_slices(work, at_ns, end_ns, batch, error);
	if (windows->mode == SERIES_LEVEL && status == STATUS_OK)
		for (size_t i = 0; i < work->followed_count; i++)
			level_end(windows, work->lines[work->followed[i].line].cells,
				  &work->followed[i].level, UINT64_MAX);
	return status;
}

/* As if no series had been followed. Lines that are found again stay: those without a figure are not shown. */
static void begin_again(struct work *work)
{
	forget_series(work);
	for (size_t i = 0; i < work->line_count; i++) {
		cells_release(work->lines[i].cells, work->windows.count);
		memset(work->lines[i].cells, 0, work->windows.count * sizeof(*work->lines[i].cells));
		work->lines[i].series_count = 0;
	}
	work->range->exemplar_count = 0;
	work->mixture_bytes = 0;
	work->is_too_much = false;
	work->parameter = NULL;
}

/* All series at once, if memory has room for them; else in shares. */
static enum status take_points(struct work *work, struct error *error)
{
	struct batch batch;
	enum status status;

	work->tired_ns = clock_monotonic_ns() + METRIC_MS_MOST * NS_PER_MS;
	batch_init(&batch, PAGE_LIMIT_BYTES);
	status = take_share(work, &batch, error);
	if (work->is_too_much) {
		begin_again(work);
		work->share.count = SERIES_SHARES;
		for (status = STATUS_OK; status == STATUS_OK && work->share.index < SERIES_SHARES;
		     work->share.index++) {
			status = take_share(work, &batch, error);
			forget_series(work);
		}
	}
	batch_release(&batch);
	return status;
}

/* ---- the answer ---- */

static int by_labels(const void *a, const void *b)
{
	const struct metric_line *left = a, *right = b;

	for (size_t i = 0; i < left->label_count && i < right->label_count; i++) {
		int order = str_compare(left->labels[i].name, right->labels[i].name);

		if (order == 0)
			order = str_compare(left->labels[i].value, right->labels[i].value);
		if (order)
			return order;
	}
	return (left->label_count > right->label_count) - (left->label_count < right->label_count);
}

/* A series that was seen before the range alone leaves a line without a figure: it is left out. */
static bool write_values(struct work *work, const struct cell *cells, double *values)
{
	const struct windows *windows = &work->windows;
	bool any = false;

	for (size_t i = 0; i < windows->count; i++) {
		values[i] = cell_figure(windows, &cells[i]);
		if (isnan(values[i]))
			continue;
		any = true;
		work->widest = fmax(work->widest, cell_error(windows, &cells[i]));
	}
	return any;
}

static enum status write_lines(struct work *work, struct error *error)
{
	struct metric_range *range = work->range;

	range->lines = arena_alloc(&range->arena, work->line_count * sizeof(*range->lines));
	if (!range->lines)
		return range_no_memory(error);
	for (size_t i = 0; i < work->line_count; i++) {
		double *values = arena_alloc(&range->arena, work->windows.count * sizeof(*values));

		if (!values)
			return range_no_memory(error);
		if (write_values(work, work->lines[i].cells, values))
			range->lines[range->line_count++] = (struct metric_line){
				work->lines[i].labels, work->lines[i].label_count, values};
	}
	qsort(range->lines, range->line_count, sizeof(*range->lines), by_labels);
	range->error_bound = isfinite(work->widest) ? work->widest : NAN;
	return STATUS_OK;
}

/* No point in the range: what is known of the metric at any other time is shown, or that there is no such. */
static enum status find_definition(struct work *work, struct error *error)
{
	struct definitions *definitions = work->query->definitions;
	struct str name = work->question->name;
	struct metric metric;
	struct metric_list list;
	enum status status;

	if (definitions_find(definitions, name, &work->range->arena, &metric))
		return choose_metric(work, &metric, error);
	status = metric_list(work->query, TIME_RANGE_ALL, &list, error);
	if (status != STATUS_OK)
		return status;
	metric_list_release(&list);
	if (definitions_find(definitions, name, &work->range->arena, &metric))
		return choose_metric(work, &metric, error);
	work->parameter = "name";
	return error_set(error, STATUS_NOT_FOUND, "there is no metric called \"%.*s\"", STR_ARG(name));
}

void work_release(struct work *work)
{
	forget_series(work);
	for (size_t i = 0; i < work->line_count; i++) {
		cells_release(work->lines[i].cells, work->windows.count);
		free(work->lines[i].cells);
	}
	free(work->followed);
	free(work->lines);
	free(work->names);
	numbering_release(&work->series_keys);
	arena_release(&work->series_arena);
	numbering_release(&work->line_keys);
	for (size_t i = 0; i < work->label_count; i++)
		pattern_free((struct pattern *)work->labels[i].pattern);
	free(work->labels);
	series_scratch_release(&work->scratch);
	buffer_release(&work->key);
}

enum status metric_range(struct query *query, const struct metric_query *question,
			 struct metric_range *range_out, const char **parameter_out, struct error *error)
{
	struct metric_range range = {.with_exemplars = question->with_exemplars};
	struct work work = {.query = query, .question = question, .range = &range, .widest = NAN};
	enum status status;

	arena_init(&range.arena, PAGE_LIMIT_BYTES);
	arena_init(&work.series_arena, PAGE_LIMIT_BYTES);
	numbering_init(&work.series_keys, &work.series_arena);
	numbering_init(&work.line_keys, &range.arena);
	status = choose_windows(&work, error);
	if (status == STATUS_OK)
		status = choose_labels(&work, error);
	if (status == STATUS_OK)
		status = take_points(&work, error);
	if (status == STATUS_OK && !work.has_metric)
		status = find_definition(&work, error);
	if (status == STATUS_OK)
		status = write_lines(&work, error);
	work_release(&work);
	if (status == STATUS_OK) {
		*range_out = range;
		return STATUS_OK;
	}
	arena_release(&range.arena);
	if (parameter_out)
		*parameter_out = work.parameter;
	return status;
}

void metric_range_release(struct metric_range *range)
{
	arena_release(&range->arena);
	*range = (struct metric_range){0};
}
