// What the benchmark relies on: the load generator's rows lie where it says, its needle is found, its sizes are right.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { decode } from '../../bench/log_json.mjs';
import { programPath, startChild, startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const loadPath = process.env.OTLP_LOAD ?? path.join(path.dirname(programPath), 'bench/otlp-load');
const rows = 5000;
const spreadSeconds = 7200;
const hourMs = 3600 * 1000;

const program = await startProgram();

async function load(signal, ...more) {
	const args = ['--url', program.otlpUrl, '--signal', signal, '--rows', String(rows), '--json', ...more];
	const { code, stdout, stderr } = await startChild(loadPath, args).exited;
	assert.equal(code, 0, stderr);
	assert.equal(JSON.parse(stdout).total.items, rows);
}

test('log lines lie in the time asked for, and one has the needle', async () => {
	const before = Date.now();
	await load('logs', '--spread', String(spreadSeconds), '--needle');
	const { logs: found } = await program.api('/telemetry/logs', { q: 'needle-found', start: '1' });
	assert.equal(found.length, 1);
	// It is in the middle request.
	assert.ok(Math.abs(before - hourMs - Date.parse(found[0].timestamp)) < hourMs / 2);
	const count = async (start, end) => {
		const ids = [];
		for (let cursor = ''; ; ) {
			const page = await program.api(
				'/telemetry/logs',
				cursor ? { cursor, limit: '1000' } : { start, end, limit: '1000' },
			);
			ids.push(...page.logs);
			cursor = page.next_cursor;
			if (!cursor) return ids.length;
		}
	};
	const at = (ms) => new Date(before - ms).toISOString();
	assert.equal(await count(at(2.1 * hourMs), new Date(Date.now() + hourMs).toISOString()), rows);
	// Of the five requests, the last one's rows are of now: two lie in the hour before the last.
	const older = await count(at(2.1 * hourMs), at(hourMs));
	assert.equal(older, 2000);
});

test('one span has the needle as its tenant', async () => {
	await load('traces', '--spread', String(spreadSeconds), '--needle');
	const { traces } = await program.api('/telemetry/traces', { tag: 'shop.tenant=needle-found', start: '1' });
	assert.equal(traces.length, 1);
	const { spans } = await program.api(`/telemetry/traces/${traces[0].trace_id}`);
	assert.equal(spans.filter(({ tags }) => tags['shop.tenant'] === 'needle-found').length, 1);
});

test('series of the past end now', async () => {
	await load('metrics', '--spread', String(spreadSeconds), '--pool', '16');
	const { series } = await program.api('/telemetry/metrics', {
		name: 'process.cpu.utilization',
		start: `-${spreadSeconds + 600}s`,
		step: '10m',
	});
	assert.ok(series[0].values.some((value) => value !== null));
});

test('log records in protobuf are read back as the same OTLP/JSON', () => {
	const request = otlp.logs([
		otlp.log({
			body: 'order 17 accepted',
			traceId: otlp.newTraceId(),
			spanId: otlp.newSpanId(),
			flags: 1,
			attributes: { text: 'a', whole: -3, real: 1.5, flag: true, list: ['b', 'c'] },
		}),
		otlp.log(),
	]);
	assert.deepEqual(decode(otlp.encode('logs', request)), request);
});
