/*
 * waterfall: the spans of a trace as a tree beside bars on a time axis. Only the rows on the screen exist, so a
 * trace may have many thousands.
 */
import { useElementSize } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import { formatCount, formatDuration, plural } from '../base/format';
import { address, useAddress, useChange } from '../base/router';
import { differenceNs, type Instant, parseInstant } from '../base/time';
import { ancestorsOf, axisTicks, type TraceTree, type TreeNode, visibleRows } from '../model/trace-tree';
import { exceptionOf } from '../model/values';
import {
	IconChevronDown,
	IconChevronRight,
	IconError,
	IconLink,
	IconMissing,
	IconPublish,
} from '../ui/icons';
import { Link } from '../ui/link';
import { TypeMark, tone } from '../ui/marks';
import { Splitter, useWidth } from '../ui/splitter';
import { Minimap } from './minimap';
import css from './waterfall.module.css';

const ROW_HEIGHT = 28;
const INDENT = 14;
const DEEPEST_INDENT = 20;
const TICK_WIDTH = 84;
const WIDEST_TREE = 0.6;

export interface View {
	fromNs: number;
	toNs: number;
}

interface Props {
	tree: TraceTree;
	colours: Map<string, string>;
	selectedId: string;
	onSelect: (id: string | null) => void;
}

export function Waterfall({ tree, colours, selectedId, onSelect }: Props) {
	const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
	const [treeWidth, setTreeWidth] = useWidth('tree', { initial: 400, least: 160, most: 900 });
	const [view, setView] = useView(tree.totalNs);
	const [activeId, setActiveId] = useState(selectedId);
	const scroller = useRef<HTMLDivElement>(null);
	const rows = useMemo(() => visibleRows(tree, collapsed), [tree, collapsed]);
	const virtualizer = useVirtualizer({
		count: rows.length,
		getScrollElement: () => scroller.current,
		estimateSize: () => ROW_HEIGHT,
		overscan: 16,
		getItemKey: (index) => rows[index]?.id ?? index,
	});

	useShown(tree, selectedId, setCollapsed);
	const position = rows.findIndex((row) => row.id === selectedId);
	useEffect(() => {
		if (position >= 0) virtualizer.scrollToIndex(position, { align: 'auto' });
		if (selectedId !== '') setActiveId(selectedId);
	}, [position, selectedId, virtualizer]);

	const toggle = (id: string) => setCollapsed((before) => toggled(before, id));
	const activate = (row: TreeNode) => {
		setActiveId(row.id);
		if (row.span) onSelect(row.id);
		else virtualizer.scrollToIndex(rows.indexOf(row), { align: 'auto' });
	};
	const onKeyDown = (event: KeyboardEvent) => {
		const next = keyTarget(event.key, rows, activeId, collapsed, tree);
		if (next === null) return;
		event.preventDefault();
		if (next === 'close') onSelect(null);
		else if (next.toggle) toggle(next.row.id);
		else activate(next.row);
	};

	const lane = useElementSize();
	const frame = useElementSize();
	const shownTree = frame.width > 0 ? Math.min(treeWidth, Math.round(frame.width * WIDEST_TREE)) : treeWidth;
	const wantedTicks = Math.max(2, Math.floor((lane.width || 600) / TICK_WIDTH));
	const ticks = useMemo(
		() => axisTicks(view.fromNs, view.toNs, wantedTicks),
		[view.fromNs, view.toNs, wantedTicks],
	);
	const at = (ns: number) => `${((ns - view.fromNs) / Math.max(1, view.toNs - view.fromNs)) * 100}%`;
	const branches = useMemo(() => [...tree.byId.values()].filter((node) => node.children.length > 0), [tree]);
	return (
		<div ref={frame.ref} className={css.waterfall} style={{ '--tree': `${shownTree}px` } as CSSProperties}>
			<div className={css.minimap}>
				<div className={css.tools}>
					<button
						type="button"
						className={css.tool}
						disabled={branches.length === 0}
						onClick={() => setCollapsed(new Set())}
					>
						Expand all
					</button>
					<button
						type="button"
						className={css.tool}
						disabled={branches.length === 0}
						onClick={() =>
							setCollapsed(new Set(branches.filter((node) => node.depth > 0).map((node) => node.id)))
						}
					>
						Collapse
					</button>
					<button
						type="button"
						className={css.tool}
						disabled={view.fromNs === 0 && view.toNs >= tree.totalNs}
						onClick={() => setView(null)}
					>
						Whole trace
					</button>
				</div>
				<Minimap tree={tree} colours={colours} view={view} onView={setView} />
			</div>
			<div className={css.ruler} aria-hidden="true">
				<span>{plural(tree.byId.size - tree.missing, 'span')}</span>
				<div className={css.ticks} ref={lane.ref}>
					{ticks.map((ns) => (
						<div key={ns} className={css.tick} style={{ left: at(ns) }}>
							{formatDuration(ns / 1e6)}
						</div>
					))}
				</div>
			</div>
			<div
				ref={scroller}
				className={css.scroller}
				role="tree"
				aria-label="Spans of the trace"
				aria-activedescendant={activeId ? `span-${activeId}` : undefined}
				tabIndex={0}
				onKeyDown={onKeyDown}
			>
				<div className={css.rows} style={{ height: virtualizer.getTotalSize() }} role="presentation">
					<div className={css.gridLines}>
						{ticks.map((ns) => (
							<i key={ns} style={{ left: at(ns) }} />
						))}
					</div>
					{virtualizer.getVirtualItems().map((item) => {
						const row = rows[item.index];
						if (!row) return null;
						return (
							<SpanRow
								key={item.key}
								row={row}
								top={item.start}
								view={view}
								colour={colours.get(row.service)}
								selected={row.id === (selectedId || activeId)}
								expanded={row.children.length > 0 ? !collapsed.has(row.id) : undefined}
								onActivate={activate}
								onToggle={toggle}
							/>
						);
					})}
				</div>
			</div>
			<Splitter
				width={treeWidth}
				onChange={setTreeWidth}
				pane="left"
				label="Width of the span names"
				style={{ position: 'absolute', top: 0, bottom: 0, left: shownTree - 1 }}
			/>
		</div>
	);
}

/** The part of the trace that is on the axis; the address keeps it as "zoom=from-to" in nanoseconds. */
function useView(totalNs: number): [View, (view: View | null) => void] {
	const { params } = useAddress();
	const change = useChange();
	const match = /^(\d+)-(\d+)$/.exec(params.get('zoom') ?? '');
	const from = Number(match?.[1] ?? 0);
	const to = Number(match?.[2] ?? 0);
	const view = match && to > from ? { fromNs: from, toNs: to } : { fromNs: 0, toNs: Math.max(1, totalNs) };
	const setView = (next: View | null) =>
		change({ zoom: next ? `${Math.floor(next.fromNs)}-${Math.ceil(next.toNs)}` : null }, 'replace');
	return [view, setView];
}

/** Opens whatever hides the selected span. */
function useShown(
	tree: TraceTree,
	id: string,
	setCollapsed: (change: (before: ReadonlySet<string>) => ReadonlySet<string>) => void,
): void {
	useEffect(() => {
		if (id === '') return;
		const hiding = ancestorsOf(tree, id);
		setCollapsed((before) => {
			if (!hiding.some((ancestor) => before.has(ancestor))) return before;
			const next = new Set(before);
			for (const ancestor of hiding) next.delete(ancestor);
			return next;
		});
	}, [tree, id, setCollapsed]);
}

type Target = { row: TreeNode; toggle: boolean } | 'close' | null;

function keyTarget(
	key: string,
	rows: readonly TreeNode[],
	activeId: string,
	collapsed: ReadonlySet<string>,
	tree: TraceTree,
): Target {
	const index = rows.findIndex((row) => row.id === activeId);
	const row = rows[index];
	const go = (target: TreeNode | undefined): Target => (target ? { row: target, toggle: false } : null);
	switch (key) {
		case 'ArrowDown':
		case 'j':
			return go(rows[index + 1]);
		case 'ArrowUp':
		case 'k':
			return go(rows[Math.max(0, index - 1)]);
		case 'Home':
			return go(rows[0]);
		case 'End':
			return go(rows.at(-1));
		case 'PageDown':
			return go(rows[Math.min(rows.length - 1, index + 15)]);
		case 'PageUp':
			return go(rows[Math.max(0, index - 15)]);
		case 'ArrowRight':
			if (!row || row.children.length === 0) return null;
			return collapsed.has(row.id) ? { row, toggle: true } : go(row.children[0]);
		case 'ArrowLeft':
			if (!row) return null;
			if (row.children.length > 0 && !collapsed.has(row.id)) return { row, toggle: true };
			return go(tree.byId.get(tree.parentOf.get(row.id) ?? ''));
		case 'Enter':
		case ' ':
			return row && !row.span ? { row, toggle: true } : go(row);
		case 'Escape':
			return 'close';
		default:
			return null;
	}
}

function toggled(set: ReadonlySet<string>, id: string): Set<string> {
	const next = new Set(set);
	if (!next.delete(id)) next.add(id);
	return next;
}

interface RowProps {
	row: TreeNode;
	top: number;
	view: View;
	colour: string | undefined;
	selected: boolean;
	expanded: boolean | undefined;
	onActivate: (row: TreeNode) => void;
	onToggle: (id: string) => void;
}

function SpanRow(props: RowProps) {
	const { row, top, colour, selected, expanded, onActivate } = props;
	const { span } = row;
	const failed = span?.status === 'error';
	return (
		// biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys for all its rows
		<div
			id={`span-${row.id}`}
			className={[css.row, selected ? css.selected : '', failed ? css.failed : ''].filter(Boolean).join(' ')}
			style={{ transform: `translateY(${top}px)`, ...tone(colour ?? 'var(--ink-3)') }}
			role="treeitem"
			tabIndex={-1}
			aria-level={row.depth + 1}
			aria-expanded={expanded}
			aria-selected={selected}
			aria-label={
				span
					? `${span.operation_name}, ${row.service}, ${formatDuration(span.duration_ms)}${failed ? ', failed' : ''}`
					: 'Missing parent'
			}
			onClick={() => onActivate(row)}
			data-testid={span ? 'span-row' : 'missing-row'}
			data-span-id={span?.span_id}
		>
			<TreeCell {...props} />
			<Lane row={row} view={props.view} />
		</div>
	);
}

function TreeCell({ row, expanded, onToggle }: RowProps) {
	const { span } = row;
	const folded = expanded === false;
	return (
		<div className={css.tree} style={{ paddingLeft: 8 + Math.min(row.depth, DEEPEST_INDENT) * INDENT }}>
			{expanded === undefined ? (
				<span className={css.leaf} />
			) : (
				<button
					type="button"
					className={css.toggle}
					tabIndex={-1}
					aria-label={folded ? 'Expand' : 'Collapse'}
					onClick={(event) => {
						event.stopPropagation();
						onToggle(row.id);
					}}
				>
					{folded ? <IconChevronRight size={11} /> : <IconChevronDown size={11} />}
				</button>
			)}
			{span ? (
				<>
					<span className={css.stripe} />
					{span.handler && <TypeMark type={span.handler.type} />}
					{span.status === 'error' && <IconError size={13} className={css.error} />}
					<SpanName row={row} />
					{folded && <span className={`${css.count} number`}>{formatCount(row.below)}</span>}
					{folded && row.errorBelow && <span className={css.errorBelow} title="A span below failed" />}
					<Chips row={row} />
				</>
			) : (
				<span
					className={`${css.label} ${css.missing} ellipsis`}
					title={`Parent ${row.id.replace('missing-', '')}`}
				>
					<IconMissing size={12} /> parent has not arrived
				</span>
			)}
		</div>
	);
}

function SpanName({ row }: { row: TreeNode }) {
	const { span } = row;
	if (!span) return null;
	const name = span.handler?.name ?? span.operation_name;
	return (
		<>
			<span
				className={`${css.label} ellipsis`}
				style={span.handler ? { fontWeight: 600 } : undefined}
				title={`${span.operation_name} · ${row.service}`}
			>
				{name}
			</span>
			{name !== span.operation_name && (
				<span className={`${css.operation} ellipsis`}>{span.operation_name}</span>
			)}
		</>
	);
}

function Chips({ row }: { row: TreeNode }) {
	const { span } = row;
	const first = span?.links[0];
	if (!span) return null;
	return (
		<>
			{span.published_event && (
				<span className={css.chip} title={`Publishes ${span.published_event}`}>
					<IconPublish size={11} />
					<span className="ellipsis">{span.published_event}</span>
				</span>
			)}
			{first && (
				<Link
					className={`${css.chip} ${css.linkChip}`}
					href={address('trace', first.trace_id, { span: first.span_id })}
					title={`Linked to ${plural(span.links.length, 'span')}: opens the first`}
					tabIndex={-1}
					onClick={(event) => event.stopPropagation()}
					data-testid="link-chip"
				>
					<IconLink size={11} />
					{span.links.length === 1 ? 'linked' : `${span.links.length} links`}
				</Link>
			)}
		</>
	);
}

const Lane = memo(function Lane({ row, view }: { row: TreeNode; view: View }) {
	const { span } = row;
	const width = Math.max(1, view.toNs - view.fromNs);
	const share = (ns: number) => ((ns - view.fromNs) / width) * 100;
	const left = Math.max(0, share(row.startNs));
	const right = Math.min(100, share(row.endNs));
	const outside = right < 0 || left > 100;
	const failed = span?.status === 'error';
	const classes = [
		css.bar,
		span?.handler ? css.handlerBar : '',
		failed ? css.barFailed : '',
		span ? '' : css.barMissing,
	];
	const label = formatDuration((row.endNs - row.startNs) / 1e6);
	// The label stands after the bar; where the bar reaches the edge it has the margin of the lane for itself.
	return (
		<div className={css.lane}>
			{!outside && (
				<div
					className={classes.filter(Boolean).join(' ')}
					style={{ left: `${left}%`, width: `${Math.max(0, right - left)}%` }}
				/>
			)}
			{!outside && span && span.logs.length > 0 && <Events row={row} share={share} />}
			<span className={css.time} style={outside ? sideOf(left) : { left: `${right}%` }}>
				{outside ? (left > 100 ? `${label} ▸` : `◂ ${label}`) : label}
			</span>
		</div>
	);
});

function sideOf(left: number): CSSProperties {
	return left > 100 ? { right: 0 } : { left: 0 };
}

const MOST_MARKS = 40;

function Events({ row, share }: { row: TreeNode; share: (ns: number) => number }) {
	const { span } = row;
	const start = span ? parseInstant(span.start_time) : null;
	if (!span || !start) return null;
	const position = (time: string) => {
		const instant: Instant = parseInstant(time) ?? start;
		return share(row.startNs + differenceNs(instant, start));
	};
	return span.logs.slice(0, MOST_MARKS).map((event, index) => {
		const left = position(event.time);
		if (left < 0 || left > 100) return null;
		return (
			<span
				// biome-ignore lint/suspicious/noArrayIndexKey: events have no id and never move
				key={index}
				className={exceptionOf(event.attributes) ? `${css.event} ${css.eventFailed}` : css.event}
				style={{ left: `${left}%` }}
				title={event.name}
			/>
		);
	});
}
