/*
 * trace-tree: a trace's spans as the rows of a waterfall.
 *
 * A span whose parent has not arrived hangs under a row that stands for the missing parent. Spans whose parents
 * form a ring are roots. No recursion: a trace may be thousands of spans deep.
 */
import type { Span } from '../api/types';
import { differenceNs, type Instant, parseInstant } from '../base/time';

export interface TreeNode {
	/** Unique in the tree: the span's id, told apart where an id was used twice. */
	id: string;
	/** Null on the row that stands for a parent that has not arrived. */
	span: Span | null;
	depth: number;
	/** Of the span, from the start of the trace. Of a missing parent: its children's extent. */
	startNs: number;
	endNs: number;
	service: string;
	children: TreeNode[];
	/** How many spans are below. */
	below: number;
	/** Whether a span below failed. */
	errorBelow: boolean;
}

export interface TraceTree {
	roots: TreeNode[];
	byId: Map<string, TreeNode>;
	parentOf: Map<string, string>;
	totalNs: number;
	missing: number;
}

const NO_INSTANT: Instant = { seconds: 0, nanos: 0 };

export function serviceOf(span: Span): string {
	const name = span.resource?.attributes?.['service.name'];
	return typeof name === 'string' && name !== '' ? name : 'unknown service';
}

export function buildTree(spans: readonly Span[]): TraceTree {
	const origin = earliest(spans);
	const byId = new Map<string, TreeNode>();
	const nodes = spans.map((span, index) => {
		const node = makeNode(span, index, origin, byId);
		byId.set(node.id, node);
		return node;
	});
	const tree: TraceTree = { roots: [], byId, parentOf: new Map(), totalNs: 0, missing: 0 };
	for (const node of nodes) {
		attach(tree, node);
		tree.totalNs = Math.max(tree.totalNs, node.endNs);
	}
	breakRings(tree, nodes);
	settle(tree.roots);
	return tree;
}

function earliest(spans: readonly Span[]): Instant {
	let origin: Instant | null = null;
	for (const span of spans) {
		const start = parseInstant(span.start_time);
		if (start && (!origin || differenceNs(start, origin) < 0)) origin = start;
	}
	return origin ?? NO_INSTANT;
}

function makeNode(span: Span, index: number, origin: Instant, byId: Map<string, TreeNode>): TreeNode {
	const startNs = differenceNs(parseInstant(span.start_time) ?? origin, origin);
	const end = parseInstant(span.end_time);
	const endNs = end ? differenceNs(end, origin) : startNs + span.duration_ms * 1e6;
	return {
		id: byId.has(span.span_id) ? `${span.span_id}-${index}` : span.span_id,
		span,
		depth: 0,
		startNs,
		endNs: Math.max(startNs, endNs),
		service: serviceOf(span),
		children: [],
		below: 0,
		errorBelow: false,
	};
}

function attach(tree: TraceTree, node: TreeNode): void {
	const parentId = node.span?.parent_span_id;
	if (!parentId) {
		tree.roots.push(node);
		return;
	}
	let parent = tree.byId.get(parentId) ?? tree.byId.get(missingId(parentId));
	if (!parent) {
		parent = { ...node, id: missingId(parentId), span: null, children: [] };
		tree.byId.set(parent.id, parent);
		tree.roots.push(parent);
		tree.missing += 1;
	}
	if (parent.span === null) {
		parent.startNs = Math.min(parent.startNs, node.startNs);
		parent.endNs = Math.max(parent.endNs, node.endNs);
	}
	parent.children.push(node);
	tree.parentOf.set(node.id, parent.id);
}

function missingId(parentId: string): string {
	return `missing-${parentId}`;
}

/** Whatever no root reaches is part of a ring: its earliest span becomes a root. */
function breakRings(tree: TraceTree, nodes: readonly TreeNode[]): void {
	const reached = new Set<TreeNode>();
	const reach = (root: TreeNode) => {
		const stack = [root];
		for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
			if (reached.has(node)) continue;
			reached.add(node);
			stack.push(...node.children);
		}
	};
	tree.roots.forEach(reach);
	for (const node of nodes) {
		if (reached.has(node)) continue;
		const parent = tree.byId.get(tree.parentOf.get(node.id) ?? '');
		if (parent) parent.children = parent.children.filter((child) => child !== node);
		tree.parentOf.delete(node.id);
		tree.roots.push(node);
		reach(node);
	}
}

/** Depths downwards, then counts upwards, children in the order in which they started. */
function settle(roots: TreeNode[]): void {
	const byStart = (a: TreeNode, b: TreeNode) => a.startNs - b.startNs || b.endNs - a.endNs;
	roots.sort(byStart);
	const order: TreeNode[] = [];
	const stack = [...roots];
	for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
		order.push(node);
		node.children.sort(byStart);
		for (const child of node.children) {
			child.depth = node.depth + 1;
			stack.push(child);
		}
	}
	for (const node of order.reverse()) {
		for (const child of node.children) {
			node.below += child.below + 1;
			node.errorBelow ||= child.errorBelow || child.span?.status === 'error';
		}
	}
}

/** The rows in the order of the screen; what is below a collapsed row is left out. */
export function visibleRows(tree: TraceTree, collapsed: ReadonlySet<string>): TreeNode[] {
	const rows: TreeNode[] = [];
	const stack = [...tree.roots].reverse();
	for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
		rows.push(node);
		if (collapsed.has(node.id)) continue;
		for (let index = node.children.length - 1; index >= 0; index -= 1) {
			const child = node.children[index];
			if (child) stack.push(child);
		}
	}
	return rows;
}

export function ancestorsOf(tree: TraceTree, id: string): string[] {
	const ancestors: string[] = [];
	for (let at = tree.parentOf.get(id); at !== undefined; at = tree.parentOf.get(at)) ancestors.push(at);
	return ancestors;
}

/** The time in which the span did not wait for a child. */
export function selfTimeNs(node: TreeNode): number {
	let covered = 0;
	let reachedNs = node.startNs;
	for (const child of node.children) {
		const from = Math.max(child.startNs, reachedNs);
		const to = Math.min(child.endNs, node.endNs);
		if (to > from) covered += to - from;
		reachedNs = Math.max(reachedNs, to);
	}
	return node.endNs - node.startNs - covered;
}

/** Round positions for a time axis, in nanoseconds from the start of the trace. */
export function axisTicks(fromNs: number, toNs: number, wanted: number): number[] {
	const rough = (toNs - fromNs) / Math.max(1, wanted);
	if (!(rough > 0)) return [fromNs];
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
	const ticks: number[] = [];
	for (let at = Math.ceil(fromNs / step) * step; at <= toNs; at += step) ticks.push(at);
	return ticks;
}
