#include <jansson.h>
#include <string.h>

#include "app/doctor/checks.h"
#include "app/http_client.h"

enum { ANSWER_LIMIT_BYTES = 4 << 20 };

static json_t *ask(struct http_client *client, const char *target, long *code_out, struct error *error)
{
	struct buffer body = BUFFER_EMPTY;
	bool is_json = false;
	json_t *answer = NULL;

	body.limit = ANSWER_LIMIT_BYTES;
	if (http_client_get(client, str_from(target), &body, code_out, &is_json, error) == STATUS_OK)
		answer = json_loadb(body.data ? body.data : "", body.size, 0, NULL);
	buffer_release(&body);
	return answer;
}

static const char *plural(json_int_t count)
{
	return count == 1 ? "" : "s";
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void check_arrival(const struct checks *checks, const json_t *status)
{
	static const char *const signals[] = {"traces", "metrics", "logs"};
	const json_t *all = json_object_get(status, "signals");
	json_int_t total = 0;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		const json_t *signal = json_object_get(all, signals[i]);
		json_int_t received = number(signal, "received"), dropped = number(signal, "dropped"),
			   rejected = number(signal, "rejected");

		total += received;
		if (dropped)
			check_report(checks, FINDING_WARNING, "arrival",
				     "enable the signal where it is wanted",
				     "%lld rows of %s were accepted and dropped: the signal is disabled",
				     (long long)dropped, signals[i]);
		if (rejected)
			check_report(checks, FINDING_WARNING, "arrival",
				     "the sender's log has the sentence of the partial success",
				     "%lld rows of %s were refused for what they are", (long long)rejected,
				     signals[i]);
	}
	if (total)
		check_report(checks, FINDING_GOOD, "arrival", NULL,
			     "%lld rows have arrived since the program started", (long long)total);
	else
		check_report(checks, FINDING_WARNING, "arrival",
			     "point the exporter here: OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318, "
			     "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
			     "nothing has arrived since the program started");
}

static void check_senders(const struct checks *checks, const json_t *status)
{
	const json_t *senders = json_object_get(status, "senders");
	json_int_t lost = number(senders, "unknown_paths"), future = number(senders, "future_rows"),
		   expired = number(senders, "expired_rows");
	const char *path = json_string_value(json_object_get(senders, "last_unknown_path"));

	if (lost)
		check_report(checks, FINDING_PROBLEM, "senders",
			     "an exporter's endpoint is the base (http://localhost:4318), to which it adds "
			     "/v1/traces; where "
			     "an endpoint of one signal is given, it must have the whole path",
			     "%lld request%s went to paths that do not exist, the last to %s",
			     (long long)lost, plural(lost), path ? path : "?");
	if (future)
		check_report(checks, FINDING_WARNING, "senders", "set the clocks of senders by NTP",
			     "%lld row%s lay ahead in time, up to %lld seconds: a sender's clock is wrong",
			     (long long)future, plural(future),
			     (long long)number(senders, "most_ahead_seconds"));
	if (expired)
		check_report(
			checks, FINDING_WARNING, "senders",
			"raise telemetry.retention_days, or set it to 0, before old telemetry is filled in",
			"%lld row%s arrived older than the retention: the next sweep drops them",
			(long long)expired, plural(expired));
	if (senders && !lost && !future && !expired)
		check_report(checks, FINDING_GOOD, "senders", NULL,
			     "their paths are right and their clocks agree with this one");
}

static void check_damage(const struct checks *checks, const json_t *status)
{
	json_int_t damaged = number(json_object_get(status, "store"), "damaged_blocks");

	if (damaged)
		check_report(checks, FINDING_PROBLEM, "store",
			     "`rohas-telemetry db verify` says which and what is lost; look at the disk",
			     "%lld blocks are damaged, their rows are left out of answers",
			     (long long)damaged);
}

static void check_sampled(const struct checks *checks, const json_t *status)
{
	const json_t *sampling = json_object_get(status, "sampling"), *each;
	json_int_t kept = 0, dropped = 0;
	size_t i;

	json_array_foreach(sampling, i, each)
	{
		const char *decision = json_string_value(json_object_get(each, "decision"));

		*(decision && !strcmp(decision, "kept") ? &kept : &dropped) += number(each, "spans");
	}
	if (dropped)
		check_report(checks, kept ? FINDING_NOTE : FINDING_WARNING, "sampling",
			     kept ? NULL : "look at telemetry.sampling: nothing has been kept so far",
			     "sampling has dropped %lld of %lld spans", (long long)dropped,
			     (long long)(dropped + kept));
}

static void check_readiness(const struct checks *checks, struct http_client *client)
{
	struct error error = {0};
	long code = 0;
	json_t *answer = ask(client, "/readyz", &code, &error);
	const char *detail = json_string_value(json_object_get(answer, "detail"));

	if (code == 503)
		check_report(checks, FINDING_PROBLEM, "program", NULL, "it takes no telemetry: %s",
			     detail ? detail : "it is not ready");
	json_decref(answer);
}

static void check_status(const struct checks *checks, const json_t *status)
{
	const char *path = json_string_value(json_object_get(json_object_get(status, "store"), "path"));

	check_report(checks, FINDING_GOOD, "program", NULL, "version %s has been running for %.0f seconds",
		     json_string_value(json_object_get(status, "version")),
		     json_number_value(json_object_get(status, "uptime_seconds")));
	if (path && strcmp(path, checks->config->store_path) != 0)
		check_report(checks, FINDING_WARNING, "program",
			     "ask with the configuration that it was started with (--project-root, --config)",
			     "its store is %s, and this configuration's %s", path,
			     checks->config->store_path);
	check_arrival(checks, status);
	check_senders(checks, status);
	check_sampled(checks, status);
	check_damage(checks, status);
}

bool check_program(const struct checks *checks, const char *url, const char *api_key)
{
	struct http_client *client;
	struct error error = {0};
	long code = 0;
	json_t *status;
	bool answers;

	if (http_client_new(url, api_key, &client, &error) != STATUS_OK) {
		check_report(checks, FINDING_PROBLEM, "program", NULL, "%s", error.message);
		return false;
	}
	status = ask(client, "/telemetry/status", &code, &error);
	answers = status && (json_object_get(status, "uptime_seconds") || code == 401);
	if (answers && code == 401)
		check_report(checks, FINDING_WARNING, "program",
			     "set ROHAS_WORKBENCH_API_KEY to the key that it was started with",
			     "%s asks for a key, and this configuration's is not the one", url);
	else if (answers)
		check_status(checks, status);
	else if (code)
		check_report(checks, FINDING_PROBLEM, "program",
			     "choose another server.port, or stop what listens there",
			     "what answers at %s is not this program", url);
	else
		check_report(checks, FINDING_NOTE, "program", "start it with: rohas-telemetry serve",
			     "no program answers at %s", url);
	if (answers && code == 200)
		check_readiness(checks, client);
	json_decref(status);
	http_client_free(client);
	return answers;
}
