#include "storage/columns/address.h"

enum { PARTS = 4, MOST_PART = 255 };

/* Takes a part off the front of the text; false where there is none in its shortest form. */
static bool take_part(struct str *text, uint32_t *part_out)
{
	uint32_t part = 0;
	size_t size = 0;

	while (size < text->size && text->data[size] >= '0' && text->data[size] <= '9' && part <= MOST_PART)
		part = part * 10 + (uint32_t)(text->data[size++] - '0');
	if (size == 0 || part > MOST_PART || (size > 1 && text->data[0] == '0'))
		return false;
	*text = str_make(text->data + size, text->size - size);
	*part_out = part;
	return true;
}

bool address_parse(struct str text, uint32_t *address_out)
{
	uint32_t address = 0, part;

	for (int i = 0; i < PARTS; i++) {
		if (i > 0) {
			if (text.size == 0 || text.data[0] != '.')
				return false;
			text = str_make(text.data + 1, text.size - 1);
		}
		if (!take_part(&text, &part))
			return false;
		address = address << 8 | part;
	}
	*address_out = address;
	return text.size == 0;
}

static size_t put_part(uint32_t part, char *at)
{
	size_t size = part >= 100 ? 3 : part >= 10 ? 2 : 1;

	for (size_t i = size; i > 0; i--, part /= 10)
		at[i - 1] = (char)('0' + part % 10);
	return size;
}

size_t address_format(uint32_t address, char text_out[ADDRESS_MOST_SIZE])
{
	size_t size = 0;

	for (int i = PARTS - 1; i >= 0; i--) {
		size += put_part(address >> (8 * i) & 255, text_out + size);
		if (i > 0)
			text_out[size++] = '.';
	}
	return size;
}
