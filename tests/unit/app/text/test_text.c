#include "app/text/text.h"

#include "test.h"

static void knows_how_many_cells_a_text_takes(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} rows[] = {
		{"", 0},     {"abc", 3},     {"é", 1},       {"e\xCC\x81", 1}, /* e and a combining accent */
		{"注文", 4}, {"🛒 cart", 7}, {"│  ├─ a", 7}, {"\xFF\xFE", 2},  {"\xE6\xB3", 2}, /* cut */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_width(str_from(rows[i].text)), rows[i].width);
}

static void takes_the_sting_out_of_what_strangers_wrote(void **state)
{
	static const struct {
		const char *text, *clean;
	} rows[] = {
		{"plain é 注", "plain é 注"},
		{"a\nb\tc\rd", "a b c d"},
		{"\033[2Jgone", "�[2Jgone"},
		{"\x07\x7F", "��"},
		{"\xC2\x9B"
		 "31m",
		 "�31m"}, /* the one-byte escape of C1 */
		{"a\xE2\x80\xAE"
		 "b",
		 "a�b"}, /* right to left from here on */
		{"\xFF", "�"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = BUFFER_EMPTY;

		text_append_clean(&out, str_from(rows[i].text));
		assert_str(buffer_str(&out), rows[i].clean);
		buffer_release(&out);
	}
}

static void cuts_between_characters_and_says_so(void **state)
{
	static const struct {
		const char *text;
		size_t width;
		const char *cut;
		size_t taken;
	} rows[] = {
		{"abcdef", 6, "abcdef", 6}, {"abcdef", 5, "abcd…", 5}, {"注文書", 6, "注文書", 6},
		{"注文書", 5, "注文…", 5},  {"注文書", 4, "注…", 3},   {"ab", 1, "…", 1},
		{"ab", 0, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = BUFFER_EMPTY;

		assert_int_equal(text_append_cut(&out, str_from(rows[i].text), rows[i].width), rows[i].taken);
		assert_str(buffer_str(&out), rows[i].cut);
		buffer_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_how_many_cells_a_text_takes),
		cmocka_unit_test(takes_the_sting_out_of_what_strangers_wrote),
		cmocka_unit_test(cuts_between_characters_and_says_so),
	};

	return test_run("app/text/text", tests);
}
