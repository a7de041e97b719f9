// OTLP/HTTP as its specification has it, spoken to the real program over real sockets.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { eventually, startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();
const protobuf = { 'content-type': 'application/x-protobuf' };
const json = { 'content-type': 'application/json' };

/** The spans of one service, as the API returns them. */
async function spansOf(service) {
	const { traces } = await program.api('/telemetry/traces', { service });
	const details = await Promise.all(traces.map((each) => program.api(`/telemetry/traces/${each.trace_id}`)));
	return details.flatMap((each) => each.spans);
}

describe('a request is kept', () => {
	for (const door of ['otlp', 'server']) {
		for (const format of ['protobuf', 'json']) {
			for (const encoding of [undefined, 'gzip', 'deflate', 'zstd']) {
				const service = `kept-${door}-${format}-${encoding}`;
				test(`on the ${door} port as ${format}, compressed with ${encoding ?? 'nothing'}`, async () => {
					const sent = otlp.span({ name: service });
					const request = otlp.traces([sent], { service });
					const response = await program.send('traces', request, { door, format, encoding });
					const type = format === 'json' ? /^application\/json/ : /^application\/x-protobuf/;
					assert.match(response.headers.get('content-type'), type);
					const spans = await spansOf(service);
					assert.deepEqual(
						spans.map((each) => each.span_id),
						[sent.spanId],
					);
				});
			}
		}
	}

	test('with chunks and no Content-Length', async () => {
		const sent = Array.from({ length: 200 }, () => otlp.span());
		const { body, headers } = otlp.envelope('traces', otlp.traces(sent, { service: 'chunked' }));
		const middle = Math.floor(body.length / 2);
		const stream = new ReadableStream({
			start(controller) {
				controller.enqueue(body.subarray(0, middle));
				controller.enqueue(body.subarray(middle));
				controller.close();
			},
		});
		const response = await fetch(`${program.otlpUrl}/v1/traces`, {
			method: 'POST',
			body: stream,
			headers,
			duplex: 'half',
		});
		assert.equal(response.status, 200, await response.text());
		const { traces } = await program.api('/telemetry/traces', { service: 'chunked', limit: '1000' });
		assert.equal(traces.length, sent.length);
	});

	test('in a body of many megabytes', async () => {
		const sent = Array.from({ length: 2000 }, () => otlp.span({ attributes: { text: 'x'.repeat(2000) } }));
		await program.send('traces', otlp.traces(sent, { service: 'large' }));
		const { traces } = await program.api('/telemetry/traces', { service: 'large', limit: '1000' });
		assert.equal(traces.length, 1000);
	});

	test('when it is empty', async () => {
		await program.send('traces', {});
		await program.send('metrics', {}, { format: 'json' });
		await program.send('logs', {});
	});

	test('with a charset in its content type', async () => {
		const body = JSON.stringify(otlp.traces([otlp.span()], { service: 'charset' }));
		const headers = { 'content-type': 'application/json; charset=utf-8' };
		const response = await program.post('/v1/traces', { body, headers });
		assert.equal(response.status, 200, response.text);
		assert.equal((await spansOf('charset')).length, 1);
	});

	test('with fields that no OTLP has yet, as protobuf and as JSON', async () => {
		const sent = otlp.span({
			fromTheFuture: 'text',
			numberFromTheFuture: '1',
			messageFromTheFuture: { name: 'nested' },
		});
		const request = { ...otlp.traces([sent], { service: 'future' }), fromTheFuture: 'text' };
		await program.send('traces', request);
		const again = otlp.span({ fromTheFuture: { deep: [1, { deeper: [null, true] }] } });
		await program.send('traces', otlp.traces([again], { service: 'future' }), { format: 'json' });
		const ids = (await spansOf('future')).map((each) => each.span_id).sort();
		assert.deepEqual(ids, [sent.spanId, again.spanId].sort());
	});

	test('with enum names and 64-bit numbers as strings or as numbers in JSON', async () => {
		// Whole seconds, so that a double and its shortest text hold them exactly.
		const start = (otlp.nanosecondsAgo(5000) / 1_000_000_000n) * 1_000_000_000n;
		const asText = otlp.span({
			kind: 'SPAN_KIND_SERVER',
			status: { code: 'STATUS_CODE_ERROR' },
			attributes: { number: 42 },
		});
		const asNumber = {
			...otlp.span({ kind: 3, status: { code: 1 } }),
			startTimeUnixNano: Number(start),
			endTimeUnixNano: Number(start + 2_000_000_000n),
			attributes: [{ key: 'number', value: { intValue: 42 } }],
		};
		await program.send('traces', otlp.traces([asText, asNumber], { service: 'names' }), { format: 'json' });
		const spans = await spansOf('names');
		const [first] = spans.filter((each) => each.span_id === asText.spanId);
		const [second] = spans.filter((each) => each.span_id === asNumber.spanId);
		assert.equal(first.kind, 'server');
		assert.equal(first.status_code, 'error');
		assert.equal(first.tags.number, 42);
		assert.equal(second.kind, 'client');
		assert.equal(second.status_code, 'ok');
		assert.equal(second.tags.number, 42);
		assert.equal(second.start_time, otlp.rfc3339(start));
		assert.equal(second.duration_ms, 2000);
	});

	test('with hex ids in capital letters in JSON', async () => {
		const sent = otlp.span({ traceId: 'ABCDEF0123456789ABCDEF0123456789', spanId: 'ABCDEF0123456789' });
		await program.send('traces', otlp.traces([sent], { service: 'capitals' }), { format: 'json' });
		const spans = await spansOf('capitals');
		assert.deepEqual(
			spans.map((each) => [each.trace_id, each.span_id]),
			[[sent.traceId.toLowerCase(), sent.spanId.toLowerCase()]],
		);
	});
});

describe('a bad record costs itself', () => {
	const unidentified = [
		['an empty trace id', { traceId: '' }],
		['a trace id of zeros', { traceId: '0'.repeat(32) }],
		['a trace id that is too short', { traceId: 'abcd' }],
		['an empty span id', { spanId: '' }],
		['a span id of zeros', { spanId: '0'.repeat(16) }],
	];
	for (const format of ['protobuf', 'json']) {
		for (const [what, fields] of unidentified) {
			test(`${what}, as ${format}`, async () => {
				const service = `bad-${format}-${what.replaceAll(' ', '-')}`;
				const good = otlp.span();
				const request = otlp.traces([otlp.span(fields), good], { service });
				const response = await program.post('/v1/traces', otlp.envelope('traces', request, { format }));
				assert.equal(response.status, 200, response.text);
				const type = response.headers.get('content-type');
				const { rejected, message } = otlp.readPartialSuccess('traces', type, response.body);
				assert.equal(rejected, 1);
				assert.match(message, /id/);
				assert.deepEqual(
					(await spansOf(service)).map((each) => each.span_id),
					[good.spanId],
				);
			});
		}
	}
});

describe('a request is refused', () => {
	const good = () => otlp.envelope('traces', otlp.traces([otlp.span({ name: 'refused' })]));
	const cases = [
		['protobuf that is cut off', 400, () => ({ headers: protobuf, body: good().body.subarray(0, -5) })],
		['protobuf that is noise', 400, () => ({ headers: protobuf, body: Buffer.alloc(64, 0xff) })],
		['JSON that is cut off', 400, () => ({ headers: json, body: '{"resourceSpans":[{' })],
		['JSON of the wrong shape', 400, () => ({ headers: json, body: '{"resourceSpans":"many"}' })],
		['JSON with an id that is not hex', 400, () => jsonWith({ traceId: 'x'.repeat(32) })],
		['an empty body for JSON', 400, () => ({ headers: json, body: '' })],
		['nesting without end', 400, () => ({ headers: json, body: '[['.repeat(100_000) })],
		[
			'gzip that is noise',
			400,
			() => ({ headers: { ...protobuf, 'content-encoding': 'gzip' }, body: Buffer.alloc(64, 7) }),
		],
		[
			'gzip that is cut off',
			400,
			() => ({
				headers: { ...protobuf, 'content-encoding': 'gzip' },
				body: gzipSync(good().body).subarray(0, -12),
			}),
		],
		[
			'an unknown content encoding',
			415,
			() => ({ headers: { ...protobuf, 'content-encoding': 'br' }, body: good().body }),
		],
		['an unknown content type', 415, () => ({ headers: { 'content-type': 'text/plain' }, body: 'hello' })],
		['no content type', 415, () => ({ headers: {}, body: good().body })],
	];
	for (const [what, status, request] of cases) {
		test(`${what} with ${status} and a Status body`, async () => {
			const response = await program.post('/v1/traces', request());
			assert.equal(response.status, status, response.text);
			const wanted = request().headers['content-type'] ?? '';
			const type = response.headers.get('content-type');
			if (wanted.startsWith('application/')) assert.ok(type.startsWith(wanted), type);
			assert.notEqual(otlp.readStatus(type, response.body).message, '');
			assert.ok(!program.hasExited());
		});
	}

	function jsonWith(fields) {
		return otlp.envelope('traces', otlp.traces([otlp.span(fields)]), { format: 'json' });
	}

	test('when it unpacks to more than is allowed, with 413', async () => {
		const bomb = gzipSync(Buffer.alloc(512 * 1024 * 1024));
		const headers = { ...protobuf, 'content-encoding': 'gzip' };
		const response = await program.post('/v1/traces', { headers, body: bomb });
		assert.equal(response.status, 413);
		const { message } = otlp.readStatus(response.headers.get('content-type'), response.body);
		assert.match(message, /large|limit|more than|at most/i);
	});

	test('when it announces more than is allowed, with 413', async () => {
		const status = await statusOfAnnouncement(10 * 1024 * 1024 * 1024);
		assert.equal(status, 413);
	});

	test('by another method, with 405 that names POST', async () => {
		for (const method of ['GET', 'PUT', 'DELETE']) {
			const response = await program.post('/v1/traces', { method });
			assert.equal(response.status, 405, method);
			assert.match(response.headers.get('allow') ?? '', /POST/);
		}
	});

	test('on a path that is none of the three, with 404', async () => {
		for (const target of ['/v1/profiles', '/v1', '/v1/traces/x', '/']) {
			const response = await program.post(target, good());
			assert.equal(response.status, 404, target);
		}
	});

	test('and leaves nothing behind', async () => {
		const { traces } = await program.api('/telemetry/traces', { operation: 'refused' });
		assert.deepEqual(traces, []);
	});
});

/** Sends only the head of a request with this Content-Length; returns the status of the answer. */
async function statusOfAnnouncement(length) {
	const socket = connect(program.otlpPort, '127.0.0.1');
	let answer = '';
	socket.on('data', (chunk) => {
		answer += chunk;
	});
	socket.on('error', () => {});
	socket.write(
		`POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${length}\r\n\r\n`,
	);
	try {
		await eventually(() => answer.includes('\r\n'));
	} finally {
		socket.destroy();
	}
	return Number(answer.split(' ')[1]);
}

test('one connection carries many requests', async () => {
	const { body } = otlp.envelope(
		'traces',
		otlp.traces([otlp.span({ name: 'again' })], { service: 'keep-alive' }),
	);
	const head = `POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${body.length}\r\n\r\n`;
	const socket = connect(program.otlpPort, '127.0.0.1');
	let answers = '';
	socket.on('data', (chunk) => {
		answers += chunk.toString('latin1');
	});
	try {
		for (let count = 1; count <= 20; count++) {
			socket.write(Buffer.concat([Buffer.from(head), body]));
			await eventually(() => answers.split('HTTP/1.1 200').length === count + 1);
		}
	} finally {
		socket.destroy();
	}
});

test('what was received is counted', async () => {
	const before = await program.api('/telemetry/status');
	await program.send('traces', otlp.traces([otlp.span(), otlp.span(), otlp.span()]));
	await program.send('logs', otlp.logs([otlp.log(), otlp.log()]));
	const later = await program.api('/telemetry/status');
	assert.equal(later.signals.traces.received - before.signals.traces.received, 3);
	assert.equal(later.signals.logs.received - before.signals.logs.received, 2);
	assert.equal(later.store.spans - before.store.spans, 3);
	assert.equal(later.store.logs - before.store.logs, 2);
});
