import { describe, expect, test } from 'vitest';
import {
	compareTimes,
	differenceNs,
	edgeMs,
	fromLocalInput,
	type Instant,
	instantMs,
	isRelative,
	niceStepMs,
	parseInstant,
	rangeLabel,
	stepText,
	toLocalInput,
} from '../../src/base/time';

const instant = (text: string): Instant => {
	const parsed = parseInstant(text);
	if (!parsed) throw new Error(`${text} is no time`);
	return parsed;
};

describe('instants', () => {
	test('keep nanoseconds', () => {
		expect(instant('2026-01-01T00:00:00.123456789Z').nanos).toBe(123456789);
		expect(instant('2026-01-01T00:00:00Z').nanos).toBe(0);
		expect(instant('2026-01-01T00:00:00.5Z').nanos).toBe(500000000);
	});

	test('differ exactly by one nanosecond, an hour apart too', () => {
		const first = instant('2026-01-01T00:00:00.999999999Z');
		expect(differenceNs(instant('2026-01-01T00:00:01.000000000Z'), first)).toBe(1);
		expect(differenceNs(instant('2026-01-01T01:00:01.000000000Z'), first)).toBe(3_600_000_000_001);
	});

	test('take offsets into account', () => {
		expect(instantMs('2026-01-01T02:00:00+02:00')).toBe(Date.UTC(2026, 0, 1));
	});

	test.each(['', 'yesterday', '2026-01-01', '2026-13-01T00:00:00Z', '1700000000'])('refuse "%s"', (text) => {
		expect(parseInstant(text)).toBeNull();
	});
});

describe('compareTimes', () => {
	test('orders times however they are written', () => {
		expect(compareTimes('2026-01-01T00:00:00.000000001Z', '2026-01-01T00:00:00.000000002Z')).toBeLessThan(0);
		expect(compareTimes('2026-01-01T00:00:00.5Z', '2026-01-01T00:00:00.25Z')).toBeGreaterThan(0);
		expect(compareTimes('2026-01-01T02:00:00+02:00', '2026-01-01T00:00:00Z')).toBe(0);
	});
});

describe('edges of a range', () => {
	const now = Date.UTC(2026, 0, 2);
	test.each([
		['', now],
		['now', now],
		['-15m', now - 900_000],
		['-7d', now - 7 * 86_400_000],
		['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
		['1767225600000000000', Date.UTC(2026, 0, 1)],
	])('"%s"', (text, ms) => {
		expect(edgeMs(text, now)).toBe(ms);
	});

	test('what is no time is NaN', () => {
		expect(edgeMs('soon', now)).toBeNaN();
	});

	test('relative ones are told from others', () => {
		expect(isRelative('-2h')).toBe(true);
		expect(isRelative('2h')).toBe(false);
		expect(isRelative('2026-01-01T00:00:00Z')).toBe(false);
	});
});

test('a range is named after its preset', () => {
	expect(rangeLabel('-1h', '')).toBe('Last hour');
	expect(rangeLabel('-1h', 'now')).toBe('Last hour');
	expect(rangeLabel('-3h', '')).toBe('Last 3h');
});

test('the field for a local time gives back what it was given', () => {
	const ms = Date.UTC(2026, 5, 1, 12, 30, 15);
	expect(Date.parse(fromLocalInput(toLocalInput(ms)) ?? '')).toBe(ms);
	expect(fromLocalInput('')).toBeNull();
	expect(toLocalInput(Number.NaN)).toBe('');
});

describe('steps', () => {
	test.each([
		[3_600_000, 150, 30_000],
		[300_000, 150, 2000],
		[86_400_000, 150, 600_000],
		[30 * 86_400_000, 150, 21_600_000],
		[400 * 86_400_000, 150, 3 * 86_400_000],
	])('%d ms in %d pieces: %d ms', (range, pieces, step) => {
		expect(niceStepMs(range, pieces)).toBe(step);
	});

	test.each([
		[250, '250ms'],
		[10_000, '10s'],
		[60_000, '1m'],
		[90_000, '90s'],
		[21_600_000, '6h'],
	])('%d ms is written %s', (ms, text) => {
		expect(stepText(ms)).toBe(text);
	});
});
