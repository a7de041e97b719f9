#include "app/query/draw.h"

#include <math.h>

#include "app/text/units.h"
#include "base/clock.h"

#define COUNT_OF(items) (sizeof(items) / sizeof((items)[0]))

struct str member_text(json_t *object, const char *name)
{
	json_t *member = json_object_get(object, name);

	return str_make(json_is_string(member) ? json_string_value(member) : "", json_string_length(member));
}

uint64_t member_time(json_t *object, const char *name)
{
	uint64_t time_ns = 0;

	time_parse(member_text(object, name), &time_ns);
	return time_ns;
}

uint64_t member_duration(json_t *object, const char *name)
{
	return (uint64_t)(json_number_value(json_object_get(object, name)) * 1e6 + 0.5);
}

bool member_is(json_t *object, const char *name, const char *text)
{
	return str_equal_c(member_text(object, name), text);
}

/* ---- times ---- */

/* How the times of one table are written. */
struct calendar {
	bool is_dated;
	char title[24]; /* "TIME UTC", "TIME +01:00" */
	struct buffer zone;
};

/* rows: an array of objects; name: the member that holds their time. */
static void calendar_init(struct calendar *calendar, const struct frame *frame, json_t *rows,
			  const char *name)
{
	uint64_t first_ns = member_time(json_array_get(rows, 0), name);
	json_t *row;
	size_t i;

	*calendar = (struct calendar){.is_dated = frame->width == 0};
	json_array_foreach(rows, i, row) if (!units_same_day(member_time(row, name), frame->now_ns))
		calendar->is_dated = true;
	units_zone(&calendar->zone, first_ns);
	snprintf(calendar->title, sizeof(calendar->title), "TIME %.*s", STR_ARG(buffer_str(&calendar->zone)));
}

/* A row on the other side of a change of the clocks says its own zone. */
static void put_time(struct grid *grid, const struct calendar *calendar, uint64_t time_ns)
{
	struct buffer zone = BUFFER_EMPTY;

	units_zone(&zone, time_ns);
	units_time(&grid->scratch, time_ns, calendar->is_dated);
	if (!str_equal(buffer_str(&zone), buffer_str(&calendar->zone))) {
		buffer_append_byte(&grid->scratch, ' ');
		buffer_append_str(&grid->scratch, buffer_str(&zone));
	}
	grid_put_scratch(grid, GRID_PLAIN);
	buffer_release(&zone);
}

/* ---- cells ---- */

static void put_count(struct grid *grid, json_t *row, const char *name)
{
	units_count(&grid->scratch, (uint64_t)json_integer_value(json_object_get(row, name)));
	grid_put_scratch(grid, GRID_PLAIN);
}

static void put_list(struct grid *grid, json_t *array)
{
	struct buffer text = BUFFER_EMPTY;
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		buffer_append_c(&text, i ? ", " : "");
		buffer_append(&text, json_string_value(item), json_string_length(item));
	}
	grid_put(grid, buffer_str(&text), GRID_PLAIN);
	buffer_release(&text);
}

static size_t finish(const struct frame *frame, struct grid *grid, size_t count)
{
	if (count)
		grid_write(grid, frame->out, frame->width, frame->has_color);
	grid_release(grid);
	return count;
}

/* ---- traces ---- */

/* What did the work: the handler, else the root's name. */
static struct str work_of(json_t *trace)
{
	struct str handler = member_text(trace, "handler_name");

	return handler.size ? handler : member_text(trace, "name");
}

size_t draw_traces(const struct frame *frame, json_t *answer)
{
	json_t *traces = json_object_get(answer, "traces"), *trace;
	struct grid_column columns[] = {
		{NULL, false, 0, 0},        {"TRACE", false, 0, 0},    {"HANDLER", false, 12, 0},
		{"TYPE", false, 0, 2},      {"LANGUAGE", false, 0, 4}, {"STATUS", false, 0, 0},
		{"DURATION", true, 0, 0},   {"SPANS", true, 0, 1},     {"ERRORS", true, 0, 5},
		{"SERVICES", false, 12, 3},
	};
	struct calendar calendar;
	struct grid grid;
	size_t i;

	calendar_init(&calendar, frame, traces, "start_time");
	columns[0].title = calendar.title;
	grid_init(&grid, columns, COUNT_OF(columns));
	json_array_foreach(traces, i, trace)
	{
		bool is_bad = member_is(trace, "status", "error");

		put_time(&grid, &calendar, member_time(trace, "start_time"));
		grid_put(&grid, member_text(trace, "trace_id"), GRID_PLAIN);
		grid_put(&grid, work_of(trace), GRID_STRONG);
		grid_put(&grid, member_text(trace, "handler_type"), GRID_PLAIN);
		grid_put(&grid, member_text(trace, "language"), GRID_PLAIN);
		grid_put_c(&grid, is_bad ? "error" : "ok", is_bad ? GRID_BAD : GRID_GOOD);
		units_duration(&grid.scratch, member_duration(trace, "duration_ms"));
		grid_put_scratch(&grid, GRID_PLAIN);
		put_count(&grid, trace, "span_count");
		put_count(&grid, trace, "error_count");
		put_list(&grid, json_object_get(trace, "services"));
	}
	buffer_release(&calendar.zone);
	return finish(frame, &grid, json_array_size(traces));
}

/* ---- logs ---- */

static enum grid_style level_style(struct str level)
{
	return str_equal_c(level, "ERROR")  ? GRID_BAD
	       : str_equal_c(level, "WARN") ? GRID_WARN
	       : str_equal_c(level, "INFO") ? GRID_PLAIN
					    : GRID_DIM;
}

size_t draw_logs(const struct frame *frame, json_t *answer)
{
	json_t *logs = json_object_get(answer, "logs"), *log;
	struct grid_column columns[] = {
		{NULL, false, 0, 0},       {"LEVEL", false, 0, 0},    {"SERVICE", false, 8, 2},
		{"HANDLER", false, 10, 1}, {"MESSAGE", false, 30, 0},
	};
	struct calendar calendar;
	struct grid grid;
	size_t i;

	calendar_init(&calendar, frame, logs, "timestamp");
	columns[0].title = calendar.title;
	grid_init(&grid, columns, COUNT_OF(columns));
	json_array_foreach(logs, i, log)
	{
		struct str level = member_text(log, "level");

		put_time(&grid, &calendar, member_time(log, "timestamp"));
		grid_put(&grid, level, level_style(level));
		grid_put(&grid, member_text(log, "service"), GRID_PLAIN);
		grid_put(&grid, member_text(log, "handler"), GRID_PLAIN);
		grid_put(&grid, member_text(log, "message"), GRID_PLAIN);
	}
	buffer_release(&calendar.zone);
	return finish(frame, &grid, json_array_size(logs));
}

size_t draw_log_counts(const struct frame *frame, json_t *answer)
{
	static const char *const levels[] = {"ERROR", "WARN", "INFO", "DEBUG", "TRACE"};
	json_t *steps = json_object_get(answer, "steps"), *step;
	struct grid_column columns[] = {
		{NULL, false, 0, 0},  {"LINES", true, 0, 0}, {"ERROR", true, 0, 0}, {"WARN", true, 0, 0},
		{"INFO", true, 0, 0}, {"DEBUG", true, 0, 2}, {"TRACE", true, 0, 1},
	};
	struct calendar calendar;
	struct grid grid;
	size_t i;

	calendar_init(&calendar, frame, steps, "time");
	columns[0].title = calendar.title;
	grid_init(&grid, columns, COUNT_OF(columns));
	json_array_foreach(steps, i, step)
	{
		put_time(&grid, &calendar, member_time(step, "time"));
		put_count(&grid, step, "count");
		for (size_t level = 0; level < COUNT_OF(levels); level++)
			put_count(&grid, json_object_get(step, "levels"), levels[level]);
	}
	buffer_release(&calendar.zone);
	return finish(frame, &grid, json_array_size(steps));
}

static void put_share(struct grid *grid, json_t *row)
{
	buffer_printf(&grid->scratch, "%.1f %%", 100 * json_number_value(json_object_get(row, "share")));
	grid_put_scratch(grid, GRID_PLAIN);
}

size_t draw_log_top(const struct frame *frame, json_t *answer)
{
	static const struct grid_column columns[] = {{"VALUE", false, 20, 0},
						     {"LINES", true, 0, 0},
						     {"SHARE", true, 0, 0},
						     {"AT MOST TOO MANY", true, 0, 1}};
	json_t *values = json_object_get(answer, "values"), *value;
	struct grid grid;
	size_t i;

	grid_init(&grid, columns, COUNT_OF(columns));
	json_array_foreach(values, i, value)
	{
		grid_put(&grid, member_text(value, "value"), GRID_STRONG);
		put_count(&grid, value, "count");
		put_share(&grid, value);
		if (json_integer_value(json_object_get(value, "error_most")))
			put_count(&grid, value, "error_most");
		else
			grid_put_c(&grid, NULL, GRID_PLAIN);
	}
	return finish(frame, &grid, json_array_size(values));
}

size_t draw_log_patterns(const struct frame *frame, json_t *answer)
{
	json_t *patterns = json_object_get(answer, "patterns"), *pattern;
	struct grid_column columns[] = {
		{"LINES", true, 0, 0}, {"SHARE", true, 0, 0},     {"LEVEL", false, 0, 0},
		{NULL, false, 0, 1},   {"PATTERN", false, 30, 0},
	};
	struct buffer title = BUFFER_EMPTY;
	struct calendar calendar;
	struct grid grid;
	size_t i;

	calendar_init(&calendar, frame, patterns, "last_seen");
	buffer_printf(&title, "LAST %s", calendar.title);
	buffer_append_byte(&title, '\0');
	columns[3].title = buffer_failed(&title) ? "LAST" : title.data;
	grid_init(&grid, columns, COUNT_OF(columns));
	json_array_foreach(patterns, i, pattern)
	{
		struct str level = member_text(pattern, "level");

		put_count(&grid, pattern, "count");
		put_share(&grid, pattern);
		grid_put(&grid, level, level_style(level));
		put_time(&grid, &calendar, member_time(pattern, "last_seen"));
		grid_put(&grid, member_text(pattern, "pattern"), GRID_PLAIN);
	}
	finish(frame, &grid, json_array_size(patterns));
	buffer_release(&calendar.zone);
	buffer_release(&title);
	return json_array_size(patterns);
}

/* ---- metrics ---- */

size_t draw_metrics(const struct frame *frame, json_t *answer)
{
	static const struct grid_column columns[] = {
		{"METRIC", false, 20, 0}, {"TYPE", false, 0, 2},    {"UNIT", false, 0, 3},
		{"SERIES", true, 0, 0},   {"LABELS", false, 12, 1},
	};
	json_t *metrics = json_object_get(answer, "metrics"), *metric;
	struct grid grid;
	size_t i;

	grid_init(&grid, columns, COUNT_OF(columns));
	json_array_foreach(metrics, i, metric)
	{
		grid_put(&grid, member_text(metric, "name"), GRID_STRONG);
		grid_put(&grid, member_text(metric, "type"), GRID_PLAIN);
		grid_put(&grid, member_text(metric, "unit"), GRID_PLAIN);
		put_count(&grid, metric, "series_count");
		put_list(&grid, json_object_get(metric, "label_names"));
	}
	return finish(frame, &grid, json_array_size(metrics));
}

/* What a line of values comes to. Steps without a value count nowhere. */
struct figures {
	double least, greatest, sum, last;
	size_t count;
};

static struct figures sum_up(json_t *values)
{
	struct figures figures = {.least = INFINITY, .greatest = -INFINITY};
	json_t *item;
	size_t i;

	json_array_foreach(values, i, item)
	{
		double value = json_number_value(item);

		if (!json_is_number(item))
			continue;
		figures.least = fmin(figures.least, value);
		figures.greatest = fmax(figures.greatest, value);
		figures.sum += value;
		figures.last = value;
		figures.count++;
	}
	return figures;
}

enum { CHART_CELLS = 40, LABEL_COLUMNS = 6 };

/* The values as bars of eight heights, several steps to a cell where there are many: the highest counts. The
 * scale begins at 0 where nothing lies below it. */
static void append_chart(struct buffer *out, json_t *values, const struct figures *figures)
{
	static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	size_t steps = json_array_size(values), cells = steps < CHART_CELLS ? steps : CHART_CELLS;
	double floor = fmin(figures->least, 0), height = figures->greatest - floor;

	for (size_t cell = 0; cell < cells; cell++) {
		double greatest = -INFINITY;

		for (size_t i = cell * steps / cells; i < (cell + 1) * steps / cells; i++) {
			json_t *item = json_array_get(values, i);

			if (json_is_number(item))
				greatest = fmax(greatest, json_number_value(item));
		}
		if (isinf(greatest))
			buffer_append_byte(out, ' ');
		else
			buffer_append_c(out,
					bars[height > 0 ? (int)((greatest - floor) / height * 7.99) : 0]);
	}
}

/* Titles of the label columns: those of the first series, where all have the same; else there are none. */
static size_t read_label_names(json_t *all, const char *names_out[LABEL_COLUMNS])
{
	json_t *first = json_object_get(json_array_get(all, 0), "labels"), *series, *value;
	size_t count = 0, i;
	const char *name;

	if (json_object_size(first) > LABEL_COLUMNS)
		return 0;
	json_object_foreach(first, name, value) names_out[count++] = name;
	json_array_foreach(all, i, series)
	{
		json_t *labels = json_object_get(series, "labels");

		for (size_t at = 0; at < count; at++)
			if (!json_object_get(labels, names_out[at]) || json_object_size(labels) != count)
				return 0;
	}
	return count;
}

/* Labels that differ from series to series, in one cell. */
static void put_all_labels(struct grid *grid, json_t *labels)
{
	struct buffer text = BUFFER_EMPTY;
	const char *name;
	json_t *value;

	json_object_foreach(labels, name, value)
	{
		buffer_printf(&text, "%s%s=", text.size ? " " : "", name);
		buffer_append(&text, json_string_value(value), json_string_length(value));
	}
	grid_put(grid, buffer_str(&text), GRID_STRONG);
	buffer_release(&text);
}

static void put_value(struct grid *grid, double value)
{
	units_value(&grid->scratch, value);
	grid_put_scratch(grid, GRID_PLAIN);
}

/* "30s", "1m", "6h". */
static void append_step(struct buffer *out, uint64_t step_ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {{86400 * NS_PER_SECOND, "d"}, {3600 * NS_PER_SECOND, "h"}, {60 * NS_PER_SECOND, "m"},
		     {NS_PER_SECOND, "s"},         {NS_PER_MS, "ms"},           {1, "ns"}};
	size_t i = 0;

	while (step_ns % units[i].ns || step_ns < units[i].ns)
		i++;
	buffer_printf(out, "%llu%s", (unsigned long long)(step_ns / units[i].ns), units[i].name);
}

/* "handler.execution.duration (ms): p95 of each 1m, from … to … UTC" */
static void write_subject(const struct frame *frame, json_t *answer)
{
	struct str unit = member_text(answer, "unit");
	uint64_t start_ns = member_time(answer, "start"), end_ns = member_time(answer, "end");
	struct buffer *out = frame->out;

	buffer_printf(out, "%s%.*s%s", grid_style_on(GRID_STRONG, frame->has_color),
		      STR_ARG(member_text(answer, "name")), grid_style_off(GRID_STRONG, frame->has_color));
	if (unit.size)
		buffer_printf(out, " (%.*s)", STR_ARG(unit));
	buffer_printf(out, ": %.*s of each ", STR_ARG(member_text(answer, "agg")));
	append_step(out, member_duration(answer, "step_ms"));
	buffer_append_c(out, ", ");
	units_time(out, start_ns, true);
	buffer_append_c(out, " to ");
	units_time(out, end_ns, !units_same_day(start_ns, end_ns));
	buffer_append_byte(out, ' ');
	units_zone(out, end_ns);
	buffer_append_c(out, "\n\n");
}

static void put_series(struct grid *grid, json_t *series, const char *const *names, size_t name_count)
{
	json_t *labels = json_object_get(series, "labels"), *values = json_object_get(series, "values");
	struct figures figures = sum_up(values);

	for (size_t i = 0; i < name_count; i++)
		grid_put(grid, member_text(labels, names[i]), GRID_STRONG);
	if (!name_count)
		put_all_labels(grid, labels);
	put_value(grid, figures.least);
	put_value(grid, figures.sum / (double)figures.count);
	put_value(grid, figures.greatest);
	put_value(grid, figures.last);
	append_chart(&grid->scratch, values, &figures);
	grid_put_scratch(grid, GRID_PLAIN);
}

/* Lines that have no value at all are left out. */
static size_t count_lines(json_t *all)
{
	size_t count = 0, i;
	json_t *series;

	json_array_foreach(all, i, series) count += sum_up(json_object_get(series, "values")).count > 0;
	return count;
}

/* The traces that led to the values, where they were asked for. */
static void draw_exemplars(const struct frame *frame, json_t *exemplars)
{
	struct grid_column columns[] = {
		{NULL, false, 0, 0}, {"VALUE", true, 0, 0}, {"TRACE", false, 0, 0}, {"LABELS", false, 16, 1}};
	struct calendar calendar;
	json_t *exemplar;
	struct grid grid;
	size_t i;

	if (!json_array_size(exemplars))
		return;
	buffer_append_byte(frame->out, '\n');
	calendar_init(&calendar, frame, exemplars, "time");
	columns[0].title = calendar.title;
	grid_init(&grid, columns, COUNT_OF(columns));
	json_array_foreach(exemplars, i, exemplar)
	{
		put_time(&grid, &calendar, member_time(exemplar, "time"));
		put_value(&grid, json_number_value(json_object_get(exemplar, "value")));
		grid_put(&grid, member_text(exemplar, "trace_id"), GRID_PLAIN);
		put_all_labels(&grid, json_object_get(exemplar, "labels"));
	}
	buffer_release(&calendar.zone);
	finish(frame, &grid, json_array_size(exemplars));
}

size_t draw_values(const struct frame *frame, json_t *answer)
{
	static const struct grid_column figures[] = {
		{"LEAST", true, 0, 2}, {"MEAN", true, 0, 1},       {"GREATEST", true, 0, 0},
		{"LAST", true, 0, 0},  {"OVER TIME", false, 0, 3},
	};
	struct grid_column columns[LABEL_COLUMNS + COUNT_OF(figures)] = {{"LABELS", false, 16, 4}};
	json_t *all = json_object_get(answer, "series"), *series;
	const char *names[LABEL_COLUMNS];
	size_t name_count = read_label_names(all, names), column_count = name_count ? name_count : 1, i;
	size_t count = count_lines(all);
	struct grid grid;

	for (i = 0; i < name_count; i++)
		columns[i] = (struct grid_column){names[i], false, 12, 0};
	memcpy(columns + column_count, figures, sizeof(figures));
	grid_init(&grid, columns, column_count + COUNT_OF(figures));
	json_array_foreach(all, i, series) if (sum_up(json_object_get(series, "values")).count)
		put_series(&grid, series, names, name_count);
	if (count)
		write_subject(frame, answer);
	finish(frame, &grid, count);
	draw_exemplars(frame, json_object_get(answer, "exemplars"));
	return count;
}
