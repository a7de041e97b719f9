#include "server/problem.h"

#include <stdio.h>

bool problem_set(struct problem *problem, unsigned status_code, const char *parameter, const char *allowed,
		 const char *format, ...)
{
	va_list args;

	problem->status_code = status_code;
	problem->column = 0;
	snprintf(problem->parameter, sizeof(problem->parameter), "%s", parameter ? parameter : "");
	snprintf(problem->allowed, sizeof(problem->allowed), "%s", allowed ? allowed : "");
	va_start(args, format);
	vsnprintf(problem->detail, sizeof(problem->detail), format, args);
	va_end(args);
	return false;
}

static unsigned code_of(enum status status)
{
	switch (status) {
	case STATUS_INVALID:
	case STATUS_TOO_LARGE: return 400;
	case STATUS_NOT_FOUND: return 404;
	case STATUS_UNSUPPORTED: return 501;
	case STATUS_BUSY:
	case STATUS_NO_MEMORY:
	case STATUS_CANCELLED: return 503;
	default: return 500;
	}
}

void problem_from_error(struct problem *problem, enum status status, const struct error *error,
			const char *parameter)
{
	problem_set(problem, code_of(status), parameter, NULL, "%s", error->message);
}

const char *problem_title(unsigned status_code)
{
	switch (status_code) {
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 413: return "Content Too Large";
	case 415: return "Unsupported Media Type";
	case 421: return "Misdirected Request";
	case 500: return "Internal Server Error";
	case 501: return "Not Implemented";
	case 503: return "Service Unavailable";
	default: return "Error";
	}
}

void problem_render(struct json *json, const struct problem *problem)
{
	json_begin_object(json);
	json_member_c(json, "type", "about:blank");
	json_member_c(json, "title", problem_title(problem->status_code));
	json_member_u64(json, "status", problem->status_code);
	json_member_c(json, "detail", problem->detail);
	if (problem->parameter[0])
		json_member_c(json, "parameter", problem->parameter);
	if (problem->allowed[0])
		json_member_c(json, "allowed", problem->allowed);
	if (problem->column)
		json_member_u64(json, "column", problem->column);
	json_end_object(json);
}
