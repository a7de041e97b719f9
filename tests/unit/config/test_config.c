#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

/* A project of its own for every test, with the file's text (NULL: no file). */
struct project {
	char root[64], folder[96], file[128];
	struct config config;
};

static void project_init(struct project *project, const char *text)
{
	FILE *file;

	memset(project, 0, sizeof(*project));
	strcpy(project->root, "/tmp/rohas-config-XXXXXX");
	assert_non_null(mkdtemp(project->root));
	snprintf(project->folder, sizeof(project->folder), "%s/config", project->root);
	snprintf(project->file, sizeof(project->file), "%s/rohas.toml", project->folder);
	if (!text)
		return;
	assert_int_equal(mkdir(project->folder, 0700), 0);
	file = fopen(project->file, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void project_release(struct project *project)
{
	config_release(&project->config);
	unlink(project->file);
	rmdir(project->folder);
	rmdir(project->root);
}

static enum status load(struct project *project, const char *const *environment, const char *setting)
{
	struct config_request request = {
		.project_root = project->root,
		.environment = environment,
		.settings = &setting,
		.setting_count = setting ? 1 : 0,
	};

	return config_load(&request, &project->config);
}

/* The project's folder stands in front of the file's name. */
static void assert_ends_with(const char *text, const char *end)
{
	size_t size = strlen(text), end_size = strlen(end);

	assert_true(size >= end_size);
	assert_string_equal(text + size - end_size, end);
}

/* Loads text alone and expects exactly one problem, that sentence. */
static void expect_problem(const char *text, bool is_error, const char *sentence)
{
	struct project project;

	project_init(&project, text);
	assert_int_equal(load(&project, NULL, NULL), is_error ? STATUS_INVALID : STATUS_OK);
	assert_int_equal(project.config.problem_count, 1);
	assert_int_equal(project.config.problems[0].is_error, is_error);
	assert_ends_with(project.config.problems[0].sentence, sentence);
	project_release(&project);
}

static void defaults_serve_without_a_file(void **state)
{
	struct project project;
	const struct config *config = &project.config;
	char store[96];

	(void)state;
	project_init(&project, NULL);
	assert_int_equal(load(&project, NULL, NULL), STATUS_OK);
	assert_int_equal(config->problem_count, 0);
	assert_null(config->file);
	assert_string_equal(config->server.host, "127.0.0.1");
	assert_int_equal(config->server.port, 3000);
	assert_true(config->server.enable_cors);
	assert_string_equal(config->telemetry.type, "rocksdb");
	assert_int_equal(config->telemetry.retention_days, 30);
	assert_int_equal(config->telemetry.max_cache_size, 1000);
	assert_int_equal(config->telemetry.max_cache_bytes, 128 << 20);
	assert_true(config->telemetry.enable_metrics && config->telemetry.enable_logs &&
		    config->telemetry.enable_traces);
	assert_string_equal(config->telemetry.sync, "always");
	assert_true(config->receiver_http.enabled);
	assert_int_equal(config->receiver_http.port, 4318);
	assert_int_equal(config->workbench.allowed_origins.count, 0);
	assert_string_equal(config->workbench.api_key, "");
	snprintf(store, sizeof(store), "%s/.rohas/telemetry", project.root);
	assert_string_equal(config->store_path, store);
	assert_string_equal(config->project.name, strrchr(project.root, '/') + 1);
	project_release(&project);
}

static void reads_every_section_of_the_file(void **state)
{
	struct project project;
	const struct config *config = &project.config;

	(void)state;
	project_init(&project,
		     "[project]\nname = \"shop\"\nversion = \"2.1\"\nlanguage = \"python\"\n"
		     "[server]\nhost = \"0.0.0.0\"\nport = 3100\nenable_cors = false\n"
		     "[telemetry]\npath = \"/var/lib/t\"\nretention_days = 0\nsync = \"never\"\n"
		     "[telemetry.receiver.http]\nenabled = false\nport = 4400\n"
		     "[workbench]\nallowed_origins = [\"https://a.example.org\", \"*\"]\napi_key = \"k\"\n");
	assert_int_equal(load(&project, NULL, NULL), STATUS_OK);
	assert_int_equal(config->problem_count, 0);
	assert_string_equal(config->project.name, "shop");
	assert_string_equal(config->project.language, "python");
	assert_string_equal(config->server.host, "0.0.0.0");
	assert_int_equal(config->server.port, 3100);
	assert_false(config->server.enable_cors);
	assert_string_equal(config->store_path, "/var/lib/t");
	assert_int_equal(config->telemetry.retention_days, 0);
	assert_string_equal(config->telemetry.sync, "never");
	assert_false(config->receiver_http.enabled);
	assert_int_equal(config->receiver_http.port, 4400);
	assert_int_equal(config->workbench.allowed_origins.count, 2);
	assert_string_equal(config->workbench.allowed_origins.items[0], "https://a.example.org");
	assert_string_equal(config->workbench.api_key, "k");
	project_release(&project);
}

static void command_line_beats_environment_beats_file(void **state)
{
	static const char *const environment[] = {"ROHAS_SERVER_PORT=3200", NULL};
	struct project project;

	(void)state;
	project_init(&project, "[server]\nport = 3100\n");
	assert_int_equal(load(&project, NULL, NULL), STATUS_OK);
	assert_int_equal(project.config.server.port, 3100);
	config_release(&project.config);
	assert_int_equal(load(&project, environment, NULL), STATUS_OK);
	assert_int_equal(project.config.server.port, 3200);
	config_release(&project.config);
	assert_int_equal(load(&project, environment, "server.port=3300"), STATUS_OK);
	assert_int_equal(project.config.server.port, 3300);
	project_release(&project);
}

static void tells_where_each_value_came_from(void **state)
{
	static const char *const environment[] = {"ROHAS_TELEMETRY_RECEIVER_HTTP_PORT=4400", NULL};
	static const struct {
		const char *key, *source;
	} rows[] = {
		{"server.port", "config/rohas.toml:3"},
		{"telemetry.receiver.http.port", "ROHAS_TELEMETRY_RECEIVER_HTTP_PORT"},
		{"telemetry.sync", "--set"},
		{"server.host", "default"},
	};
	struct project project;

	(void)state;
	project_init(&project, "\n[server]\nport = 3100\n");
	assert_int_equal(load(&project, environment, "telemetry.sync=never"), STATUS_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < CONFIG_KEY_COUNT; k++)
			if (!strcmp(config_keys[k].name, rows[i].key))
				assert_ends_with(config_source_text(&project.config, &config_keys[k],
								    &project.config.arena),
						 rows[i].source);
	project_release(&project);
}

static void refuses_wrong_types_and_ranges_with_their_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"[server]\nport = 70000\n",
		 "config/rohas.toml:2:8: server.port is the integer 70000; allowed is an "
		 "integer from 0 to 65535"},
		{"[server]\nport = -1\n", "config/rohas.toml:2:8: server.port is the integer -1; allowed is "
					  "an integer from 0 to 65535"},
		{"[server]\nport = \"80\"\n", "config/rohas.toml:2:8: server.port is the string \"80\"; "
					      "allowed is an integer from 0 to 65535"},
		{"[server]\nport = 80.5\n", "config/rohas.toml:2:8: server.port is the number 80.5; allowed "
					    "is an integer from 0 to 65535"},
		{"[server]\nhost = \"example.org\"\n",
		 "config/rohas.toml:2:8: server.host is the string \"example.org\"; allowed is an IP address "
		 "(\"127.0.0.1\", \"0.0.0.0\", \"::1\") or \"localhost\""},
		{"[server]\nenable_cors = 1\n",
		 "config/rohas.toml:2:15: server.enable_cors is the integer 1; allowed is true or false"},
		{"[project]\nlanguage = \"perl\"\n", "config/rohas.toml:2:12: project.language is the string "
						     "\"perl\"; allowed is \"typescript\", "
						     "\"python\" or \"rust\""},
		{"[telemetry]\npath = \"\"\n", "config/rohas.toml:2:8: telemetry.path is the string \"\"; "
					       "allowed is a string of 1 to 4096 bytes"},
		{"[telemetry]\nretention_days = 36501\n",
		 "config/rohas.toml:2:18: telemetry.retention_days is the integer 36501; allowed is an "
		 "integer from 0 "
		 "to 36500"},
		{"[workbench]\nallowed_origins = \"*\"\n",
		 "config/rohas.toml:2:19: workbench.allowed_origins is the string \"*\"; allowed is a list "
		 "of origins, "
		 "each a scheme and a host (\"https://ops.example.org\") or \"*\""},
		{"[workbench]\nallowed_origins = [\"https://a.org\", \"https://b.org/x\"]\n",
		 "config/rohas.toml:2:37: workbench.allowed_origins holds the string \"https://b.org/x\"; "
		 "allowed is a "
		 "list of origins, each a scheme and a host (\"https://ops.example.org\") or \"*\""},
		{"[telemetry]\nwrite_buffer_bytes = \"a lot\"\n",
		 "config/rohas.toml:2:22: telemetry.write_buffer_bytes is the string \"a lot\"; allowed is "
		 "bytes, "
		 "or a string with a unit (\"20GB\", \"512MiB\"), from 1048576 to 4294967296"},
		{"[telemetry]\nmax_storage_bytes = -1\n",
		 "config/rohas.toml:2:21: telemetry.max_storage_bytes is the integer -1; allowed is 0, "
		 "bytes, or a "
		 "string with a unit (\"20GB\", \"512MiB\"), from 67108864 to 1125899906842624"},
		{"[telemetry]\ndownsample = [\"7d\"]\n",
		 "config/rohas.toml:2:15: telemetry.downsample holds the string \"7d\"; allowed is a list of "
		 "ages "
		 "and steps, each a whole number of days and what divides a day (\"7d:1m\")"},
		{"[telemetry]\ndownsample = [\"7d:1m\", \"5d:10m\"]\n",
		 "configuration: telemetry.downsample has \"5d:10m\" behind \"7d:1m\"; allowed is an age "
		 "that is "
		 "greater than the one before, and a step that is a multiple of it"},
		{"telemetry = 5\n",
		 "config/rohas.toml:1:13: telemetry is the integer 5; allowed is a section: [telemetry]"},
		{"[server.port]\n",
		 "config/rohas.toml:1:1: server.port is a section; allowed is an integer from 0 to 65535"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_problem(rows[i].text, true, rows[i].sentence);
}

static void metrics_and_logs_are_kept_as_long_as_traces_unless_told(void **state)
{
	struct project project;
	const struct config *config = &project.config;

	(void)state;
	project_init(&project, "[telemetry]\nretention_days = 7\nretention_days_logs = 0\n");
	assert_int_equal(load(&project, NULL, NULL), STATUS_OK);
	assert_int_equal(config->telemetry.retention_days_metrics, 7);
	assert_int_equal(config->telemetry.retention_days_logs, 0);
	project_release(&project);
}

static void reads_sizes_with_and_without_units(void **state)
{
	struct project project;
	const struct config *config = &project.config;

	(void)state;
	project_init(&project, "[telemetry]\nmax_storage_bytes = \"20 GB\"\nwrite_buffer_bytes = 8388608\n"
			       "downsample = [\"7d:1m\", \"30d:10m\"]\n");
	assert_int_equal(load(&project, NULL, "telemetry.block_cache_bytes=1.5GiB"), STATUS_OK);
	assert_int_equal(config->problem_count, 1); /* 30d is as old as metrics become */
	assert_int_equal(config->telemetry.max_storage_bytes, 20000000000);
	assert_int_equal(config->telemetry.write_buffer_bytes, 8388608);
	assert_int_equal(config->telemetry.block_cache_bytes, 1610612736);
	assert_int_equal(config->telemetry.downsample.count, 2);
	assert_string_equal(config->telemetry.downsample.items[1], "30d:10m");
	project_release(&project);
}

static void warns_of_what_never_comes_to_pass(void **state)
{
	(void)state;
	expect_problem(
		"[telemetry]\nretention_days = 7\ndownsample = [\"7d:1m\"]\n", false,
		"configuration: telemetry.downsample has \"7d:1m\" and metrics are dropped after 7 days: "
		"it never comes to pass");
	expect_problem("[telemetry]\ncompression = \"lz4\"\ncompression_level = 3\n", false,
		       "configuration: telemetry.compression_level is ignored: telemetry.compression is not "
		       "\"zstd\"");
}

static void warns_of_unknown_keys_and_names_the_nearest(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"[server]\nprot = 1\n",
		 "config/rohas.toml:2:1: server.prot is unknown and ignored; the nearest known "
		 "key is server.port"},
		{"[telemetry]\nretention_day = 1\n",
		 "config/rohas.toml:2:1: telemetry.retention_day is unknown and "
		 "ignored; the nearest known key is telemetry.retention_days"},
		{"[workbnech]\napi_key = \"x\"\n",
		 "config/rohas.toml:1:2: section [workbnech] is unknown and ignored; "
		 "the nearest known one is [workbench]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_problem(rows[i].text, false, rows[i].sentence);
}

static void reports_every_mistake_in_the_files_order(void **state)
{
	static const unsigned lines[] = {2, 4, 5};
	struct project project;

	(void)state;
	project_init(&project, "[telemetry]\nsync = 1\n[server]\nport = true\nhost = 7\n");
	assert_int_equal(load(&project, NULL, NULL), STATUS_INVALID);
	assert_int_equal(project.config.problem_count, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(project.config.problems[i].line, lines[i]);
	project_release(&project);
}

static void refuses_text_that_is_no_toml(void **state)
{
	struct project project;

	(void)state;
	project_init(&project, "[server\n");
	assert_int_equal(load(&project, NULL, NULL), STATUS_INVALID);
	assert_int_equal(project.config.problem_count, 1);
	assert_int_equal(project.config.problems[0].line, 1);
	assert_non_null(
		strstr(project.config.problems[0].sentence, "config/rohas.toml:1:8: this is not TOML: "));
	project_release(&project);
}

static void refuses_a_named_file_that_is_not_there(void **state)
{
	struct config_request request = {.file = "/nonexistent/rohas.toml"};
	struct config config;

	(void)state;
	assert_int_equal(config_load(&request, &config), STATUS_INVALID);
	assert_string_equal(config.problems[0].sentence,
			    "/nonexistent/rohas.toml: cannot be read: No such file or directory");
	config_release(&config);
}

static void refuses_a_project_root_that_is_not_there(void **state)
{
	struct config_request request = {.project_root = "/nonexistent"};
	struct config config;

	(void)state;
	assert_int_equal(config_load(&request, &config), STATUS_INVALID);
	assert_non_null(strstr(config.problems[0].sentence,
			       "--project-root: the folder /nonexistent cannot be opened"));
	config_release(&config);
}

static void checks_texts_from_environment_and_command_line_alike(void **state)
{
	static const struct {
		const char *variable, *setting, *sentence;
	} rows[] = {
		{"ROHAS_SERVER_PORT=x", NULL,
		 "ROHAS_SERVER_PORT: server.port is the text \"x\"; allowed is an integer from 0 to 65535"},
		{NULL, "server.enable_cors=yes",
		 "--set server.enable_cors: server.enable_cors is the text \"yes\"; allowed is true or "
		 "false"},
		{NULL, "server.port", "--set: \"server.port\" has no =; allowed is section.key=value"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *environment[] = {rows[i].variable, NULL};
		struct project project;

		project_init(&project, NULL);
		assert_int_equal(load(&project, environment, rows[i].setting), STATUS_INVALID);
		assert_string_equal(project.config.problems[0].sentence, rows[i].sentence);
		project_release(&project);
	}
}

static void warns_of_a_variable_that_is_nearly_a_known_one(void **state)
{
	static const char *const environment[] = {"ROHAS_SERVER_PROT=1", "ROHAS_SOMETHING_ELSE=2", "PATH=x",
						  NULL};
	struct project project;

	(void)state;
	project_init(&project, NULL);
	assert_int_equal(load(&project, environment, NULL), STATUS_OK);
	assert_int_equal(project.config.problem_count, 1);
	assert_string_equal(project.config.problems[0].sentence,
			    "ROHAS_SERVER_PROT: the variable is unknown and ignored; the nearest known one "
			    "is ROHAS_SERVER_PORT");
	project_release(&project);
}

static void empty_variable_counts_as_not_set(void **state)
{
	static const char *const environment[] = {"ROHAS_SERVER_PORT=", NULL};
	struct project project;

	(void)state;
	project_init(&project, "[server]\nport = 3100\n");
	assert_int_equal(load(&project, environment, NULL), STATUS_OK);
	assert_int_equal(project.config.server.port, 3100);
	project_release(&project);
}

static void splits_a_list_at_its_commas(void **state)
{
	struct project project;

	(void)state;
	project_init(&project, "[workbench]\nallowed_origins = [\"https://c.org\"]\n");
	assert_int_equal(load(&project, NULL, "workbench.allowed_origins=https://a.org, http://b.org:8080"),
			 STATUS_OK);
	assert_int_equal(project.config.workbench.allowed_origins.count, 2);
	assert_string_equal(project.config.workbench.allowed_origins.items[1], "http://b.org:8080");
	config_release(&project.config);
	assert_int_equal(load(&project, NULL, "workbench.allowed_origins="), STATUS_OK);
	assert_int_equal(project.config.workbench.allowed_origins.count, 0);
	project_release(&project);
}

static void secrets_appear_in_no_sentence_and_no_value(void **state)
{
	struct project project;

	(void)state;
	project_init(&project, "[workbench]\napi_key = 123456789\n");
	assert_int_equal(load(&project, NULL, NULL), STATUS_INVALID);
	assert_null(strstr(project.config.problems[0].sentence, "123456789"));
	config_release(&project.config);
	assert_int_equal(load(&project, NULL, "workbench.api_key=opensesame"), STATUS_INVALID);
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		if (config_keys[i].secret)
			assert_null(strstr(
				config_value_text(&project.config, &config_keys[i], &project.config.arena),
				"opensesame"));
	project_release(&project);
}

static void warns_of_a_key_for_another_type_of_store(void **state)
{
	(void)state;
	expect_problem("[telemetry]\nendpoint = \"http://localhost:9090\"\n", false,
		       "config/rohas.toml:2:12: telemetry.endpoint is ignored: it is for telemetry.type = "
		       "\"prometheus\", and the type is \"rocksdb\"");
}

static void refuses_one_port_for_two_doors(void **state)
{
	struct project project;

	(void)state;
	project_init(&project, "[server]\nport = 4318\n");
	assert_int_equal(load(&project, NULL, NULL), STATUS_INVALID);
	assert_int_equal(project.config.problem_count, 1);
	config_release(&project.config);
	assert_int_equal(load(&project, NULL, "telemetry.receiver.http.enabled=false"), STATUS_OK);
	project_release(&project);
}

static void every_key_has_a_variable_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		for (size_t j = 0; j < i; j++) {
			char one[CONFIG_VARIABLE_SIZE], other[CONFIG_VARIABLE_SIZE];

			config_variable(&config_keys[i], one);
			config_variable(&config_keys[j], other);
			assert_string_not_equal(one, other);
		}
}

static void names_what_only_this_machine_reaches(void **state)
{
	(void)state;
	assert_true(host_is_loopback("127.0.0.1") && host_is_loopback("::1") &&
		    host_is_loopback("localhost"));
	assert_false(host_is_loopback("0.0.0.0") || host_is_loopback("::") || host_is_loopback("10.0.0.1"));
}

static void reads_rules_in_their_order(void **state)
{
	struct project project;
	const struct user_rule *rules;

	(void)state;
	project_init(&project, "[[telemetry.rules]]\n"
			       "kind = [\"internal\", \"consumer\"]\n"
			       "attributes = { \"acme.job\" = \"send-*\", acme.try = 3, acme.dry = false }\n"
			       "gives = \"event\"\n"
			       "handler_name = \"{acme.job}\"\n"
			       "[[telemetry.rules]]\n"
			       "scope = \"acme\"\n"
			       "resource = { \"service.name\" = \"*\" }\n"
			       "gives = \"none\"\n");
	assert_int_equal(load(&project, NULL, NULL), STATUS_OK);
	assert_int_equal(project.config.problem_count, 0);
	assert_int_equal(project.config.rule_count, 2);
	rules = project.config.rules;
	assert_int_equal(rules[0].kinds, 1 << SPAN_INTERNAL | 1 << SPAN_CONSUMER);
	assert_int_equal(rules[0].attributes.count, 3);
	for (size_t i = 0; i < 3; i++) {
		static const char *const pairs[][2] = {
			{"acme.job", "send-*"}, {"acme.try", "3"}, {"acme.dry", "false"}};
		size_t found = 0;

		for (size_t j = 0; j < 3; j++)
			found += !strcmp(rules[0].attributes.items[j].key, pairs[i][0]) &&
				 !strcmp(rules[0].attributes.items[j].pattern, pairs[i][1]);
		assert_int_equal(found, 1);
	}
	assert_int_equal(rules[0].role, ROLE_EXECUTION);
	assert_int_equal(rules[0].type, HANDLER_EVENT);
	assert_string_equal(rules[0].handler_name, "{acme.job}");
	assert_null(rules[0].event_name);
	assert_string_equal(rules[1].scope, "acme");
	assert_string_equal(rules[1].resource.items[0].key, "service.name");
	assert_true(rules[1].gives);
	assert_int_equal(rules[1].role, ROLE_NONE);
	project_release(&project);
}

static void names_the_place_of_every_bad_rule(void **state)
{
#define RULE "[[telemetry.rules]]\n"
	static const char *const rows[][2] = {
		{"telemetry.rules = 3\n",
		 ":1:19: telemetry.rules is the integer 3; allowed is a list of tables: "
		 "[[telemetry.rules]]"},
		{"telemetry.rules = [\"x\"]\n",
		 ":1:20: telemetry.rules is the string \"x\"; allowed is tables: "
		 "[[telemetry.rules]]"},
		{RULE "gives = \"api\"\n",
		 ":1:1: telemetry.rules[0] asks for nothing; allowed is at least one of kind, "
		 "scope, span_name, attributes and resource"},
		{RULE "kind = \"server\"\n",
		 ":1:1: telemetry.rules[0] gives nothing; allowed is at least one of gives, "
		 "handler_name and event_name"},
		{RULE "scope = \"x\"\ngives = \"apis\"\n",
		 ":3:9: telemetry.rules[0].gives is the string \"apis\"; allowed is \"api\", \"event\", "
		 "\"cron\", "
		 "\"websocket\", \"published\" or \"none\""},
		{RULE "kind = \"serve\"\nscope = \"x\"\ngives = \"api\"\n",
		 ":2:8: telemetry.rules[0].kind is the string \"serve\"; allowed is \"internal\", "
		 "\"server\", \"client\", "
		 "\"producer\", \"consumer\" or \"unspecified\", or a list of them"},
		{RULE "scope = \"x\"\nhandler_name = \"{a\"\ngives = \"api\"\n",
		 ":3:16: telemetry.rules[0].handler_name is the string \"{a\"; allowed is a text of 1 to 256 "
		 "bytes with "
		 "attributes in braces: \"{messaging.destination.name}\""},
		{RULE "scope = 5\nspan_name = \"x\"\ngives = \"api\"\n",
		 ":2:9: telemetry.rules[0].scope is the integer 5; allowed is a pattern of 1 to 256 bytes, "
		 "with * for "
		 "any text"},
		{RULE "scope = \"x\"\nattributes = \"x\"\ngives = \"api\"\n",
		 ":3:14: telemetry.rules[0].attributes is the string \"x\"; allowed is a table of attributes "
		 "and "
		 "patterns"},
		{RULE "scope = \"x\"\nattributes = { a = [1] }\ngives = \"api\"\n",
		 ":3:20: telemetry.rules[0].attributes.a is a list; allowed is a pattern, a number or a "
		 "boolean"},
		{RULE "scope = \"x\"\nname = \"x\"\ngives = \"api\"\n",
		 ":3:1: telemetry.rules[0].name is unknown; allowed are kind, scope, span_name, attributes, "
		 "resource, "
		 "gives, handler_name and event_name"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_problem(rows[i][0], true, rows[i][1]);
}

static void refuses_more_rules_than_it_has_places_for(void **state)
{
	char text[65 * 64] = "";
	struct project project;

	(void)state;
	for (int i = 0; i < 65; i++)
		strcat(text, RULE "scope = \"x\"\ngives = \"api\"\n");
	project_init(&project, text);
	assert_int_equal(load(&project, NULL, NULL), STATUS_INVALID);
	assert_int_equal(project.config.problem_count, 1);
	assert_ends_with(project.config.problems[0].sentence, "telemetry.rules has 65 rules; allowed are 64");
	project_release(&project);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_serve_without_a_file),
		cmocka_unit_test(reads_every_section_of_the_file),
		cmocka_unit_test(command_line_beats_environment_beats_file),
		cmocka_unit_test(tells_where_each_value_came_from),
		cmocka_unit_test(refuses_wrong_types_and_ranges_with_their_place),
		cmocka_unit_test(metrics_and_logs_are_kept_as_long_as_traces_unless_told),
		cmocka_unit_test(reads_sizes_with_and_without_units),
		cmocka_unit_test(warns_of_what_never_comes_to_pass),
		cmocka_unit_test(warns_of_unknown_keys_and_names_the_nearest),
		cmocka_unit_test(reports_every_mistake_in_the_files_order),
		cmocka_unit_test(refuses_text_that_is_no_toml),
		cmocka_unit_test(refuses_a_named_file_that_is_not_there),
		cmocka_unit_test(refuses_a_project_root_that_is_not_there),
		cmocka_unit_test(checks_texts_from_environment_and_command_line_alike),
		cmocka_unit_test(warns_of_a_variable_that_is_nearly_a_known_one),
		cmocka_unit_test(empty_variable_counts_as_not_set),
		cmocka_unit_test(splits_a_list_at_its_commas),
		cmocka_unit_test(secrets_appear_in_no_sentence_and_no_value),
		cmocka_unit_test(warns_of_a_key_for_another_type_of_store),
		cmocka_unit_test(refuses_one_port_for_two_doors),
		cmocka_unit_test(every_key_has_a_variable_of_its_own),
		cmocka_unit_test(reads_rules_in_their_order),
		cmocka_unit_test(names_the_place_of_every_bad_rule),
		cmocka_unit_test(refuses_more_rules_than_it_has_places_for),
		cmocka_unit_test(names_what_only_this_machine_reaches),
	};

	return test_run("config/config", tests);
}
