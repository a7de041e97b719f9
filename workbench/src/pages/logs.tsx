/* logs: the log viewer, newest first, following what arrives. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { getJson, type Query } from '../api/client';
import { statusQuery } from '../api/queries';
import type { LogItem, LogList } from '../api/types';
import { formatCount } from '../base/format';
import { useAddress, useChange } from '../base/router';
import { colourMap } from '../model/colours';
import { endsNow, hasFilters, logQuery, rangeOf, rangeQuery } from '../model/filters';
import type { Shape } from '../model/live-list';
import { searchTerms } from '../model/words';
import {
	expressionError,
	FilterBar,
	FilterChoice,
	FilterExpression,
	FilterGroup,
	FilterText,
	LiveToggle,
	PlainButton,
	TimeRange,
} from '../ui/controls';
import { IconClose } from '../ui/icons';
import { ListEnd } from '../ui/list-end';
import { LogRow } from '../ui/log-row';
import { NewPill } from '../ui/new-pill';
import { EmptyState, ErrorState, FirstSteps, Notice, SkeletonRows } from '../ui/states';
import { type ListPage, type LiveList, useLiveList } from '../ui/use-live-list';
import { usePointing } from '../ui/use-pointing';
import { useSeen } from '../ui/use-seen';
import { useVirtualList } from '../ui/use-virtual-list';
import css from './logs.module.css';
import list from './traces.module.css';

const ROW_HEIGHT = 29;
const PAGE_SIZE = 200;
const AWAY_FROM_TOP = 20;

/** A log record has no id: the same words in the same span at the same nanosecond are the same record. */
const SHAPE: Shape<LogItem> = {
	keyOf: (log) => `${log.timestamp} ${log.span_id} ${log.service} ${log.level} ${log.message}`,
	timeOf: (log) => log.timestamp,
};

const LEVELS = [
	{ value: '', label: 'all' },
	{ value: 'DEBUG', label: 'DEBUG and up' },
	{ value: 'INFO', label: 'INFO and up' },
	{ value: 'WARN', label: 'WARN and up' },
	{ value: 'ERROR', label: 'ERROR' },
];

const NO_FILTERS = { level: null, q: null, handler: null, service: null, trace_id: null, span_id: null };

const checkId = (digits: number) => (text: string) =>
	text === '' || new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(text)
		? null
		: `An id has ${digits} hexadecimal digits.`;

async function fetchPage(query: Query, signal: AbortSignal): Promise<ListPage<LogItem>> {
	const answer = await getJson<LogList>('/telemetry/logs', { limit: PAGE_SIZE, ...query }, signal);
	return { items: answer.logs, next: answer.next_cursor ? { cursor: answer.next_cursor } : null };
}

export function LogsPage() {
	const { params } = useAddress();
	const change = useChange();
	const range = rangeOf(params);
	const filters = logQuery(params);
	const wanted = params.get('live') !== '0';
	const now = endsNow(range);
	const logs = useLiveList({
		signal: 'logs',
		filters,
		range: rangeQuery(range),
		live: wanted && now,
		shape: SHAPE,
		fetchPage,
	});
	const status = useQuery(statusQuery);
	const disabled = status.data?.signals.logs.enabled === false;
	const handlers = useSeen('handler', logs.rows, (log) => [log.handler]);
	const services = useSeen('service', logs.rows, (log) => [log.service]);
	const text = (name: string) => ({
		name,
		value: params.get(name) ?? '',
		onCommit: (value: string) => change({ [name]: value }, 'replace'),
	});
	return (
		<div className={css.page}>
			<FilterBar label="Filter logs">
				<TimeRange range={range} onChange={(next) => change({ start: next.start, end: next.end })} />
				<LiveToggle
					on={wanted}
					state={logs.liveState}
					unavailable={now ? null : 'The range ends in the past: there is nothing new to come.'}
					onChange={(on) => change({ live: on ? null : '0' }, 'replace')}
				/>
				<FilterGroup active={hasFilters(filters)}>
					<FilterChoice
						name="level"
						label="Level"
						value={params.get('level') ?? ''}
						options={LEVELS}
						onChange={(level) => change({ level })}
					/>
					<FilterExpression
						value={params.get('q') ?? ''}
						onCommit={(q) => change({ q }, 'replace')}
						placeholder={'words, "phrases", body =~ "time.*out", tag.http.route = /users'}
						error={logs.error}
					/>
					<FilterText {...text('handler')} label="Handler" suggestions={handlers} width={180} />
					<FilterText {...text('service')} label="Service" suggestions={services} width={170} />
					<FilterText
						{...text('trace_id')}
						label="Trace"
						placeholder="32 digits"
						check={checkId(32)}
						width={170}
					/>
					{params.has('span_id') && (
						<FilterText
							{...text('span_id')}
							label="Span"
							placeholder="16 digits"
							check={checkId(16)}
							width={170}
						/>
					)}
					{hasFilters(filters) && (
						<PlainButton quiet onClick={() => change(NO_FILTERS)} testId="filter-clear">
							<IconClose size={11} /> Clear
						</PlainButton>
					)}
				</FilterGroup>
				<span className={`${css.count} number`}>
					{formatCount(logs.rows.length)}
					{logs.more ? ' newest' : ''}
				</span>
			</FilterBar>
			{disabled && (
				<Notice>
					Logs are disabled in the configuration (telemetry.enable_logs). What arrives is dropped; what was
					kept before is shown.
				</Notice>
			)}
			{expressionError(logs.error) ? (
				<EmptyState title="This filter is not understood" />
			) : logs.error && logs.rows.length === 0 ? (
				<ErrorState error={logs.error} onRetry={logs.retry} />
			) : logs.loading ? (
				<SkeletonRows count={18} />
			) : logs.rows.length === 0 ? (
				<NoLogs
					filtered={hasFilters(filters)}
					disabled={disabled}
					anyLogs={(status.data?.store.logs ?? 0) > 0}
				/>
			) : (
				<LogRows logs={logs} search={params.get('q') ?? ''} />
			)}
		</div>
	);
}

interface NoLogsProps {
	filtered: boolean;
	disabled: boolean;
	anyLogs: boolean;
}

function NoLogs({ filtered, disabled, anyLogs }: NoLogsProps) {
	const { params } = useAddress();
	const change = useChange();
	if (filtered)
		return (
			<EmptyState title="No log record meets these filters">
				<p>Widen the range of time, or take a filter away.</p>
				<PlainButton onClick={() => change(NO_FILTERS)}>Clear the filters</PlainButton>
			</EmptyState>
		);
	if (disabled) return <EmptyState title="Logs are disabled" />;
	if (anyLogs)
		return (
			<EmptyState title="No logs in this range of time">
				<p>There are logs in the store: choose another range.</p>
				{params.get('start') !== '-30d' && (
					<PlainButton onClick={() => change({ start: '-30d', end: null })}>
						Show the last 30 days
					</PlainButton>
				)}
			</EmptyState>
		);
	return (
		<EmptyState title="Waiting for the first log record">
			<FirstSteps what="log records" />
		</EmptyState>
	);
}

function LogRows({ logs, search }: { logs: LiveList<LogItem>; search: string }) {
	const { rows, setReading, waiting, release } = logs;
	const [atTop, setAtTop] = useState(true);
	const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
	const { scroller, virtualizer } = useVirtualList({
		count: rows.length,
		rowHeight: ROW_HEIGHT,
		keyOf: (index) => {
			const row = rows[index];
			return row ? SHAPE.keyOf(row) : String(index);
		},
		more: logs.more && logs.moreError === null,
		loadMore: logs.loadMore,
		onScroll: (top) => setAtTop(top <= AWAY_FROM_TOP),
	});
	// Whoever has opened a record is reading it: the list holds still until it is closed.
	const away = !atTop || open.size > 0;
	const pointing = usePointing(scroller);
	const reading = away || pointing;
	useEffect(() => {
		setReading(reading);
		if (!reading && waiting > 0) release();
	}, [reading, waiting, setReading, release]);

	const terms = useMemo(() => searchTerms(search), [search]);
	const colours = useMemo(() => colourMap(rows.map((log) => log.service)), [rows]);
	const showNew = () => {
		setOpen(new Set());
		scroller.current?.scrollTo({ top: 0 });
	};
	return (
		<div className={list.listArea}>
			<div ref={scroller} className={logs.stale ? `${list.body} ${list.stale}` : list.body}>
				<NewPill top={1} count={away ? waiting : 0} onClick={showNew} />
				<div style={{ position: 'relative', height: virtualizer.getTotalSize() }}>
					{virtualizer.getVirtualItems().map((item) => {
						const log = rows[item.index];
						if (!log) return null;
						const key = String(item.key);
						return (
							<div
								key={item.key}
								ref={virtualizer.measureElement}
								data-index={item.index}
								className={css.item}
								style={{ transform: `translateY(${item.start}px)` }}
							>
								<LogRow
									log={log}
									terms={terms}
									colour={colours.get(log.service)}
									open={open.has(key)}
									onToggle={() => setOpen(toggled(open, key))}
								/>
							</div>
						);
					})}
				</div>
				<ListEnd list={logs} />
			</div>
		</div>
	);
}

function toggled(set: ReadonlySet<string>, key: string): Set<string> {
	const next = new Set(set);
	if (!next.delete(key)) next.add(key);
	return next;
}
