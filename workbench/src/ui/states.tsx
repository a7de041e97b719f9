/* states: what a page shows while it loads, when there is nothing to show, and when something went wrong. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiError } from '../api/client';
import { IconError } from './icons';
import css from './states.module.css';

interface StateProps {
	title: string;
	children?: ReactNode;
	icon?: ReactNode;
}

export function EmptyState({ title, children, icon }: StateProps) {
	return (
		<div className={css.state} data-testid="empty-state">
			{icon}
			<h2>{title}</h2>
			{children}
		</div>
	);
}

export function ErrorState({ error, onRetry }: { error: Error; onRetry?: (() => void) | undefined }) {
	const title = error instanceof ApiError ? error.title : 'Something went wrong';
	return (
		<div className={`${css.state} ${css.error}`} role="alert" data-testid="error-state">
			<IconError size={28} />
			<h2>{title || 'Something went wrong'}</h2>
			<p>{error.message}</p>
			{onRetry && (
				<Button variant="default" onClick={onRetry}>
					Try again
				</Button>
			)}
		</div>
	);
}

export function Notice({ tone = 'warn', children }: { tone?: 'warn' | 'error'; children: ReactNode }) {
	return (
		<div className={tone === 'error' ? `${css.notice} ${css.noticeError}` : css.notice} role="status">
			<IconError size={14} />
			<span>{children}</span>
		</div>
	);
}

export function CodeBlock({ children }: { children: string }) {
	return <div className={`${css.code} mono`}>{children}</div>;
}

export function FirstSteps({ what }: { what: string }) {
	return (
		<>
			<p>
				Point any OpenTelemetry SDK at this program; {what} appear here as they arrive. For a Node.js
				application that already uses OpenTelemetry:
			</p>
			<CodeBlock>{`export OTEL_EXPORTER_OTLP_ENDPOINT=http://${endpointHost()}:4318\nnode --require @opentelemetry/auto-instrumentations-node/register app.js`}</CodeBlock>
			<p>
				No application at hand? <span className="mono">rohas-telemetry demo</span> plays a small shop.
			</p>
		</>
	);
}

function endpointHost(): string {
	const { hostname } = window.location;
	return hostname === '' || hostname === '127.0.0.1' || hostname === '[::1]' ? 'localhost' : hostname;
}

const WIDTHS = [
	[90, 260, 60, 120, 180],
	[90, 190, 60, 80, 120],
	[90, 230, 60, 150, 90],
];

export function SkeletonRows({ count = 12 }: { count?: number }) {
	return (
		<div className={css.rows} role="status" aria-label="Loading">
			{Array.from({ length: count }, (_, row) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
				<div className={css.row} key={row}>
					{(WIDTHS[row % WIDTHS.length] ?? []).map((width) => (
						<i key={width} style={{ width }} />
					))}
				</div>
			))}
		</div>
	);
}
