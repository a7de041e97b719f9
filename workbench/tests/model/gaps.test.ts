import { describe, expect, test } from 'vitest';
import { drawnValues, lonelyIndexes } from '../../src/model/gaps';

const _ = undefined;

describe('drawnValues', () => {
	test.each([
		['a value in every step', [1, 2, 3], [1, 2, 3]],
		['a value in every third step', [1, null, null, 2, null, null, 3], [1, _, _, 2, _, _, 3]],
		['one value missing', [1, 2, null, 3, 4], [1, 2, _, 3, 4]],
		['a long silence', [1, 2, 3, null, null, null, null, 4, 5], [1, 2, 3, null, null, null, null, 4, 5]],
		['nothing before and after', [null, 1, 2, null], [null, 1, 2, null]],
		['nothing at all', [null, null], [null, null]],
	])('%s', (_name, values, drawn) => {
		expect(drawnValues(values)).toEqual(drawn);
	});

	test('a silence is long by the measure of the series', () => {
		const minutes = [1, null, null, 2, null, null, 3, ...new Array<null>(11).fill(null), 4];
		expect(drawnValues(minutes).slice(0, 7)).toEqual([1, _, _, 2, _, _, 3]);
		expect(
			drawnValues(minutes)
				.slice(7, -1)
				.every((value) => value === null),
		).toBe(true);
	});
});

test('lonelyIndexes finds what no line reaches', () => {
	expect(lonelyIndexes([1, null, 2, 3, null, 4])).toEqual([0, 5]);
	expect(lonelyIndexes([1, _, 2])).toEqual([]);
	expect(lonelyIndexes([null, 7, null])).toEqual([1]);
});
