// The program is killed while the load generator sends as fast as it is taken: many requests then share a commit.
// Every trace that was acknowledged is found afterwards, with each of its spans once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, projectRoot, startChild, startProgram, temporaryFolder } from '../harness.mjs';

const generatorPath = process.env.OTLP_LOAD ?? path.join(projectRoot, 'build/bench/otlp-load');
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.CRASH_ROUNDS ?? 3);
// Reading every trace of a run would take minutes: so many of a round, spread over it, with its last ones.
const readPerRound = 400;

/** Sends until the program is gone; returns the ids of the traces that were acknowledged. */
async function loadUntilKilled(program, round) {
	const file = path.join(temporaryFolder(), 'ids');
	const generator = startChild(generatorPath, [
		...['--url', `${program.otlpUrl}/v1/traces`, '--connections', '4', '--spans-per-request', '500'],
		...['--duration', '600', '--stop-on-loss', '--seed', String(seed + round), '--print-trace-ids', file],
	]);
	const received = async () => (await program.api('/telemetry/status')).signals.traces.received;
	await eventually(async () => (await received()) > 20_000);
	await sleep((seed * (round + 1)) % 500);
	await program.kill();
	await generator.exited;
	return readFileSync(file, 'utf8').trim().split('\n');
}

function choose(ids) {
	const step = Math.max(1, Math.floor(ids.length / (readPerRound / 2)));
	return [...new Set([...ids.filter((_, index) => index % step === 0), ...ids.slice(-readPerRound / 2)])];
}

test(`every acknowledged trace is there after each of ${rounds} kills (seed ${seed})`, async (t) => {
	const program = await startProgram();
	const chosen = [];
	let count = 0;
	for (let round = 0; round < rounds; round++) {
		const ids = await loadUntilKilled(program, round);
		count += ids.length;
		assert.equal(new Set(ids).size, ids.length);
		chosen.push(...choose(ids));
		await program.start();
		for (const id of chosen) await assertWhole(program, id);
	}
	t.diagnostic(`${count} traces acknowledged over ${rounds} kills, ${chosen.length} of them read`);
	const { store } = await program.api('/telemetry/status');
	assert.ok(store.spans > count, `${store.spans} spans for ${count} acknowledged traces`);
	await program.stop();
});

/** The generator's traces are whole in one request: so is what is found of them. */
async function assertWhole(program, id) {
	const trace = await program.api(`/telemetry/traces/${id}`);
	assert.equal(trace.complete, true, `trace ${id} has lost a span`);
	assert.equal(
		new Set(trace.spans.map((each) => each.span_id)).size,
		trace.spans.length,
		`trace ${id} has a span twice`,
	);
}
