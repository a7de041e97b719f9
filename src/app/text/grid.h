/*
 * grid: a table for a terminal: aligned columns that fit its width.
 *
 * Where the width is short, columns that can be spared leave, then those that can be cut are cut. Without a
 * width everything is shown whole. A column that can be spared and is empty in every row is left out.
 *
 * Ownership  a grid owns its cells; columns are borrowed.
 * Threads    one thread at a time.
 * Units      widths are cells of a terminal.
 * Errors     where memory runs out, those of the buffer given to grid_write.
 */
#ifndef ROHAS_APP_TEXT_GRID_H
#define ROHAS_APP_TEXT_GRID_H

#include "base/arena.h"
#include "base/buffer.h"

struct grid_column {
	const char *title;
	bool is_right;  /* numbers */
	unsigned least; /* may be cut to so many cells; 0: never */
	unsigned spare; /* 0: stays; otherwise the column with the greatest number leaves first */
};

enum grid_style { GRID_PLAIN, GRID_DIM, GRID_STRONG, GRID_GOOD, GRID_WARN, GRID_BAD };

enum { GRID_MOST_COLUMNS = 16 };

struct grid_cell {
	struct str text;
	enum grid_style style;
};

struct grid {
	const struct grid_column *columns;
	size_t column_count;
	struct arena arena;
	struct grid_cell *cells; /* row by row */
	size_t count, capacity;
	struct buffer scratch;
	bool failed;
};

void grid_init(struct grid *grid, const struct grid_column *columns, size_t column_count);
void grid_release(struct grid *grid);

/* The next cell, of a row and then of the next row. The text is copied, and made harmless. */
void grid_put(struct grid *grid, struct str text, enum grid_style style);

/* The same from a C string; NULL is an empty cell. */
void grid_put_c(struct grid *grid, const char *text, enum grid_style style);

/* The same from what a call has put into the grid's scratch, which is emptied. */
void grid_put_scratch(struct grid *grid, enum grid_style style);

/* width 0: as wide as it is. */
void grid_write(const struct grid *grid, struct buffer *out, size_t width, bool has_color);

/* The escape sequences alone, for what stands around a grid. "" without colour. */
const char *grid_style_on(enum grid_style style, bool has_color);
const char *grid_style_off(enum grid_style style, bool has_color);

#endif
