#include "app/text/grid.h"

#include "test.h"

static const struct grid_column columns[] = {
	{"NAME", false, 6, 0},
	{"NOTE", false, 0, 1},
	{"TIME", true, 0, 0},
	{"KIND", false, 4, 2},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static void fill(struct grid *grid, const char *note)
{
	static const char *const rows[][COLUMNS] = {
		{"POST /orders/{id}", NULL, "1.25 ms", "api"},
		{"注文", NULL, "182 ms", "event"},
		{"x", NULL, "5 s", ""},
	};

	grid_init(grid, columns, COLUMNS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t j = 0; j < COLUMNS; j++)
			grid_put_c(grid, j == 1 ? note : rows[i][j], j == 2 ? GRID_BAD : GRID_PLAIN);
}

static void assert_grid(const char *note, size_t width, bool has_color, const char *expected)
{
	struct buffer out = BUFFER_EMPTY;
	struct grid grid;

	fill(&grid, note);
	grid_write(&grid, &out, width, has_color);
	assert_str(buffer_str(&out), expected);
	grid_release(&grid);
	buffer_release(&out);
}

static void aligns_columns_and_leaves_out_what_is_empty(void **state)
{
	(void)state;
	assert_grid("", 0, false,
		    "NAME                  TIME  KIND\n"
		    "POST /orders/{id}  1.25 ms  api\n"
		    "注文                182 ms  event\n"
		    "x                      5 s\n");
	assert_grid("!", 0, false,
		    "NAME               NOTE     TIME  KIND\n"
		    "POST /orders/{id}  !     1.25 ms  api\n"
		    "注文               !      182 ms  event\n"
		    "x                  !         5 s\n");
}

static void cuts_what_may_be_cut(void **state)
{
	(void)state;
	assert_grid("", 28, false,
		    "NAME             TIME  KIND\n"
		    "POST /order…  1.25 ms  api\n"
		    "注文           182 ms  event\n"
		    "x                 5 s\n");
}

static void spares_columns_before_names_are_cut_too_short(void **state)
{
	(void)state;
	assert_grid("", 20, false,
		    "NAME            TIME\n"
		    "POST /orde…  1.25 ms\n"
		    "注文          182 ms\n"
		    "x                5 s\n");
}

static void shows_what_cannot_be_cut_however_narrow(void **state)
{
	(void)state;
	assert_grid("", 5, false,
		    "NAME       TIME\n"
		    "POST …  1.25 ms\n"
		    "注文     182 ms\n"
		    "x           5 s\n");
}

static void colours_cells_and_not_the_gaps(void **state)
{
	(void)state;
	assert_grid("", 20, true,
		    "\033[2mNAME\033[0m            \033[2mTIME\033[0m\n"
		    "POST /orde…  \033[31m1.25 ms\033[0m\n"
		    "注文          \033[31m182 ms\033[0m\n"
		    "x                \033[31m5 s\033[0m\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligns_columns_and_leaves_out_what_is_empty),
		cmocka_unit_test(cuts_what_may_be_cut),
		cmocka_unit_test(spares_columns_before_names_are_cut_too_short),
		cmocka_unit_test(shows_what_cannot_be_cut_however_narrow),
		cmocka_unit_test(colours_cells_and_not_the_gaps),
	};

	return test_run("app/text/grid", tests);
}
