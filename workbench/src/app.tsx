/* app: the frame around every page. */
import { Popover, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ComponentType, useEffect, useState } from 'react';
import { useKeyWanted } from './api/key';
import { statusQuery } from './api/queries';
import type { ServerStatus, SignalStatus } from './api/types';
import css from './app.module.css';
import { formatBytes, formatCompact, formatCount, formatDuration } from './base/format';
import type { Page } from './base/paths';
import { address, BASE, pageAddress, useAddress } from './base/router';
import { LogsPage } from './pages/logs';
import { MetricsPage } from './pages/metrics';
import { OverviewPage } from './pages/overview';
import { TracePage } from './pages/trace';
import { TracesPage } from './pages/traces';
import { ErrorBoundary } from './ui/error-boundary';
import {
	IconLogs,
	IconMetrics,
	IconMoon,
	IconOverview,
	type IconProps,
	IconSun,
	IconTraces,
	Logo,
} from './ui/icons';
import { KeyForm } from './ui/key-form';
import { Link } from './ui/link';
import { EmptyState } from './ui/states';

const PAGES: { page: Page; label: string; icon: ComponentType<IconProps> }[] = [
	{ page: 'overview', label: 'Overview', icon: IconOverview },
	{ page: 'traces', label: 'Traces', icon: IconTraces },
	{ page: 'logs', label: 'Logs', icon: IconLogs },
	{ page: 'metrics', label: 'Metrics', icon: IconMetrics },
];

const TITLES: Record<Page, string> = {
	overview: 'Overview',
	traces: 'Traces',
	trace: 'Trace',
	logs: 'Logs',
	metrics: 'Metrics',
	missing: 'Not found',
};

export function App() {
	const { route, params } = useAddress();
	useEffect(() => {
		document.title = `${TITLES[route.page]} · Rohas Workbench`;
	}, [route.page]);
	const keyWanted = useKeyWanted();
	const section: Page = route.page === 'trace' ? 'traces' : route.page;
	return (
		<div className={css.app}>
			<button type="button" className={css.skip} onClick={() => document.getElementById('main')?.focus()}>
				Skip to the content
			</button>
			<header className={css.header}>
				<Link className={css.brand} href={address('traces')} aria-label="Rohas Workbench: all traces">
					<Logo />
					<strong>Rohas</strong>
					<span>Workbench</span>
				</Link>
				<nav className={css.nav} aria-label="Pages">
					{PAGES.map(({ page, label, icon: Icon }) => (
						<Link
							key={page}
							className={css.tab}
							href={pageAddress(page, params)}
							aria-current={page === section ? 'page' : undefined}
							data-testid={`nav-${page}`}
						>
							<Icon />
							{label}
						</Link>
					))}
				</nav>
				<span className={css.space} />
				<StatusMenu />
				<SchemeToggle />
			</header>
			<main className={css.main} id="main" tabIndex={-1}>
				{keyWanted ? (
					<KeyForm />
				) : (
					<ErrorBoundary key={route.page + route.id}>
						<CurrentPage page={route.page} id={route.id} />
					</ErrorBoundary>
				)}
			</main>
		</div>
	);
}

function CurrentPage({ page, id }: { page: Page; id: string }) {
	switch (page) {
		case 'overview':
			return <OverviewPage />;
		case 'traces':
			return <TracesPage />;
		case 'trace':
			return <TracePage key={id} id={id} />;
		case 'logs':
			return <LogsPage />;
		case 'metrics':
			return <MetricsPage />;
		default:
			return (
				<EmptyState title="There is no such page">
					<Link href={address('traces')}>All traces</Link>
				</EmptyState>
			);
	}
}

function SchemeToggle() {
	const { setColorScheme } = useMantineColorScheme();
	const scheme = useComputedColorScheme('light');
	const other = scheme === 'dark' ? 'light' : 'dark';
	return (
		<button
			type="button"
			className={css.tool}
			onClick={() => setColorScheme(other)}
			title={`Use the ${other} scheme`}
			aria-label={`Use the ${other} scheme`}
			data-testid="scheme-toggle"
		>
			{scheme === 'dark' ? <IconSun size={16} /> : <IconMoon size={16} />}
		</button>
	);
}

function StatusMenu() {
	const keyWanted = useKeyWanted();
	const status = useQuery(statusQuery);
	const [opened, setOpened] = useState(false);
	const { data } = status;
	if (keyWanted || (!data && !status.isError)) return null;
	const lost = status.isError;
	return (
		<Popover opened={opened} onChange={setOpened} position="bottom-end">
			<Popover.Target>
				<button
					type="button"
					className={css.status}
					onClick={() => setOpened(!opened)}
					aria-expanded={opened}
					data-testid="server-status"
				>
					<span className={lost ? `${css.lamp} ${css.lampOff}` : css.lamp} />
					{lost || !data ? (
						<b>No answer</b>
					) : (
						<>
							<b>{data.project.name || 'rohas-telemetry'}</b>
							<span className="number">{formatCompact(data.store.spans)} spans</span>
							<span className="number">{formatBytes(data.store.size_bytes)}</span>
						</>
					)}
				</button>
			</Popover.Target>
			<Popover.Dropdown>
				{data ? <StatusFacts status={data} /> : <p className={css.about}>{status.error?.message}</p>}
			</Popover.Dropdown>
		</Popover>
	);
}

function StatusFacts({ status }: { status: ServerStatus }) {
	const { project, store, signals, trace_cache: cache } = status;
	const rows: [string, SignalStatus, number][] = [
		['Traces', signals.traces, store.spans],
		['Metrics', signals.metrics, store.points],
		['Logs', signals.logs, store.logs],
	];
	return (
		<>
			<p className={css.about}>
				rohas-telemetry {status.version}, up {formatDuration(status.uptime_seconds * 1000)}
				<br />
				{project.name && (
					<>
						Project {project.name} {project.version}
						<br />
					</>
				)}
				Store {store.type} at <span className="mono">{store.path}</span>: {formatBytes(store.size_bytes)} in{' '}
				{formatCount(store.blocks)} blocks
				<br />
				{formatCount(cache.traces)} traces in memory ({formatBytes(cache.size_bytes)}), found there{' '}
				{formatCount(cache.hits)} times of {formatCount(cache.hits + cache.misses)}
			</p>
			<table className={css.facts}>
				<thead>
					<tr>
						<th scope="col">Signal</th>
						<th scope="col">kept</th>
						<th scope="col">received</th>
						<th scope="col">dropped</th>
						<th scope="col">rejected</th>
					</tr>
				</thead>
				<tbody>
					{rows.map(([name, signal, kept]) => (
						<tr key={name}>
							<td>{signal.enabled ? name : `${name} (disabled)`}</td>
							<td>{formatCount(kept)}</td>
							<td>{formatCount(signal.received)}</td>
							<td>{formatCount(signal.dropped)}</td>
							<td>{formatCount(signal.rejected)}</td>
						</tr>
					))}
				</tbody>
			</table>
			<p className={css.licences}>
				<a href={`${BASE}/licences.txt`} target="_blank" rel="noreferrer">
					Licences of the Workbench's parts
				</a>
			</p>
		</>
	);
}
