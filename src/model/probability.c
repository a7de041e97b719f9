#include "model/probability.h"

enum { RANDOMNESS_DIGITS = 14 };

/* The value of a key in a list of key=value. */
static bool find_member(struct str list, char separator, char equals, struct str key, struct str *value_out)
{
	struct str member, rest = list, name, value;

	while (rest.size) {
		str_split(rest, separator, &member, &rest);
		member = str_trim(member);
		if (str_split(member, equals, &name, &value) && str_equal(name, key)) {
			*value_out = value;
			return true;
		}
	}
	return false;
}

static uint64_t big_endian(const uint8_t *bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < RANDOMNESS_DIGITS / 2; i++)
		number = number << 8 | bytes[i];
	return number;
}

uint64_t trace_randomness(const uint8_t trace_id[TRACE_ID_SIZE], struct str trace_state)
{
	uint8_t bytes[RANDOMNESS_DIGITS / 2];
	struct str members, digits;

	if (trace_state.size && find_member(trace_state, ',', '=', str_from("ot"), &members) &&
	    find_member(members, ';', ':', str_from("rv"), &digits) && digits.size == RANDOMNESS_DIGITS &&
	    hex_decode(digits, bytes, sizeof(bytes)))
		return big_endian(bytes);
	return big_endian(trace_id + TRACE_ID_SIZE - sizeof(bytes));
}

uint64_t ratio_threshold(double ratio)
{
	if (!(ratio > 0))
		return RANDOMNESS_END;
	if (ratio >= 1)
		return 0;
	return (uint64_t)((1 - ratio) * (double)RANDOMNESS_END);
}
