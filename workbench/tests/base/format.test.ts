import { describe, expect, test } from 'vitest';
import {
	formatBytes,
	formatCompact,
	formatDuration,
	formatPercent,
	formatUnit,
	niceCeiling,
	plural,
} from '../../src/base/format';

/** With ordinary spaces, so that the expectations can be read. */
const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('formatDuration', () => {
	test.each([
		[0, '0 ms'],
		[0.000001, '1 ns'],
		[0.00042, '420 ns'],
		[0.0009996, '1 µs'],
		[0.0123, '12.3 µs'],
		[0.9996, '1 ms'],
		[1.234567, '1.23 ms'],
		[12, '12 ms'],
		[999.4, '999 ms'],
		[999.6, '1 s'],
		[1500, '1.5 s'],
		[59_900, '59.9 s'],
		[59_960, '1 min'],
		[83_000, '1 min 23 s'],
		[3_600_000, '1 h'],
		[5_400_000, '1 h 30 min'],
		[90_000_000, '1 d 1 h'],
		[Number.NaN, '–'],
	])('%d ms is "%s"', (ms, text) => {
		expect(plain(formatDuration(ms))).toBe(text);
	});
});

describe('formatCompact', () => {
	test.each([
		[0, '0'],
		[0.00012, '1.2e-4'],
		[0.5, '0.5'],
		[12.34, '12.3'],
		[1234, '1,234'],
		[12_345, '12.3 k'],
		[999_600, '1 M'],
		[1_284_113, '1.28 M'],
		[5.5e9, '5.5 G'],
	])('%d is "%s"', (value, text) => {
		expect(plain(formatCompact(value))).toBe(text);
	});
});

test('bytes have binary units', () => {
	expect(plain(formatBytes(0))).toBe('0 B');
	expect(plain(formatBytes(1536))).toBe('1.5 KiB');
	expect(plain(formatBytes(48_291_021))).toBe('46.1 MiB');
	expect(plain(formatBytes(1023))).toBe('1 KiB');
});

test('a small share is not nothing', () => {
	expect(plain(formatPercent(0))).toBe('0 %');
	expect(plain(formatPercent(0.00001))).toBe('< 0.01 %');
	expect(plain(formatPercent(0.0862))).toBe('8.62 %');
});

describe('formatUnit', () => {
	test.each([
		[1500, 'ms', false, '1.5 s'],
		[0.25, 's', false, '250 ms'],
		[2048, 'By', false, '2 KiB'],
		[2048, 'By', true, '2 KiB/s'],
		[3.5, '{execution}', true, '3.5 /s'],
		[7, '{handler}', false, '7'],
		[59.9, 'EUR', false, '59.9 EUR'],
		[42, '%', false, '42 %'],
	])('%d %s, each second: %s', (value, unit, perSecond, text) => {
		expect(plain(formatUnit(value, unit, perSecond))).toBe(text);
	});
});

test('a scale is a round number that holds the value', () => {
	expect(niceCeiling(0)).toBe(1);
	expect(niceCeiling(3)).toBe(5);
	expect(niceCeiling(5)).toBe(5);
	expect(niceCeiling(51)).toBe(100);
	expect(niceCeiling(0.013)).toBeCloseTo(0.02);
});

test('plural', () => {
	expect(plural(1, 'span')).toBe('1 span');
	expect(plural(1200, 'span')).toBe('1,200 spans');
	expect(plural(2, 'series', 'series')).toBe('2 series');
});
