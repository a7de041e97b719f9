#include "config/config_page.h"

#include "config/config.h"

static const char introduction[] =
	"# Configuration\n"
	"\n"
	"<!-- Made by `rohas-telemetry check-config --markdown` from the program's table of keys: change it "
	"there. -->\n"
	"\n"
	"The program reads `config/rohas.toml` under the project root (`--project-root DIR`, default: the "
	"current\n"
	"folder) or the file that `--config FILE` names. No file is fine: the defaults serve.\n"
	"\n"
	"A value comes from the first of these that has it:\n"
	"\n"
	"1. `--set section.key=value` on the command line. It may be repeated, and every command takes it.\n"
	"2. The environment. A key's variable is `ROHAS_` and the key in capitals, with underscores for "
	"dots:\n"
	"   `telemetry.receiver.http.port` is `ROHAS_TELEMETRY_RECEIVER_HTTP_PORT`. An empty variable counts "
	"as not set.\n"
	"3. The file.\n"
	"4. The default.\n"
	"\n"
	"On the command line and in the environment a text is written without quotes, and a list with "
	"commas:\n"
	"`--set workbench.allowed_origins=https://a.example.org,https://b.example.org`.\n"
	"\n"
	"`rohas-telemetry check-config` shows what is in effect and where each value came from (`--json` "
	"for\n"
	"programs). An unknown key is ignored with a warning that names the nearest known one. A value of "
	"the wrong\n"
	"type or out of its range stops the program with exit status 2; every mistake is told, with file, "
	"line and\n"
	"column, what was found and what is allowed.\n";

static const char rules[] =
	"\n"
	"## [[telemetry.rules]]\n"
	"\n"
	"Rules of your own about spans that [the table of handlers](handlers.md) does not know, or that you "
	"see "
	"otherwise. They are\n"
	"read from top to bottom, before the table; the first that a span meets decides. Only the file has "
	"rules, at most 64.\n"
	"\n"
	"```toml\n"
	"[[telemetry.rules]]                          # a job queue of our own: its spans are handled "
	"events\n"
	"kind = \"internal\"\n"
	"scope = \"acme-queue*\"\n"
	"attributes = { \"acme.job\" = \"*\", \"acme.dry_run\" = false }\n"
	"gives = \"event\"\n"
	"handler_name = \"{acme.worker} {acme.job}\"\n"
	"event_name = \"{acme.job}\"\n"
	"\n"
	"[[telemetry.rules]]                          # what the load balancer asks is no execution\n"
	"span_name = \"GET /health*\"\n"
	"gives = \"none\"\n"
	"```\n"
	"\n"
	"| key | asks for |\n"
	"|---|---|\n"
	"| `kind` | the span's kind, or one of a list: `internal`, `server`, `client`, `producer`, "
	"`consumer`, "
	"`unspecified` |\n"
	"| `scope` | the name of its instrumentation scope |\n"
	"| `span_name` | its name |\n"
	"| `attributes` | its attributes, at most 8 |\n"
	"| `resource` | attributes of its resource, at most 8 |\n"
	"\n"
	"A span has to meet all of them. Texts are patterns: a star stands for any text, so `\"*\"` asks "
	"that an "
	"attribute is\n"
	"there, `\"mail-*\"` how it begins; case counts. Numbers and booleans are compared as text.\n"
	"\n"
	"| key | gives |\n"
	"|---|---|\n"
	"| `gives` | `api`, `event`, `cron`, `websocket`: an execution of that type; `published`: a "
	"published event; "
	"`none`: neither. Without it the table decides |\n"
	"| `handler_name` | the handler's name; a key in braces is replaced by the value that the span has, "
	"or its "
	"resource. Where one has none, the table names the handler |\n"
	"| `event_name` | the event's name, alike |\n"
	"\n"
	"Names are labels of metrics: put no ids into them.\n";

static const char example[] = "\n"
			      "## Example\n"
			      "\n"
			      "```toml\n"
			      "[project]\n"
			      "name = \"shop\"\n"
			      "\n"
			      "[telemetry]\n"
			      "path = \"/var/lib/rohas/telemetry\"\n"
			      "retention_days = 14\n"
			      "\n"
			      "[workbench]\n"
			      "allowed_origins = [\"https://ops.example.org\"]\n"
			      "```\n"
			      "\n"
			      "Keep `workbench.api_key` out of the file: set `ROHAS_WORKBENCH_API_KEY`.\n";

static size_t section_size(const struct config_key *key)
{
	return (size_t)(strrchr(key->name, '.') - key->name);
}

static bool same_section(const struct config_key *a, const struct config_key *b)
{
	return section_size(a) == section_size(b) && !strncmp(a->name, b->name, section_size(a));
}

static void write_key(struct buffer *page, const struct config_key *key)
{
	struct arena arena;
	char variable[CONFIG_VARIABLE_SIZE];

	arena_init(&arena, 0);
	config_variable(key, variable);
	buffer_printf(page, "\n### `%s`\n\n%s\n\n", key->name, key->help);
	if (key->only_for)
		buffer_printf(page, "Only for `telemetry.type = \"%s\"`. ", key->only_for);
	if (key->secret)
		buffer_append_c(page, "A secret: never shown or logged. ");
	if (key->inherits)
		buffer_printf(page, "Default: that of `%s`.", key->inherits);
	else
		buffer_printf(page, "Default: `%s`.", key->standard);
	buffer_printf(page, " Allowed: %s. Variable: `%s`.\n", config_allowed(key, &arena), variable);
	arena_release(&arena);
}

void config_page_write(struct buffer *page)
{
	buffer_append_c(page, introduction);
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];

		if (i == 0 || !same_section(key, key - 1))
			buffer_printf(page, "\n## [%.*s]\n", (int)section_size(key), key->name);
		write_key(page, key);
	}
	buffer_append_c(page, rules);
	buffer_append_c(page, example);
}
