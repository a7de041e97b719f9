/* span-panel: everything that is known about one span. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { logsQuery, statusQuery } from '../api/queries';
import type { Attributes, Span, SpanEvent, SpanLink } from '../api/types';
import { formatDuration, plural } from '../base/format';
import { address } from '../base/router';
import { differenceNs, formatClockMs, instantMs, parseInstant } from '../base/time';
import { selfTimeNs, type TreeNode } from '../model/trace-tree';
import { exceptionOf } from '../model/values';
import { AttributeTable } from '../ui/attributes';
import { ExceptionView, Failure } from '../ui/exception';
import { IconChevronRight, IconClose, IconLink, IconPublish } from '../ui/icons';
import { Link } from '../ui/link';
import { LogRow } from '../ui/log-row';
import { Copy, ServiceMark, StatusMark, TypeMark } from '../ui/marks';
import css from './span-panel.module.css';

interface Props {
	node: TreeNode;
	span: Span;
	colour: string | undefined;
	onClose: () => void;
	onSelect: (id: string) => void;
}

export function SpanPanel({ node, span, colour, onClose, onSelect }: Props) {
	const exceptions = span.logs.filter((event) => exceptionOf(event.attributes));
	return (
		<section className={css.panel} data-testid="span-panel" data-span-id={span.span_id} aria-label="Span">
			<header className={css.head}>
				<div className={css.title}>
					{span.handler && <TypeMark type={span.handler.type} />}
					<h2>{span.handler?.name ?? span.operation_name}</h2>
					<button
						type="button"
						className={css.close}
						onClick={onClose}
						aria-label="Close the span"
						title="Close (Esc)"
					>
						<IconClose size={14} />
					</button>
				</div>
			</header>
			<Facts node={node} span={span} colour={colour} onSelect={onSelect} />
			{span.status === 'error' && (
				<div className={css.block}>
					{exceptions.length > 0 ? (
						exceptions.map((event) => <ExceptionOf key={event.time} event={event} />)
					) : (
						<Failure message={span.status_message} />
					)}
				</div>
			)}
			<Section
				title="Tags"
				count={Object.keys(span.tags).length}
				dropped={span.dropped_attributes_count}
				open
			>
				<AttributeTable
					attributes={span.tags}
					findHref={(name, value) => address('traces', '', { tag: [`${name}=${value}`] })}
					findTitle="Find traces with this tag"
				/>
			</Section>
			<Section title="Links" count={span.links.length} dropped={span.dropped_links_count} open>
				{span.links.map((link) => (
					<LinkView key={`${link.trace_id}${link.span_id}`} link={link} own={span.trace_id} />
				))}
			</Section>
			<Section title="Events" count={span.logs.length} dropped={span.dropped_events_count} open>
				{span.logs.map((event, index) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: events have no id and never move
					<EventView key={index} event={event} span={span} />
				))}
			</Section>
			<SpanLogs span={span} />
			<Section title="Resource" count={Object.keys(span.resource.attributes).length}>
				<AttributeTable attributes={span.resource.attributes} />
			</Section>
			<Section title="Scope" count={span.scope.name ? 1 : 0}>
				<AttributeTable
					attributes={{
						name: span.scope.name,
						...(span.scope.version ? { version: span.scope.version } : {}),
						...span.scope.attributes,
					}}
				/>
			</Section>
			<Section title="JSON" count={1} plain>
				<Copy text={JSON.stringify(span, null, 2)} what="the span as JSON" label="Copy" mono={false} />
				<pre className="mono" style={{ overflow: 'auto', maxHeight: 420, margin: '6px 0 0' }}>
					{JSON.stringify(span, null, 2)}
				</pre>
			</Section>
		</section>
	);
}

function ExceptionOf({ event }: { event: SpanEvent }) {
	const exception = exceptionOf(event.attributes);
	return exception && <ExceptionView exception={exception} />;
}

function Facts({ node, span, colour, onSelect }: Omit<Props, 'onClose'>) {
	return (
		<dl className={`${css.facts} number`}>
			{span.handler && span.handler.name !== span.operation_name && (
				<>
					<dt>Operation</dt>
					<dd>{span.operation_name}</dd>
				</>
			)}
			<dt>Service</dt>
			<dd>
				<ServiceMark name={node.service} colour={colour} />
				{span.handler?.language && <span className="muted">{span.handler.language}</span>}
			</dd>
			<dt>Status</dt>
			<dd>
				<StatusMark status={span.status} />
				{span.status_code === 'ok' && <span className="muted">set by the application</span>}
			</dd>
			<dt>Duration</dt>
			<dd>
				<b>{formatDuration(span.duration_ms)}</b>
				{node.children.length > 0 && (
					<span className="muted">self {formatDuration(selfTimeNs(node) / 1e6)}</span>
				)}
			</dd>
			<dt>Start</dt>
			<dd title={span.start_time}>
				{formatClockMs(instantMs(span.start_time))}
				<span className="muted">+{formatDuration(node.startNs / 1e6)}</span>
			</dd>
			<dt>Kind</dt>
			<dd>{span.kind}</dd>
			{span.handler?.event && (
				<>
					<dt>Handles</dt>
					<dd>{span.handler.event}</dd>
				</>
			)}
			{span.published_event && (
				<>
					<dt>Publishes</dt>
					<dd style={{ color: 'var(--type-event)' }}>
						<IconPublish size={13} /> {span.published_event}
					</dd>
				</>
			)}
			<dt>Span</dt>
			<dd>
				<Copy text={span.span_id} what="span id" label={span.span_id} />
			</dd>
			{span.parent_span_id && (
				<>
					<dt>Parent</dt>
					<dd>
						<button
							type="button"
							className={`${css.parent} mono`}
							onClick={() => onSelect(span.parent_span_id ?? '')}
						>
							{span.parent_span_id}
						</button>
					</dd>
				</>
			)}
			{span.trace_state && (
				<>
					<dt>Trace state</dt>
					<dd className="mono">{span.trace_state}</dd>
				</>
			)}
		</dl>
	);
}

interface SectionProps {
	title: string;
	count: number;
	dropped?: number;
	open?: boolean;
	/** No number beside the title. */
	plain?: boolean;
	flush?: boolean;
	children: ReactNode;
}

function Section({
	title,
	count,
	dropped = 0,
	open = false,
	plain = false,
	flush = false,
	children,
}: SectionProps) {
	const [shown, setShown] = useState(open);
	if (count === 0 && dropped === 0) return null;
	return (
		<details className={css.section} open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
			<summary>
				<IconChevronRight size={10} />
				{title}
				{!plain && <span className={css.count}>{count}</span>}
				{dropped > 0 && <span className={css.count}>({dropped} dropped by the sender)</span>}
			</summary>
			{shown && <div className={flush ? css.flush : css.content}>{children}</div>}
		</details>
	);
}

function EventView({ event, span }: { event: SpanEvent; span: Span }) {
	const at = parseInstant(event.time);
	const start = parseInstant(span.start_time);
	const exception = exceptionOf(event.attributes);
	const attributes = exception ? withoutException(event.attributes) : event.attributes;
	return (
		<div className={css.event}>
			<div className={`${css.eventHead} number`}>
				<b>{event.name || '(no name)'}</b>
				<span title={event.time}>
					{at && start ? `+${formatDuration(differenceNs(at, start) / 1e6)}` : ''}
				</span>
			</div>
			{exception && span.status !== 'error' && <ExceptionView exception={exception} />}
			{exception && span.status === 'error' && (
				<p className={css.note}>{exception.type || exception.message}, as shown above</p>
			)}
			{Object.keys(attributes).length > 0 && <AttributeTable attributes={attributes} />}
		</div>
	);
}

const EXCEPTION_FIELDS = ['exception.type', 'exception.message', 'exception.stacktrace'];

function withoutException(attributes: Attributes): Attributes {
	return Object.fromEntries(Object.entries(attributes).filter(([name]) => !EXCEPTION_FIELDS.includes(name)));
}

function LinkView({ link, own }: { link: SpanLink; own: string }) {
	const within = link.trace_id === own;
	return (
		<>
			<Link
				className={css.link}
				href={address('trace', link.trace_id, { span: link.span_id })}
				data-testid="span-link"
				title={`Span ${link.span_id} of trace ${link.trace_id}`}
			>
				<IconLink size={13} />
				<span>{within ? 'Span of this trace' : 'Linked trace'}</span>
				<span className="mono ellipsis">{within ? link.span_id : link.trace_id}</span>
			</Link>
			{Object.keys(link.attributes).length > 0 && <AttributeTable attributes={link.attributes} />}
		</>
	);
}

function SpanLogs({ span }: { span: Span }) {
	const query = useQuery(logsQuery({ trace_id: span.trace_id, span_id: span.span_id, limit: 200 }));
	const status = useQuery(statusQuery);
	const [open, setOpen] = useState<number | null>(null);
	const logs = [...(query.data?.logs ?? [])].reverse();
	if (status.data?.signals.logs.enabled === false && logs.length === 0) return null;
	if (query.error)
		return (
			<Section title="Logs" count={1} plain open>
				<p className={css.note}>{query.error.message}</p>
			</Section>
		);
	return (
		<Section key={query.isPending ? 'pending' : 'ready'} title="Logs" count={logs.length} open flush>
			{logs.map((log, index) => (
				<LogRow
					// biome-ignore lint/suspicious/noArrayIndexKey: log records have no id, and this list never moves
					key={index}
					log={log}
					compact
					open={open === index}
					onToggle={() => setOpen(open === index ? null : index)}
				/>
			))}
			{query.data?.next_cursor && (
				<p className={css.note} style={{ padding: '6px 14px' }}>
					The newest {plural(logs.length, 'log record')}.{' '}
					<Link
						href={address('logs', '', {
							trace_id: span.trace_id,
							span_id: span.span_id,
							start: span.start_time,
						})}
					>
						All logs of the span
					</Link>
				</p>
			)}
		</Section>
	);
}
