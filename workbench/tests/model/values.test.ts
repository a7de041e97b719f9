import { describe, expect, test } from 'vitest';
import { byteCount, exceptionOf, stackLines, valueText } from '../../src/model/values';

describe('valueText', () => {
	test.each([
		['text', 'text'],
		[42, '42'],
		[true, 'true'],
		[null, 'null'],
		[[1, 'a', false], '[1, "a", false]'],
		[{ a: 1 }, '{\n  "a": 1\n}'],
		[{ $bytes: 'AAEC' }, '3 bytes, base64: AAEC'],
	])('of %j', (value, text) => {
		expect(valueText(value)).toBe(text);
	});
});

test('byteCount takes the padding off', () => {
	expect(byteCount('')).toBe(0);
	expect(byteCount('AA==')).toBe(1);
	expect(byteCount('AAE=')).toBe(2);
	expect(byteCount('AAEC')).toBe(3);
});

describe('exceptionOf', () => {
	test('reads the conventional attributes', () => {
		expect(
			exceptionOf({ 'exception.type': 'Oops', 'exception.message': 'no', 'exception.escaped': true }),
		).toEqual({
			type: 'Oops',
			message: 'no',
			stack: '',
			escaped: true,
		});
	});

	test('sees none in other attributes', () => {
		expect(exceptionOf({ key: 'exception.type' })).toBeNull();
		expect(exceptionOf({ 'exception.type': 7 })).toBeNull();
	});
});

test('stackLines tells own frames from those of libraries', () => {
	const lines = stackLines(
		'Error: no\n    at own (/app/src/a.ts:1:2)\n    at lib (/app/node_modules/b/c.js:3:4)\n  File "/usr/lib/python3/x.py", line 3\n',
	);
	expect(lines.map((line) => [line.frame, line.foreign])).toEqual([
		[false, false],
		[true, false],
		[true, true],
		[true, true],
	]);
});
