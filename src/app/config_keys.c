#include <assert.h>
#include <stddef.h>

#include "app/config.h"

static const char *const languages[] = {"typescript", "python", "rust", NULL};
static const char *const store_types[] = {"rocksdb", "prometheus", "influxdb", "timescaledb", NULL};
static const char *const sync_choices[] = {"always", "never", NULL};

#define VALUE(field)         .offset = offsetof(struct config, field)
#define STRING(field)        .type = CONFIG_STRING, .most = 4096, VALUE(field)
#define CHOICE(field, list)  .type = CONFIG_CHOICE, .choices = list, VALUE(field)
#define ADDRESS(field)       .type = CONFIG_ADDRESS, VALUE(field)
#define INTEGER(field, a, b) .type = CONFIG_INTEGER, .least = a, .most = b, VALUE(field)
#define BOOLEAN(field)       .type = CONFIG_BOOLEAN, VALUE(field)
#define ORIGINS(field)       .type = CONFIG_ORIGINS, VALUE(field)

const struct config_key config_keys[] = {
	{"project.name", STRING(project.name), .standard = "\"\"",
	 .help = "The project's name as the Workbench shows it; empty: the name of the project root's "
		 "folder."},
	{"project.version", STRING(project.version), .standard = "\"\"",
	 .help = "The project's version as the Workbench shows it."},
	{"project.language", CHOICE(project.language, languages), .standard = "\"typescript\"",
	 .help = "The language that the project's handlers are mostly written in."},

	{"server.host", ADDRESS(server.host), .standard = "\"127.0.0.1\"",
	 .help = "The address on which API and Workbench listen; 0.0.0.0 is every address of the machine."},
	{"server.port", INTEGER(server.port, 0, 65535), .standard = "3000",
	 .help = "The port of API and Workbench; 0 takes any free one and says which."},
	{"server.enable_cors", BOOLEAN(server.enable_cors), .standard = "true",
	 .help = "Whether pages from other origins may read the API (see workbench.allowed_origins)."},

	{"telemetry.type", CHOICE(telemetry.type, store_types), .standard = "\"rocksdb\"",
	 .help = "Where telemetry is kept. This version has the embedded store; with another type serve "
		 "stops and says so."},
	{"telemetry.path", STRING(telemetry.path), .least = 1, .standard = "\".rohas/telemetry\"",
	 .help = "The folder of the embedded store, relative to the project root or absolute."},
	{"telemetry.backup_path", STRING(telemetry.backup_path), .least = 1, .standard = "\".rohas/backups\"",
	 .help = "The folder that backups of the store are made in, relative to the project root or "
		 "absolute. On the "
		 "store's own file system a backup takes little room at first: it links the store's files."},
	{"telemetry.retention_days", INTEGER(telemetry.retention_days, 0, 36500), .standard = "30",
	 .help = "How many days telemetry is to be kept; 0 keeps it for ever. This version deletes nothing "
		 "yet."},
	{"telemetry.max_cache_size", INTEGER(telemetry.max_cache_size, 0, 1000000), .standard = "1000",
	 .help = "How many assembled traces are kept in memory for queries, the least recently used go "
		 "first; 0 "
		 "keeps none."},
	{"telemetry.max_cache_bytes", INTEGER(telemetry.max_cache_bytes, 1 << 20, INT64_C(1) << 40),
	 .standard = "134217728",
	 .help = "How many bytes of memory the traces of telemetry.max_cache_size may take together; a trace "
		 "of "
		 "more than a quarter of it is read anew each time."},
	{"telemetry.enable_metrics", BOOLEAN(telemetry.enable_metrics), .standard = "true",
	 .help = "Whether metrics are kept; if not, they are accepted, counted and dropped."},
	{"telemetry.enable_logs", BOOLEAN(telemetry.enable_logs), .standard = "true",
	 .help = "Whether logs are kept; if not, they are accepted, counted and dropped."},
	{"telemetry.enable_traces", BOOLEAN(telemetry.enable_traces), .standard = "true",
	 .help = "Whether traces are kept; if not, they are accepted, counted and dropped."},
	{"telemetry.sync", CHOICE(telemetry.sync, sync_choices), .standard = "\"always\"",
	 .help = "Whether a request is answered only once its rows are forced to the disk (always), or "
		 "already "
		 "when the operating system has them (never): then they survive the death of the program, "
		 "but not "
		 "that of the machine."},
	{"telemetry.endpoint", STRING(telemetry.endpoint), .standard = "\"\"", .only_for = "prometheus",
	 .help = "The address of the Prometheus server, such as http://localhost:9090."},
	{"telemetry.url", STRING(telemetry.url), .standard = "\"\"", .only_for = "influxdb",
	 .help = "The address of the InfluxDB server, such as http://localhost:8086."},
	{"telemetry.database", STRING(telemetry.database), .standard = "\"\"", .only_for = "influxdb",
	 .help = "The name of the database in InfluxDB."},
	{"telemetry.retention_policy", STRING(telemetry.retention_policy), .standard = "\"\"",
	 .only_for = "influxdb", .help = "How long InfluxDB keeps the data, such as 30d."},
	{"telemetry.connection_string", STRING(telemetry.connection_string), .standard = "\"\"",
	 .only_for = "timescaledb", .secret = true,
	 .help = "How PostgreSQL is reached, such as postgresql://user:password@localhost/rohas."},

	{"telemetry.receiver.http.enabled", BOOLEAN(receiver_http.enabled), .standard = "true",
	 .help = "Whether OTLP over HTTP has a port of its own; the server's port takes it in either case."},
	{"telemetry.receiver.http.host", ADDRESS(receiver_http.host), .standard = "\"127.0.0.1\"",
	 .help = "The address on which OTLP over HTTP is received."},
	{"telemetry.receiver.http.port", INTEGER(receiver_http.port, 0, 65535), .standard = "4318",
	 .help = "The port on which OTLP over HTTP is received; 0 takes any free one and says which."},

	{"workbench.allowed_origins", ORIGINS(workbench.allowed_origins), .standard = "[]",
	 .help = "The web origins whose pages may read the API and send telemetry, such as "
		 "https://ops.example.org, or * for any; empty: pages served from this machine (localhost)."},
	{"workbench.api_key", STRING(workbench.api_key), .standard = "\"\"", .secret = true,
	 .help = "The key that everything on server.port asks for, as Authorization: Bearer or X-API-Key; "
		 "empty: none. "
		 "telemetry.receiver.http.port asks for none."},
};

static_assert(sizeof(config_keys) / sizeof(config_keys[0]) == CONFIG_KEY_COUNT,
	      "CONFIG_KEY_COUNT is not the table's");
