/* log-row: one log record on one line, and all that it carries when it is opened. */
import type { LogItem } from '../api/types';
import { address } from '../base/router';
import { formatClockMs, formatDay, instantMs } from '../base/time';
import { exceptionOf } from '../model/values';
import { highlight } from '../model/words';
import { AttributeTable } from './attributes';
import { ExceptionView } from './exception';
import { IconChevronDown, IconChevronRight, IconTraces } from './icons';
import { Link } from './link';
import css from './log-row.module.css';
import { Copy, LevelMark, ServiceMark } from './marks';

interface Props {
	log: LogItem;
	open: boolean;
	onToggle: () => void;
	terms?: readonly string[];
	colour?: string | undefined;
	/** Within a trace: without what all its rows have in common. */
	compact?: boolean;
}

export function LogRow({ log, open, onToggle, terms = [], colour, compact = false }: Props) {
	const ms = instantMs(log.timestamp);
	const day = formatDay(ms);
	return (
		<div
			className={[css.row, css[log.level], compact ? css.compact : ''].filter(Boolean).join(' ')}
			data-testid="log-row"
			data-level={log.level}
		>
			<button type="button" className={css.line} aria-expanded={open} onClick={onToggle}>
				<span className={css.chevron}>
					{open ? <IconChevronDown size={11} /> : <IconChevronRight size={11} />}
				</span>
				<span className="number ellipsis" title={log.timestamp}>
					{!compact && day !== formatDay(Date.now()) && <span className="muted">{day} </span>}
					{formatClockMs(ms)}
				</span>
				<LevelMark level={log.level} />
				{!compact && (
					<span className={`${css.source} ellipsis`}>
						<ServiceMark name={log.service} colour={colour} />
					</span>
				)}
				<span className={`${css.message} ellipsis`}>
					<Marked text={firstLine(log)} terms={terms} />
				</span>
				{!compact && <span className={`${css.handler} ellipsis`}>{log.handler}</span>}
			</button>
			{open && <LogDetail log={log} terms={terms} compact={compact} />}
		</div>
	);
}

function firstLine(log: LogItem): string {
	return (log.message || log.event_name || '').split('\n', 1)[0] ?? '';
}

export function Marked({ text, terms }: { text: string; terms: readonly string[] }) {
	return highlight(text, terms).map((piece, index) =>
		// biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never move
		piece.match ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
	);
}

function LogDetail({ log, terms, compact }: { log: LogItem; terms: readonly string[]; compact: boolean }) {
	const exception = exceptionOf(log.metadata);
	const { 'exception.stacktrace': _stack, ...withoutStack } = log.metadata;
	const metadata = exception ? withoutStack : log.metadata;
	return (
		<div className={css.detail}>
			<pre className={`${css.full} mono`}>
				<Marked text={log.message} terms={terms} />
			</pre>
			<div className={css.ids}>
				<span>
					<span className="muted">time</span> <span className="mono">{log.timestamp}</span>
				</span>
				{log.event_name && (
					<span>
						<span className="muted">event</span> {log.event_name}
					</span>
				)}
				{log.handler && (
					<span>
						<span className="muted">handler</span>{' '}
						<Link href={address('logs', '', { handler: log.handler })} title="Logs of this handler">
							{log.handler}
						</Link>
					</span>
				)}
				{log.trace_id && !compact && (
					<Link
						className={css.chip}
						href={address('trace', log.trace_id, { span: log.span_id })}
						data-testid="log-trace-link"
					>
						<IconTraces size={12} /> Open the trace
					</Link>
				)}
				{log.trace_id && !compact && (
					<span>
						<span className="muted">trace</span>{' '}
						<Copy text={log.trace_id} what="trace id" label={log.trace_id} />
					</span>
				)}
				{log.span_id && (
					<span>
						<span className="muted">span</span> <Copy text={log.span_id} what="span id" label={log.span_id} />
					</span>
				)}
			</div>
			{exception && <ExceptionView exception={exception} />}
			{Object.keys(metadata).length > 0 && <AttributeTable attributes={metadata} />}
		</div>
	);
}
