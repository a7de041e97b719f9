/*
 * problem: what a refused request is told, as a problem document (RFC 9457).
 *
 * Ownership  a problem holds its text; allowed is a constant.
 * Threads    plain values.
 */
#ifndef ROHAS_SERVER_PROBLEM_H
#define ROHAS_SERVER_PROBLEM_H

#include "base/status.h"
#include "server/json.h"

struct problem {
	unsigned status_code;
	char detail[768];
	char parameter[64]; /* the parameter at fault, or "" */
	char allowed[512];  /* what it may be, or "" */
	size_t column;      /* of the parameter's text, from 1, where it is wrong; 0: not known */
};

/* Fills problem and returns false, so that `return problem_set(…)` reads well. parameter and allowed may be
 * NULL. */
bool problem_set(struct problem *problem, unsigned status_code, const char *parameter, const char *allowed,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* From a failed query: its status decides the code. parameter may be NULL. */
void problem_from_error(struct problem *problem, enum status status, const struct error *error,
			const char *parameter);

/* The reason phrase of a status code that the server gives. */
const char *problem_title(unsigned status_code);

void problem_render(struct json *json, const struct problem *problem);

#endif
