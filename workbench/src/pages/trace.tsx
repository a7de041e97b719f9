/* trace: one trace as a waterfall, with the selected span beside it, its logs and its raw form. */
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useMemo, useState } from 'react';
import { ApiError } from '../api/client';
import { logsQuery, statusQuery, traceQuery } from '../api/queries';
import type { Trace } from '../api/types';
import { formatDuration, plural } from '../base/format';
import { pageAddress, useAddress, useChange } from '../base/router';
import { formatClockMs, formatDay, instantMs } from '../base/time';
import { colourMap } from '../model/colours';
import { buildTree, serviceOf, type TraceTree } from '../model/trace-tree';
import { PlainButton } from '../ui/controls';
import { IconChevronLeft } from '../ui/icons';
import { Link } from '../ui/link';
import { LogRow } from '../ui/log-row';
import { Copy, StatusMark, TypeMark } from '../ui/marks';
import { paneWidth, Splitter, useWidth } from '../ui/splitter';
import { EmptyState, ErrorState, Notice, SkeletonRows } from '../ui/states';
import { SpanPanel } from './span-panel';
import css from './trace.module.css';
import { TraceSummary } from './trace-summary';
import { Waterfall } from './waterfall';

type Tab = 'waterfall' | 'logs' | 'json';
const TABS: { tab: Tab; label: string }[] = [
	{ tab: 'waterfall', label: 'Waterfall' },
	{ tab: 'logs', label: 'Logs' },
	{ tab: 'json', label: 'JSON' },
];

export function TracePage({ id }: { id: string }) {
	const { params } = useAddress();
	const query = useQuery(traceQuery(id));
	const { data: trace, error } = query;
	const tree = useMemo(() => (trace ? buildTree(trace.spans) : null), [trace]);
	const back = (
		<div className={css.crumb}>
			<Link href={pageAddress('traces', params)}>
				<IconChevronLeft size={11} /> Traces
			</Link>
		</div>
	);
	if (!trace || !tree)
		return (
			<div className={css.page}>
				<div className={css.head} style={{ paddingBottom: 10 }}>
					{back}
				</div>
				{error ? <TraceError error={error} onRetry={() => void query.refetch()} /> : <SkeletonRows />}
			</div>
		);
	const named = params.get('tab');
	const tab: Tab = named === 'logs' || named === 'json' ? named : 'waterfall';
	return (
		<div className={css.page}>
			<div className={css.head}>
				{back}
				<TraceHead trace={trace} tree={tree} />
				<Tabs current={tab} />
			</div>
			{error && <Notice tone="error">{error.message}</Notice>}
			{tab === 'waterfall' && <WaterfallTab trace={trace} tree={tree} />}
			{tab === 'logs' && <LogsTab id={trace.trace_id} />}
			{tab === 'json' && <JsonTab trace={trace} />}
		</div>
	);
}

function TraceError({ error, onRetry }: { error: Error; onRetry: () => void }) {
	const missing = error instanceof ApiError && error.status === 404;
	return <ErrorState error={error} onRetry={missing ? undefined : onRetry} />;
}

function TraceHead({ trace, tree }: { trace: Trace; tree: TraceTree }) {
	const root = tree.roots.find((node) => node.span !== null && !node.span.parent_span_id)?.span;
	const first = root ?? trace.spans[0];
	const execution = trace.spans.find((span) => span.handler)?.handler ?? null;
	const failed = trace.spans.filter((span) => span.status === 'error').length;
	// Of several, the one that is worst to hear of, as the list has it.
	const worst = (['error', 'lost', 'running'] as const).find((each) =>
		trace.spans.some(({ status }) => status === each),
	);
	const title = execution?.name ?? first?.operation_name ?? 'Trace';
	const start = instantMs(trace.start_time);
	useEffect(() => {
		document.title = `${title} · Rohas Workbench`;
	}, [title]);
	return (
		<>
			<div className={css.title}>
				{execution && <TypeMark type={execution.type} />}
				<h1 title={title}>{title}</h1>
				{first && first.operation_name !== title && <span className="muted">{first.operation_name}</span>}
				<StatusMark status={worst ?? 'success'} />
			</div>
			<div className={`${css.facts} number`}>
				<span title={trace.start_time}>
					{formatDay(start)} {formatClockMs(start)}
				</span>
				<span>
					<b>{formatDuration(trace.duration_ms)}</b>
				</span>
				<span>{plural(trace.spans.length, 'span')}</span>
				<span>{plural(trace.services.length, 'service')}</span>
				{failed > 0 && <span style={{ color: 'var(--error)' }}>{plural(failed, 'failed span')}</span>}
				{execution?.language && <span>{execution.language}</span>}
				<span>
					<span className="muted">trace</span>
					<Copy text={trace.trace_id} what="trace id" label={trace.trace_id} />
				</span>
				{!trace.complete && (
					<span style={{ color: 'var(--warn)' }}>not complete: parts have not arrived</span>
				)}
			</div>
		</>
	);
}

function Tabs({ current }: { current: Tab }) {
	const change = useChange();
	const choose = (tab: Tab) => change({ tab: tab === 'waterfall' ? null : tab }, 'replace');
	const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
		const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
		if (step === 0) return;
		const index = TABS.findIndex(({ tab }) => tab === current);
		const next = TABS[(index + step + TABS.length) % TABS.length];
		if (!next) return;
		choose(next.tab);
		event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next.tab}"]`)?.focus();
	};
	return (
		<div className={css.tabs} role="tablist" aria-label="Views of the trace" onKeyDown={onKeyDown}>
			{TABS.map(({ tab, label }) => (
				<button
					key={tab}
					type="button"
					role="tab"
					aria-selected={tab === current}
					tabIndex={tab === current ? 0 : -1}
					onClick={() => choose(tab)}
					data-tab={tab}
					data-testid={`tab-${tab}`}
				>
					{label}
				</button>
			))}
		</div>
	);
}

function WaterfallTab({ trace, tree }: { trace: Trace; tree: TraceTree }) {
	const { params } = useAddress();
	const change = useChange();
	const [width, setWidth] = useWidth('panel', { initial: 430, least: 300, most: 900 });
	const colours = useMemo(() => colourMap(trace.spans.map(serviceOf)), [trace]);
	const selectedId = params.get('span') ?? '';
	const selected = tree.byId.get(selectedId);
	const select = (id: string | null) => change({ span: id }, 'replace');
	return (
		<div className={css.split}>
			<div className={css.left}>
				<Waterfall tree={tree} colours={colours} selectedId={selectedId} onSelect={select} />
			</div>
			<Splitter width={width} onChange={setWidth} pane="right" label="Width of the span panel" />
			<aside className={css.right} style={paneWidth(width)} aria-label="Details">
				{selected?.span ? (
					<SpanPanel
						key={selected.id}
						node={selected}
						span={selected.span}
						colour={colours.get(selected.service)}
						onClose={() => select(null)}
						onSelect={select}
					/>
				) : (
					<TraceSummary tree={tree} trace={trace} colours={colours} onSelect={select} />
				)}
			</aside>
		</div>
	);
}

function LogsTab({ id }: { id: string }) {
	const query = useQuery(logsQuery({ trace_id: id, limit: 1000 }));
	const status = useQuery(statusQuery);
	const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
	const logs = useMemo(() => [...(query.data?.logs ?? [])].reverse(), [query.data]);
	const colours = useMemo(() => colourMap(logs.map((log) => log.service)), [logs]);
	if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
	if (query.isPending) return <SkeletonRows />;
	if (logs.length === 0)
		return (
			<EmptyState title="No logs are tied to this trace">
				<p>
					{status.data?.signals.logs.enabled === false
						? 'Logs are disabled in the configuration (telemetry.enable_logs).'
						: 'A log record belongs to a trace when it is written inside one of its spans.'}
				</p>
			</EmptyState>
		);
	return (
		<div className={css.scroll}>
			{logs.map((log, index) => (
				<LogRow
					// biome-ignore lint/suspicious/noArrayIndexKey: log records have no id, and this list never moves
					key={index}
					log={log}
					colour={colours.get(log.service)}
					open={open.has(index)}
					onToggle={() => setOpen(toggled(open, index))}
				/>
			))}
			{query.data.next_cursor && (
				<Notice>Only the newest {plural(logs.length, 'log record')} are shown.</Notice>
			)}
		</div>
	);
}

function toggled<T>(set: ReadonlySet<T>, item: T): Set<T> {
	const next = new Set(set);
	if (!next.delete(item)) next.add(item);
	return next;
}

const MOST_JSON = 300_000;

function JsonTab({ trace }: { trace: Trace }) {
	const text = useMemo(() => JSON.stringify(trace, null, 2), [trace]);
	const download = () => {
		const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
		const link = document.createElement('a');
		link.href = url;
		link.download = `trace-${trace.trace_id}.json`;
		link.click();
		URL.revokeObjectURL(url);
	};
	return (
		<>
			<div className={css.tools}>
				<Copy text={text} what="the JSON" label="Copy" mono={false} />
				<PlainButton onClick={download}>Download</PlainButton>
				{text.length > MOST_JSON && <span>The beginning is shown; the download has all of it.</span>}
			</div>
			<div className={css.scroll}>
				<pre className={`${css.json} mono`} data-testid="trace-json">
					{text.slice(0, MOST_JSON)}
				</pre>
			</div>
		</>
	);
}
