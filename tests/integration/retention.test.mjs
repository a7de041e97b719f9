// What the operator is told of what the store drops, and the keys that decide it.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, runProgram, startProgram, temporaryFolder, writeConfig } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const dayMs = 86_400_000;

/** A figure of /metrics; labels as they are written there. */
async function figure(program, name) {
	const { text } = await program.get('/metrics');
	const line = text.split('\n').find((each) => each.startsWith(`${name} `));
	assert.ok(line, `/metrics has no ${name}`);
	return Number(line.slice(name.length + 1));
}

test('what is past its retention goes, and is counted', async () => {
	const program = await startProgram({
		settings: { 'telemetry.retention_days': 2, 'telemetry.retention_days_logs': 0 },
	});
	await program.send('traces', otlp.traces([otlp.span({ agoMs: 5 * dayMs }), otlp.span()]));
	await program.send('logs', otlp.logs([otlp.log({ agoMs: 5 * dayMs, body: 'old' })]));
	// A sweep runs at each start.
	await program.restart();
	const dropped = 'rohas_telemetry_store_dropped_rows_total{signal="traces",reason="age"}';
	await eventually(async () => (await figure(program, dropped)) === 1);
	const { traces } = await program.api('/telemetry/traces', { start: '-30d' });
	assert.equal(traces.length, 1);
	const { logs } = await program.api('/telemetry/logs', { start: '-30d' });
	assert.deepEqual(
		logs.map((each) => each.message),
		['old'],
	);
	assert.equal(
		await figure(program, 'rohas_telemetry_store_dropped_rows_total{signal="logs",reason="age"}'),
		0,
	);
	assert.match(program.stderr, /dropped telemetry up to \d{4}-\d\d-\d\d past its retention: 1 spans/);
	await program.stop();
});

test('what is dropped was archived before, and can be imported again', async () => {
	const archive = await temporaryFolder();
	const program = await startProgram({
		settings: { 'telemetry.retention_days': 2, 'telemetry.archive_path': archive },
	});
	await program.send('traces', otlp.traces([otlp.span({ agoMs: 5 * dayMs, name: 'of old' }), otlp.span()]));
	await program.restart();
	const dropped = 'rohas_telemetry_store_dropped_rows_total{signal="traces",reason="age"}';
	await eventually(async () => (await figure(program, dropped)) === 1);
	await program.stop();
	const [day] = await readdir(archive);
	assert.match(day, /^traces-\d{4}-\d\d-\d\d$/);

	const other = await startProgram({ settings: { 'telemetry.retention_days': 0 } });
	const imported = await runProgram(['import', '--url', other.url, join(archive, day)]);
	assert.equal(imported.code, 0, imported.stderr);
	const { traces } = await other.api('/telemetry/traces', { start: '-30d' });
	assert.equal(traces.length, 1);
	await other.stop();
});

test('old metrics keep one point a step', async () => {
	const program = await startProgram({
		settings: { 'telemetry.retention_days': 0, 'telemetry.downsample': '2d:1h' },
	});
	const hour = BigInt(3_600_000_000_000);
	const from = (otlp.nanosecondsAgo(5 * dayMs) / hour) * hour + 1n;
	const dataPoints = Array.from({ length: 100 }, (_, index) => ({
		timeUnixNano: String(from + BigInt(index) * 10_000_000_000n),
		asDouble: index,
	}));
	await program.send('metrics', otlp.metrics([{ name: 'old.gauge', gauge: { dataPoints } }]));
	await program.restart();
	await eventually(
		async () => (await figure(program, 'rohas_telemetry_store_downsampled_points_total')) === 99,
	);
	for (const [agg, expected] of Object.entries({ avg: 49.5, min: 0, max: 99, count: 100 })) {
		const parameters = { name: 'old.gauge', agg, start: '-6d', end: '-4d', step: '1h' };
		const { series } = await program.api('/telemetry/metrics', parameters);
		assert.deepEqual(
			series.flatMap((each) => each.values).filter((each) => each !== null),
			[expected],
		);
	}
	await program.stop();
});

test('every way to write keeps what was acknowledged when the program is killed', async () => {
	const ways = [
		{ 'telemetry.sync': 'interval', 'telemetry.sync_interval_ms': 50, 'telemetry.compression': 'lz4' },
		{ 'telemetry.sync': 'never', 'telemetry.compression': 'none', 'telemetry.commit_window_ms': 20 },
		{ 'telemetry.write_buffer_bytes': '4MiB', 'telemetry.block_cache_bytes': '8MiB' },
	];
	for (const settings of ways) {
		const program = await startProgram({ settings });
		const spans = Array.from({ length: 20 }, () => otlp.span());
		await Promise.all(spans.map((each) => program.send('traces', otlp.traces([each]))));
		await program.kill();
		await program.start();
		const { traces } = await program.api('/telemetry/traces', { limit: '100' });
		assert.equal(traces.length, spans.length);
		await program.stop();
	}
});

test('keys that cannot be together are told', async () => {
	const root = temporaryFolder();
	await writeConfig(
		root,
		'[telemetry]\nretention_days = 5\ndownsample = ["7d:1m"]\nmax_storage_bytes = "1KB"\nsync_interval_ms = 20\n',
	);
	const { code, stderr } = await runProgram(['check-config', '--project-root', root]);
	assert.equal(code, 2);
	assert.match(stderr, /"7d:1m" and metrics are dropped after 5 days: it never comes to pass/);
	assert.match(stderr, /max_storage_bytes is the string "1KB"; allowed is 0, bytes, or a string with a unit/);
	assert.match(stderr, /sync_interval_ms is ignored: telemetry.sync is not "interval"/);
});
