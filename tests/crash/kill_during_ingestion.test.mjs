// The program is killed with SIGKILL in the middle of ingestion, several times on one store. Afterwards every span
// that was acknowledged is found exactly once, and no request is there in part.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

// The seed moves the instant of each kill; CRASH_SEED repeats a run, CRASH_ROUNDS makes it longer.
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.CRASH_ROUNDS ?? 5);
const connectionCount = 4;
const tracesPerRequest = 8;
const spansPerTrace = 5;

/** mulberry32: numbers from 0 to 1 that a seed repeats. */
function randomFrom(start) {
	let state = start;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

/** A request whose traces name it, so that a part of it would be known as such. */
function makeRequest(number) {
	const traces = Array.from({ length: tracesPerRequest }, () => {
		const root = otlp.span({ name: 'root', attributes: { request: number, text: 'y'.repeat(200) } });
		const children = Array.from({ length: spansPerTrace - 1 }, () =>
			otlp.span({ traceId: root.traceId, parentSpanId: root.spanId, attributes: { request: number } }),
		);
		return [root, ...children];
	});
	return {
		traceIds: traces.map(([root]) => root.traceId),
		spanIds: new Map(traces.map((spans) => [spans[0].traceId, spans.map((each) => each.spanId).toSorted()])),
		body: otlp.traces(traces.flat(), { service: 'crash' }),
	};
}

/** Sends until the program is gone; every request is noted before it leaves and marked once it was acknowledged. */
async function sendUntilGone(program, requests, isOver) {
	while (!isOver()) {
		const request = { ...makeRequest(requests.length), acknowledged: false };
		requests.push(request);
		try {
			await program.send('traces', request.body);
			request.acknowledged = true;
		} catch (error) {
			if (error.code === 'ERR_ASSERTION') throw error;
			return;
		} finally {
			request.body = undefined;
		}
	}
}

test(`every acknowledged span is there once after each of ${rounds} kills (seed ${seed})`, async (t) => {
	const random = randomFrom(seed);
	const program = await startProgram();
	const requests = [];

	for (let round = 1; round <= rounds; round++) {
		let over = false;
		const senders = Array.from({ length: connectionCount }, () =>
			sendUntilGone(program, requests, () => over),
		);
		await sleep(100 + 700 * random());
		await program.kill();
		over = true;
		await Promise.all(senders);
		await program.start();
		await assertAllThere(program, requests);
	}

	const acknowledged = requests.filter((each) => each.acknowledged);
	assert.ok(acknowledged.length >= rounds, 'hardly anything was acknowledged: the test proved nothing');
	const spanCount = acknowledged.length * tracesPerRequest * spansPerTrace;
	t.diagnostic(`${spanCount} spans in ${acknowledged.length} requests acknowledged over ${rounds} kills`);
	for (const each of requests) each.checked = false;
	await assertAllThere(program, requests);
	await assertListsAgree(program, requests);
	await program.stop();
});

async function assertAllThere(program, requests) {
	for (const request of requests) {
		if (request.checked) continue;
		const found = await Promise.all(request.traceIds.map((id) => readSpanIds(program, id)));
		const missing = found.filter((each) => each === undefined).length;
		if (request.acknowledged) assert.equal(missing, 0, 'an acknowledged trace is lost');
		// A request that was not acknowledged may be there, for its answer may have been lost: whole, or not at all.
		else assert.ok(missing === 0 || missing === found.length, 'a request is there in part');
		request.stored = missing === 0;
		for (const [index, spanIds] of found.entries()) {
			if (spanIds) assert.deepEqual(spanIds, request.spanIds.get(request.traceIds[index]));
		}
		request.checked = true;
	}
}

/** The sorted span ids of a trace, each as often as it is there; undefined where the trace is unknown. */
async function readSpanIds(program, traceId) {
	const response = await program.get(`/telemetry/traces/${traceId}`);
	if (response.status === 404) return undefined;
	assert.equal(response.status, 200, response.text);
	return response.json.spans.map((each) => each.span_id).toSorted();
}

/** Walks the list: it holds the traces of the stored requests, each once, and no other. */
async function assertListsAgree(program, requests) {
	const wanted = requests.filter((each) => each.stored).flatMap((each) => each.traceIds);
	const seen = [];
	let cursor;
	do {
		const page = await program.api('/telemetry/traces', {
			service: 'crash',
			limit: '1000',
			...(cursor ? { cursor } : {}),
		});
		seen.push(...page.traces.map((each) => each.trace_id));
		cursor = page.next_cursor;
	} while (cursor);
	assert.deepEqual(seen.toSorted(), wanted.toSorted());
	const { store } = await program.api('/telemetry/status');
	assert.equal(store.spans, wanted.length * spansPerTrace);
}
