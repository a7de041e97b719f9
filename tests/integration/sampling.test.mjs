// What sampling leaves out, what it keeps, and that metrics count both.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const total = 200;
const window = { 'telemetry.sampling.window_seconds': 1 };
const noRules = {
	'telemetry.sampling.handler_minimum': 0,
	'telemetry.sampling.keep_slowest': false,
};

const execution = (more) =>
	otlp.span({ kind: 2, attributes: { 'http.request.method': 'GET', 'http.route': '/users' }, ...more });

/** Of each group one trace: `count` traces, of which every tenth failed. */
function executions(count) {
	return Array.from({ length: count }, (_, i) => execution(i % 10 === 0 ? { status: { code: 2 } } : {}));
}

async function tracesOf(program) {
	const { traces } = await program.api('/telemetry/traces', { start: '-1h', limit: 1000 });
	return traces;
}

/** The decisions of /telemetry/status as {"kept error": traces, …}. */
async function decisions(program, unit = 'traces') {
	const { sampling } = await program.api('/telemetry/status');
	return Object.fromEntries(sampling.map((each) => [`${each.decision} ${each.reason}`, each[unit]]));
}

/** How many executions the metrics know of, by status. */
async function counted(program) {
	const { series } = await program.api('/telemetry/metrics', {
		name: 'handler.execution.count',
		agg: 'sum',
		start: '-2h',
		end: 'now',
		step: '3h',
		by: 'status',
	});
	return Object.fromEntries(
		series.map((each) => [each.labels.status, each.values.reduce((sum, value) => sum + (value ?? 0), 0)]),
	);
}

test('every trace is seen at first, and after the window those that failed are left', async () => {
	const program = await startProgram({
		settings: { ...window, ...noRules, 'telemetry.sampling.tail_ratio': 0 },
	});
	await program.send('traces', otlp.traces(executions(total)));
	assert.equal((await tracesOf(program)).length, total);
	await eventually(async () => (await tracesOf(program)).length === total / 10);
	assert.ok((await tracesOf(program)).every((each) => each.status === 'error'));
	const decided = await decisions(program);
	assert.equal(decided['kept error'], total / 10);
	assert.equal(decided['dropped ratio'], (total / 10) * 9);
	const { text } = await program.get('/metrics');
	assert.match(text, /^rohas_telemetry_sampling_traces_total\{decision="kept",reason="error"\} 20$/m);
	await program.restart();
	assert.deepEqual(await counted(program), { error: total / 10, success: (total / 10) * 9 });
	assert.equal((await tracesOf(program)).length, total / 10);
	await program.stop();
});

test('head sampling stores a share, and counts all', async () => {
	const program = await startProgram({ settings: { 'telemetry.sampling.head_ratio': 0.5 } });
	const spans = executions(total).map((span, i) => ({
		...span,
		traceId: `${i.toString(16).padStart(18, '0')}${(i < 50 ? 0x80 : 0x7f).toString(16)}000000000000`,
	}));
	await program.send('traces', otlp.traces(spans));
	assert.equal((await tracesOf(program)).length, 50);
	assert.equal((await decisions(program, 'spans'))['dropped head'], total - 50);
	// A request of which nothing is stored is counted too.
	await program.send('traces', otlp.traces(spans.slice(60, 70)));
	await program.restart();
	const { success, error } = await counted(program);
	assert.equal(success + error, total + 10);
	await program.stop();
});

test('what was undecided when the program died is decided on by the next, and nothing is lost', async () => {
	const program = await startProgram({
		settings: {
			...noRules,
			'telemetry.sampling.tail_ratio': 0,
			'telemetry.sampling.window_seconds': 3,
		},
	});
	await program.send('traces', otlp.traces(executions(total)));
	await program.kill();
	await program.start();
	assert.equal((await tracesOf(program)).length, total);
	await eventually(async () => (await tracesOf(program)).length === total / 10);
	assert.ok((await tracesOf(program)).every((each) => each.status === 'error'));
	await program.stop();
});

test('a trace that a failed one links to stays with it', async () => {
	const program = await startProgram({
		settings: { ...window, ...noRules, 'telemetry.sampling.tail_ratio': 0 },
	});
	const publish = otlp.span({ kind: 4, name: 'publish order.placed' });
	const handle = otlp.span({
		kind: 5,
		name: 'process order.placed',
		status: { code: 2 },
		links: [{ traceId: publish.traceId, spanId: publish.spanId }],
	});
	const other = otlp.span({ kind: 4, name: 'publish order.paid' });
	await program.send('traces', otlp.traces([publish, other]));
	await program.send('traces', otlp.traces([handle]));
	await eventually(async () => (await tracesOf(program)).length === 2);
	assert.deepEqual(
		new Set((await tracesOf(program)).map((each) => each.trace_id)),
		new Set([publish.traceId, handle.traceId]),
	);
	assert.equal((await decisions(program))['kept link'], 1);
	await program.stop();
});

test('rare handlers stay whatever the ratio', async () => {
	const program = await startProgram({
		settings: {
			...window,
			'telemetry.sampling.tail_ratio': 0,
			'telemetry.sampling.keep_errors': false,
			'telemetry.sampling.handler_minimum': 2,
		},
	});
	const cron = otlp.span({ attributes: { 'faas.trigger': 'timer', 'faas.name': 'cleanup' } });
	await program.send('traces', otlp.traces([...executions(20), cron]));
	await eventually(async () => (await tracesOf(program)).length === 3);
	assert.ok((await tracesOf(program)).some((each) => each.trace_id === cron.traceId));
	await program.stop();
});
