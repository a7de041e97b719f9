/*
 * time: instants with nanoseconds, time ranges and how both are written.
 *
 * Units   *Ns are nanoseconds, *Ms milliseconds. Differences fit a number exactly up to 104 days.
 */

export interface Instant {
	seconds: number;
	nanos: number;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/;
const RELATIVE = /^-(\d+)(s|m|h|d|w)$/;
const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export function parseInstant(text: string): Instant | null {
	const match = RFC3339.exec(text);
	if (!match) return null;
	const ms = Date.parse(`${match[1]}${match[3]}`);
	if (Number.isNaN(ms)) return null;
	const fraction = (match[2] ?? '').slice(0, 9).padEnd(9, '0');
	return { seconds: ms / 1000, nanos: Number(fraction) };
}

export function instantMs(text: string): number {
	const instant = parseInstant(text);
	return instant ? instant.seconds * 1000 + instant.nanos / 1e6 : Number.NaN;
}

export function differenceNs(later: Instant, earlier: Instant): number {
	return (later.seconds - earlier.seconds) * 1e9 + (later.nanos - earlier.nanos);
}

/** Orders RFC 3339 times; cheap when both are written alike, as the server writes them. */
export function compareTimes(a: string, b: string): number {
	if (a.length === b.length && a.endsWith('Z') && b.endsWith('Z')) return a < b ? -1 : a > b ? 1 : 0;
	const first = parseInstant(a);
	const second = parseInstant(b);
	if (!first || !second) return 0;
	return differenceNs(first, second);
}

export interface Preset {
	start: string;
	label: string;
	short: string;
}

export const PRESETS: readonly Preset[] = [
	{ start: '-5m', label: 'Last 5 minutes', short: '5 min' },
	{ start: '-15m', label: 'Last 15 minutes', short: '15 min' },
	{ start: '-1h', label: 'Last hour', short: '1 hour' },
	{ start: '-6h', label: 'Last 6 hours', short: '6 hours' },
	{ start: '-24h', label: 'Last 24 hours', short: '24 hours' },
	{ start: '-7d', label: 'Last 7 days', short: '7 days' },
	{ start: '-30d', label: 'Last 30 days', short: '30 days' },
];

export function isRelative(text: string): boolean {
	return text === 'now' || RELATIVE.test(text);
}

/** A range's edge in Unix milliseconds, or NaN when the text is none. */
export function edgeMs(text: string, nowMs: number): number {
	if (text === '' || text === 'now') return nowMs;
	const match = RELATIVE.exec(text);
	if (match) return nowMs - Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 1000);
	if (/^\d{16,}$/.test(text)) return Number(text) / 1e6;
	return instantMs(text);
}

export function rangeLabel(start: string, end: string): string {
	if (end === '' || end === 'now') {
		const preset = PRESETS.find((candidate) => candidate.start === start);
		if (preset) return preset.label;
		if (isRelative(start)) return `Last ${start.slice(1)}`;
		return `Since ${formatDateTime(edgeMs(start, 0))}`;
	}
	const from = edgeMs(start, Date.now());
	const to = edgeMs(end, Date.now());
	const sameDay = new Date(from).toDateString() === new Date(to).toDateString();
	return `${formatDateTime(from)} – ${sameDay ? formatClock(to) : formatDateTime(to)}`;
}

const pad = (value: number, width = 2) => String(value).padStart(width, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function formatClock(ms: number): string {
	if (!Number.isFinite(ms)) return '–';
	const date = new Date(ms);
	return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

export function formatClockMs(ms: number): string {
	if (!Number.isFinite(ms)) return '–';
	return `${formatClock(ms)}.${pad(new Date(ms).getMilliseconds(), 3)}`;
}

export function formatDay(ms: number): string {
	if (!Number.isFinite(ms)) return '–';
	const date = new Date(ms);
	return `${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

export function formatDateTime(ms: number): string {
	return Number.isFinite(ms) ? `${formatDay(ms)} ${formatClock(ms)}` : '–';
}

/** The value of an <input type="datetime-local">, in the reader's time zone. */
export function toLocalInput(ms: number): string {
	if (!Number.isFinite(ms)) return '';
	const date = new Date(ms);
	return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}T${formatClock(ms)}`;
}

export function fromLocalInput(text: string): string | null {
	const ms = new Date(text).getTime();
	return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}

const STEPS_MS = [
	1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3,
	1800e3, 3600e3, 7200e3, 14400e3, 21600e3, 43200e3, 86400e3,
];

/** The smallest pleasant step that cuts the range into at most so many pieces. */
export function niceStepMs(rangeMs: number, pieces: number): number {
	const wanted = rangeMs / Math.max(1, pieces);
	return STEPS_MS.find((step) => step >= wanted) ?? Math.ceil(wanted / 86400e3) * 86400e3;
}

/** A step as the API takes it: "10s", "5m", "250ms". */
export function stepText(ms: number): string {
	if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
	if (ms % 60_000 === 0) return `${ms / 60_000}m`;
	if (ms % 1000 === 0) return `${ms / 1000}s`;
	return `${ms}ms`;
}
