import { describe, expect, test } from 'vitest';
import type { Span } from '../../src/api/types';
import {
	ancestorsOf,
	axisTicks,
	buildTree,
	selfTimeNs,
	type TraceTree,
	visibleRows,
} from '../../src/model/trace-tree';

const time = (ns: number) => `2026-01-01T00:00:00.${String(ns).padStart(9, '0')}Z`;

function span(
	id: string,
	parent: string | null,
	startNs: number,
	endNs: number,
	more: Partial<Span> = {},
): Span {
	return {
		trace_id: '0af7651916cd43dd8448eb211c80319c',
		span_id: id,
		parent_span_id: parent,
		operation_name: id,
		kind: 'internal',
		start_time: time(startNs),
		end_time: time(endNs),
		duration_ms: (endNs - startNs) / 1e6,
		status: 'success',
		status_code: 'unset',
		status_message: '',
		tags: {},
		logs: [],
		links: [],
		resource: { attributes: { 'service.name': 'shop' }, schema_url: '' },
		scope: { name: '', version: '', attributes: {}, schema_url: '' },
		trace_state: '',
		flags: 0,
		dropped_attributes_count: 0,
		dropped_events_count: 0,
		dropped_links_count: 0,
		handler: null,
		published_event: null,
		...more,
	};
}

const outline = (tree: TraceTree, collapsed: string[] = []) =>
	visibleRows(tree, new Set(collapsed)).map((row) => `${'.'.repeat(row.depth)}${row.id}`);

describe('buildTree', () => {
	test('hangs children under their parents in the order in which they started', () => {
		const tree = buildTree([
			span('c', 'a', 50, 60),
			span('a', null, 0, 100),
			span('b', 'a', 10, 40),
			span('d', 'b', 20, 30),
		]);
		expect(outline(tree)).toEqual(['a', '.b', '..d', '.c']);
		expect(tree.totalNs).toBe(100);
		expect(tree.byId.get('a')?.below).toBe(3);
	});

	test('counts time from the earliest span, to the nanosecond', () => {
		const tree = buildTree([
			span('late', null, 900_000_001, 900_000_005),
			span('early', null, 900_000_000, 900_000_001),
		]);
		expect(tree.byId.get('late')?.startNs).toBe(1);
		expect(tree.totalNs).toBe(5);
	});

	test('stands a row for a parent that has not arrived, one for all its children', () => {
		const tree = buildTree([span('x', 'gone', 10, 20), span('y', 'gone', 30, 50), span('z', 'x', 12, 14)]);
		expect(outline(tree)).toEqual(['missing-gone', '.x', '..z', '.y']);
		const missing = tree.byId.get('missing-gone');
		expect(missing?.span).toBeNull();
		expect([missing?.startNs, missing?.endNs]).toEqual([0, 40]);
		expect(tree.missing).toBe(1);
	});

	test('shows spans whose parents form a ring, each once', () => {
		const tree = buildTree([span('a', 'b', 0, 10), span('b', 'a', 1, 9), span('self', 'self', 2, 3)]);
		expect(outline(tree)).toEqual(['a', '.b', 'self']);
	});

	test('shows both spans where an id was used twice', () => {
		const tree = buildTree([span('a', null, 0, 10), span('a', null, 5, 8)]);
		expect(visibleRows(tree, new Set())).toHaveLength(2);
	});

	test('knows of an error below', () => {
		const tree = buildTree([
			span('a', null, 0, 9),
			span('b', 'a', 1, 8),
			span('c', 'b', 2, 7, { status: 'error' }),
		]);
		expect(tree.byId.get('a')?.errorBelow).toBe(true);
		expect(tree.byId.get('c')?.errorBelow).toBe(false);
	});

	test('stands a chain of twenty thousand spans', () => {
		const spans = Array.from({ length: 20_000 }, (_, index) =>
			span(`s${index}`, index === 0 ? null : `s${index - 1}`, index, 30_000),
		);
		const tree = buildTree(spans);
		expect(visibleRows(tree, new Set())).toHaveLength(20_000);
		expect(tree.byId.get('s0')?.below).toBe(19_999);
	});

	test('of nothing is empty', () => {
		expect(buildTree([])).toMatchObject({ roots: [], totalNs: 0, missing: 0 });
	});
});

describe('rows', () => {
	const tree = buildTree([
		span('a', null, 0, 100),
		span('b', 'a', 10, 40),
		span('c', 'b', 20, 30),
		span('d', 'a', 50, 60),
	]);

	test('below a collapsed row are left out', () => {
		expect(outline(tree, ['b'])).toEqual(['a', '.b', '.d']);
		expect(outline(tree, ['a'])).toEqual(['a']);
	});

	test('know their ancestors', () => {
		expect(ancestorsOf(tree, 'c')).toEqual(['b', 'a']);
		expect(ancestorsOf(tree, 'nobody')).toEqual([]);
	});
});

test('self time leaves out what children cover, once where they overlap', () => {
	const tree = buildTree([
		span('a', null, 0, 100),
		span('b', 'a', 10, 40),
		span('c', 'a', 30, 60),
		span('d', 'a', 90, 120),
	]);
	const root = tree.byId.get('a');
	expect(root && selfTimeNs(root)).toBe(40);
});

describe('axisTicks', () => {
	test('are round and within the view', () => {
		expect(axisTicks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
		expect(axisTicks(130, 480, 4)).toEqual([200, 300, 400]);
	});

	test('an empty view has one', () => {
		expect(axisTicks(5, 5, 4)).toEqual([5]);
	});
});
