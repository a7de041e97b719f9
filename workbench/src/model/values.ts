/* values: attribute values as text. */
import type { Value } from '../api/types';

/** Bytes come as {"$bytes": base64}. */
export function isBytes(value: Value): value is { $bytes: string } {
	return (
		value !== null &&
		typeof value === 'object' &&
		!Array.isArray(value) &&
		typeof value.$bytes === 'string' &&
		Object.keys(value).length === 1
	);
}

export function byteCount(base64: string): number {
	const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
	return Math.max(0, Math.floor((base64.length * 3) / 4) - padding);
}

export function valueText(value: Value): string {
	if (typeof value === 'string') return value;
	if (isBytes(value)) return `${byteCount(value.$bytes)} bytes, base64: ${value.$bytes}`;
	if (Array.isArray(value) && value.every((each) => each === null || typeof each !== 'object'))
		return JSON.stringify(value).replaceAll(',', ', ');
	return JSON.stringify(value, null, 2) ?? 'null';
}

export interface Exception {
	type: string;
	message: string;
	stack: string;
	escaped: boolean;
}

/** The exception that a span event or a log record tells of, after OpenTelemetry's conventions. */
export function exceptionOf(attributes: Record<string, Value>): Exception | null {
	const field = (name: string): string => {
		const value = attributes[name];
		return typeof value === 'string' ? value : '';
	};
	const type = field('exception.type');
	const message = field('exception.message');
	const stack = field('exception.stacktrace');
	if (type === '' && message === '' && stack === '') return null;
	return { type, message, stack, escaped: String(attributes['exception.escaped']) === 'true' };
}

export interface StackLine {
	text: string;
	/** A place in the code, as against the message. */
	frame: boolean;
	/** The frame belongs to a library or the runtime. */
	foreign: boolean;
}

const FRAME = /^\s*(at |File "|\d+: |#\d+ |\.\.\. \d+ more)/;
const FOREIGN =
	/node_modules|node:internal|\(internal\/|site-packages|dist-packages|\/lib\/python|\bjava\.|\bjavax\.|\bsun\.|org\.springframework|\/rustc\/|\.cargo\/registry|\bstd::|\bcore::|\btokio::/;

export function stackLines(stack: string): StackLine[] {
	return stack
		.replace(/\s+$/, '')
		.split('\n')
		.map((text) => ({ text, frame: FRAME.test(text), foreign: FRAME.test(text) && FOREIGN.test(text) }));
}
