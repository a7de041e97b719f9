// `rohas-telemetry demo` plays a small shop against the program.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { playHistory, startDemo } from '../demo.mjs';
import { eventually, programPath, startChild, startProgram } from '../harness.mjs';

describe('the history that it back-fills', () => {
	let program;
	let truth;

	before(async () => {
		program = await startProgram();
		const truthPath = path.join(program.root, 'truth.json');
		const { code, stderr } = await playHistory(program, '1h', ['--print-truth', truthPath]);
		assert.equal(code, 0, stderr);
		truth = JSON.parse(readFileSync(truthPath, 'utf8'));
	});

	test('is all there, by the demo’s own count', async () => {
		const { store, signals } = await program.api('/telemetry/status');
		assert.equal(truth.rejected, 0);
		assert.equal(signals.traces.received, truth.spans);
		assert.equal(store.spans, truth.spans);
		assert.equal(signals.logs.received, truth.logs);
		assert.equal(store.logs, truth.logs);
	});

	test('is counted exactly: every handler with its outcome, every event', async () => {
		const total = async (parameters) => {
			const range = { start: '-1h', end: 'now', step: '2h', agg: 'sum' };
			const { series } = await program.api('/telemetry/metrics', { ...range, ...parameters });
			return series.flatMap((each) => each.values).reduce((sum, value) => sum + (value ?? 0), 0);
		};
		const sumOf = (rows) => rows.reduce((sum, { count }) => sum + count, 0);
		await eventually(async () => {
			const counted = await total({ name: 'handler.execution.count' });
			assert.equal(counted, sumOf(truth.executions));
			return true;
		});
		// A handler of several events has a row for each of them.
		const labelsOf = ({ handler_name, handler_type, language, status }) =>
			JSON.stringify({ handler_name, handler_type, language, status });
		for (const [labels, rows] of Object.entries(Object.groupBy(truth.executions, labelsOf))) {
			const counted = await total({ name: 'handler.execution.count', ...JSON.parse(labels) });
			assert.equal(counted, sumOf(rows), labels);
		}
		for (const { event, language, count } of truth.published) {
			const labels = { event_name: event, language };
			assert.equal(await total({ name: 'event.published.count', ...labels }), count, JSON.stringify(labels));
		}
	});

	const find = async (parameters) =>
		(await program.api('/telemetry/traces', { start: '-2h', limit: '1000', ...parameters })).traces;

	test('reaches back for as long as it was asked', async () => {
		assert.ok((await find({ end: '-50m' })).length > 0);
		assert.equal((await find({ end: '-65m' })).length, 0);
	});

	for (const type of ['api', 'event', 'cron', 'websocket']) {
		test(`has ${type} handlers`, async () => {
			assert.ok((await find({ handler_type: type })).length > 0);
		});
	}

	for (const language of ['typescript', 'python', 'rust']) {
		test(`has handlers in ${language}`, async () => {
			assert.ok((await find({ language })).length > 0);
		});
	}

	test('has errors and slow calls', async () => {
		assert.ok((await find({ status: 'error' })).length > 0);
		assert.ok((await find({ min_duration: '500ms' })).length > 0);
	});

	test('has events that are handled in traces of their own, linked to their publisher', async () => {
		const linked = [];
		for (const { trace_id } of (await find({ handler_type: 'event' })).slice(0, 50)) {
			const { spans } = await program.api(`/telemetry/traces/${trace_id}`);
			linked.push(...spans.flatMap((each) => each.links).filter((each) => each.trace_id !== trace_id));
		}
		assert.ok(linked.length > 0);
		const publisher = await program.api(`/telemetry/traces/${linked[0].trace_id}`);
		const span = publisher.spans.find((each) => each.span_id === linked[0].span_id);
		assert.ok(span, 'a link leads nowhere');
		assert.notEqual(span.published_event, null);
	});

	test('has logs of several levels, tied to spans that are there', async () => {
		const { logs } = await program.api('/telemetry/logs', { start: '-2h', limit: '1000' });
		const levels = new Set(logs.map((each) => each.level));
		for (const level of ['INFO', 'ERROR']) assert.ok(levels.has(level), [...levels].join());
		const tied = logs.find((each) => each.span_id !== null);
		const trace = await program.api(`/telemetry/traces/${tied.trace_id}`);
		assert.ok(trace.spans.some((each) => each.span_id === tied.span_id));
	});

	test('has metrics, of the shop and of its handlers', async () => {
		const { metrics } = await program.api('/telemetry/metrics', { start: '-2h' });
		assert.ok(metrics.length > 3, metrics.map((each) => each.name).join());
		await eventually(async () => {
			const list = (await program.api('/telemetry/metrics')).metrics.map((each) => each.name);
			return list.includes('handler.execution.count') && list.includes('event.published.count');
		});
	});
});

test('with one seed it tells one story, ids included', async () => {
	const [first, second, other] = await Promise.all(['7', '7', '8'].map(traceIds));
	// They began at different instants, and the shop has jobs and bad minutes by the clock: so the two agree in part.
	assert.notEqual(first.intersection(second).size, 0);
	assert.equal(first.intersection(other).size, 0);
});

async function traceIds(seed) {
	const program = await startProgram();
	const { code, stderr } = await playHistory(program, '10m', ['--seed', seed]);
	assert.equal(code, 0, stderr);
	const { traces } = await program.api('/telemetry/traces', { limit: '1000' });
	await program.stop();
	return new Set(traces.map((each) => each.trace_id));
}

test('it goes on until it is told to stop', async () => {
	const program = await startProgram();
	const demo = startDemo(program, ['--rate', '20']);
	const count = async () => (await program.api('/telemetry/status')).signals.traces.received;
	const early = await eventually(count);
	await eventually(async () => (await count()) > early + 50);
	demo.signal('SIGTERM');
	const { code } = await demo.exited;
	assert.equal(code, 0);
	await program.stop();
});

test('it knows the key of the port that it sends to', async () => {
	const settings = { 'telemetry.receiver.http.enabled': 'false', 'workbench.api_key': 'a-key-4711' };
	const program = await startProgram({ settings });
	const demo = startChild(programPath, [
		...['demo', '--duration', '1s', '--rate', '20', '--set', `server.port=${program.port}`],
		...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
	]);
	const { code, stderr } = await demo.exited;
	assert.equal(code, 0, stderr);
	await program.stop();
});

test('without a program to send to it says so in a sentence', async () => {
	const program = await startProgram();
	await program.stop();
	const demo = startDemo(program, ['--duration', '1s']);
	const { code, stderr } = await demo.exited;
	assert.notEqual(code, 0);
	assert.match(stderr, new RegExp(`${program.otlpPort}`));
});
