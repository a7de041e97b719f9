import { describe, expect, test } from 'vitest';
import { highlight, searchTerms } from '../../src/model/words';

test.each([
	['', []],
	['slow query', ['slow', 'query']],
	['"slow query" orders', ['slow query', 'orders']],
	['  spaced   out ', ['spaced', 'out']],
	['"left open', ['left open']],
	['""', []],
	['level >= warn and "timed out"', ['timed out']],
	['tim* or "conn"*', ['tim', 'conn']],
	['not slow and handler in (a, "b c") quick', ['quick']],
	['tag.x exists tag.y not in (1) body =~ "a.*b" refused', ['refused']],
	['"a \\"b\\" and"', ['a "b" and']],
])('searchTerms of %s', (search, terms) => {
	expect(searchTerms(search)).toEqual(terms);
});

describe('highlight', () => {
	const marked = (text: string, terms: string[]) =>
		highlight(text, terms)
			.map((piece) => (piece.match ? `[${piece.text}]` : piece.text))
			.join('');

	test('marks every occurrence, whatever the case', () => {
		expect(marked('Slow query, slow answer', ['slow'])).toBe('[Slow] query, [slow] answer');
	});

	test('takes a term literally', () => {
		expect(marked('cost is $1 (a+b)', ['$1', '(a+b)'])).toBe('cost is [$1] [(a+b)]');
	});

	test('prefers the longer term', () => {
		expect(marked('orders', ['order', 'orders'])).toBe('[orders]');
	});

	test('loses no text', () => {
		expect(highlight('abc', [])).toEqual([{ text: 'abc', match: false }]);
		expect(marked('<b>x</b>', ['x'])).toBe('<b>[x]</b>');
	});
});
