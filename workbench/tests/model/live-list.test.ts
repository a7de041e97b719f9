import { describe, expect, test } from 'vitest';
import { mergeArrivals, partArrivals, withoutRepeats } from '../../src/model/live-list';

interface Item {
	id: string;
	time: string;
	note?: string;
}

const at = (second: number, id: string, note?: string): Item => ({
	id,
	time: `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z`,
	...(note ? { note } : {}),
});
const shape = { keyOf: (item: Item) => item.id, timeOf: (item: Item) => item.time };
const ids = (items: Item[]) => items.map((item) => item.id).join(' ');

describe('mergeArrivals', () => {
	const list = [at(30, 'c'), at(20, 'b'), at(10, 'a')];

	test('puts new items at the top, the newest first', () => {
		expect(ids(mergeArrivals(list, [at(40, 'd'), at(50, 'e')], shape, true))).toBe('e d c b a');
	});

	test('puts a late item where its time belongs', () => {
		expect(ids(mergeArrivals(list, [at(25, 'x')], shape, true))).toBe('c x b a');
	});

	test('brings a known item up to date in its place', () => {
		const merged = mergeArrivals(list, [at(20, 'b', 'complete')], shape, true);
		expect(ids(merged)).toBe('c b a');
		expect(merged[1]?.note).toBe('complete');
	});

	test('keeps the last word where an item arrives twice at once', () => {
		const merged = mergeArrivals(list, [at(40, 'd', 'first'), at(40, 'd', 'second')], shape, true);
		expect(ids(merged)).toBe('d c b a');
		expect(merged[0]?.note).toBe('second');
	});

	test('leaves an item older than the list to its page, while there are more pages', () => {
		expect(ids(mergeArrivals(list, [at(5, 'old')], shape, true))).toBe('c b a');
		expect(ids(mergeArrivals(list, [at(5, 'old')], shape, false))).toBe('c b a old');
	});

	test('changes neither list', () => {
		const arrivals = [at(40, 'd')];
		mergeArrivals(list, arrivals, shape, true);
		expect(ids(list)).toBe('c b a');
		expect(ids(arrivals)).toBe('d');
	});
});

test('partArrivals tells what the list shows from what is new to it', () => {
	const { known, fresh } = partArrivals([at(10, 'a')], [at(10, 'a', 'again'), at(20, 'b')], shape.keyOf);
	expect(ids(known)).toBe('a');
	expect(ids(fresh)).toBe('b');
});

test('withoutRepeats keeps the first of each key', () => {
	const kept = withoutRepeats([at(20, 'b'), at(10, 'a', 'first'), at(10, 'a', 'second')], shape.keyOf);
	expect(ids(kept)).toBe('b a');
	expect(kept[1]?.note).toBe('first');
});
