/* metrics: how a metric is best shown, and what its series say in one line. */
import type { MetricData, MetricInfo, MetricSeries } from '../api/types';
import { instantMs, niceStepMs } from '../base/time';

export const AGGREGATIONS = [
	'rate',
	'sum',
	'avg',
	'min',
	'max',
	'count',
	'p50',
	'p90',
	'p95',
	'p99',
	'p99.9',
] as const;

/** The aggregations that mean something for the type, the best one first. */
export function aggregationsFor(metric: Pick<MetricInfo, 'type' | 'monotonic'>): readonly string[] {
	switch (metric.type) {
		case 'histogram':
		case 'exponential_histogram':
			return ['p95', 'p50', 'p90', 'p99', 'p99.9', 'avg', 'min', 'max', 'count', 'sum', 'rate'];
		case 'summary':
			return ['avg', 'count', 'sum', 'rate', 'min', 'max', 'p50', 'p90', 'p95', 'p99', 'p99.9'];
		case 'sum':
			return metric.monotonic === false
				? ['avg', 'min', 'max', 'sum', 'count', 'rate']
				: ['rate', 'sum', 'avg', 'min', 'max', 'count'];
		default:
			return ['avg', 'min', 'max', 'sum', 'count'];
	}
}

/** Rates are for each second; counts have no unit of their own. */
export function unitAfter(agg: string, unit: string, type: string): { unit: string; perSecond: boolean } {
	const distribution = type !== 'gauge' && type !== 'sum';
	if (agg === 'count') return { unit: '1', perSecond: false };
	if (agg === 'rate') return { unit: distribution ? '1' : unit, perSecond: true };
	return { unit, perSecond: false };
}

/** The values of its labels; a label without a value says nothing. */
export function seriesName(series: MetricSeries, fallback: string): string {
	const labels = Object.values(series.labels);
	if (labels.length === 0) return fallback;
	return labels.filter(Boolean).join(' · ') || '(empty)';
}

export interface Summary {
	min: number;
	avg: number;
	max: number;
	last: number;
}

export function summarise(values: readonly (number | null)[]): Summary {
	let min = Number.POSITIVE_INFINITY;
	let max = Number.NEGATIVE_INFINITY;
	let sum = 0;
	let count = 0;
	let last = Number.NaN;
	for (const value of values) {
		if (value === null || !Number.isFinite(value)) continue;
		min = Math.min(min, value);
		max = Math.max(max, value);
		sum += value;
		count += 1;
		last = value;
	}
	if (count === 0) return { min: Number.NaN, avg: Number.NaN, max: Number.NaN, last: Number.NaN };
	return { min, avg: sum / count, max, last };
}

/** Series in the order of their weight, so that the first ones are those worth a line. */
export function byWeight(series: readonly MetricSeries[]): MetricSeries[] {
	const weight = (each: MetricSeries) =>
		each.values.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0);
	return series
		.map((each) => ({ each, size: weight(each) }))
		.sort((a, b) => b.size - a.size)
		.map(({ each }) => each);
}

export function timestampsSeconds(data: MetricData): number[] {
	return data.timestamps.map((time) => instantMs(time) / 1000);
}

const OWN_COUNTER = /^(handler\.execution\.(count|errors|success)|event\.(published|handled)\.count)$/;

/**
 * The answer as it is drawn. The program counts handlers and events all the time: where one of its own counters
 * says nothing while others speak, before it and after it, nothing happened.
 */
export function forDrawing(data: MetricData): MetricData {
	const counts = data.agg === 'rate' || data.agg === 'sum' || data.agg === 'count';
	if (!counts || !OWN_COUNTER.test(data.name)) return data;
	const speaks = data.timestamps.map((_, index) =>
		data.series.some((each) => (each.values[index] ?? null) !== null),
	);
	const began = speaks.indexOf(true);
	const ended = speaks.lastIndexOf(true);
	const fill = (value: number | null, index: number) =>
		value === null && index >= began && index <= ended ? 0 : value;
	return { ...data, series: data.series.map((each) => ({ ...each, values: each.values.map(fill) })) };
}

/** What the chart shows in seconds: the range asked for, and the last point where its step reaches beyond it. */
export function chartRange(data: MetricData): [number, number] {
	const last = data.timestamps.at(-1);
	const end = instantMs(data.end) / 1000;
	return [instantMs(data.start) / 1000, last === undefined ? end : Math.max(end, instantMs(last) / 1000)];
}

const OF_RESOURCE = /^(service|telemetry|host|os|process|deployment|k8s|container|cloud|faas)\./;

/** A metric's own labels, and those that only say where it came from. */
export function partLabels(names: readonly string[]): { own: string[]; resource: string[] } {
	const own = names.filter((name) => !OF_RESOURCE.test(name)).sort();
	return { own, resource: names.filter((name) => OF_RESOURCE.test(name)).sort() };
}

/** A step that gives a chart about as many points as it can show. */
export function autoStepMs(rangeMs: number): number {
	return Math.max(1000, niceStepMs(rangeMs, 150));
}

/** "label=value" texts of the address as the API's parameters label.<name>. */
export function labelParameters(texts: readonly string[]): Record<string, string> {
	const parameters: Record<string, string> = {};
	for (const text of texts) {
		const cut = text.indexOf('=');
		if (cut > 0) parameters[`label.${text.slice(0, cut)}`] = text.slice(cut + 1);
	}
	return parameters;
}
