/* histogram: how many traces started when, and how many of them failed. */
import type { TraceItem } from '../api/types';
import { instantMs, niceStepMs } from '../base/time';

export interface Histogram {
	stepMs: number;
	/** Starts of the buckets, Unix milliseconds. */
	starts: number[];
	totals: number[];
	errors: number[];
}

export function traceHistogram(traces: readonly TraceItem[], buckets: number): Histogram {
	const times = traces.map((trace) => instantMs(trace.start_time)).filter(Number.isFinite);
	if (times.length === 0) return { stepMs: 1000, starts: [], totals: [], errors: [] };
	const first = times.reduce((a, b) => Math.min(a, b));
	const last = times.reduce((a, b) => Math.max(a, b));
	const stepMs = niceStepMs(Math.max(last - first, 1), buckets);
	const origin = Math.floor(first / stepMs) * stepMs;
	const count = Math.floor((last - origin) / stepMs) + 1;
	const histogram: Histogram = {
		stepMs,
		starts: Array.from({ length: count }, (_, index) => origin + index * stepMs),
		totals: new Array<number>(count).fill(0),
		errors: new Array<number>(count).fill(0),
	};
	for (const trace of traces) {
		const bucket = Math.floor((instantMs(trace.start_time) - origin) / stepMs);
		if (histogram.totals[bucket] === undefined) continue;
		histogram.totals[bucket] += 1;
		if (trace.status === 'error') histogram.errors[bucket] = (histogram.errors[bucket] ?? 0) + 1;
	}
	return histogram;
}
