#include "model/metric_point.h"

const char *metric_type_name(uint8_t type)
{
	static const char *const names[] = {
		"", "gauge", "sum", "histogram", "exponential_histogram", "summary",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "";
}

const char *temporality_name(uint8_t temporality)
{
	if (temporality == TEMPORALITY_DELTA)
		return "delta";
	return temporality == TEMPORALITY_CUMULATIVE ? "cumulative" : "";
}

double number_as_double(struct number number)
{
	if (number.kind == NUMBER_INT)
		return (double)number.integer;
	return number.kind == NUMBER_DOUBLE ? number.real : 0;
}
