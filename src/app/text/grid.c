#include "app/text/grid.h"

#include <stdlib.h>

#include "app/text/text.h"

enum { GAP = 2 };

void grid_init(struct grid *grid, const struct grid_column *columns, size_t column_count)
{
	*grid = (struct grid){.columns = columns, .column_count = column_count};
	arena_init(&grid->arena, 0);
}

void grid_release(struct grid *grid)
{
	arena_release(&grid->arena);
	buffer_release(&grid->scratch);
	free(grid->cells);
}

static bool make_room(struct grid *grid)
{
	size_t capacity = grid->capacity ? grid->capacity * 2 : 256;
	struct grid_cell *cells;

	if (grid->count < grid->capacity)
		return true;
	cells = realloc(grid->cells, capacity * sizeof(*cells));
	if (!cells)
		return false;
	grid->cells = cells;
	grid->capacity = capacity;
	return true;
}

void grid_put_scratch(struct grid *grid, enum grid_style style)
{
	struct str kept = arena_copy(&grid->arena, buffer_str(&grid->scratch));

	if (buffer_failed(&grid->scratch) || !kept.data || !make_room(grid))
		grid->failed = true;
	else
		grid->cells[grid->count++] = (struct grid_cell){kept, style};
	buffer_clear(&grid->scratch);
}

void grid_put(struct grid *grid, struct str text, enum grid_style style)
{
	text_append_clean(&grid->scratch, text);
	grid_put_scratch(grid, style);
}

void grid_put_c(struct grid *grid, const char *text, enum grid_style style)
{
	grid_put(grid, str_from(text ? text : ""), style);
}

const char *grid_style_on(enum grid_style style, bool has_color)
{
	static const char *const sequences[] = {
		[GRID_PLAIN] = "",        [GRID_DIM] = "\033[2m",   [GRID_STRONG] = "\033[1m",
		[GRID_GOOD] = "\033[32m", [GRID_WARN] = "\033[33m", [GRID_BAD] = "\033[31m",
	};

	return has_color ? sequences[style] : "";
}

const char *grid_style_off(enum grid_style style, bool has_color)
{
	return has_color && style != GRID_PLAIN ? "\033[0m" : "";
}

/* How the columns are laid out. */
struct layout {
	size_t widths[GRID_MOST_COLUMNS];
	bool is_gone[GRID_MOST_COLUMNS];
};

static void measure(const struct grid *grid, struct layout *layout)
{
	bool is_empty[GRID_MOST_COLUMNS];

	for (size_t i = 0; i < grid->column_count; i++) {
		layout->widths[i] = text_width(str_from(grid->columns[i].title));
		is_empty[i] = true;
	}
	for (size_t i = 0; i < grid->count; i++) {
		size_t width = text_width(grid->cells[i].text), column = i % grid->column_count;

		if (width > layout->widths[column])
			layout->widths[column] = width;
		is_empty[column] = is_empty[column] && width == 0;
	}
	for (size_t i = 0; i < grid->column_count; i++)
		layout->is_gone[i] = is_empty[i] && grid->count && grid->columns[i].spare;
}

static size_t least_width(const struct grid *grid, const struct layout *layout, size_t column)
{
	unsigned least = grid->columns[column].least;

	return least && least < layout->widths[column] ? least : layout->widths[column];
}

/* The width of all columns, as they are or cut as far as they can be. */
static size_t whole_width(const struct grid *grid, const struct layout *layout, bool is_cut)
{
	size_t width = 0;

	for (size_t i = 0; i < grid->column_count; i++)
		if (!layout->is_gone[i])
			width += (is_cut ? least_width(grid, layout, i) : layout->widths[i]) +
				 (width ? GAP : 0);
	return width;
}

/* The column that is spared most easily; column_count where all must stay. */
static size_t find_spare(const struct grid *grid, const struct layout *layout)
{
	size_t found = grid->column_count;

	for (size_t i = 0; i < grid->column_count; i++)
		if (!layout->is_gone[i] && grid->columns[i].spare &&
		    (found == grid->column_count || grid->columns[i].spare > grid->columns[found].spare))
			found = i;
	return found;
}

/* The widest column that may be cut further; column_count where there is none. */
static size_t find_widest(const struct grid *grid, const struct layout *layout)
{
	size_t found = grid->column_count;

	for (size_t i = 0; i < grid->column_count; i++)
		if (!layout->is_gone[i] && layout->widths[i] > least_width(grid, layout, i) &&
		    (found == grid->column_count || layout->widths[i] > layout->widths[found]))
			found = i;
	return found;
}

static void fit(const struct grid *grid, struct layout *layout, size_t width)
{
	size_t column;

	while (whole_width(grid, layout, true) > width &&
	       (column = find_spare(grid, layout)) < grid->column_count)
		layout->is_gone[column] = true;
	while (whole_width(grid, layout, false) > width &&
	       (column = find_widest(grid, layout)) < grid->column_count)
		layout->widths[column]--;
}

static void pad(struct buffer *out, size_t count)
{
	while (count-- > 0)
		buffer_append_byte(out, ' ');
}

/* One line; gaps that nothing follows are left out. */
static void write_row(const struct grid *grid, const struct layout *layout, const struct grid_cell *cells,
		      struct buffer *out, bool has_color)
{
	size_t due = 0, count = 0;

	for (size_t i = 0; i < grid->column_count; i++) {
		const struct grid_cell *cell = &cells[i];
		size_t width = text_width(cell->text), taken = width;

		if (layout->is_gone[i])
			continue;
		if (width > layout->widths[i])
			taken = width = layout->widths[i];
		due += count++ ? GAP : 0;
		if (grid->columns[i].is_right)
			due += layout->widths[i] - width;
		if (cell->text.size) {
			pad(out, due);
			buffer_append_c(out, grid_style_on(cell->style, has_color));
			taken = text_append_cut(out, cell->text, layout->widths[i]);
			buffer_append_c(out, grid_style_off(cell->style, has_color));
			due = 0;
		}
		if (!grid->columns[i].is_right)
			due += layout->widths[i] - taken;
	}
	buffer_append_byte(out, '\n');
}

void grid_write(const struct grid *grid, struct buffer *out, size_t width, bool has_color)
{
	struct grid_cell titles[GRID_MOST_COLUMNS];
	struct layout layout = {0};

	if (grid->failed) {
		out->failed = true;
		return;
	}
	measure(grid, &layout);
	if (width)
		fit(grid, &layout, width);
	for (size_t i = 0; i < grid->column_count; i++)
		titles[i] = (struct grid_cell){str_from(grid->columns[i].title), GRID_DIM};
	write_row(grid, &layout, titles, out, has_color);
	for (size_t i = 0; i + grid->column_count <= grid->count; i += grid->column_count)
		write_row(grid, &layout, grid->cells + i, out, has_color);
}
