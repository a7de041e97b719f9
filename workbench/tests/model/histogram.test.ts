import { expect, test } from 'vitest';
import type { TraceItem } from '../../src/api/types';
import { traceHistogram } from '../../src/model/histogram';

function trace(second: number, status: TraceItem['status']): TraceItem {
	const time = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
	return {
		trace_id: String(second),
		name: 'x',
		handler_name: null,
		handler_type: null,
		language: null,
		status,
		start_time: time,
		end_time: time,
		duration_ms: 1,
		span_count: 1,
		error_count: 0,
		services: [],
		complete: true,
	};
}

test('counts traces and failures by time', () => {
	const histogram = traceHistogram(
		[trace(0, 'success'), trace(1, 'error'), trace(59, 'error'), trace(60, 'success')],
		6,
	);
	expect(histogram.stepMs).toBe(10_000);
	expect(histogram.totals).toEqual([2, 0, 0, 0, 0, 1, 1]);
	expect(histogram.errors).toEqual([1, 0, 0, 0, 0, 1, 0]);
	expect(histogram.starts[0]).toBe(Date.UTC(2026, 0, 1));
});

test('every trace is in a bucket, also where all started at once', () => {
	const histogram = traceHistogram([trace(5, 'success'), trace(5, 'success')], 90);
	expect(histogram.totals.reduce((a, b) => a + b, 0)).toBe(2);
});

test('of nothing is empty', () => {
	expect(traceHistogram([], 10).totals).toEqual([]);
});
