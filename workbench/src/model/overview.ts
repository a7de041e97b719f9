/* overview: what the handlers of an application do, out of their metrics. */
import type { HandlerType, MetricData, MetricSeries } from '../api/types';

export interface HandlerFigures {
	name: string;
	type: HandlerType | null;
	executions: number;
	errors: number;
	/** The longest p95 of the range, NaN where nothing was measured. */
	p95: number;
	rates: (number | null)[];
}

/** How often it happened, out of a rate for each second. */
export function totalOf(series: MetricSeries, stepMs: number): number {
	return series.values.reduce<number>((sum, value) => sum + (value ?? 0) * (stepMs / 1000), 0);
}

function isHandlerType(text: string | undefined): text is HandlerType {
	return text === 'api' || text === 'event' || text === 'cron' || text === 'websocket';
}

/** One row for each handler, the busiest first. Rates and errors are grouped by handler_name and handler_type. */
export function handlerFigures(
	rates: MetricData | undefined,
	errors: MetricData | undefined,
	p95: MetricData | undefined,
): HandlerFigures[] {
	const rows = new Map<string, HandlerFigures>();
	const rowOf = (series: MetricSeries): HandlerFigures => {
		const name = series.labels.handler_name ?? '';
		const type = series.labels.handler_type;
		const key = `${name} ${type ?? ''}`;
		const known = rows.get(key);
		if (known) return known;
		const row: HandlerFigures = {
			name,
			type: isHandlerType(type) ? type : null,
			executions: 0,
			errors: 0,
			p95: Number.NaN,
			rates: [],
		};
		rows.set(key, row);
		return row;
	};
	for (const series of rates?.series ?? []) {
		const row = rowOf(series);
		row.executions += totalOf(series, rates?.step_ms ?? 0);
		row.rates = series.values;
	}
	for (const series of errors?.series ?? []) rowOf(series).errors += totalOf(series, errors?.step_ms ?? 0);
	for (const series of p95?.series ?? []) {
		const values = series.values.filter((value) => value !== null);
		if (values.length > 0) rowOf(series).p95 = values.reduce((a, b) => Math.max(a, b));
	}
	return [...rows.values()].sort((a, b) => b.executions - a.executions || a.name.localeCompare(b.name));
}

/** The series of one name put together: values of the same time are added. */
export function mergeByLabel(
	data: MetricData,
	label: string,
	combine: (a: number, b: number) => number,
): MetricSeries[] {
	const merged = new Map<string, MetricSeries>();
	for (const series of data.series) {
		const name = series.labels[label] ?? '';
		const known = merged.get(name);
		if (!known) {
			merged.set(name, { labels: { [label]: name }, values: [...series.values] });
			continue;
		}
		known.values = known.values.map((value, index) => {
			const other = series.values[index] ?? null;
			return value === null ? other : other === null ? value : combine(value, other);
		});
	}
	return [...merged.values()];
}

/** The label that holds an event's name. */
export function eventLabel(labelNames: readonly string[]): string {
	return ['event_name', 'event', 'event.name'].find((name) => labelNames.includes(name)) ?? 'event_name';
}
