// What has started and not ended: reported, replaced, lost, and found again after a restart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const handler = { 'rohas.handler.type': 'cron', 'rohas.handler.name': 'NightlyReport' };

function startOf(span, attributes = handler) {
	return otlp.log({
		timeUnixNano: span.startTimeUnixNano,
		eventName: 'rohas.span.start',
		traceId: span.traceId,
		spanId: span.spanId,
		attributes: { 'rohas.span.name': span.name, 'rohas.span.kind': 'internal', ...attributes },
	});
}

const report = () => otlp.span({ name: 'nightly-report', attributes: handler, durationMs: 500 });

async function running(program, parameters) {
	return program.api('/telemetry/running', parameters);
}

test('a start shows as running until its span arrives', async () => {
	const program = await startProgram();
	const span = report();
	await program.send('logs', otlp.logs([startOf(span)]));
	const { executions, running: count } = await running(program);
	assert.equal(count, 1);
	assert.equal(executions[0].handler_name, 'NightlyReport');
	assert.equal(executions[0].handler_type, 'cron');
	assert.equal(executions[0].status, 'running');
	assert.equal(executions[0].span_id, span.spanId);
	const trace = await program.api(`/telemetry/traces/${span.traceId}`);
	assert.equal(trace.spans[0].status, 'running');
	assert.equal(trace.spans[0].operation_name, 'nightly-report');
	const { traces } = await program.api('/telemetry/traces', { status: 'running' });
	assert.deepEqual(
		traces.map((each) => [each.trace_id, each.status]),
		[[span.traceId, 'running']],
	);
	const { handlers } = await program.api('/telemetry/handlers');
	assert.deepEqual(handlers, []);

	await program.send('traces', otlp.traces([span]));
	assert.equal((await running(program)).running, 0);
	const ended = await program.api(`/telemetry/traces/${span.traceId}`);
	assert.deepEqual(
		ended.spans.map((each) => each.status),
		['success'],
	);
	await program.stop();
});

test('a job that runs is one job with the runs that it had', async () => {
	const program = await startProgram();
	const inRust = { ...handler, 'rohas.handler.language': 'rust' };
	const [ended, going] = [1, 2].map(() => otlp.span({ name: 'nightly-report', attributes: inRust }));
	await program.send('traces', otlp.traces([ended]));
	await program.restart();
	await program.send('logs', otlp.logs([startOf(going, inRust)]));
	const { crons } = await program.api('/telemetry/crons', { start: '-1h' });
	assert.deepEqual(
		crons.map((each) => [each.handler_name, each.language, each.runs, each.running]),
		[['NightlyReport', 'rust', 2, 1]],
	);
	await program.stop();
});

test('what runs in a process that is silent is lost, and is found when it speaks', async () => {
	const program = await startProgram({ settings: { 'telemetry.lost_after_seconds': 1 } });
	const span = report();
	await program.send('logs', otlp.logs([startOf(span)]));
	await eventually(async () => (await running(program)).lost === 1);
	const { executions } = await running(program, { status: 'lost' });
	assert.equal(executions.length, 1);
	assert.equal((await running(program, { status: 'running' })).executions.length, 0);
	await program.send('logs', otlp.logs([otlp.log({ body: 'still here' })]));
	assert.equal((await running(program)).running, 1);
	await program.stop();
});

test('what was running is known after a restart, and what ended meanwhile is not', async () => {
	const program = await startProgram();
	const [ended, going] = [report(), report()];
	await program.send('logs', otlp.logs([startOf(ended), startOf(going)]));
	await program.send('traces', otlp.traces([ended]));
	await program.kill();
	await program.start();
	const { executions } = await running(program);
	assert.deepEqual(
		executions.map((each) => each.span_id),
		[going.spanId],
	);
	await program.send('traces', otlp.traces([going]));
	assert.equal((await running(program)).running, 0);
	await program.stop();
});
