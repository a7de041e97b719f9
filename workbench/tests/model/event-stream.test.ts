import { describe, expect, test } from 'vitest';
import { eventStreamReader } from '../../src/model/event-stream';

const TEXT = ': heartbeat\n\nevent: trace\ndata: {"a":1}\n\ndata: one\ndata: two\n\nid: 7\n\n';
const EVENTS = [
	{ name: 'trace', data: '{"a":1}' },
	{ name: 'message', data: 'one\ntwo' },
];

describe('eventStreamReader', () => {
	test('reads names and data, and passes over comments and other fields', () => {
		expect(eventStreamReader().push(TEXT)).toEqual(EVENTS);
	});

	test.each([
		['\n', TEXT],
		['\r\n', TEXT.replaceAll('\n', '\r\n')],
	])('reads the same however the text is cut (%j)', (_ending, text) => {
		for (let cut = 1; cut < text.length; cut += 1) {
			const reader = eventStreamReader();
			expect([...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut))]).toEqual(EVENTS);
		}
	});

	test('keeps an event that is not finished', () => {
		const reader = eventStreamReader();
		expect(reader.push('data: half')).toEqual([]);
		expect(reader.push('\n')).toEqual([]);
		expect(reader.push('\n')).toEqual([{ name: 'message', data: 'half' }]);
	});
});
