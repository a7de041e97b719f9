/*
 * format: numbers as people read them. Three significant digits, a narrow space before the unit.
 */

const SPACE = '\u202f';
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const MISSING = '–';

function significant(value: number): string {
	const size = Math.abs(value);
	const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
	return value
		.toFixed(digits)
		.replace(/(\.\d*?)0+$/, '$1')
		.replace(/\.$/, '');
}

export function formatDuration(ms: number): string {
	if (!Number.isFinite(ms)) return MISSING;
	const size = Math.abs(ms);
	if (size === 0) return `0${SPACE}ms`;
	if (size < 0.0009995) return `${Math.round(ms * 1e6)}${SPACE}ns`;
	if (size < 0.9995) return `${significant(ms * 1000)}${SPACE}µs`;
	if (size < 999.5) return `${significant(ms)}${SPACE}ms`;
	if (size < 59_950) return `${significant(ms / 1000)}${SPACE}s`;
	return longDuration(ms);
}

function longDuration(ms: number): string {
	const seconds = Math.round(Math.abs(ms) / 1000);
	const sign = ms < 0 ? '-' : '';
	const days = Math.floor(seconds / 86400);
	const hours = Math.floor((seconds % 86400) / 3600);
	const minutes = Math.floor((seconds % 3600) / 60);
	const pair = (a: number, unit: string, b: number, small: string) =>
		`${sign}${a}${SPACE}${unit}${b > 0 ? ` ${b}${SPACE}${small}` : ''}`;
	if (days > 0) return pair(days, 'd', hours, 'h');
	if (hours > 0) return pair(hours, 'h', minutes, 'min');
	return pair(minutes, 'min', seconds % 60, 's');
}

export function formatCount(value: number): string {
	return Number.isFinite(value) ? whole.format(value) : MISSING;
}

export function formatCompact(value: number): string {
	if (!Number.isFinite(value)) return MISSING;
	const size = Math.abs(value);
	if (size >= 999.5e9) return `${significant(value / 1e12)}${SPACE}T`;
	if (size >= 999.5e6) return `${significant(value / 1e9)}${SPACE}G`;
	if (size >= 999.5e3) return `${significant(value / 1e6)}${SPACE}M`;
	if (size >= 9_999.5) return `${significant(value / 1e3)}${SPACE}k`;
	return formatNumber(value);
}

export function formatNumber(value: number): string {
	if (!Number.isFinite(value)) return MISSING;
	const size = Math.abs(value);
	if (size >= 1000) return whole.format(value);
	if (size !== 0 && size < 0.001) return value.toExponential(1);
	if (size < 1) return String(Number(value.toPrecision(3)));
	return significant(value);
}

export function formatBytes(bytes: number): string {
	if (!Number.isFinite(bytes)) return MISSING;
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
	let value = bytes;
	let unit = 0;
	while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
		value /= 1024;
		unit += 1;
	}
	return `${significant(value)}${SPACE}${units[unit]}`;
}

export function formatPercent(share: number): string {
	if (!Number.isFinite(share)) return MISSING;
	const percent = share * 100;
	if (percent !== 0 && Math.abs(percent) < 0.01) return `<${SPACE}0.01${SPACE}%`;
	return `${significant(percent)}${SPACE}%`;
}

const TIME_UNITS: Record<string, number> = {
	ns: 1e-6,
	us: 1e-3,
	µs: 1e-3,
	ms: 1,
	s: 1000,
	min: 60_000,
	h: 3_600_000,
};

/** A metric's value in its UCUM unit; a rate is the value for each second. */
export function formatUnit(value: number, unit: string, perSecond = false): string {
	const suffix = perSecond ? `/s` : '';
	const time = TIME_UNITS[unit];
	if (time !== undefined && !perSecond) return formatDuration(value * time);
	if (unit === 'By') return formatBytes(value) + suffix;
	if (unit === '%' && !perSecond) return `${formatNumber(value)}${SPACE}%`;
	const annotation = /^\{.*\}$/.test(unit) || unit === '1' || unit === '';
	if (annotation) return perSecond ? `${formatCompact(value)}${SPACE}/s` : formatCompact(value);
	return `${formatCompact(value)}${SPACE}${unit}${suffix}`;
}

/** The next larger 1, 2 or 5 times a power of ten: a scale that does not tremble while data arrives. */
export function niceCeiling(value: number): number {
	if (!(value > 0)) return 1;
	const power = 10 ** Math.floor(Math.log10(value));
	for (const factor of [1, 2, 5, 10]) if (value <= factor * power * (1 + 1e-9)) return factor * power;
	return 10 * power;
}

export function plural(count: number, one: string, many = `${one}s`): string {
	return `${formatCount(count)} ${count === 1 ? one : many}`;
}
