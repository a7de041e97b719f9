/* metrics: every metric by name, and one of them as a chart. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { metricListQuery, metricQuery, statusQuery } from '../api/queries';
import type { MetricData, MetricInfo } from '../api/types';
import { formatUnit, plural } from '../base/format';
import { address, changeParams, useAddress, useChange } from '../base/router';
import { edgeMs, stepText } from '../base/time';
import { colourMap } from '../model/colours';
import { endsNow, isTag, RECENT_START, rangeOf, rangeQuery } from '../model/filters';
import {
	aggregationsFor,
	autoStepMs,
	byWeight,
	chartRange,
	forDrawing,
	labelParameters,
	partLabels,
	seriesName,
	summarise,
	timestampsSeconds,
	unitAfter,
} from '../model/metrics';
import { Chart, type ChartSeries } from '../ui/chart';
import {
	FilterBar,
	FilterChoice,
	FilterMany,
	FilterTags,
	FilterText,
	LiveToggle,
	TimeRange,
} from '../ui/controls';
import { Link } from '../ui/link';
import { tone } from '../ui/marks';
import { paneWidth, Splitter, useWidth } from '../ui/splitter';
import { EmptyState, ErrorState, FirstSteps, Notice, SkeletonRows } from '../ui/states';
import css from './metrics.module.css';

const CHART_HEIGHT = 340;
const MOST_LINES = 30;
const REFRESH_MS = 10_000;
/** In the address: grouped by nothing, where there would be a group of itself. */
const NO_GROUP = '-';

const STEPS = ['5s', '10s', '30s', '1m', '5m', '15m', '1h', '6h'];

export function MetricsPage() {
	const { params } = useAddress();
	const query = useQuery(metricListQuery);
	const status = useQuery(statusQuery);
	const [width, setWidth] = useWidth('metrics', { initial: 300, least: 200, most: 560 });
	const disabled = status.data?.signals.metrics.enabled === false;
	if (query.error && !query.data)
		return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
	if (query.isPending) return <SkeletonRows count={16} />;
	const metrics = query.data;
	if (metrics.length === 0)
		return (
			<EmptyState title={disabled ? 'Metrics are disabled' : 'Waiting for the first metric'}>
				{disabled ? (
					<p>The configuration switches them off (telemetry.enable_metrics). What arrives is dropped.</p>
				) : (
					<FirstSteps what="metrics" />
				)}
			</EmptyState>
		);
	const name = params.get('name') ?? '';
	const chosen =
		metrics.find((metric) => metric.name === name) ?? (name === '' ? firstMetric(metrics) : undefined);
	return (
		<div className={css.page}>
			<MetricList metrics={metrics} chosen={chosen?.name ?? ''} width={width} />
			<Splitter width={width} onChange={setWidth} pane="left" label="Width of the list of metrics" />
			<div className={css.main}>
				{disabled && (
					<Notice>
						Metrics are disabled in the configuration (telemetry.enable_metrics). What arrives is dropped.
					</Notice>
				)}
				{chosen ? (
					<MetricView key={chosen.name} metric={chosen} />
				) : (
					<EmptyState title="There is no such metric">
						<p className="mono">{name}</p>
					</EmptyState>
				)}
			</div>
		</div>
	);
}

function firstMetric(metrics: readonly MetricInfo[]): MetricInfo | undefined {
	return metrics.find((metric) => metric.name === 'handler.execution.duration') ?? metrics[0];
}

const TYPE_TEXT: Record<string, string> = { exponential_histogram: 'exp. histogram' };

function MetricList({
	metrics,
	chosen,
	width,
}: {
	metrics: readonly MetricInfo[];
	chosen: string;
	width: number;
}) {
	const { params } = useAddress();
	const change = useChange();
	const find = params.get('find') ?? '';
	const shown = useMemo(() => {
		const words = find.toLowerCase().split(/\s+/).filter(Boolean);
		return metrics
			.filter((metric) => {
				const text = `${metric.name} ${metric.description}`.toLowerCase();
				return words.every((word) => text.includes(word));
			})
			.sort((a, b) => a.name.localeCompare(b.name));
	}, [metrics, find]);
	return (
		<div className={css.list} style={paneWidth(width)}>
			<div className={css.find}>
				<FilterText
					name="metric"
					label="Find"
					placeholder={plural(metrics.length, 'metric')}
					value={find}
					onCommit={(next) => change({ find: next }, 'replace')}
					grow
				/>
			</div>
			<ul className={css.names} aria-label="Metrics">
				{shown.map((metric) => (
					<li key={metric.name}>
						<Link
							className={css.metric}
							href={address('metrics', '', ofMetric(params, metric.name))}
							aria-current={metric.name === chosen}
							title={metric.description || metric.name}
							data-testid="metric-row"
							data-metric={metric.name}
						>
							<b>{metric.name}</b>
							<small>
								<span>{TYPE_TEXT[metric.type] ?? metric.type}</span>
								{metric.unit && metric.unit !== '1' && <span>{metric.unit}</span>}
								<span>{plural(metric.series_count, 'series', 'series')}</span>
							</small>
						</Link>
					</li>
				))}
				{shown.length === 0 && <li className={css.note}>No metric has these words.</li>}
			</ul>
		</div>
	);
}

/** Another metric in the same range of time; its labels are its own. */
function ofMetric(params: URLSearchParams, name: string): URLSearchParams {
	return changeParams(params, { name, agg: null, by: null, label: null });
}

function MetricView({ metric }: { metric: MetricInfo }) {
	const { params } = useAddress();
	const change = useChange();
	const range = rangeOf(params, RECENT_START);
	const live = params.get('live') !== '0';
	const now = endsNow(range);
	const aggregations = aggregationsFor(metric);
	const agg = params.get('agg') ?? aggregations[0] ?? 'avg';
	const by = groupOf(params, metric);
	const labels = params.getAll('label').filter(isTag);
	const rangeMs = edgeMs(range.end, Date.now()) - edgeMs(range.start, Date.now());
	const step = params.get('step') ?? stepText(autoStepMs(rangeMs));
	const query = useQuery(
		metricQuery(
			{ name: metric.name, ...rangeQuery(range), agg, step, by: by.join(','), ...labelParameters(labels) },
			live && now ? REFRESH_MS : false,
		),
	);
	const { data } = query;
	const drawn = useMemo(() => data && forDrawing(data), [data]);
	const labelNames = partLabels(metric.label_names);
	const values = useMemo(
		() => [
			...new Set(
				(data?.series ?? []).flatMap((each) => Object.entries(each.labels).map((pair) => pair.join('='))),
			),
		],
		[data],
	);
	return (
		<>
			<FilterBar label="What the chart shows">
				<TimeRange range={range} onChange={(next) => change({ start: next.start, end: next.end })} />
				<LiveToggle
					on={live}
					state={query.isError ? 'lost' : 'open'}
					unavailable={now ? null : 'The range ends in the past: there is nothing new to come.'}
					onChange={(on) => change({ live: on ? null : '0' }, 'replace')}
				/>
				<FilterChoice
					name="agg"
					label="Show"
					value={agg}
					neutral={aggregations[0] ?? ''}
					options={aggregations.map((each) => ({ value: each, label: each }))}
					onChange={(next) => change({ agg: next === aggregations[0] ? null : next })}
				/>
				<FilterChoice
					name="step"
					label="Step"
					value={params.get('step') ?? ''}
					options={[
						{ value: '', label: `auto (${stepText(autoStepMs(rangeMs))})` },
						...stepOptions(params.get('step')),
					]}
					onChange={(next) => change({ step: next })}
				/>
				<FilterMany
					name="by"
					label="Group by"
					values={by}
					options={[...new Set([...labelNames.own, ...labelNames.resource, ...by])]}
					onChange={(next) => change({ by: next.length > 0 ? next.join(',') : NO_GROUP })}
					placeholder={metric.label_names.length > 0 ? 'label' : 'no labels'}
				/>
				<FilterTags
					name="label"
					label="Where"
					values={labels}
					onChange={(label) => change({ label })}
					accept={isTag}
					placeholder="label=value"
					suggestions={values}
					width={200}
				/>
			</FilterBar>
			<div className={css.head}>
				<h1>{metric.name}</h1>
				{metric.description && <p>{metric.description}</p>}
				<MetricFacts metric={metric} />
			</div>
			{query.error && !data ? (
				<ErrorState error={query.error} onRetry={() => void query.refetch()} />
			) : data ? (
				<>
					{query.error && <Notice tone="error">{query.error.message}</Notice>}
					<MetricChart data={drawn ?? data} stale={query.isPlaceholderData} />
				</>
			) : (
				<div className={css.chart} role="status" aria-label="Loading" />
			)}
		</>
	);
}

function groupOf(params: URLSearchParams, metric: MetricInfo): string[] {
	const by = params.get('by');
	if (by === NO_GROUP) return [];
	if (by !== null) return by.split(',').filter(Boolean);
	return metric.label_names.includes('handler_name') ? ['handler_name'] : [];
}

function stepOptions(present: string | null): { value: string; label: string }[] {
	const steps = present && !STEPS.includes(present) ? [...STEPS, present] : STEPS;
	return steps.map((step) => ({ value: step, label: step }));
}

function MetricFacts({ metric }: { metric: MetricInfo }) {
	const { own, resource } = partLabels(metric.label_names);
	return (
		<div className={css.tags}>
			<span>
				{TYPE_TEXT[metric.type] ?? metric.type}
				{metric.monotonic === false && ', up and down'}
				{metric.temporality && `, ${metric.temporality}`}
			</span>
			{metric.unit && (
				<span>
					unit <b>{metric.unit}</b>
				</span>
			)}
			{own.length > 0 && (
				<span>
					labels <b>{own.join(', ')}</b>
				</span>
			)}
			{resource.length > 0 && (
				<span title={resource.join(', ')}>{plural(resource.length, 'label')} of the resource</span>
			)}
		</div>
	);
}

function MetricChart({ data, stale }: { data: MetricData; stale: boolean }) {
	const change = useChange();
	const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
	const times = useMemo(() => timestampsSeconds(data), [data]);
	const lines = useMemo(() => chartSeries(data), [data]);
	const shown = useMemo(() => lines.filter((line) => !hidden.has(line.name)), [lines, hidden]);
	const { unit, perSecond } = unitAfter(data.agg, data.unit, data.type);
	const format = (value: number) => formatUnit(value, unit, perSecond);
	const empty = lines.every((line) => line.values.every((value) => value === null));
	if (empty)
		return (
			<div className={css.chart}>
				<EmptyState title="No values in this range of time">
					<p>Choose a longer range, or take a filter away.</p>
				</EmptyState>
			</div>
		);
	const toggle = (name: string, alone: boolean) =>
		setHidden(alone ? isolate(lines, hidden, name) : without(hidden, name));
	return (
		<div className={stale ? css.stale : undefined}>
			<div className={css.chart}>
				<Chart
					times={times}
					series={shown}
					height={CHART_HEIGHT}
					filled={shown.length === 1}
					binary={unit === 'By'}
					format={format}
					range={chartRange(data)}
					label={`${data.agg} of ${data.name}, ${plural(lines.length, 'line')}`}
					testId="metric-chart"
					onRange={(fromMs, toMs) =>
						change({ start: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() })
					}
				/>
			</div>
			<Legend lines={lines} hidden={hidden} format={format} onToggle={toggle} />
			{data.series.length > MOST_LINES && (
				<p className={css.note}>
					The {MOST_LINES} largest of {plural(data.series.length, 'series', 'series')} are drawn. A filter or
					another group shows the rest.
				</p>
			)}
		</div>
	);
}

function chartSeries(data: MetricData): ChartSeries[] {
	const largest = byWeight(data.series).slice(0, MOST_LINES);
	const names = largest.map((series) => seriesName(series, data.name));
	const colours = colourMap(names);
	return largest
		.map((series, index) => {
			const name = names[index] ?? data.name;
			return { name, colour: colours.get(name) ?? '#888888', values: series.values };
		})
		.sort((a, b) => a.name.localeCompare(b.name));
}

function without(hidden: ReadonlySet<string>, name: string): Set<string> {
	const next = new Set(hidden);
	if (!next.delete(name)) next.add(name);
	return next;
}

/** Only this line; the same wish again brings all of them back. */
function isolate(lines: readonly ChartSeries[], hidden: ReadonlySet<string>, name: string): Set<string> {
	const others = lines.filter((line) => line.name !== name).map((line) => line.name);
	const alone = !hidden.has(name) && others.every((other) => hidden.has(other));
	return new Set(alone ? [] : others);
}

interface LegendProps {
	lines: readonly ChartSeries[];
	hidden: ReadonlySet<string>;
	format: (value: number) => string;
	onToggle: (name: string, alone: boolean) => void;
}

function Legend({ lines, hidden, format, onToggle }: LegendProps) {
	return (
		<table className={css.legend} data-testid="metric-legend">
			<thead>
				<tr>
					<th scope="col">Series</th>
					<th scope="col">last</th>
					<th scope="col">average</th>
					<th scope="col">min</th>
					<th scope="col">max</th>
				</tr>
			</thead>
			<tbody>
				{lines.map((line) => {
					const summary = summarise(line.values);
					return (
						<tr key={line.name}>
							<td>
								<button
									type="button"
									className={hidden.has(line.name) ? `${css.series} ${css.hidden}` : css.series}
									style={tone(line.colour)}
									aria-pressed={!hidden.has(line.name)}
									title="Show only this line; with Shift: show or hide it"
									onClick={(event) => onToggle(line.name, !event.shiftKey)}
								>
									<i />
									<span className="ellipsis">{line.name}</span>
								</button>
							</td>
							<td>{format(summary.last)}</td>
							<td>{format(summary.avg)}</td>
							<td>{format(summary.min)}</td>
							<td>{format(summary.max)}</td>
						</tr>
					);
				})}
			</tbody>
		</table>
	);
}
