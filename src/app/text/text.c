#include "app/text/text.h"

enum { REPLACEMENT = 0xFFFD };

/* Takes the first character off; text is not empty. */
static uint32_t take_character(struct str *text)
{
	const uint8_t *at = (const uint8_t *)text->data;
	size_t size = at[0] < 0x80 ? 1 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
	uint32_t code = at[0] < 0x80 ? at[0] : at[0] & (0x7Fu >> size);

	if (size > text->size || (size > 1 && !str_is_utf8(str_make(text->data, size)))) {
		*text = str_make(text->data + 1, text->size - 1);
		return REPLACEMENT;
	}
	for (size_t i = 1; i < size; i++)
		code = code << 6 | (at[i] & 0x3F);
	*text = str_make(text->data + size, text->size - size);
	return code;
}

struct span_of_codes {
	uint32_t first, last;
};

static bool lies_in(const struct span_of_codes *spans, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= spans[i].first && code <= spans[i].last)
			return true;
	return false;
}

/* Marks that take no cell of their own. */
static const struct span_of_codes combining[] = {
	{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
	{0x0900, 0x0902}, {0x0E34, 0x0E3A}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200D},
	{0x2060, 0x2064}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
};
/* East Asian wide and full-width characters, and pictures. */
static const struct span_of_codes wide[] = {
	{0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x2614, 0x2615},   {0x2648, 0x2653},
	{0x26A1, 0x26A1},   {0x26BD, 0x26BE},   {0x26D4, 0x26D4},   {0x2705, 0x2705},   {0x270A, 0x270B},
	{0x274C, 0x274C},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},   {0x2B50, 0x2B50},
	{0x2E80, 0x303E},   {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
	{0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F004, 0x1F004},
	{0x1F18E, 0x1F19A}, {0x1F200, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB}, {0x1F900, 0x1FAFF},
	{0x20000, 0x3FFFD},
};
/* What steers a terminal, or the direction of what follows. */
static const struct span_of_codes steering[] = {
	{0x00, 0x1F}, {0x7F, 0x9F}, {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069},
};

#define LIES_IN(spans, code) lies_in(spans, sizeof(spans) / sizeof((spans)[0]), code)

static size_t cells_of(uint32_t code)
{
	if (code < 0x300)
		return 1;
	return LIES_IN(combining, code) ? 0 : LIES_IN(wide, code) ? 2 : 1;
}

size_t text_width(struct str text)
{
	size_t width = 0;

	while (text.size)
		width += cells_of(take_character(&text));
	return width;
}

void text_append_clean(struct buffer *out, struct str text)
{
	while (text.size) {
		const char *at = text.data;
		uint32_t code = take_character(&text);

		if (code == '\n' || code == '\t' || code == '\r')
			buffer_append_byte(out, ' ');
		else if (code == REPLACEMENT || LIES_IN(steering, code))
			buffer_append_c(out, "\xEF\xBF\xBD");
		else
			buffer_append(out, at, (size_t)(text.data - at));
	}
}

size_t text_append_cut(struct buffer *out, struct str text, size_t width)
{
	struct str left = text;
	size_t used = 0, whole = text_width(text);

	if (whole <= width) {
		buffer_append_str(out, text);
		return whole;
	}
	if (width == 0)
		return 0;
	while (left.size) {
		struct str before = left;
		size_t cells = cells_of(take_character(&left));

		if (used + cells > width - 1) {
			left = before;
			break;
		}
		used += cells;
	}
	buffer_append(out, text.data, (size_t)(left.data - text.data));
	buffer_append_c(out, "…");
	return used + 1;
}
