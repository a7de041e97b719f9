#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/cli.h"
#include "archive/files.h"
#include "base/buffer.h"
#include "storage/rocksdb/rocksdb_store.h"

enum { ANSWER_LIMIT_BYTES = 64 * 1024, URL_SIZE = 1024 };

struct request {
	const char *name, *url;
};

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
	buffer_append(context, bytes, size * count);
	return size * count;
}

static enum status read_answer(const char *url, long code, const struct buffer *answer,
			       char path_out[PATH_SIZE], struct error *error)
{
	json_t *root = json_loadb(answer->data, answer->size, 0, NULL);
	const char *path = json_string_value(json_object_get(root, "path"));
	const char *detail = json_string_value(json_object_get(root, "detail"));
	enum status status = STATUS_OK;

	if (code == 200 && path)
		snprintf(path_out, PATH_SIZE, "%s", path);
	else
		status = error_set(error, STATUS_IO, "%s answered %ld: %s", url, code,
				   detail ? detail : "not a word that can be read");
	json_decref(root);
	return status;
}

static struct curl_slist *make_headers(const struct config *config)
{
	char key[4200];

	if (!config->workbench.api_key[0])
		return NULL;
	snprintf(key, sizeof(key), "X-API-Key: %s", config->workbench.api_key);
	return curl_slist_append(NULL, key);
}

/* Asks the program that holds the store. */
static enum status ask(const struct config *config, const struct request *request, char path_out[PATH_SIZE],
		       struct error *error)
{
	struct curl_slist *headers = make_headers(config);
	struct buffer answer = {.limit = ANSWER_LIMIT_BYTES};
	char url[URL_SIZE], reason[CURL_ERROR_SIZE] = "";
	CURL *curl = curl_easy_init();
	enum status status;
	long code = 0;

	if (!curl)
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	if (request->url)
		snprintf(url, sizeof(url), "%s/telemetry/backup?name=%s", request->url, request->name);
	else
		snprintf(url, sizeof(url),
			 strchr(config->server.host, ':') ? "http://[%s]:%lld/telemetry/backup?name=%s"
							  : "http://%s:%lld/telemetry/backup?name=%s",
			 config->server.host, (long long)config->server.port, request->name);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	if (curl_easy_perform(curl) != CURLE_OK)
		status = error_set(error, STATUS_IO,
				   "a program holds the store, and %s cannot be reached: %s; --url says "
				   "where it listens",
				   url, reason);
	else {
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
		status = read_answer(url, code, &answer, path_out, error);
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	buffer_release(&answer);
	return status;
}

static enum status copy_store(const struct config *config, const struct request *request,
			      char path_out[PATH_SIZE], struct error *error)
{
	const struct rocksdb_store_options reader = {.path = config->store_path, .is_read_only = true};
	const struct rocksdb_store_options holder = {.path = config->store_path, .sync = true};
	struct store *store;
	enum status status;

	if (strchr(request->name, '/'))
		snprintf(path_out, PATH_SIZE, "%s", request->name);
	else if ((status = path_join(config->backup_path, request->name, path_out, error)) != STATUS_OK)
		return status;
	/* A store that is not there is not to be made. */
	status = rocksdb_store_open(&reader, &store, error);
	if (status != STATUS_OK)
		return status;
	store_close(store);
	status = folder_make_above(path_out, error);
	if (status == STATUS_OK)
		status = rocksdb_store_open(&holder, &store, error);
	if (status != STATUS_OK)
		return status;
	status = rocksdb_store_backup(store, path_out, error);
	store_close(store);
	return status;
}

static int back_up(const struct config *config, const struct request *request)
{
	struct error error = {0};
	char path[PATH_SIZE];
	enum status status;

	umask(077);
	status = request->url ? STATUS_BUSY : copy_store(config, request, path, &error);
	if (status == STATUS_BUSY && strchr(request->name, '/'))
		return cli_fail(
			"a program holds the store at %s, and makes backups under telemetry.backup_path (%s) "
			"alone: give a name without \"/\"",
			config->store_path, config->backup_path);
	if (status == STATUS_BUSY)
		status = ask(config, request, path, &error);
	if (status != STATUS_OK)
		return cli_fail("%s", error.message);
	printf("%s\n", path);
	return CLI_DONE;
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	const struct option options[] = {
		{"url", "URL", "the program that holds the store (default: server.host and server.port)",
		 OPTION_TEXT, &request.url},
	};
	const struct command_line line = {
		&backup_command,
		"Makes a copy of the store, with every row that was acknowledged before, and prints where it "
		"is: NAME under\n"
		"telemetry.backup_path. A program that holds the store makes it, while it receives and "
		"answers as ever; where none\n"
		"does, NAME may be any path. On the same file system the copy links the store's files: take "
		"it elsewhere to be\n"
		"safe from the disk's death. restore puts it back.",
		options,
		sizeof(options) / sizeof(options[0]),
		"NAME",
		&request.name,
	};
	struct config_request config_request;
	struct config config;
	int result;

	if (!cli_parse(&line, argc, argv, &config_request, &result))
		return result;
	result = cli_load_config(&config_request, &config) ? back_up(&config, &request) : CLI_WRONG;
	config_release(&config);
	cli_release_request(&config_request);
	return result;
}

const struct command backup_command = {
	"backup",
	"Copy the store, while a program holds it or not",
	run,
};
