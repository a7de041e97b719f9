import { expect, test } from 'vitest';
import { colourMap, PALETTE } from '../../src/model/colours';

test('as many services as there are colours each have their own', () => {
	const names = PALETTE.map((_, index) => `service-${index}`);
	expect(new Set(colourMap(names).values()).size).toBe(PALETTE.length);
});

test('a service keeps its colour, whatever the order', () => {
	const one = colourMap(['shop-api', 'shop-orders']);
	const other = colourMap(['shop-orders', 'shop-api', 'shop-orders']);
	expect([...other.entries()].sort()).toEqual([...one.entries()].sort());
});

test('more services than colours still have one each', () => {
	const names = Array.from({ length: 30 }, (_, index) => `s${index}`);
	expect(colourMap(names).size).toBe(30);
});
