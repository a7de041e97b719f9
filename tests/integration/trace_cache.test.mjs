// Traces that are kept in memory: what arrives late shows at once, and what is kept stays within its bounds.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();

const readTrace = async (from, traceId) => (await from.api(`/telemetry/traces/${traceId}`)).spans.length;
const cacheOf = async (from) => (await from.api('/telemetry/status')).trace_cache;

async function figure(from, name) {
	const { text } = await from.get('/metrics');
	return Number(text.match(new RegExp(`^${name} (\\d+)$`, 'm'))?.[1]);
}

/** Sends a span of the trace; it is acknowledged when the promise resolves. */
const sendSpan = (to, traceId, name = 'late') =>
	to.send('traces', otlp.traces([otlp.span({ traceId, name })]));

test('a trace that was read is found in memory, and both figures say so', async () => {
	const traceId = otlp.newTraceId();
	await sendSpan(program, traceId);
	const start = await cacheOf(program);
	assert.equal(await readTrace(program, traceId), 1);
	const missed = await cacheOf(program);
	assert.deepEqual([missed.hits - start.hits, missed.misses - start.misses], [0, 1]);
	assert.ok(missed.size_bytes > start.size_bytes);
	assert.equal(missed.traces, start.traces + 1);
	for (let count = 0; count < 3; count++) assert.equal(await readTrace(program, traceId), 1);
	const hit = await cacheOf(program);
	assert.deepEqual([hit.hits - start.hits, hit.misses - start.misses], [3, 1]);
	assert.equal(await figure(program, 'rohas_telemetry_trace_cache_hits_total'), hit.hits);
	assert.equal(await figure(program, 'rohas_telemetry_trace_cache_misses_total'), hit.misses);
	assert.equal(await figure(program, 'rohas_telemetry_trace_cache_traces'), hit.traces);
	assert.equal(await figure(program, 'rohas_telemetry_trace_cache_bytes'), hit.size_bytes);
});

test('a trace that was not there is found once its first span was acknowledged', async () => {
	const traceId = otlp.newTraceId();
	for (let count = 0; count < 2; count++)
		assert.equal((await program.problem(`/telemetry/traces/${traceId}`)).status, 404);
	await sendSpan(program, traceId);
	assert.equal(await readTrace(program, traceId), 1);
});

describe('while traces arrive and are read', () => {
	const rounds = 40;
	const lanes = 6;
	let isOver = false;
	const load = [];

	before(() => {
		// Senders of other traces, so that commits are shared, and readers of the same ones, so that reads
		// overlap with arrivals.
		const noise = async () => {
			while (!isOver)
				await program.send('traces', otlp.traces(Array.from({ length: 200 }, () => otlp.span())));
		};
		load.push(noise(), noise());
	});

	test('a late span shows right after it was acknowledged, every time', async () => {
		const lane = async () => {
			const traceId = otlp.newTraceId();
			let stop = false;
			const reader = (async () => {
				while (!stop) await program.get(`/telemetry/traces/${traceId}`);
			})();
			const seen = [];
			for (let sent = 1; sent <= rounds; sent++) {
				await sendSpan(program, traceId, `span ${sent}`);
				seen.push(await readTrace(program, traceId));
			}
			stop = true;
			await reader;
			return seen;
		};
		try {
			const expected = Array.from({ length: rounds }, (_, index) => index + 1);
			for (const seen of await Promise.all(Array.from({ length: lanes }, lane)))
				assert.deepEqual(seen, expected);
		} finally {
			isOver = true;
			await Promise.all(load);
		}
	});
});

test('no more traces and no more bytes are kept than the configuration allows', async () => {
	const bytes = 1 << 20;
	const bounded = await startProgram({
		settings: { 'telemetry.max_cache_size': 50, 'telemetry.max_cache_bytes': bytes },
	});
	const ids = Array.from({ length: 80 }, () => otlp.newTraceId());
	const text = 'x'.repeat(20_000);
	const spans = ids.map((traceId) => otlp.span({ traceId, attributes: { text } }));
	await bounded.send('traces', otlp.traces(spans));
	for (const traceId of ids) {
		assert.equal(await readTrace(bounded, traceId), 1);
		const { traces, size_bytes: size } = await cacheOf(bounded);
		assert.ok(traces <= 50 && size <= bytes, `${traces} traces, ${size} bytes`);
	}
	const giant = otlp.span({ attributes: { text: 'x'.repeat(bytes / 2) } });
	await bounded.send('traces', otlp.traces([giant]));
	const kept = await cacheOf(bounded);
	for (let count = 0; count < 2; count++) assert.equal(await readTrace(bounded, giant.traceId), 1);
	const after = await cacheOf(bounded);
	assert.deepEqual([after.traces, after.hits], [kept.traces, kept.hits], 'a giant is read anew each time');
});

test('max_cache_size = 0 keeps none', async () => {
	const none = await startProgram({ settings: { 'telemetry.max_cache_size': 0 } });
	const traceId = otlp.newTraceId();
	for (let sent = 1; sent <= 3; sent++) {
		await sendSpan(none, traceId);
		assert.equal(await readTrace(none, traceId), sent);
		assert.equal(await readTrace(none, traceId), sent);
	}
	const { traces, size_bytes: size, hits } = await cacheOf(none);
	assert.deepEqual({ traces, size, hits }, { traces: 0, size: 0, hits: 0 });
});
