/* trace-summary: what a trace did, at a glance, while no span is selected. */
import { useMemo } from 'react';
import type { Trace } from '../api/types';
import { formatCount, formatDuration, formatPercent } from '../base/format';
import { selfTimeNs, type TraceTree } from '../model/trace-tree';
import { IconError, IconPublish } from '../ui/icons';
import { ServiceMark, TypeMark } from '../ui/marks';
import css from './trace-summary.module.css';

interface Props {
	tree: TraceTree;
	trace: Trace;
	colours: Map<string, string>;
	onSelect: (id: string) => void;
}

interface ServiceShare {
	service: string;
	spans: number;
	errors: number;
	selfNs: number;
}

const MOST_ITEMS = 12;

export function TraceSummary({ tree, trace, colours, onSelect }: Props) {
	const services = useMemo(() => shares(tree), [tree]);
	const total = services.reduce((sum, each) => sum + each.selfNs, 0);
	const executions = trace.spans.filter((span) => span.handler);
	const published = trace.spans.filter((span) => span.published_event);
	const failed = trace.spans.filter((span) => span.status === 'error');
	return (
		<div className={css.summary} data-testid="trace-summary">
			<h2>Services</h2>
			<table className={css.table}>
				<thead>
					<tr>
						<th scope="col">Service</th>
						<th scope="col">Spans</th>
						<th scope="col">Errors</th>
						<th scope="col">Self time</th>
						<th scope="col">Share</th>
					</tr>
				</thead>
				<tbody>
					{services.map((each) => (
						<tr key={each.service}>
							<td>
								<ServiceMark name={each.service} colour={colours.get(each.service)} />
							</td>
							<td>{formatCount(each.spans)}</td>
							<td style={each.errors > 0 ? { color: 'var(--error)' } : undefined}>
								{formatCount(each.errors)}
							</td>
							<td>{formatDuration(each.selfNs / 1e6)}</td>
							<td>{formatPercent(total > 0 ? each.selfNs / total : 0)}</td>
						</tr>
					))}
				</tbody>
			</table>
			{executions.length > 0 && <h2>Handlers</h2>}
			{executions.slice(0, MOST_ITEMS).map((span) => (
				<button key={span.span_id} type="button" className={css.item} onClick={() => onSelect(span.span_id)}>
					{span.handler && <TypeMark type={span.handler.type} />}
					<span className="ellipsis">{span.handler?.name}</span>
					{span.status === 'error' && <IconError size={12} />}
					<span className={`${css.end} number`}>{formatDuration(span.duration_ms)}</span>
				</button>
			))}
			{published.length > 0 && <h2>Events published</h2>}
			{published.slice(0, MOST_ITEMS).map((span) => (
				<button key={span.span_id} type="button" className={css.item} onClick={() => onSelect(span.span_id)}>
					<IconPublish size={13} />
					<span className="ellipsis">{span.published_event}</span>
					<span className={`${css.end} number`}>{formatDuration(span.duration_ms)}</span>
				</button>
			))}
			{failed.length > 0 && <h2>Failed spans</h2>}
			{failed.slice(0, MOST_ITEMS).map((span) => (
				<button
					key={span.span_id}
					type="button"
					className={css.item}
					style={{ color: 'var(--error)' }}
					onClick={() => onSelect(span.span_id)}
				>
					<IconError size={13} />
					<span className="ellipsis">{span.operation_name}</span>
					<span className={`${css.end} ellipsis`} style={{ maxWidth: '50%' }}>
						{span.status_message}
					</span>
				</button>
			))}
			<p className={css.hint}>Select a span to see its tags, events, links and logs.</p>
		</div>
	);
}

function shares(tree: TraceTree): ServiceShare[] {
	const byService = new Map<string, ServiceShare>();
	for (const node of tree.byId.values()) {
		if (!node.span) continue;
		const share = byService.get(node.service) ?? { service: node.service, spans: 0, errors: 0, selfNs: 0 };
		share.spans += 1;
		share.errors += node.span.status === 'error' ? 1 : 0;
		share.selfNs += selfTimeNs(node);
		byService.set(node.service, share);
	}
	return [...byService.values()].sort((a, b) => b.selfNs - a.selfNs);
}
