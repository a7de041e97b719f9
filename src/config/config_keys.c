#include <assert.h>
#include <stddef.h>

#include "config/config.h"

static const char *const languages[] = {"typescript", "python", "rust", NULL};
static const char *const store_types[] = {"rocksdb", "prometheus", "influxdb", "timescaledb", NULL};
static const char *const sync_choices[] = {"always", "interval", "never", NULL};
static const char *const compressions[] = {"zstd", "lz4", "none", NULL};

#define VALUE(field)         .offset = offsetof(struct config, field)
#define STRING(field)        .type = CONFIG_STRING, .most = 4096, VALUE(field)
#define CHOICE(field, list)  .type = CONFIG_CHOICE, .choices = list, VALUE(field)
#define ADDRESS(field)       .type = CONFIG_ADDRESS, VALUE(field)
#define INTEGER(field, a, b) .type = CONFIG_INTEGER, .least = a, .most = b, VALUE(field)
#define SIZE(field, a, b)    .type = CONFIG_SIZE, .least = a, .most = b, VALUE(field)
#define BOOLEAN(field)       .type = CONFIG_BOOLEAN, VALUE(field)
#define RATIO(field)         .type = CONFIG_RATIO, VALUE(field)
#define RATIOS(field)        .type = CONFIG_RATIOS, VALUE(field)
#define ORIGINS(field)       .type = CONFIG_ORIGINS, VALUE(field)
#define STEPS(field)         .type = CONFIG_STEPS, VALUE(field)

#define KIB (INT64_C(1) << 10)
#define MIB (INT64_C(1) << 20)
#define TIB (INT64_C(1) << 40)

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
	{"telemetry.archive_path", STRING(telemetry.archive_path), .standard = "\"\"", .only_for = "rocksdb",
	 .help = "The folder, relative to the project root or absolute, into which the rows of a day are "
		 "exported before retention or max_storage_bytes drops them; empty: nowhere."},
	{"telemetry.retention_days", INTEGER(telemetry.retention_days, 0, 36500), .standard = "30",
	 .help = "How many whole days traces are kept, by their own time; 0 keeps them for ever. Metrics and "
		 "logs follow unless they have days of their own."},
	{"telemetry.retention_days_metrics", INTEGER(telemetry.retention_days_metrics, 0, 36500),
	 .standard = "30", .inherits = "telemetry.retention_days",
	 .help = "How many whole days metrics are kept; 0 keeps them for ever."},
	{"telemetry.retention_days_logs", INTEGER(telemetry.retention_days_logs, 0, 36500), .standard = "30",
	 .inherits = "telemetry.retention_days",
	 .help = "How many whole days logs are kept; 0 keeps them for ever."},
	{"telemetry.max_storage_bytes", SIZE(telemetry.max_storage_bytes, 64 * MIB, 1024 * TIB),
	 .standard = "0", .only_for = "rocksdb",
	 .help = "How large the store's folder may become; past it the oldest days go first, of all signals, "
		 "and of today the oldest blocks if nothing else is left. 0 is no limit."},
	{"telemetry.downsample", STEPS(telemetry.downsample), .standard = "[]", .only_for = "rocksdb",
	 .help = "From which age on metrics keep one point a step: \"7d:1m\" keeps of days older than seven "
		 "one point a minute of each series, with its count, sum, least and largest value."},
	{"telemetry.max_cache_size", INTEGER(telemetry.max_cache_size, 0, 1000000), .standard = "1000",
	 .help = "How many assembled traces are kept in memory for queries, the least recently used go "
		 "first; 0 "
		 "keeps none."},
	{"telemetry.max_cache_bytes", INTEGER(telemetry.max_cache_bytes, 1 << 20, INT64_C(1) << 40),
	 .standard = "134217728",
	 .help = "How many bytes of memory the traces of telemetry.max_cache_size may take together; a trace "
		 "of "
		 "more than a quarter of it is read anew each time."},
	{"telemetry.lost_after_seconds", INTEGER(telemetry.lost_after_seconds, 1, 86400), .standard = "300",
	 .help = "How long nothing must arrive from a process for what it has started and not ended to be "
		 "lost "
		 "rather than running."},
	{"telemetry.max_metric_series", INTEGER(telemetry.max_metric_series, 1, 1000000), .standard = "2000",
	 .help = "How many series each metric about handlers, events and errors may have; past it the rest "
		 "is "
		 "counted under __other__."},
	{"telemetry.enable_metrics", BOOLEAN(telemetry.enable_metrics), .standard = "true",
	 .help = "Whether metrics are kept; if not, they are accepted, counted and dropped."},
	{"telemetry.enable_logs", BOOLEAN(telemetry.enable_logs), .standard = "true",
	 .help = "Whether logs are kept; if not, they are accepted, counted and dropped."},
	{"telemetry.enable_traces", BOOLEAN(telemetry.enable_traces), .standard = "true",
	 .help = "Whether traces are kept; if not, they are accepted, counted and dropped."},
	{"telemetry.sync", CHOICE(telemetry.sync, sync_choices), .standard = "\"always\"",
	 .help = "Whether a request is answered only once its rows are forced to the disk (always), or "
		 "already when the operating system has them: then they survive the death of the program, "
		 "and "
		 "that of the machine only if they are older than telemetry.sync_interval_ms (interval), or "
		 "when the system happened to write them (never)."},
	{"telemetry.sync_interval_ms", INTEGER(telemetry.sync_interval_ms, 10, 3600000), .standard = "1000",
	 .only_for = "rocksdb",
	 .help = "How often the log is forced to the disk where telemetry.sync is \"interval\": what a dying "
		 "machine may lose."},
	{"telemetry.commit_window_ms", INTEGER(telemetry.commit_window_ms, 0, 1000), .standard = "0",
	 .help = "How long a commit waits for more requests to share it; 0 takes what is there. Each request "
		 "waits so much longer for its answer; many small ones take less room on the disk."},
	{"telemetry.write_buffer_bytes", SIZE(telemetry.write_buffer_bytes, MIB, 4096 * MIB),
	 .standard = "\"64MiB\"", .only_for = "rocksdb",
	 .help = "How much of a signal gathers in memory before it becomes a file; up to four times that for "
		 "a moment. More means fewer files to rewrite, more memory and a longer start after a "
		 "crash."},
	{"telemetry.block_cache_bytes", SIZE(telemetry.block_cache_bytes, MIB, TIB), .standard = "\"128MiB\"",
	 .only_for = "rocksdb", .help = "How much of the store's files is kept in memory for queries."},
	{"telemetry.compression", CHOICE(telemetry.compression, compressions), .standard = "\"zstd\"",
	 .only_for = "rocksdb",
	 .help = "How merged blocks are compressed (what is committed is soon merged: lz4 unless this is "
		 "none); blocks "
		 "that are there stay as they are and can be read."},
	{"telemetry.compression_level", INTEGER(telemetry.compression_level, 1, 19), .standard = "3",
	 .only_for = "rocksdb", .help = "zstd's level: higher is smaller and slower."},
	{"telemetry.block_rows", INTEGER(telemetry.block_rows, 1024, 1048576), .standard = "65536",
	 .only_for = "rocksdb",
	 .help = "How many rows the largest merged block has: larger ones are smaller on the disk a row, and "
		 "take more memory and time to make and to search."},
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

	{"telemetry.sampling.head_ratio", RATIO(sampling.head_ratio), .standard = "1",
	 .help = "The share of traces that are stored at all, decided by the trace id when a span arrives; "
		 "handler metrics count the others too. 1 is all."},
	{"telemetry.sampling.tail_ratio", RATIO(sampling.tail_ratio), .standard = "1",
	 .help = "The share of all traces that stay when their decision window is over and nothing else "
		 "keeps "
		 "them; 1 is all. Traces of the window are stored and seen whole."},
	{"telemetry.sampling.handler_ratios", RATIOS(sampling.handler_ratios), .standard = "[]",
	 .help = "Shares for single handlers' traces in the place of tail_ratio: \"GET /health=0.001\"."},
	{"telemetry.sampling.keep_errors", BOOLEAN(sampling.keep_errors), .standard = "true",
	 .help = "Whether every trace stays in which something failed."},
	{"telemetry.sampling.slower_than_ms", INTEGER(sampling.slower_than_ms, 0, 86400000), .standard = "0",
	 .help = "Every trace stays that has a span longer than this; 0: none for that."},
	{"telemetry.sampling.keep_slowest", BOOLEAN(sampling.keep_slowest), .standard = "true",
	 .help = "Whether traces stay whose execution took longer than 99 of 100 of the same handler's."},
	{"telemetry.sampling.handler_minimum", INTEGER(sampling.handler_minimum, 0, 1000000), .standard = "5",
	 .help = "So many executions of each handler a minute stay, whatever the ratios say: rare handlers "
		 "and "
		 "cron jobs are always there."},
	{"telemetry.sampling.traces_per_second", INTEGER(sampling.traces_per_second, 0, 10000000),
	 .standard = "0",
	 .help = "How many traces a second may stay because of a ratio or for being the slowest; 0: as many "
		 "as "
		 "there are."},
	{"telemetry.sampling.window_seconds", INTEGER(sampling.window_seconds, 1, 3600), .standard = "30",
	 .help = "How long a trace, and what is linked with it, is watched before it is decided on."},

	{"telemetry.receiver.http.enabled", BOOLEAN(receiver_http.enabled), .standard = "true",
	 .help = "Whether OTLP over HTTP has a port of its own; the server's port takes it in either case."},
	{"telemetry.receiver.http.host", ADDRESS(receiver_http.host), .standard = "\"127.0.0.1\"",
	 .help = "The address on which OTLP over HTTP is received."},
	{"telemetry.receiver.http.port", INTEGER(receiver_http.port, 0, 65535), .standard = "4318",
	 .help = "The port on which OTLP over HTTP is received; 0 takes any free one and says which."},

	{"telemetry.library.endpoint", STRING(library.endpoint), .standard = "\"\"",
	 .help = "Where the C library sends telemetry over OTLP/HTTP, such as http://localhost:4318; empty: "
		 "it "
		 "writes the store at telemetry.path itself, in the application's process."},
	{"telemetry.library.thread_bytes", SIZE(library.thread_bytes, 64 * KIB, 1024 * MIB),
	 .standard = "\"4MiB\"",
	 .help = "How much of what one thread recorded the C library keeps until it is taken on, what has "
		 "not ended "
		 "included; past it what is new is dropped and counted."},
	{"telemetry.library.queue_bytes", SIZE(library.queue_bytes, MIB, 16384 * MIB),
	 .standard = "\"16MiB\"",
	 .help = "How much the C library keeps of what the receiver or the store has not taken yet; past it "
		 "what is "
		 "new is dropped and counted."},
	{"telemetry.library.flush_interval_ms", INTEGER(library.flush_interval_ms, 10, 60000),
	 .standard = "1000",
	 .help = "How often the C library sends what was recorded; sooner where half of a thread's memory "
		 "was used."},
	{"telemetry.library.running_after_ms", INTEGER(library.running_after_ms, 0, 86400000),
	 .standard = "100",
	 .help = "After how long the C library reports that an execution runs that has not ended, with the "
		 "next "
		 "flush; 0: it reports none."},

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
