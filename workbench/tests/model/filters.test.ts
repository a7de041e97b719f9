import { describe, expect, test } from 'vitest';
import { endsNow, isDuration, isTag, logQuery, rangeOf, traceQuery } from '../../src/model/filters';

describe('traceQuery', () => {
	test('takes the filters of the address and nothing else', () => {
		const params = new URLSearchParams(
			'handler=CreateUser&status=error&tag=a%3D1&tag=b%3D2&live=0&start=-1h&span=x',
		);
		expect(traceQuery(params)).toEqual({ handler: 'CreateUser', status: 'error', tag: ['a=1', 'b=2'] });
	});

	test('leaves out what is empty or no tag', () => {
		expect(traceQuery(new URLSearchParams('handler=&service=%20&tag=novalue'))).toEqual({});
	});
});

test('logQuery keeps the words as they were written', () => {
	expect(logQuery(new URLSearchParams({ q: '"slow query" x', level: 'WARN' }))).toEqual({
		q: '"slow query" x',
		level: 'WARN',
	});
});

test('a range without an end goes on', () => {
	expect(rangeOf(new URLSearchParams())).toEqual({ start: '-1h', end: '' });
	expect(endsNow(rangeOf(new URLSearchParams('start=-6h&end=now')))).toBe(true);
	expect(endsNow(rangeOf(new URLSearchParams('end=2026-01-01T00:00:00Z')))).toBe(false);
});

test.each([
	['', true],
	['100', true],
	['1.5s', true],
	['250us', true],
	['2m', true],
	['fast', false],
	['-5ms', false],
	['5 parsecs', false],
])('isDuration(%s) is %s', (text, allowed) => {
	expect(isDuration(text)).toBe(allowed);
});

test.each([
	['key=value', true],
	['key=', true],
	['url=a=b', true],
	['=value', false],
	['key', false],
])('isTag(%s) is %s', (text, allowed) => {
	expect(isTag(text)).toBe(allowed);
});
