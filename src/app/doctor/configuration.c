#include <stdio.h>

#include "app/doctor/checks.h"

static void check_signals(const struct checks *checks)
{
	const struct config *config = checks->config;
	const struct {
		const char *signal;
		bool is_enabled;
	} signals[] = {{"traces", config->telemetry.enable_traces},
		       {"metrics", config->telemetry.enable_metrics},
		       {"logs", config->telemetry.enable_logs}};
	bool all = true;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		char advice[96];

		all &= signals[i].is_enabled;
		if (signals[i].is_enabled)
			continue;
		snprintf(advice, sizeof(advice), "set telemetry.enable_%s = true to keep them",
			 signals[i].signal);
		check_report(checks, FINDING_WARNING, "signals", advice,
			     "%s are accepted and dropped: telemetry.enable_%s is false", signals[i].signal,
			     signals[i].signal);
	}
	if (all)
		check_report(checks, FINDING_GOOD, "signals", NULL, "traces, metrics and logs are kept");
}

static void check_sampling(const struct checks *checks)
{
	const struct config *config = checks->config;
	bool has_rule = config->sampling.keep_errors || config->sampling.keep_slowest ||
			config->sampling.slower_than_ms || config->sampling.handler_minimum ||
			config->sampling.handler_ratios.count;

	if (config->sampling.head_ratio == 0)
		check_report(checks, FINDING_PROBLEM, "sampling",
			     "set telemetry.sampling.head_ratio above 0, or take it out",
			     "no trace is stored: telemetry.sampling.head_ratio is 0");
	else if (config->sampling.tail_ratio == 0 && !has_rule)
		check_report(checks, FINDING_PROBLEM, "sampling",
			     "set telemetry.sampling.tail_ratio above 0, or let a rule keep something "
			     "(keep_errors, keep_slowest, slower_than_ms, handler_minimum)",
			     "every trace is dropped %lld seconds after it arrived: "
			     "telemetry.sampling.tail_ratio is 0 and no rule keeps any",
			     (long long)config->sampling.window_seconds);
	else if (config->sampling.head_ratio < 1)
		check_report(checks, FINDING_NOTE, "sampling",
			     "a trace that is not stored cannot be found, errors included; metrics count it",
			     "%g %% of traces are stored (telemetry.sampling.head_ratio)",
			     config->sampling.head_ratio * 100);
	else if (config->sampling.tail_ratio < 1)
		check_report(checks, FINDING_NOTE, "sampling",
			     "a trace that is not found was perhaps not kept: see sampling in "
			     "/telemetry/status",
			     "after %lld seconds %g %% of traces stay, besides those that a rule keeps",
			     (long long)config->sampling.window_seconds, config->sampling.tail_ratio * 100);
	else
		check_report(checks, FINDING_GOOD, "sampling", NULL, "every trace stays");
}

static void check_retention(const struct checks *checks)
{
	enum { SMALL_STORE_MB = 256 };
	const struct config *config = checks->config;
	const int64_t days[] = {config->telemetry.retention_days, config->telemetry.retention_days_metrics,
				config->telemetry.retention_days_logs};
	int64_t most = config->telemetry.max_storage_bytes, least_days = 0;

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (days[i] && (!least_days || days[i] < least_days))
			least_days = days[i];
	if (most && most < ((int64_t)SMALL_STORE_MB << 20))
		check_report(checks, FINDING_WARNING, "retention",
			     "raise telemetry.max_storage_bytes, or set it to 0 for no limit",
			     "telemetry.max_storage_bytes is %lld MB: a busy application fills that in "
			     "minutes, and "
			     "the oldest data goes",
			     (long long)(most >> 20));
	else if (least_days)
		check_report(checks, FINDING_GOOD, "retention", NULL,
			     "what is older than %lld day%s goes; rows that arrive older than that go with "
			     "the next "
			     "sweep",
			     (long long)least_days, least_days == 1 ? "" : "s");
	else
		check_report(checks, FINDING_GOOD, "retention", NULL, "everything is kept for ever");
}

static void check_door(const struct checks *checks)
{
	const struct config *config = checks->config;
	bool is_open = !host_is_loopback(config->server.host) ||
		       (config->receiver_http.enabled && !host_is_loopback(config->receiver_http.host));

	if (!host_is_loopback(config->server.host) && !config->workbench.api_key[0])
		check_report(
			checks, FINDING_WARNING, "access",
			"set workbench.api_key (or ROHAS_WORKBENCH_API_KEY), or server.host = \"127.0.0.1\"",
			"whoever reaches port %lld can read all telemetry: server.host is %s and "
			"workbench.api_key is empty",
			(long long)config->server.port, config->server.host);
	else if (!is_open)
		check_report(checks, FINDING_NOTE, "access",
			     "for applications in containers or on other machines set "
			     "telemetry.receiver.http.host "
			     "= \"0.0.0.0\"",
			     "telemetry is received from this machine alone");
	else
		check_report(checks, FINDING_GOOD, "access", NULL, "who may read and send is configured");
}

void check_configuration(const struct checks *checks)
{
	check_signals(checks);
	check_sampling(checks);
	check_retention(checks);
	check_door(checks);
}
