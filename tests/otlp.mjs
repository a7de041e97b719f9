// OTLP as the tests speak it. A request is written once, in the shape of OTLP/JSON (camelCase, hex ids, 64-bit
// numbers as strings), and goes out as JSON or, through protobufjs, as protobuf.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import zlib from 'node:zlib';
import protobuf from 'protobufjs';

const { root } = protobuf.parse(readFileSync(new URL('otlp.proto', import.meta.url), 'utf8'));

const requestTypes = {
	traces: root.lookupType('ExportTraceServiceRequest'),
	metrics: root.lookupType('ExportMetricsServiceRequest'),
	logs: root.lookupType('ExportLogsServiceRequest'),
};
const rejectedNames = { traces: 'rejectedSpans', metrics: 'rejectedDataPoints', logs: 'rejectedLogRecords' };

/** The request as protobuf bytes. */
export function encode(signal, request) {
	const type = requestTypes[signal];
	return Buffer.from(type.encode(type.fromObject(idsToBytes(request))).finish());
}

/** {rejected, message} of an answer, whatever its content type; zero and '' where everything was kept. */
export function readPartialSuccess(signal, contentType, body) {
	if (contentType.startsWith('application/json')) {
		const { partialSuccess = {} } = JSON.parse(body.toString());
		return {
			rejected: Number(partialSuccess[rejectedNames[signal]] ?? 0),
			message: partialSuccess.errorMessage ?? '',
		};
	}
	const { partialSuccess } = root.lookupType('ExportServiceResponse').decode(body);
	return { rejected: Number(partialSuccess?.rejected ?? 0), message: partialSuccess?.errorMessage ?? '' };
}

/** {code, message} of an error's body, whatever its content type. */
export function readStatus(contentType, body) {
	if (contentType.startsWith('application/json')) return JSON.parse(body.toString());
	const { code, message } = root.lookupType('Status').decode(body);
	return { code, message };
}

const compressors = {
	gzip: zlib.gzipSync,
	deflate: zlib.deflateSync,
	zstd: zlib.zstdCompressSync,
};

export function compress(encoding, bytes) {
	return compressors[encoding](bytes);
}

/** Body and headers of a request: `format` is protobuf or json, `encoding` gzip, deflate, zstd or nothing. */
export function envelope(signal, request, { format = 'protobuf', encoding } = {}) {
	let body = format === 'json' ? Buffer.from(JSON.stringify(request)) : encode(signal, request);
	const headers = { 'content-type': format === 'json' ? 'application/json' : 'application/x-protobuf' };
	if (encoding) {
		body = compress(encoding, body);
		headers['content-encoding'] = encoding;
	}
	return { body, headers };
}

export const newTraceId = () => randomBytes(16).toString('hex');
export const newSpanId = () => randomBytes(8).toString('hex');

/** Now less `agoMs`, in Unix nanoseconds as a BigInt. */
export const nanosecondsAgo = (agoMs = 0) =>
	BigInt(Date.now()) * 1_000_000n - BigInt(Math.round(agoMs * 1e6));

/** RFC 3339 with nanoseconds, as the API writes it. */
export function rfc3339(ns) {
	const whole = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
	return `${whole}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`;
}

/** An OTLP AnyValue of a JavaScript value; Buffers are bytes, BigInts and whole numbers are integers. */
export function anyValue(value) {
	if (value === null) return {};
	if (Buffer.isBuffer(value)) return { bytesValue: value.toString('base64') };
	if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
	switch (typeof value) {
		case 'string':
			return { stringValue: value };
		case 'boolean':
			return { boolValue: value };
		case 'bigint':
			return { intValue: String(value) };
		case 'number':
			return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
		default:
			return { kvlistValue: { values: attributes(value) } };
	}
}

export function attributes(object = {}) {
	return Object.entries(object).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** A span of `durationMs` that started `agoMs` ago; everything else as in OTLP/JSON, attributes as an object. */
export function span({ agoMs = 1000, durationMs = 10, attributes: own, ...rest } = {}) {
	const start = nanosecondsAgo(agoMs);
	return {
		traceId: newTraceId(),
		spanId: newSpanId(),
		name: 'work',
		kind: 1,
		startTimeUnixNano: String(start),
		endTimeUnixNano: String(start + BigInt(Math.round(durationMs * 1e6))),
		...(own ? { attributes: attributes(own) } : {}),
		...rest,
	};
}

export function log({ agoMs = 1000, body = 'something happened', attributes: own, ...rest } = {}) {
	const time = String(nanosecondsAgo(agoMs));
	return {
		timeUnixNano: time,
		observedTimeUnixNano: time,
		severityNumber: 9,
		severityText: 'INFO',
		body: anyValue(body),
		...(own ? { attributes: attributes(own) } : {}),
		...rest,
	};
}

function resource(service, own) {
	return { attributes: attributes({ ...(service ? { 'service.name': service } : {}), ...own }) };
}

const scope = { name: 'tests', version: '1' };

/** A request of one resource and one scope. */
export function traces(spans, { service = 'shop-api', resource: own } = {}) {
	return { resourceSpans: [{ resource: resource(service, own), scopeSpans: [{ scope, spans }] }] };
}

export function logs(logRecords, { service = 'shop-api', resource: own } = {}) {
	return { resourceLogs: [{ resource: resource(service, own), scopeLogs: [{ scope, logRecords }] }] };
}

export function metrics(list, { service = 'shop-api', resource: own } = {}) {
	return {
		resourceMetrics: [{ resource: resource(service, own), scopeMetrics: [{ scope, metrics: list }] }],
	};
}

const idNames = new Set(['traceId', 'spanId', 'parentSpanId']);

function idsToBytes(value) {
	if (Array.isArray(value)) return value.map(idsToBytes);
	if (value === null || typeof value !== 'object') return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, each]) => [
			key,
			idNames.has(key) ? Buffer.from(each, 'hex') : idsToBytes(each),
		]),
	);
}
