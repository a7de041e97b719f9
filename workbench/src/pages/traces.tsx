/* traces: the live list of traces, its filters and its histogram. */
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useMemo, useState } from 'react';
import { getJson, type Query } from '../api/client';
import { statusQuery } from '../api/queries';
import type { TraceItem, TraceList } from '../api/types';
import { formatCount, formatDuration, niceCeiling, plural } from '../base/format';
import { address, useAddress, useChange } from '../base/router';
import { formatClock, formatClockMs, formatDay, instantMs } from '../base/time';
import { colourMap } from '../model/colours';
import { endsNow, hasFilters, isDuration, isTag, rangeOf, rangeQuery, traceQuery } from '../model/filters';
import { traceHistogram } from '../model/histogram';
import type { Shape } from '../model/live-list';
import { Chart } from '../ui/chart';
import {
	expressionError,
	FilterBar,
	FilterChoice,
	FilterExpression,
	FilterGroup,
	FilterPair,
	FilterTags,
	FilterText,
	LiveToggle,
	PlainButton,
	TimeRange,
} from '../ui/controls';
import { IconClose } from '../ui/icons';
import { Link } from '../ui/link';
import { ListEnd } from '../ui/list-end';
import { ServiceMark, StatusMark, TypeMark } from '../ui/marks';
import { NewPill } from '../ui/new-pill';
import { EmptyState, ErrorState, FirstSteps, Notice, SkeletonRows } from '../ui/states';
import { type ListPage, useLiveList } from '../ui/use-live-list';
import { usePointing } from '../ui/use-pointing';
import { useSeen } from '../ui/use-seen';
import { useVirtualList } from '../ui/use-virtual-list';
import css from './traces.module.css';

const ROW_HEIGHT = 34;
const PAGE_SIZE = 200;
const AWAY_FROM_TOP = 20;
const SHOWN_SERVICES = 2;

const SHAPE: Shape<TraceItem> = { keyOf: (trace) => trace.trace_id, timeOf: (trace) => trace.start_time };

const TYPES = [
	{ value: '', label: 'any' },
	{ value: 'api', label: 'api' },
	{ value: 'event', label: 'event' },
	{ value: 'cron', label: 'cron' },
	{ value: 'websocket', label: 'websocket' },
];
const STATUSES = [
	{ value: '', label: 'any' },
	{ value: 'success', label: 'success' },
	{ value: 'error', label: 'error' },
	{ value: 'running', label: 'running' },
	{ value: 'lost', label: 'lost' },
];

async function fetchPage(query: Query, signal: AbortSignal): Promise<ListPage<TraceItem>> {
	const answer = await getJson<TraceList>('/telemetry/traces', { limit: PAGE_SIZE, ...query }, signal);
	return { items: answer.traces, next: answer.next_cursor ? { cursor: answer.next_cursor } : null };
}

export function TracesPage() {
	const { params } = useAddress();
	const change = useChange();
	const range = rangeOf(params);
	const filters = traceQuery(params);
	const wanted = params.get('live') !== '0';
	const now = endsNow(range);
	const list = useLiveList({
		signal: 'traces',
		filters,
		range: rangeQuery(range),
		live: wanted && now,
		shape: SHAPE,
		fetchPage,
	});
	const status = useQuery(statusQuery);
	const disabled = status.data?.signals.traces.enabled === false;

	return (
		<div className={css.page}>
			<TraceFilters rows={list.rows} error={list.error}>
				<TimeRange range={range} onChange={(next) => change({ start: next.start, end: next.end })} />
				<LiveToggle
					on={wanted}
					state={list.liveState}
					unavailable={now ? null : 'The range ends in the past: there is nothing new to come.'}
					onChange={(on) => change({ live: on ? null : '0' }, 'replace')}
				/>
			</TraceFilters>
			{disabled && (
				<Notice>
					Traces are disabled in the configuration (telemetry.enable_traces). What arrives is dropped; what
					was kept before is shown.
				</Notice>
			)}
			{(list.loading || list.rows.length > 0) && (
				<TraceHistogram
					rows={list.rows}
					more={list.more}
					onRange={(fromMs, toMs) =>
						change({ start: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() })
					}
				/>
			)}
			{expressionError(list.error) ? (
				<EmptyState title="This filter is not understood" />
			) : list.error && list.rows.length === 0 ? (
				<ErrorState error={list.error} onRetry={list.retry} />
			) : list.loading ? (
				<SkeletonRows count={16} />
			) : list.rows.length === 0 ? (
				<NoTraces
					filtered={hasFilters(filters)}
					disabled={disabled}
					anySpans={(status.data?.store.spans ?? 0) > 0}
				/>
			) : (
				<TraceRows list={list} />
			)}
		</div>
	);
}

interface NoTracesProps {
	filtered: boolean;
	disabled: boolean;
	anySpans: boolean;
}

function NoTraces({ filtered, disabled, anySpans }: NoTracesProps) {
	const { params } = useAddress();
	const change = useChange();
	if (filtered)
		return (
			<EmptyState title="No trace meets these filters">
				<p>Widen the range of time, or take a filter away.</p>
				<PlainButton onClick={() => change(NO_FILTERS)}>Clear the filters</PlainButton>
			</EmptyState>
		);
	if (disabled) return <EmptyState title="Traces are disabled" />;
	if (anySpans)
		return (
			<EmptyState title="No traces in this range of time">
				<p>There are traces in the store: choose another range.</p>
				{params.get('start') !== '-30d' && (
					<PlainButton onClick={() => change({ start: '-30d', end: null })}>
						Show the last 30 days
					</PlainButton>
				)}
			</EmptyState>
		);
	return (
		<EmptyState title="Waiting for the first trace">
			<FirstSteps what="traces" />
		</EmptyState>
	);
}

const NO_FILTERS = {
	handler: null,
	handler_type: null,
	language: null,
	service: null,
	operation: null,
	status: null,
	min_duration: null,
	max_duration: null,
	tag: null,
	q: null,
};

const checkDuration = (text: string) =>
	isDuration(text) ? null : `"${text}" is not a duration: write 250us, 100ms, 1.5s or 2m.`;

interface TraceFiltersProps {
	rows: readonly TraceItem[];
	error: Error | null;
	children: React.ReactNode;
}

function TraceFilters({ rows, error, children }: TraceFiltersProps) {
	const { params } = useAddress();
	const change = useChange();
	const handlers = useSeen('handler', rows, (row) => [row.handler_name]);
	const languages = useSeen('language', rows, (row) => [row.language]);
	const services = useSeen('service', rows, (row) => row.services);
	const operations = useSeen('operation', rows, (row) => [row.name]);
	const text = (name: string) => ({
		name,
		value: params.get(name) ?? '',
		onCommit: (value: string) => change({ [name]: value }, 'replace'),
	});
	return (
		<FilterBar label="Filter traces">
			{children}
			<FilterGroup active={hasFilters(traceQuery(params))}>
				<FilterText {...text('handler')} label="Handler" suggestions={handlers} width={190} />
				<FilterChoice
					name="handler_type"
					label="Type"
					value={params.get('handler_type') ?? ''}
					options={TYPES}
					onChange={(value) => change({ handler_type: value })}
				/>
				<FilterChoice
					name="status"
					label="Status"
					value={params.get('status') ?? ''}
					options={STATUSES}
					onChange={(value) => change({ status: value })}
				/>
				<FilterText {...text('service')} label="Service" suggestions={services} width={170} />
				<FilterText {...text('language')} label="Language" suggestions={languages} width={160} />
				<FilterText {...text('operation')} label="Operation" suggestions={operations} width={200} />
				<FilterPair>
					<FilterText
						{...text('min_duration')}
						label="Took at least"
						placeholder="100ms"
						check={checkDuration}
						width={148}
					/>
					<FilterText
						{...text('max_duration')}
						label="at most"
						placeholder="2s"
						check={checkDuration}
						width={118}
					/>
				</FilterPair>
				<FilterTags
					name="tag"
					label="Tags"
					values={params.getAll('tag')}
					onChange={(tag) => change({ tag })}
					accept={isTag}
					placeholder="key=value"
					width={180}
				/>
				<FilterExpression
					value={params.get('q') ?? ''}
					onCommit={(q) => change({ q }, 'replace')}
					placeholder={'duration > 100ms and (status = error or tag.http.route =~ "^/users")'}
					error={error}
				/>
				{hasFilters(traceQuery(params)) && (
					<PlainButton quiet onClick={() => change(NO_FILTERS)} testId="filter-clear">
						<IconClose size={11} /> Clear
					</PlainButton>
				)}
			</FilterGroup>
		</FilterBar>
	);
}

interface HistogramProps {
	rows: readonly TraceItem[];
	more: boolean;
	onRange: (fromMs: number, toMs: number) => void;
}

function TraceHistogram({ rows, more, onRange }: HistogramProps) {
	const histogram = useMemo(() => traceHistogram(rows, 90), [rows]);
	const times = useMemo(() => histogram.starts.map((ms) => ms / 1000), [histogram]);
	const series = useMemo(
		() => [
			{ name: 'traces', colour: '#6fb3a4', values: histogram.totals },
			{ name: 'failed', colour: '#cf4a3c', values: histogram.errors },
		],
		[histogram],
	);
	const failed = useMemo(() => rows.filter((row) => row.status === 'error').length, [rows]);
	const newest = rows[0];
	const oldest = rows.at(-1);
	return (
		<div className={css.histogram}>
			<div className={css.caption}>
				<span className="number">
					<b>{formatCount(rows.length)}</b>
					{more ? ' newest traces' : rows.length === 1 ? ' trace' : ' traces'}
					{failed > 0 && <span style={{ color: 'var(--error)' }}> · {formatCount(failed)} failed</span>}
				</span>
				{newest && oldest && (
					<span className="number">
						{formatClock(instantMs(oldest.start_time))} – {formatClock(instantMs(newest.start_time))} · drag
						to choose a range
					</span>
				)}
			</div>
			<Chart
				times={times}
				series={series}
				height={54}
				kind="bars"
				axes={false}
				format={formatCount}
				label={`${plural(rows.length, 'trace')} over time, ${formatCount(failed)} of them failed`}
				onRange={onRange}
				testId="trace-histogram"
			/>
		</div>
	);
}

function TraceRows({ list }: { list: ReturnType<typeof useLiveList<TraceItem>> }) {
	const { rows } = list;
	const [atTop, setAtTop] = useState(true);
	const { scroller, virtualizer } = useVirtualList({
		count: rows.length,
		rowHeight: ROW_HEIGHT,
		keyOf: (index) => rows[index]?.trace_id ?? String(index),
		more: list.more && list.moreError === null,
		loadMore: list.loadMore,
		onScroll: (top) => setAtTop(top <= AWAY_FROM_TOP),
	});
	const { setReading, waiting, release } = list;
	const pointing = usePointing(scroller);
	const reading = !atTop || pointing;
	useEffect(() => {
		setReading(reading);
		if (!reading && waiting > 0) release();
	}, [reading, waiting, setReading, release]);

	const colours = useMemo(() => colourMap(rows.flatMap((row) => row.services)), [rows]);
	const scaleMs = useMemo(() => durationScale(rows), [rows]);
	const today = formatDay(Date.now());
	return (
		// biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys move between the links inside
		<div className={css.listArea} onKeyDown={moveFocus}>
			<div ref={scroller} className={list.stale ? `${css.body} ${css.stale}` : css.body}>
				<div className={`${css.grid} ${css.head}`} aria-hidden="true">
					<span>Time</span>
					<span>Handler</span>
					<span className={css.language}>Language</span>
					<span className={css.headStatus}>Status</span>
					<span>Duration</span>
					<span className={`${css.right} ${css.spans}`}>Spans</span>
					<span className={css.servicesHead}>Services</span>
					<span className={`${css.right} ${css.spans}`}>Errors</span>
				</div>
				<NewPill
					top={40}
					count={atTop ? 0 : waiting}
					onClick={() => scroller.current?.scrollTo({ top: 0 })}
				/>
				<ul
					style={{
						position: 'relative',
						height: virtualizer.getTotalSize(),
						margin: 0,
						padding: 0,
						listStyle: 'none',
					}}
				>
					{virtualizer.getVirtualItems().map((item) => {
						const trace = rows[item.index];
						if (!trace) return null;
						return (
							<li key={item.key}>
								<TraceRow trace={trace} top={item.start} colours={colours} scaleMs={scaleMs} today={today} />
							</li>
						);
					})}
				</ul>
				<ListEnd list={list} />
			</div>
		</div>
	);
}

/** Long enough for nearly all bars; a round number, so that bars keep their length while data arrives. */
function durationScale(rows: readonly TraceItem[]): number {
	const sorted = rows.map((row) => row.duration_ms).sort((a, b) => a - b);
	return niceCeiling(sorted[Math.floor(sorted.length * 0.95)] ?? 1);
}

function moveFocus(event: KeyboardEvent<HTMLDivElement>): void {
	const step =
		event.key === 'ArrowDown' || event.key === 'j'
			? 1
			: event.key === 'ArrowUp' || event.key === 'k'
				? -1
				: 0;
	const focused = document.activeElement;
	if (step === 0 || !(focused instanceof HTMLElement) || focused.dataset.testid !== 'trace-row') return;
	event.preventDefault();
	const index = Number(focused.dataset.top) + step * ROW_HEIGHT;
	const next = event.currentTarget.querySelector<HTMLElement>(
		`[data-testid="trace-row"][data-top="${index}"]`,
	);
	next?.focus({ preventScroll: true });
	next?.scrollIntoView({ block: 'nearest' });
}

interface RowProps {
	trace: TraceItem;
	top: number;
	colours: Map<string, string>;
	scaleMs: number;
	today: string;
}

function TraceRow({ trace, top, colours, scaleMs, today }: RowProps) {
	const start = instantMs(trace.start_time);
	const day = formatDay(start);
	const failed = trace.status === 'error';
	const title = trace.handler_name ?? trace.name;
	return (
		<Link
			href={address('trace', trace.trace_id)}
			className={`${css.grid} ${css.row} ${failed ? css.failed : ''}`}
			style={{ transform: `translateY(${top}px)` }}
			data-testid="trace-row"
			data-trace-id={trace.trace_id}
			data-top={top}
		>
			<span className="number ellipsis" title={trace.start_time}>
				{day !== today && <span className="muted">{day} </span>}
				{formatClockMs(start)}
			</span>
			<span className={css.name}>
				{trace.handler_type && <TypeMark type={trace.handler_type} />}
				<b className="ellipsis">{title}</b>
				{trace.handler_name !== null && trace.name !== trace.handler_name && (
					<span className={`${css.operation} ellipsis`}>{trace.name}</span>
				)}
				{!trace.complete && (
					<span className={css.incomplete} title="Parts of this trace have not arrived">
						…
					</span>
				)}
			</span>
			<span className={`${css.language} ellipsis`}>{trace.language}</span>
			<span className={css.status}>
				<StatusMark status={trace.status} />
			</span>
			<span className={css.duration}>
				<span className="number">{formatDuration(trace.duration_ms)}</span>
				<span className={css.track}>
					<i style={{ width: `${Math.min(100, Math.max(1.5, (trace.duration_ms / scaleMs) * 100))}%` }} />
				</span>
			</span>
			<span className={`number ${css.right} ${css.spans}`}>{formatCount(trace.span_count)}</span>
			<span className={css.services} title={trace.services.join(', ')}>
				{trace.services.slice(0, SHOWN_SERVICES).map((service) => (
					<ServiceMark key={service} name={service} colour={colours.get(service)} />
				))}
				{trace.services.length > SHOWN_SERVICES && (
					<span className={`${css.others} number`}>+{trace.services.length - SHOWN_SERVICES}</span>
				)}
			</span>
			<span className={`number ${css.errors}`}>
				{trace.error_count > 0 ? formatCount(trace.error_count) : ''}
			</span>
		</Link>
	);
}
