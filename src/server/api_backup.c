/* api_backup: a copy of the store while it is in use. The caller gives a name, never a path. */
#include "server/insides.h"

enum { NAME_MOST = 100 };

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.size; i++) {
		char c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_' || (c == '.' && i > 0)))
			return false;
	}
	return name.size >= 1 && name.size <= NAME_MOST;
}

static bool read_name(struct http_request *request, char name_out[NAME_MOST + 1], struct problem *problem)
{
	struct str key, value = {NULL, 0};

	for (size_t i = 0; i < http_request_parameter_count(request); i++) {
		http_request_parameter(request, i, &key, &value);
		if (!str_equal_c(key, "name") || !is_name(value))
			return problem_set(
				problem, 400, "name", "1 to 100 letters, digits, '-', '_' and '.', not first",
				"a backup takes one parameter, name, of letters, digits, '-', '_' and '.'");
	}
	if (!value.size)
		return problem_set(problem, 400, "name",
				   "1 to 100 letters, digits, '-', '_' and '.', not first",
				   "a backup needs a name: POST /telemetry/backup?name=before-upgrade");
	memcpy(name_out, value.data, value.size);
	name_out[value.size] = '\0';
	return true;
}

static bool make_backup(struct server *server, const char *name, char *path_out, struct problem *problem)
{
	struct error error = {0};
	enum status status;

	if (!server->options.backup)
		return problem_set(problem, 404, NULL, NULL, "this program makes no backups");
	if (atomic_exchange(&server->is_backing_up, true))
		return problem_set(problem, 503, NULL, NULL,
				   "a backup is being made already; ask again later");
	status = server->options.backup(server->options.backup_context, name, path_out, &error);
	atomic_store(&server->is_backing_up, false);
	if (status == STATUS_OK)
		return true;
	if (status == STATUS_INVALID)
		return problem_set(problem, 409, "name", NULL, "%s", error.message);
	problem_from_error(problem, status, &error, NULL);
	return false;
}

void run_backup(struct server *server, struct http_request *request)
{
	char name[NAME_MOST + 1], path[SERVER_BACKUP_PATH];
	struct buffer body = BUFFER_EMPTY;
	struct json json = json_to(&body);
	struct problem problem;

	if (!read_name(request, name, &problem) || !make_backup(server, name, path, &problem)) {
		answer_problem(server, request, &problem);
		return;
	}
	json_begin_object(&json);
	json_member_c(&json, "name", name);
	json_member_c(&json, "path", path);
	json_end_object(&json);
	answer_json(server, request, &body);
}
