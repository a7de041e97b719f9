/*
 * chart: a time chart drawn by uPlot.
 *
 * It is made anew when its form changes (series, colours, kind) and fed with setData while only the values do.
 * Times are Unix seconds. Dragging across it chooses a range of time.
 */
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useLayoutEffect, useRef } from 'react';
import uPlot from 'uplot';
import { formatDateTime, formatDay } from '../base/time';
import { type Drawn, drawnValues, lonelyIndexes } from '../model/gaps';
import css from './chart.module.css';
import 'uplot/dist/uPlot.min.css';

export interface ChartSeries {
	name: string;
	colour: string;
	values: (number | null)[];
}

export interface ChartProps {
	times: number[];
	series: readonly ChartSeries[];
	height: number;
	kind?: 'lines' | 'bars';
	/** Fill under the lines; right for one series. */
	filled?: boolean;
	format: (value: number) => string;
	/** Ticks at powers of two: right for bytes. */
	binary?: boolean;
	/** The whole range in seconds, shown even where there is no data. */
	range?: [number, number];
	/** Charts with one key share their cursor. */
	sync?: string;
	axes?: boolean;
	label: string;
	testId?: string;
	onRange?: (fromMs: number, toMs: number) => void;
}

const TIP_ROWS = 10;
const POWERS_OF_TWO = Array.from({ length: 60 }, (_, power) => 2 ** power);

export function Chart(props: ChartProps) {
	const host = useRef<HTMLDivElement>(null);
	const tip = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const latest = useRef(props);
	latest.current = props;
	const scheme = useComputedColorScheme('light');
	const { times, series, height, kind = 'lines', filled = false, sync = '', axes = true } = props;
	const form = JSON.stringify([
		scheme,
		kind,
		filled,
		sync,
		axes,
		series.map(({ name, colour }) => [name, colour]),
	]);

	// biome-ignore lint/correctness/useExhaustiveDependencies: "form" stands for everything that shapes the chart
	useLayoutEffect(() => {
		const element = host.current;
		if (!element) return;
		const made = new uPlot(options(latest, tip, element), toData(latest.current), element);
		plot.current = made;
		const observer = new ResizeObserver(() => {
			if (element.clientWidth > 0)
				made.setSize({ width: element.clientWidth, height: latest.current.height });
		});
		observer.observe(element);
		return () => {
			observer.disconnect();
			made.destroy();
			plot.current = null;
		};
	}, [form]);

	useEffect(() => {
		plot.current?.setData(toData({ times, series, kind }));
	}, [times, series, kind]);
	useEffect(() => {
		const element = host.current;
		if (element && plot.current) plot.current.setSize({ width: element.clientWidth, height });
	}, [height]);

	return (
		<div
			ref={host}
			className={css.chart}
			style={{ height }}
			role="img"
			aria-label={props.label}
			data-testid={props.testId}
			data-series={series.length}
		>
			<div ref={tip} className={css.tip} />
		</div>
	);
}

function toData({ times, series, kind }: Pick<ChartProps, 'times' | 'series' | 'kind'>): uPlot.AlignedData {
	return [times, ...series.map(({ values }) => (kind === 'bars' ? values : drawnValues(values)))];
}

type Latest = { current: ChartProps };

function options(
	latest: Latest,
	tip: { current: HTMLDivElement | null },
	element: HTMLElement,
): uPlot.Options {
	const {
		series,
		height,
		kind = 'lines',
		filled = false,
		sync,
		axes = true,
		binary = false,
	} = latest.current;
	const style = getComputedStyle(element);
	const colour = (name: string) => style.getPropertyValue(name).trim();
	const axis = { stroke: colour('--ink-3'), font: `11px ${style.fontFamily}`, ticks: { show: false } };
	const grid = { stroke: colour('--line'), width: 1 };
	return {
		width: element.clientWidth || 300,
		height,
		legend: { show: false },
		padding: axes ? [10, 12, 0, 0] : [4, 0, 0, 0],
		cursor: {
			...(sync ? { sync: { key: sync } } : {}),
			points: { show: kind === 'lines', size: 7 },
			drag: { x: true, y: false, setScale: false },
			y: false,
		},
		scales: {
			x: { time: true, range: (_plot, min, max) => latest.current.range ?? padded(latest.current, min, max) },
			y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
		},
		axes: [
			{ ...axis, show: axes, grid: { show: false }, size: 26, gap: 4, space: 70, values: timeLabels },
			{
				...axis,
				show: axes,
				grid,
				size: 68,
				space: 32,
				...(binary ? { incrs: POWERS_OF_TWO } : {}),
				values: (_plot, values) => values.map((value) => latest.current.format(value)),
			},
		],
		series: [{}, ...series.map((each) => seriesOptions(each, kind, filled))],
		hooks: {
			setCursor: [(plot) => showTip(plot, latest.current, tip.current)],
			setSelect: [(plot) => chooseRange(plot, latest.current)],
		},
	};
}

function seriesOptions(series: ChartSeries, kind: 'lines' | 'bars', filled: boolean): uPlot.Series {
	if (kind === 'bars') {
		const paths = uPlot.paths.bars?.({ size: [0.82, 40], align: 1 });
		return {
			label: series.name,
			fill: series.colour,
			width: 0,
			points: { show: false },
			...(paths ? { paths } : {}),
		};
	}
	return {
		label: series.name,
		stroke: series.colour,
		width: 1.5,
		points: {
			show: true,
			size: 4,
			width: 0,
			fill: series.colour,
			filter: (plot, index) => lonelyIndexes(Array.from<Drawn>(plot.data[index] ?? [])),
		},
		...(filled ? { fill: `${series.colour}22` } : {}),
	};
}

/** Bars begin at their time: the last one needs its own room. */
function padded({ kind, times }: ChartProps, min: number, max: number): [number, number] {
	const first = times[0];
	const second = times[1];
	const step = first !== undefined && second !== undefined ? second - first : 1;
	if (kind === 'bars') return [min, max + step];
	return min === max ? [min - 1, max + 1] : [min, max];
}

function timeLabels(
	_plot: uPlot,
	splits: number[],
	_axis: number,
	_space: number,
	stepSeconds: number,
): string[] {
	return splits.map((seconds) => {
		const date = new Date(seconds * 1000);
		const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
		if (midnight && stepSeconds >= 60) return formatDay(seconds * 1000);
		const two = (value: number) => String(value).padStart(2, '0');
		const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
		return stepSeconds < 60 ? `${minutes}:${two(date.getSeconds())}` : minutes;
	});
}

function chooseRange(plot: uPlot, props: ChartProps): void {
	const { left, width } = plot.select;
	if (width < 4) return;
	const fromMs = plot.posToVal(left, 'x') * 1000;
	const toMs = plot.posToVal(left + width, 'x') * 1000;
	plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
	props.onRange?.(fromMs, toMs);
}

function showTip(plot: uPlot, props: ChartProps, tip: HTMLDivElement | null): void {
	if (!tip) return;
	const index = plot.cursor.idx;
	const left = plot.cursor.left ?? -1;
	const seconds = typeof index === 'number' ? props.times[index] : undefined;
	const hovered = plot.root.matches(':hover');
	if (typeof index !== 'number' || seconds === undefined || left < 0 || !hovered) {
		tip.style.visibility = 'hidden';
		return;
	}
	const rows = props.series
		.map((series) => ({ series, value: series.values[index] ?? null }))
		.filter((row): row is { series: ChartSeries; value: number } => row.value !== null)
		.sort((a, b) => (props.kind === 'bars' ? 0 : b.value - a.value));
	tip.replaceChildren(tipContent(seconds, rows, props.format));
	const origin = plot.over.offsetLeft;
	const flip = left > plot.over.clientWidth / 2;
	const x = flip ? origin + left - tip.offsetWidth - 14 : origin + left + 14;
	tip.style.transform = `translate(${Math.max(0, Math.round(x))}px, 8px)`;
	tip.style.visibility = 'visible';
}

function tipContent(
	seconds: number,
	rows: { series: ChartSeries; value: number }[],
	format: (value: number) => string,
): DocumentFragment {
	const fragment = document.createDocumentFragment();
	fragment.append(element('div', css.tipTime, formatDateTime(seconds * 1000)));
	const table = document.createElement('table');
	for (const { series, value } of rows.slice(0, TIP_ROWS)) {
		const row = table.insertRow();
		const swatch = element('span', css.swatch, '');
		swatch.style.background = series.colour;
		row.insertCell().append(swatch, element('span', 'ellipsis', series.name));
		row.insertCell().textContent = format(value);
	}
	fragment.append(table);
	if (rows.length > TIP_ROWS)
		fragment.append(element('div', css.tipTime, `and ${rows.length - TIP_ROWS} more`));
	return fragment;
}

function element(tag: string, className: string | undefined, text: string): HTMLElement {
	const made = document.createElement(tag);
	if (className) made.className = className;
	made.textContent = text;
	return made;
}
