/*
 * fuzz_value: one AnyValue. What is accepted can be walked to the bottom and comes back the same after it was
 * written; what is not can be walked all the same, and the walk ends.
 */
#include "fuzz.h"
#include "model/value.h"

/* Walks bytes that nobody has checked. */
static void walk_unchecked(struct str bytes)
{
	struct value array = {.data = bytes.data, .size = (uint32_t)bytes.size, .type = VALUE_ARRAY};
	struct protobuf_reader items = value_walk(&array), pairs = value_walk(&array);
	struct attribute attribute;
	struct value item;

	while (value_next_item(&items, &item))
		require(item.type < VALUE_TYPE_COUNT);
	while (value_next_attribute(&pairs, &attribute))
		require(attribute.key.size <= bytes.size);
}

static void write_and_read(const struct value *value)
{
	struct buffer out = BUFFER_EMPTY;
	struct value again;
	struct error error;

	value_encode(value, &out);
	require(value_decode(out.data ? buffer_str(&out) : str_make("", 0), 0, &again, &error) == STATUS_OK);
	require(value_equal(value, &again));
	buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size ? size : 1);
	struct error error = {.message = ""};
	struct value value;

	if (size)
		memcpy(bytes, data, size);
	if (value_decode(str_make(bytes, size), 0, &value, &error) == STATUS_OK) {
		use_value(&value);
		write_and_read(&value);
	} else {
		require(error.message[0] != '\0');
	}
	walk_unchecked(str_make(bytes, size));
	free(bytes);
	return 0;
}
