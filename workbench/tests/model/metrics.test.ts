import { describe, expect, test } from 'vitest';
import {
	aggregationsFor,
	byWeight,
	chartRange,
	forDrawing,
	labelParameters,
	partLabels,
	seriesName,
	summarise,
	unitAfter,
} from '../../src/model/metrics';

test.each([
	[{ type: 'histogram', monotonic: null }, 'p95'],
	[{ type: 'exponential_histogram', monotonic: null }, 'p95'],
	[{ type: 'sum', monotonic: true }, 'rate'],
	[{ type: 'sum', monotonic: false }, 'avg'],
	[{ type: 'gauge', monotonic: null }, 'avg'],
	[{ type: 'summary', monotonic: null }, 'avg'],
] as const)('%j is first shown by %s', (metric, agg) => {
	expect(aggregationsFor(metric)[0]).toBe(agg);
});

test('a gauge has no rate and no percentiles', () => {
	expect(aggregationsFor({ type: 'gauge', monotonic: null })).toEqual(['avg', 'min', 'max', 'sum', 'count']);
});

test('the unit follows the aggregation', () => {
	expect(unitAfter('p95', 'ms', 'histogram')).toEqual({ unit: 'ms', perSecond: false });
	expect(unitAfter('rate', 'ms', 'histogram')).toEqual({ unit: '1', perSecond: true });
	expect(unitAfter('rate', 'By', 'sum')).toEqual({ unit: 'By', perSecond: true });
	expect(unitAfter('count', 'By', 'gauge')).toEqual({ unit: '1', perSecond: false });
});

test('a series is called by the values of its labels', () => {
	expect(seriesName({ labels: {}, values: [] }, 'metric')).toBe('metric');
	expect(seriesName({ labels: { a: 'x', b: '', c: 'z' }, values: [] }, 'metric')).toBe('x · z');
	expect(seriesName({ labels: { a: '' }, values: [] }, 'metric')).toBe('(empty)');
});

describe('summarise', () => {
	test('passes over gaps', () => {
		expect(summarise([null, 2, null, 4, null])).toEqual({ min: 2, avg: 3, max: 4, last: 4 });
	});

	test('of gaps alone is nothing', () => {
		expect(summarise([null, null]).last).toBeNaN();
	});
});

test('byWeight puts the largest first and changes nothing', () => {
	const series = [1, 3, 2].map((value) => ({ labels: { n: String(value) }, values: [value, null] }));
	expect(byWeight(series).map((each) => each.labels.n)).toEqual(['3', '2', '1']);
	expect(series[0]?.labels.n).toBe('1');
});

test('the chart reaches to its last point', () => {
	const data = {
		name: 'm',
		type: 'sum' as const,
		unit: '1',
		start: '2026-01-01T00:00:00Z',
		end: '2026-01-01T00:00:05Z',
		step_ms: 10_000,
		agg: 'rate',
		timestamps: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:10Z'],
		series: [],
	};
	const start = Date.UTC(2026, 0, 1) / 1000;
	expect(chartRange(data)).toEqual([start, start + 10]);
	expect(chartRange({ ...data, timestamps: [] })).toEqual([start, start + 5]);
});

test('silence of a counter of handlers is nothing done, once it counts', () => {
	const data = {
		name: 'handler.execution.errors',
		type: 'sum' as const,
		unit: '1',
		start: '',
		end: '',
		step_ms: 10_000,
		agg: 'rate',
		timestamps: ['a', 'b', 'c', 'd', 'e'],
		series: [
			{ labels: { n: '1' }, values: [null, 1, null, null, null] },
			{ labels: { n: '2' }, values: [null, null, null, 2, null] },
		],
	};
	const values = (of: typeof data) => forDrawing(of).series.map((each) => each.values);
	expect(values(data)).toEqual([
		[null, 1, 0, 0, null],
		[null, 0, 0, 2, null],
	]);
	expect(values({ ...data, agg: 'p95' })).toEqual(data.series.map((each) => each.values));
	expect(values({ ...data, name: 'shop.orders.count' })).toEqual(data.series.map((each) => each.values));
});

test("labels of the resource step behind the metric's own", () => {
	expect(partLabels(['service.name', 'http.route', 'host', 'host.name', 'handler_name'])).toEqual({
		own: ['handler_name', 'host', 'http.route'],
		resource: ['host.name', 'service.name'],
	});
});

test('label filters become parameters of their own', () => {
	expect(labelParameters(['status=error', 'route=/a=b', 'broken'])).toEqual({
		'label.status': 'error',
		'label.route': '/a=b',
	});
});
