/* queries: the requests that more than one page makes. */
import { keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query';
import { ApiError, getJson, type Query } from './client';
import type { LogList, MetricData, MetricInfo, ServerStatus, Trace } from './types';

const worthRetrying = (count: number, error: Error) =>
	count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500);

export const queryClient = new QueryClient({
	defaultOptions: {
		queries: {
			retry: worthRetrying,
			retryDelay: 800,
			refetchOnWindowFocus: false,
			staleTime: 5000,
			gcTime: 300_000,
		},
	},
});

export const statusQuery = queryOptions({
	queryKey: ['status'],
	queryFn: ({ signal }) => getJson<ServerStatus>('/telemetry/status', {}, signal),
	refetchInterval: 10_000,
});

const UNSETTLED_MS = 120_000;

/** A trace that is not complete is asked for again while it is young: its other spans may be on their way. */
export const traceQuery = (id: string) =>
	queryOptions({
		queryKey: ['trace', id],
		queryFn: ({ signal }) => getJson<Trace>(`/telemetry/traces/${encodeURIComponent(id)}`, {}, signal),
		staleTime: 2000,
		refetchInterval: ({ state }) => {
			const trace = state.data;
			if (!trace || trace.complete) return false;
			const young = Date.now() - Date.parse(trace.end_time) < UNSETTLED_MS;
			return young ? 2500 + 2 * trace.spans.length : false;
		},
	});

export const logsQuery = (query: Query) =>
	queryOptions({
		queryKey: ['logs-of', query],
		queryFn: ({ signal }) => getJson<LogList>('/telemetry/logs', query, signal),
	});

export const metricListQuery = queryOptions({
	queryKey: ['metrics'],
	queryFn: ({ signal }) => getJson<{ metrics: MetricInfo[] }>('/telemetry/metrics', {}, signal),
	select: (answer) => answer.metrics,
	refetchInterval: 15_000,
});

export const metricQuery = (query: Query, refreshMs: number | false) =>
	queryOptions({
		queryKey: ['metric', query],
		queryFn: ({ signal }) => getJson<MetricData>('/telemetry/metrics', query, signal),
		refetchInterval: refreshMs,
		placeholderData: keepPreviousData,
	});
