import { expect, test } from 'vitest';
import type { MetricData, MetricSeries } from '../../src/api/types';
import { eventLabel, handlerFigures, mergeByLabel } from '../../src/model/overview';

function data(series: MetricSeries[], stepMs = 10_000): MetricData {
	return {
		name: 'm',
		type: 'sum',
		unit: '1',
		start: '',
		end: '',
		step_ms: stepMs,
		agg: 'rate',
		timestamps: [],
		series,
	};
}

const labels = (name: string, type: string) => ({ handler_name: name, handler_type: type });

test('handlerFigures adds up rates and finds the worst p95', () => {
	const rows = handlerFigures(
		data([
			{ labels: labels('Quiet', 'cron'), values: [0.1, null] },
			{ labels: labels('Busy', 'api'), values: [2, 3] },
		]),
		data([{ labels: labels('Busy', 'api'), values: [0.5, null] }]),
		data([{ labels: labels('Busy', 'api'), values: [12, 40] }]),
	);
	expect(rows).toEqual([
		{ name: 'Busy', type: 'api', executions: 50, errors: 5, p95: 40, rates: [2, 3] },
		{ name: 'Quiet', type: 'cron', executions: 1, errors: 0, p95: Number.NaN, rates: [0.1, null] },
	]);
});

test('handlerFigures of nothing is empty', () => {
	expect(handlerFigures(undefined, undefined, undefined)).toEqual([]);
});

test('mergeByLabel adds series of one name, gap by gap', () => {
	const merged = mergeByLabel(
		data([
			{ labels: labels('A', 'api'), values: [1, null, 3, null] },
			{ labels: labels('A', 'event'), values: [10, 20, null, null] },
			{ labels: labels('B', 'api'), values: [5, 5, 5, 5] },
		]),
		'handler_name',
		(a, b) => a + b,
	);
	expect(merged).toEqual([
		{ labels: { handler_name: 'A' }, values: [11, 20, 3, null] },
		{ labels: { handler_name: 'B' }, values: [5, 5, 5, 5] },
	]);
});

test('eventLabel finds the label that names the event', () => {
	expect(eventLabel(['language', 'event_name'])).toBe('event_name');
	expect(eventLabel(['event'])).toBe('event');
	expect(eventLabel([])).toBe('event_name');
});
