// GET /telemetry/live: what arrives is told to those who listen.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { EventStream } from '../event_stream.mjs';
import { eventually, startProgram, withQuery } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();
const streams = [];
after(() => {
	for (const each of streams) each.close();
});

async function listen(parameters) {
	const stream = await EventStream.open(withQuery(`${program.url}/telemetry/live`, parameters));
	streams.push(stream);
	assert.equal(stream.response.status, 200);
	assert.match(stream.response.headers.get('content-type'), /^text\/event-stream/);
	return stream;
}

describe('a listener is told', () => {
	test('of a new trace, in the form of the list', async () => {
		const stream = await listen({ signal: 'traces' });
		const sent = otlp.span({ name: 'live trace', agoMs: 0 });
		await program.send('traces', otlp.traces([sent]));
		const event = await stream.next(({ data }) => data.trace_id === sent.traceId);
		assert.equal(event.name, 'trace');
		const { traces } = await program.api('/telemetry/traces', { operation: 'live trace' });
		assert.deepEqual(event.data, traces[0]);
	});

	test('of a new log record, in the form of the list', async () => {
		const stream = await listen({ signal: 'logs' });
		const traceId = otlp.newTraceId();
		await program.send(
			'logs',
			otlp.logs([otlp.log({ traceId, spanId: otlp.newSpanId(), body: 'live log' })]),
		);
		const event = await stream.next(({ data }) => data.trace_id === traceId);
		assert.equal(event.name, 'log');
		const { logs } = await program.api('/telemetry/logs', { trace_id: traceId });
		assert.deepEqual(event.data, logs[0]);
	});

	test('of both at once', async () => {
		const stream = await listen({ signal: 'traces,logs' });
		const sent = otlp.span({ agoMs: 0 });
		await program.send('traces', otlp.traces([sent]));
		await program.send('logs', otlp.logs([otlp.log({ traceId: sent.traceId, spanId: sent.spanId })]));
		for (const name of ['trace', 'log']) {
			await stream.next((each) => each.name === name && each.data.trace_id === sent.traceId);
		}
	});

	test('of nothing that its filter leaves out', async () => {
		const filtered = await listen({ signal: 'traces', service: 'wanted', status: 'error' });
		const quiet = otlp.span({ agoMs: 0 });
		const otherService = otlp.span({ agoMs: 0, status: { code: 2 } });
		const wanted = otlp.span({ agoMs: 0, status: { code: 2 } });
		await program.send('traces', otlp.traces([quiet], { service: 'wanted' }));
		await program.send('traces', otlp.traces([otherService], { service: 'unwanted' }));
		await program.send('traces', otlp.traces([wanted], { service: 'wanted' }));
		await filtered.next(({ data }) => data.trace_id === wanted.traceId);
		assert.deepEqual(
			filtered.events.map(({ data }) => data.trace_id),
			[wanted.traceId],
		);
	});

	test('of log records from the level it asks for', async () => {
		const stream = await listen({ signal: 'logs', level: 'WARN', q: 'kettle' });
		const record = (severityNumber, body) => otlp.log({ severityNumber, severityText: '', body });
		await program.send(
			'logs',
			otlp.logs([record(9, 'one kettle'), record(17, 'a cup'), record(17, 'the kettle')]),
		);
		await stream.next(({ data }) => data.message === 'the kettle');
		assert.equal(stream.events.length, 1);
	});

	test('of traces and logs that meet an expression of both', async () => {
		const q = 'service = choosy and (tag.n >= 5 or tag.kind =~ "^w")';
		const stream = await listen({ signal: 'traces,logs', q });
		const span = (attributes) => otlp.span({ agoMs: 0, attributes });
		const [small, wanted] = [span({ n: 4 }), span({ n: 10 })];
		await program.send('traces', otlp.traces([small, wanted], { service: 'choosy' }));
		await program.send(
			'logs',
			otlp.logs([otlp.log({ body: 'no' }), otlp.log({ body: 'yes', attributes: { kind: 'wide' } })], {
				service: 'choosy',
			}),
		);
		await stream.next(({ data }) => data.trace_id === wanted.traceId);
		await stream.next(({ data }) => data.message === 'yes');
		assert.equal(stream.events.length, 2);
	});
});

test('a bad parameter is refused by name', async () => {
	const cases = {
		signal: 'metrics',
		status: 'maybe',
		level: 'LOUD',
		min_duration: 'fast',
		q: 'level = warn',
	};
	for (const [parameter, value] of Object.entries(cases)) {
		const problem = await program.problem('/telemetry/live', { signal: 'traces,logs', [parameter]: value });
		assert.equal(problem.status, 400);
		assert.equal(problem.parameter, parameter);
	}
});

test('a reader that does not read is dropped, and nobody waits for it', async () => {
	const service = 'flood';
	const attentive = await listen({ signal: 'logs', service });
	const lazy = connect(program.port, '127.0.0.1');
	let tail = '';
	lazy.on('error', () => {});
	lazy.on('data', (chunk) => {
		tail = (tail + chunk.toString('latin1')).slice(-7);
	});
	lazy.write(
		`GET /telemetry/live?signal=logs&service=${service} HTTP/1.1\r\nHost: 127.0.0.1:${program.port}\r\n\r\n`,
	);
	lazy.pause();

	// The system's own buffers hold some megabytes; what is more waits in the program. One request is less than what may wait
	// for a reader: the attentive one has time to read it.
	const record = () => otlp.log({ agoMs: 0, body: 'x'.repeat(4000) });
	const dropped = async () =>
		/^rohas_telemetry_live_dropped_readers_total 1$/m.test((await program.get('/metrics')).text);
	await eventually(async () => {
		await program.send('logs', otlp.logs(Array.from({ length: 100 }, record), { service }));
		return dropped();
	});
	// Now it reads what had been buffered for it, up to the chunk that ends the answer.
	lazy.resume();
	await eventually(() => tail === '\r\n0\r\n\r\n');
	lazy.destroy();

	const last = otlp.log({ agoMs: 0, body: 'the last one' });
	await program.send('logs', otlp.logs([last], { service }));
	const { logs } = await program.api('/telemetry/logs', { service, limit: '1' });
	assert.equal(logs[0].message, 'the last one');
	assert.ok(attentive.events.length > 0);
});

test('the streams end with the program', async () => {
	const stream = await listen({ signal: 'traces' });
	await program.stop();
	await eventually(() => stream.ended);
	await program.start();
});
