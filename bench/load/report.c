#include "load/report.h"

/* 0 where there is nothing to divide by. */
static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

static double latency_ms(const struct sender_result *result, double share)
{
	return (double)histogram_quantile(&result->latency, share) / 1e6;
}

static double per_million(double seconds, const struct sender_result *result)
{
	return ratio(seconds * 1e6, (double)result->counts.items);
}

static double cpu_seconds(const struct process_usage *usage)
{
	return usage->user_seconds + usage->system_seconds;
}

static void print_workload(FILE *file, const struct sender_settings *settings,
			   const struct workload *workload)
{
	fprintf(file, "%s to http://%s%s over %u connections, %u a request, %.0f bytes each",
		signal_items(workload->signal), settings->url.authority, settings->url.path,
		settings->connection_count, workload->items_per_request,
		ratio((double)workload->payload_bytes, (double)workload->item_count));
	if (workload->signal == SIGNAL_TRACES)
		fprintf(file, ", %.1f attributes, %.1f spans a trace",
			ratio((double)workload->attribute_count, (double)workload->item_count),
			ratio((double)workload->item_count, (double)workload->trace_count));
	fputc('\n', file);
}

static void print_errors(FILE *file, const struct sender_result *result)
{
	const struct sender_counts *totals = &result->totals;

	fprintf(file,
		"errors      %llu refused (429, 503), %llu other answers, %llu lost, %llu late; %llu items "
		"rejected\n",
		(unsigned long long)totals->refused_requests, (unsigned long long)totals->failed_requests,
		(unsigned long long)totals->lost_requests, (unsigned long long)totals->late_requests,
		(unsigned long long)totals->rejected_items);
	if (result->first_bad_status)
		fprintf(file, "            first: %d %s\n", result->first_bad_status,
			result->first_bad_answer);
}

static void print_process(FILE *file, const char *name, const struct process_usage *usage,
			  const struct sender_result *result)
{
	fprintf(file,
		"%-11s %.3f CPU s a million (%.3f user, %.3f system), %.0f %% of a core, peak memory %.0f "
		"MB\n",
		name, per_million(cpu_seconds(usage), result), per_million(usage->user_seconds, result),
		per_million(usage->system_seconds, result), 100 * ratio(cpu_seconds(usage), result->seconds),
		(double)usage->peak_memory_bytes / 1e6);
}

void report_text(FILE *file, const struct sender_settings *settings, const struct workload *workload,
		 const struct sender_result *result)
{
	const struct sender_counts *counts = &result->counts;

	print_workload(file, settings, workload);
	fprintf(file, "throughput  %.0f a second, %.1f MB/s (%llu in %.2f s; %llu acknowledged in all)\n",
		ratio((double)counts->items, result->seconds),
		ratio((double)counts->bytes / 1e6, result->seconds), (unsigned long long)counts->items,
		result->seconds, (unsigned long long)result->totals.items);
	fprintf(file, "latency     p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms\n",
		latency_ms(result, 0.5), latency_ms(result, 0.9), latency_ms(result, 0.99),
		(double)result->latency.max / 1e6);
	print_errors(file, result);
	if (result->has_server)
		print_process(file, "server", &result->server, result);
	print_process(file, "generator", &result->own, result);
}

static void json_process(FILE *file, const char *name, const struct process_usage *usage,
			 const struct sender_result *result)
{
	fprintf(file,
		",\"%s\":{\"cpu_seconds_per_million\":%.4f,\"user_seconds_per_million\":%.4f,"
		"\"system_seconds_per_million\":%.4f,\"cores\":%.3f,\"peak_memory_bytes\":%llu,"
		"\"memory_bytes\":%llu,\"written_bytes\":%llu}",
		name, per_million(cpu_seconds(usage), result), per_million(usage->user_seconds, result),
		per_million(usage->system_seconds, result), ratio(cpu_seconds(usage), result->seconds),
		(unsigned long long)usage->peak_memory_bytes, (unsigned long long)usage->memory_bytes,
		(unsigned long long)usage->written_bytes);
}

static void json_counts(FILE *file, const char *name, const struct sender_counts *counts)
{
	fprintf(file,
		",\"%s\":{\"requests\":%llu,\"items\":%llu,\"bytes\":%llu,\"rejected_items\":%llu,"
		"\"refused\":%llu,"
		"\"failed\":%llu,\"lost\":%llu,\"late\":%llu}",
		name, (unsigned long long)counts->requests, (unsigned long long)counts->items,
		(unsigned long long)counts->bytes, (unsigned long long)counts->rejected_items,
		(unsigned long long)counts->refused_requests, (unsigned long long)counts->failed_requests,
		(unsigned long long)counts->lost_requests, (unsigned long long)counts->late_requests);
}

void report_json(FILE *file, const struct sender_settings *settings, const struct workload *workload,
		 const struct sender_result *result)
{
	double item_count = (double)workload->item_count;

	fprintf(file,
		"{\"signal\":\"%s\",\"connections\":%u,\"items_per_request\":%u,\"bytes_per_item\":%.1f,"
		"\"attributes_per_item\":%.2f,\"items_per_trace\":%.2f,\"seconds\":%.3f,"
		"\"items_per_second\":%.1f,\"bytes_per_second\":%.1f",
		workload_name(workload->signal), settings->connection_count, workload->items_per_request,
		ratio((double)workload->payload_bytes, item_count),
		ratio((double)workload->attribute_count, item_count),
		ratio(item_count, (double)workload->trace_count), result->seconds,
		ratio((double)result->counts.items, result->seconds),
		ratio((double)result->counts.bytes, result->seconds));
	fprintf(file, ",\"latency_ms\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f}",
		latency_ms(result, 0.5), latency_ms(result, 0.9), latency_ms(result, 0.99),
		(double)result->latency.max / 1e6);
	json_counts(file, "measured", &result->counts);
	json_counts(file, "total", &result->totals);
	if (result->has_server)
		json_process(file, "server", &result->server, result);
	json_process(file, "generator", &result->own, result);
	fputs("}\n", file);
}
