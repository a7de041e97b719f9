/* overview: how the application's handlers are doing, at one glance. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { metricListQuery, metricQuery, statusQuery } from '../api/queries';
import type { MetricData, MetricInfo } from '../api/types';
import { formatCompact, formatDuration, formatPercent, formatUnit } from '../base/format';
import { address, useAddress, useChange } from '../base/router';
import { edgeMs, niceStepMs, rangeLabel, stepText } from '../base/time';
import { colourMap } from '../model/colours';
import { endsNow, type Range, RECENT_START, rangeOf, rangeQuery } from '../model/filters';
import { byWeight, chartRange, forDrawing, seriesName, timestampsSeconds } from '../model/metrics';
import { eventLabel, type HandlerFigures, handlerFigures, mergeByLabel } from '../model/overview';
import { Chart, type ChartSeries } from '../ui/chart';
import { FilterBar, LiveToggle, TimeRange } from '../ui/controls';
import { Link } from '../ui/link';
import { TypeMark, tone } from '../ui/marks';
import { EmptyState, ErrorState, FirstSteps, Notice, SkeletonRows } from '../ui/states';
import css from './overview.module.css';

const CHART_HEIGHT = 176;
const MOST_LINES = 12;
const REFRESH_MS = 10_000;
const POINTS = 60;

interface Frame {
	metrics: Map<string, MetricInfo>;
	range: Range;
	step: string;
	refreshMs: number | false;
}

export function OverviewPage() {
	const { params } = useAddress();
	const change = useChange();
	const range = rangeOf(params, RECENT_START);
	const live = params.get('live') !== '0';
	const now = endsNow(range);
	const list = useQuery(metricListQuery);
	const status = useQuery(statusQuery);
	const metrics = useMemo(
		() => new Map((list.data ?? []).map((metric) => [metric.name, metric])),
		[list.data],
	);
	const rangeMs = edgeMs(range.end, Date.now()) - edgeMs(range.start, Date.now());
	const step = stepText(Math.max(5000, niceStepMs(rangeMs, POINTS)));
	const frame: Frame = { metrics, range, step, refreshMs: live && now ? REFRESH_MS : false };
	const disabled = status.data?.signals.metrics.enabled === false;
	return (
		<div className={css.page}>
			<FilterBar label="Range of time">
				<TimeRange range={range} onChange={(next) => change({ start: next.start, end: next.end })} />
				<LiveToggle
					on={live}
					state={list.isError ? 'lost' : 'open'}
					unavailable={now ? null : 'The range ends in the past: there is nothing new to come.'}
					onChange={(on) => change({ live: on ? null : '0' }, 'replace')}
				/>
			</FilterBar>
			{disabled && (
				<Notice>
					Metrics are disabled in the configuration (telemetry.enable_metrics). What arrives is dropped.
				</Notice>
			)}
			{list.error && !list.data ? (
				<ErrorState error={list.error} onRetry={() => void list.refetch()} />
			) : list.isPending ? (
				<SkeletonRows />
			) : metrics.size === 0 ? (
				<EmptyState title="Nothing has arrived yet">
					<FirstSteps what="handlers" />
				</EmptyState>
			) : (
				<div className={css.scroll}>
					<Handlers frame={frame} />
				</div>
			)}
		</div>
	);
}

function useMetric(frame: Frame, name: string, agg: string, by: string) {
	const query = { name, ...rangeQuery(frame.range), agg, step: frame.step, by };
	return useQuery({ ...metricQuery(query, frame.refreshMs), enabled: frame.metrics.has(name) });
}

function Handlers({ frame }: { frame: Frame }) {
	const group = 'handler_name,handler_type';
	const rates = useMetric(frame, 'handler.execution.count', 'rate', group);
	const errors = useMetric(frame, 'handler.execution.errors', 'rate', group);
	const p95 = useMetric(frame, 'handler.execution.duration', 'p95', group);
	const overall = useMetric(frame, 'handler.execution.duration', 'p95', '');
	const eventName = eventLabel(frame.metrics.get('event.published.count')?.label_names ?? []);
	const handledName = eventLabel(frame.metrics.get('event.handled.count')?.label_names ?? []);
	const published = useMetric(frame, 'event.published.count', 'rate', eventName);
	const handled = useMetric(frame, 'event.handled.count', 'rate', handledName);
	const memory = useMetric(frame, 'system.memory.usage', 'avg', hostLabels(frame, 'system.memory.usage'));
	const cpu = useMetric(frame, 'system.cpu.usage', 'avg', hostLabels(frame, 'system.cpu.usage'));
	const active = useMetric(
		frame,
		'system.active.handlers',
		'max',
		hostLabels(frame, 'system.active.handlers'),
	);
	const rows = useMemo(
		() => handlerFigures(rates.data, errors.data, p95.data),
		[rates.data, errors.data, p95.data],
	);
	const add = (a: number, b: number) => a + b;
	return (
		<>
			<Figures frame={frame} rows={rows} overall={overall.data} published={published.data} />
			<div className={css.charts}>
				<Panel
					title="Executions"
					note="for each second, by handler"
					metric="handler.execution.count"
					query={rates}
				>
					{(data) => <Lines data={data} label="handler_name" combine={add} format={perSecond} />}
				</Panel>
				<Panel
					title="Failed executions"
					note="for each second, by handler"
					metric="handler.execution.errors"
					query={errors}
				>
					{(data) => <Lines data={data} label="handler_name" combine={add} format={perSecond} />}
				</Panel>
				<Panel title="Duration" note="p95, by handler" metric="handler.execution.duration" query={p95}>
					{(data) => (
						<Lines
							data={data}
							label="handler_name"
							combine={Math.max}
							format={(value) => formatUnit(value, data.unit)}
						/>
					)}
				</Panel>
				<Panel
					title="Events published"
					note="for each second"
					metric="event.published.count"
					query={published}
				>
					{(data) => <Lines data={data} label={eventName} combine={add} format={perSecond} />}
				</Panel>
				<Panel title="Events handled" note="for each second" metric="event.handled.count" query={handled}>
					{(data) => <Lines data={data} label={handledName} combine={add} format={perSecond} />}
				</Panel>
				<Panel title="Memory" note="in use" metric="system.memory.usage" query={memory}>
					{(data) => <Lines data={data} binary format={(value) => formatUnit(value, data.unit || 'By')} />}
				</Panel>
				<Panel title="CPU" note="share in use" metric="system.cpu.usage" query={cpu}>
					{(data) => <Lines data={data} format={(value) => cpuText(value, data.unit)} />}
				</Panel>
				<Panel title="Active handlers" note="at work" metric="system.active.handlers" query={active}>
					{(data) => <Lines data={data} format={formatCompact} />}
				</Panel>
				<HandlerTable rows={rows} />
			</div>
		</>
	);
}

const perSecond = (value: number) => formatUnit(value, '1', true);

function cpuText(value: number, unit: string): string {
	return unit === '1' || unit === '' ? formatPercent(value) : formatUnit(value, unit);
}

/** By machine and, where one is named, by process. */
function hostLabels(frame: Frame, name: string): string {
	const labels = frame.metrics.get(name)?.label_names ?? [];
	return ['host', 'process'].filter((label) => labels.includes(label)).join(',');
}

interface FiguresProps {
	frame: Frame;
	rows: readonly HandlerFigures[];
	overall: MetricData | undefined;
	published: MetricData | undefined;
}

function Figures({ frame, rows, overall, published }: FiguresProps) {
	const executions = rows.reduce((sum, row) => sum + row.executions, 0);
	const errors = rows.reduce((sum, row) => sum + row.errors, 0);
	const share = executions > 0 ? errors / executions : 0;
	const worst = (overall?.series[0]?.values ?? []).reduce<number>(
		(most, value) => Math.max(most, value ?? 0),
		0,
	);
	const events = (published?.series ?? []).reduce(
		(sum, series) =>
			sum +
			series.values.reduce<number>(
				(all, value) => all + (value ?? 0) * ((published?.step_ms ?? 0) / 1000),
				0,
			),
		0,
	);
	const span = rangeLabel(frame.range.start, frame.range.end).toLowerCase();
	return (
		<section className={css.figures} aria-label={`Figures, ${span}`}>
			<Figure
				label="Handlers at work"
				value={formatCompact(rows.filter((row) => row.executions > 0).length)}
			/>
			<Figure label="Executions" value={formatCompact(Math.round(executions))} />
			<Figure label="Failed" value={formatPercent(share)} bad={share >= 0.01} />
			<Figure label="Highest p95" value={worst > 0 ? formatDuration(worst) : '–'} />
			<Figure label="Events published" value={formatCompact(Math.round(events))} />
		</section>
	);
}

function Figure({ label, value, bad = false }: { label: string; value: string; bad?: boolean }) {
	return (
		<div className={bad ? `${css.figure} ${css.bad}` : css.figure}>
			<span>{label}</span>
			<b>{value}</b>
		</div>
	);
}

interface PanelProps {
	title: string;
	note: string;
	metric: string;
	query: { data: MetricData | undefined; error: Error | null; isLoading: boolean };
	children: (data: MetricData) => ReactNode;
}

function Panel({ title, note, metric, query, children }: PanelProps) {
	const { params } = useAddress();
	const href = address('metrics', '', { name: metric, start: params.get('start'), end: params.get('end') });
	const { data } = query;
	const empty =
		data === undefined || data.series.every((series) => series.values.every((value) => value === null));
	return (
		<section className={css.panel} aria-label={title} data-testid="overview-panel" data-metric={metric}>
			<div className={css.panelHead}>
				<h2>{title}</h2>
				<span>{note}</span>
				<Link href={href} title={metric}>
					Explore
				</Link>
			</div>
			{data && !empty ? (
				children(data)
			) : (
				<>
					<div className={css.chart}>
						<div className={css.nothing}>
							{query.error
								? query.error.message
								: query.isLoading
									? 'Loading …'
									: 'Nothing in this range of time.'}
						</div>
					</div>
					<div className={css.keys} />
				</>
			)}
		</section>
	);
}

interface LinesProps {
	data: MetricData;
	/** Series of the same value of this label are put together. */
	label?: string;
	combine?: (a: number, b: number) => number;
	format: (value: number) => string;
	binary?: boolean;
}

function Lines({ data, label, combine, format, binary = false }: LinesProps) {
	const change = useChange();
	const times = useMemo(() => timestampsSeconds(data), [data]);
	// biome-ignore lint/correctness/useExhaustiveDependencies: "combine" belongs to the metric
	const lines = useMemo<ChartSeries[]>(() => {
		const drawn = forDrawing(data);
		const merged = label && combine ? mergeByLabel(drawn, label, combine) : drawn.series;
		const series = byWeight(merged).slice(0, MOST_LINES);
		const names = series.map((each) => seriesName(each, data.name));
		const colours = colourMap(names);
		return series.map((each, index) => {
			const name = names[index] ?? '';
			return { name, colour: colours.get(name) ?? '#888888', values: each.values };
		});
	}, [data, label]);
	return (
		<>
			<div className={css.chart}>
				<Chart
					times={times}
					series={lines}
					height={CHART_HEIGHT}
					filled={lines.length === 1}
					binary={binary}
					format={format}
					range={chartRange(data)}
					sync="overview"
					label={`${data.agg} of ${data.name}`}
					testId="metric-chart"
					onRange={(fromMs, toMs) =>
						change({ start: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() })
					}
				/>
			</div>
			<div className={css.keys}>
				{lines.map((line) => (
					<span key={line.name} style={tone(line.colour)}>
						<i />
						{line.name}
					</span>
				))}
			</div>
		</>
	);
}

function HandlerTable({ rows }: { rows: readonly HandlerFigures[] }) {
	const { params } = useAddress();
	if (rows.length === 0) return null;
	const range = { start: params.get('start'), end: params.get('end') };
	return (
		<section className={`${css.panel} ${css.wide}`} aria-label="Handlers">
			<div className={css.panelHead} style={{ paddingBottom: 6 }}>
				<h2>Handlers</h2>
				<span>each opens its traces</span>
			</div>
			<table className={css.handlers}>
				<thead>
					<tr>
						<th scope="col">Handler</th>
						<th scope="col" className={css.sparkCell}>
							Over time
						</th>
						<th scope="col">Executions</th>
						<th scope="col">Failed</th>
						<th scope="col">Highest p95</th>
					</tr>
				</thead>
				<tbody>
					{rows.map((row) => (
						<tr key={`${row.name} ${row.type}`} data-testid="handler-row">
							<td>
								<Link
									className={css.handlerName}
									href={address('traces', '', { ...range, handler: row.name, handler_type: row.type })}
								>
									{row.type && <TypeMark type={row.type} />}
									<span className="ellipsis">{row.name}</span>
								</Link>
							</td>
							<td className={css.sparkCell}>
								<Spark values={row.rates} />
							</td>
							<td>{formatCompact(Math.round(row.executions))}</td>
							<td style={row.errors >= 0.5 ? { color: 'var(--error)' } : { color: 'var(--ink-3)' }}>
								{row.executions > 0 ? formatPercent(row.errors / row.executions) : '–'}
							</td>
							<td>{formatDuration(row.p95)}</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

const SPARK_WIDTH = 140;
const SPARK_HEIGHT = 18;

function Spark({ values }: { values: readonly (number | null)[] }) {
	const most = values.reduce<number>((a, b) => Math.max(a, b ?? 0), 0);
	if (most === 0 || values.length < 2) return null;
	const step = SPARK_WIDTH / (values.length - 1);
	const y = (value: number | null) => SPARK_HEIGHT - 1 - ((value ?? 0) / most) * (SPARK_HEIGHT - 2);
	const points = values
		.map((value, index) => `${(index * step).toFixed(1)},${y(value).toFixed(1)}`)
		.join(' ');
	return (
		<svg className={css.spark} width={SPARK_WIDTH} height={SPARK_HEIGHT} aria-hidden="true">
			<polyline points={points} fill="none" stroke="var(--accent)" strokeWidth={1.25} />
		</svg>
	);
}
