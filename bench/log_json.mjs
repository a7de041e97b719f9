// How large the load generator's log records are in OTLP/JSON: one request of them is taken and written over.
import { createServer } from 'node:http';
import { run } from './child.mjs';

/** Fields of the messages in opentelemetry-proto that log records are made of: number -> [name, kind]. */
const messages = {
	request: { 1: ['resourceLogs', 'resourceLogs[]'] },
	resourceLogs: { 1: ['resource', 'resource'], 2: ['scopeLogs', 'scopeLogs[]'], 3: ['schemaUrl', 'string'] },
	resource: { 1: ['attributes', 'keyValue[]'] },
	scopeLogs: { 1: ['scope', 'scope'], 2: ['logRecords', 'record[]'], 3: ['schemaUrl', 'string'] },
	scope: { 1: ['name', 'string'], 2: ['version', 'string'] },
	record: {
		1: ['timeUnixNano', 'fixed64'],
		2: ['severityNumber', 'number'],
		3: ['severityText', 'string'],
		5: ['body', 'value'],
		6: ['attributes', 'keyValue[]'],
		8: ['flags', 'fixed32'],
		9: ['traceId', 'id'],
		10: ['spanId', 'id'],
		11: ['observedTimeUnixNano', 'fixed64'],
	},
	keyValue: { 1: ['key', 'string'], 2: ['value', 'value'] },
	value: {
		1: ['stringValue', 'string'],
		2: ['boolValue', 'bool'],
		3: ['intValue', 'int64'],
		4: ['doubleValue', 'double'],
		5: ['arrayValue', 'array'],
	},
	array: { 1: ['values', 'value[]'] },
};

function varint(bytes, at) {
	let value = 0n;
	for (let shift = 0n; ; shift += 7n) {
		const byte = bytes[at++];
		value |= BigInt(byte & 127) << shift;
		if (byte < 128) return [value, at];
	}
}

const scalars = {
	string: (piece) => piece.toString(),
	id: (piece) => piece.toString('hex'),
	number: Number,
	bool: (value) => value !== 0n,
	int64: (value) => String(BigInt.asIntN(64, value)),
	fixed64: (piece) => String(piece.readBigUInt64LE()),
	fixed32: (piece) => piece.readUInt32LE(),
	double: (piece) => piece.readDoubleLE(),
};

/** What a field's tag is followed by: a number, or the bytes of it. */
function readPiece(bytes, at, wireType) {
	if (wireType === 0) return varint(bytes, at);
	let size = wireType === 1 ? 8 : 4;
	if (wireType === 2) {
		const [length, behind] = varint(bytes, at);
		size = Number(length);
		at = behind;
	}
	return [bytes.subarray(at, at + size), at + size];
}

export function decode(bytes, type = 'request') {
	const message = {};
	for (let at = 0; at < bytes.length; ) {
		const [tag, behind] = varint(bytes, at);
		const [piece, next] = readPiece(bytes, behind, Number(tag & 7n));
		at = next;
		const field = messages[type][Number(tag >> 3n)];
		if (!field) throw new Error(`Field ${tag >> 3n} of ${type} is not known.`);
		const [name, kind] = field;
		const read = (plain) => (plain in scalars ? scalars[plain](piece) : decode(piece, plain));
		if (kind.endsWith('[]')) {
			message[name] ??= [];
			message[name].push(read(kind.slice(0, -2)));
		} else {
			message[name] = read(kind);
		}
	}
	return message;
}

/** Bytes a record of a request in OTLP/JSON, its share of resources and scopes included. */
export async function logLineJsonBytes(loadProgram) {
	const rows = 1000;
	const bodies = [];
	const server = createServer((request, response) => {
		const chunks = [];
		request.on('data', (chunk) => chunks.push(chunk));
		request.on('end', () => {
			bodies.push(Buffer.concat(chunks));
			response.end();
		});
	});
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${server.address().port}`;
	try {
		await run(loadProgram, ['--url', url, '--signal', 'logs', '--rows', String(rows), '-c', '1']);
	} finally {
		server.close();
	}
	return JSON.stringify(decode(bodies[0])).length / rows;
}
