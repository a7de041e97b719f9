// More than the program wants to take: it says so, keeps what it acknowledged, and goes on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { eventually, startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();

test('a flood of large requests is taken or refused with Retry-After, never lost', async (t) => {
	const requests = Array.from({ length: 48 }, (_, index) => {
		const spans = Array.from({ length: 1000 }, () =>
			otlp.span({ name: `flood ${index}`, attributes: { text: 'x'.repeat(3000) } }),
		);
		return {
			index,
			spans,
			envelope: otlp.envelope('traces', otlp.traces(spans, { service: `flood-${index}` })),
		};
	});
	const outcomes = await Promise.all(
		requests.map(async (each) => ({ ...each, response: await program.post('/v1/traces', each.envelope) })),
	);
	for (const { spans, response } of outcomes) {
		const isTaken = response.status === 200;
		for (const { traceId } of [spans.at(0), spans.at(-1)]) {
			const { status } = await program.get(`/telemetry/traces/${traceId}`);
			assert.equal(status, isTaken ? 200 : 404);
		}
		if (isTaken) continue;
		assert.ok([429, 503].includes(response.status), `status ${response.status}`);
		assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
		assert.notEqual(otlp.readStatus(response.headers.get('content-type'), response.body).message, '');
	}
	const taken = outcomes.filter(({ response }) => response.status === 200).length;
	const { store } = await program.api('/telemetry/status');
	assert.equal(store.spans, taken * 1000);
	assert.ok(taken > 0);
	t.diagnostic(`${taken} of ${outcomes.length} requests of 3 MB taken, resident ${residentMegabytes()} MB`);
});

test('hundreds of clients that connect and say nothing keep nobody out', async () => {
	const silent = Array.from({ length: 200 }, () => connect(program.otlpPort, '127.0.0.1'));
	for (const each of silent) {
		each.on('error', () => {});
		each.write('POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le');
	}
	try {
		const sent = otlp.span();
		await program.send('traces', otlp.traces([sent]));
		await program.api(`/telemetry/traces/${sent.traceId}`);
	} finally {
		for (const each of silent) each.destroy();
	}
});

test('a client that leaves in the middle of its body leaves nothing behind', async () => {
	const { body } = otlp.envelope('traces', otlp.traces([otlp.span({ name: 'half' })], { service: 'half' }));
	for (let count = 0; count < 20; count++) {
		const socket = connect(program.otlpPort, '127.0.0.1');
		socket.on('error', () => {});
		const head = `POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${body.length}\r\n\r\n`;
		await new Promise((resolve) =>
			socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, -1)]), resolve),
		);
		socket.destroy();
	}
	const { traces } = await program.api('/telemetry/traces', { service: 'half' });
	assert.deepEqual(traces, []);
});

test('noise on its ports does not hurt it', async () => {
	const noises = [
		Buffer.from('\0\0\0\0'.repeat(1000)),
		Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(100)),
		Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
		Buffer.from(`GET /${'a'.repeat(200_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`),
		Buffer.from(`GET /telemetry/traces?${'tag=a=b&'.repeat(20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`),
		Buffer.from('GET /telemetry/traces?start=%&end=%zz&%00=%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'),
		Buffer.from('POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n'),
		Buffer.from('POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n'),
	];
	const sockets = [];
	for (const port of [program.port, program.otlpPort]) {
		for (const noise of noises) {
			const socket = connect(port, '127.0.0.1');
			socket.on('error', () => {});
			await new Promise((resolve) => socket.write(noise, resolve));
			sockets.push(socket);
		}
	}
	// Whatever it makes of them, and while they stand, it serves others.
	const sent = otlp.span();
	await program.send('traces', otlp.traces([sent]));
	await program.api(`/telemetry/traces/${sent.traceId}`);
	for (const socket of sockets) socket.destroy();
	assert.ok(!program.hasExited(), program.stderr);
	assert.equal((await program.get('/healthz')).status, 200);
});

test('it ends cleanly while requests are under way', async () => {
	let over = false;
	const acknowledged = [];
	const senders = Array.from({ length: 4 }, async () => {
		while (!over) {
			const sent = otlp.span({ name: 'until the end' });
			try {
				await program.send('traces', otlp.traces([sent]));
				acknowledged.push(sent.traceId);
			} catch {
				// Refused or cut off: the sender would keep its data.
			}
		}
	});
	await eventually(() => acknowledged.length > 20);
	await program.stop();
	over = true;
	await Promise.all(senders);
	await program.start();
	for (const id of acknowledged) assert.equal((await program.get(`/telemetry/traces/${id}`)).status, 200);
});

function residentMegabytes() {
	const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'));
	return Math.round(Number(kilobytes) / 1024);
}
