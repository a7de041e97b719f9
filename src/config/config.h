/*
 * config: what the program was told: one table of keys, four places that a value may come from.
 *
 *     --set section.key=value  >  ROHAS_SECTION_KEY  >  config/rohas.toml  >  the default
 *
 * Loading finds every mistake before it gives up: each is one sentence with the place, what was found and
 * what is allowed. An unknown key is a warning that names the nearest known one.
 *
 * Ownership  a struct config owns its strings and its problems; config_release frees them.
 * Threads    config_load in one thread; afterwards a config is read-only and may be shared.
 * Units      as the key's own name and help say.
 * Errors     STATUS_INVALID when config->problems holds an error.
 */
#ifndef ROHAS_CONFIG_CONFIG_H
#define ROHAS_CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "processor/user_rules.h"

/* ADDRESS is a string that holds an IP address or "localhost"; SIZE an integer of bytes, or a string with a unit
 * ("20GB"); RATIO a number from 0 to 1; ORIGINS a list of web origins, STEPS one of ages and steps ("7d:1m"), RATIOS
 * one of handlers and ratios ("GET /health=0.01"). */
enum config_type {
	CONFIG_STRING,
	CONFIG_CHOICE,
	CONFIG_ADDRESS,
	CONFIG_INTEGER,
	CONFIG_SIZE,
	CONFIG_BOOLEAN,
	CONFIG_RATIO,
	CONFIG_ORIGINS,
	CONFIG_STEPS,
	CONFIG_RATIOS
};

/* A row of the table. */
struct config_key {
	const char *name; /* "telemetry.receiver.http.port" */
	enum config_type type;
	const char *standard; /* the default, written as in TOML */
	const char *inherits; /* the key whose value serves where this one has none; NULL: the default */
	int64_t least, most;  /* INTEGER: the range; STRING: the size in bytes; SIZE: 0 or the range */
	const char *const *choices; /* CHOICE: ends with NULL */
	const char *only_for;       /* the telemetry.type that reads it; NULL: every one */
	bool secret;                /* never shown */
	size_t offset;              /* of its value in struct config */
	const char *help;           /* one sentence */
};

struct config_list {
	const char *const *items;
	size_t count;
};

enum config_origin {
	CONFIG_FROM_DEFAULT,
	CONFIG_FROM_FILE,
	CONFIG_FROM_ENVIRONMENT,
	CONFIG_FROM_COMMAND_LINE
};

/* Where an effective value came from. */
struct config_source {
	enum config_origin origin;
	unsigned line, column; /* FILE */
};

struct config_problem {
	bool is_error;         /* else a warning */
	unsigned line, column; /* 0: not in the file */
	const char *sentence;  /* begins with its place */
};

enum { CONFIG_KEY_COUNT = 54 };

struct config {
	struct {
		const char *name, *version, *language;
	} project;
	struct {
		const char *host;
		int64_t port;
		bool enable_cors;
	} server;
	struct {
		const char *type, *path, *backup_path, *archive_path;
		int64_t retention_days, retention_days_metrics, retention_days_logs;
		int64_t max_storage_bytes, max_cache_size, max_cache_bytes, lost_after_seconds,
			max_metric_series;
		struct config_list downsample;
		bool enable_metrics, enable_logs, enable_traces;
		const char *sync, *compression;
		int64_t sync_interval_ms, commit_window_ms;
		int64_t write_buffer_bytes, block_cache_bytes;
		int64_t compression_level, block_rows;
		const char *endpoint;                          /* prometheus */
		const char *url, *database, *retention_policy; /* influxdb */
		const char *connection_string;                 /* timescaledb */
	} telemetry;
	struct {
		double head_ratio, tail_ratio;
		struct config_list handler_ratios;
		bool keep_errors, keep_slowest;
		int64_t slower_than_ms, handler_minimum, traces_per_second, window_seconds;
	} sampling;
	struct {
		bool enabled;
		const char *host;
		int64_t port;
	} receiver_http;
	struct {
		const char *endpoint;
		int64_t thread_bytes, queue_bytes, flush_interval_ms, running_after_ms;
	} library;
	struct {
		struct config_list allowed_origins;
		const char *api_key;
	} workbench;

	struct user_rule *rules; /* [[telemetry.rules]], from the file alone */
	struct config_place {
		unsigned line, column;
	} *rule_places; /* of each of them */
	size_t rule_count;

	const char *project_root; /* absolute */
	const char *file;         /* as messages name it; NULL: there is none */
	const char *store_path;   /* telemetry.path, absolute */
	const char *backup_path;  /* telemetry.backup_path, absolute */
	const char *archive_path; /* telemetry.archive_path, absolute; NULL where it is empty */

	struct config_source sources[CONFIG_KEY_COUNT]; /* in the table's order */
	struct config_problem *problems;
	size_t problem_count, problem_capacity;
	struct arena arena;
};

/* Where config_load looks. */
struct config_request {
	const char *project_root;    /* NULL: the current folder */
	const char *file;            /* NULL: config/rohas.toml under the project root, if it is there */
	const char *const *settings; /* "section.key=value", from --set */
	size_t setting_count;
	const char *const *environment; /* as environ: "NAME=value", ends with NULL; NULL: none */
};

extern const struct config_key config_keys[CONFIG_KEY_COUNT];

/* config is in every case filled in, with its problems, and must be released. */
enum status config_load(const struct config_request *request, struct config *config);
void config_release(struct config *config);

/* Whether host is an address that only this machine reaches. */
bool host_is_loopback(const char *host);

/* The environment variable of a key: "server.port" is ROHAS_SERVER_PORT. */
enum { CONFIG_VARIABLE_SIZE = 80 };
void config_variable(const struct config_key *key, char text_out[CONFIG_VARIABLE_SIZE]);

/* Splits an item of RATIOS at its last equals sign; false where it is none. */
bool config_ratio_parse(struct str item, struct str *handler_out, double *ratio_out);

/* "an integer from 0 to 65535", "one of rocksdb, …", "true or false", in arena. */
const char *config_allowed(const struct config_key *key, struct arena *arena);

/* A value as TOML writes it, in arena; of a secret that is set, "(hidden)" without quotes. */
const char *config_value_text(const struct config *config, const struct config_key *key, struct arena *arena);

/* "default", "config/rohas.toml:3", "ROHAS_SERVER_PORT", "--set", in arena. */
const char *config_source_text(const struct config *config, const struct config_key *key,
			       struct arena *arena);

#endif
