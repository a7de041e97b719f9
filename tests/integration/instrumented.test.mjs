// Spans as the ordinary instrumentation of an application's libraries makes them: HTTP, AMQP, Socket.IO. Which handlers they
// are, and what is counted of them, is asked of the program.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { startBroker } from '../amqp_broker.mjs';
import { eventually, projectRoot, startChild, startProgram } from '../harness.mjs';

const folder = path.join(projectRoot, 'tests/applications');

async function startApplication(program, broker) {
	if (!existsSync(path.join(folder, 'node_modules'))) {
		throw new Error(`${folder} has no node_modules: run scripts/setup test, or npm ci there`);
	}
	const register = '@opentelemetry/auto-instrumentations-node/register';
	const application = startChild(process.execPath, ['--require', register, 'application.cjs'], {
		cwd: folder,
		env: {
			AMQP_URL: broker,
			OTEL_SERVICE_NAME: 'instrumented',
			OTEL_NODE_RESOURCE_DETECTORS: 'env,process',
			OTEL_EXPORTER_OTLP_ENDPOINT: program.otlpUrl,
			OTEL_BSP_SCHEDULE_DELAY: '50',
			OTEL_METRICS_EXPORTER: 'none',
			OTEL_LOGS_EXPORTER: 'none',
		},
	});
	const port = await eventually(() => {
		if (application.hasExited())
			throw new Error(`It did not open:\n${application.stdout()}${application.stderr()}`);
		return /"port":(\d+)/.exec(application.stdout())?.[1];
	});
	return `http://127.0.0.1:${port}`;
}

describe('an application under ordinary instrumentation', () => {
	let program;

	before(async () => {
		program = await startProgram();
		const url = await startApplication(program, await startBroker());
		for (const order of ['one', 'two'])
			assert.equal((await fetch(`${url}/${order}`, { method: 'POST' })).status, 200);
	});

	/** The spans of that handler type, once there are so many. */
	function executions(type, count) {
		return eventually(async () => {
			const { traces } = await program.api('/telemetry/traces', { service: 'instrumented' });
			const whole = await Promise.all(
				traces.map((each) => program.api(`/telemetry/traces/${each.trace_id}`)),
			);
			const spans = whole.flatMap((each) => each.spans).filter((each) => each.handler?.type === type);
			return spans.length >= count && spans;
		});
	}

	/** The sum of all that a metric of the last minutes counted, by one label. */
	async function total(name, by, agg = 'sum') {
		const query = { name, start: '-10m', end: 'now', step: '10m', agg, by };
		const { series } = await program.api('/telemetry/metrics', query);
		return Object.fromEntries(
			series.map((each) => [
				each.labels[by] ?? '',
				each.values.reduce((sum, value) => sum + (value ?? 0), 0),
			]),
		);
	}

	test('its HTTP calls are API handlers, called by their method where there is no route', async () => {
		const spans = await executions('api', 2);
		assert.deepEqual([...new Set(spans.map((each) => each.handler.name))], ['POST']);
		assert.ok(spans.every((each) => each.scope.name === '@opentelemetry/instrumentation-http'));
	});

	test('what its queue takes is an event of the queue’s name, handled once', async () => {
		const spans = await executions('event', 2);
		assert.equal(spans.length, 2);
		for (const span of spans) {
			assert.equal(span.kind, 'consumer');
			assert.equal(span.scope.name, '@opentelemetry/instrumentation-amqplib');
			assert.equal(span.handler.event, 'order.placed');
			assert.equal(span.handler.language, 'typescript');
		}
	});

	test('what its WebSocket takes is a WebSocket handler, called by its event', async () => {
		const spans = await executions('websocket', 1);
		assert.ok(
			spans.some((each) => each.handler.name === 'hello'),
			JSON.stringify(spans.map((each) => each.handler)),
		);
	});

	test('its events are counted from publisher to queue to handler', async () => {
		const wanted = [
			['event.published.count', 'event_name', 'sum', { 'order.placed': 2 }],
			['event.handled.count', 'event_name', 'sum', { 'order.placed': 2 }],
			['event.publisher.count', 'handler_name', 'sum', { POST: 2 }],
			['event.queue.duration', 'event_name', 'count', { 'order.placed': 2 }],
		];
		for (const [name, by, agg, counts] of wanted) {
			await eventually(async () => {
				assert.deepEqual(await total(name, by, agg), counts, name);
				return true;
			});
		}
	});

	test('metrics of its machine are kept and found, beside the program’s own', async () => {
		const time = `${BigInt(Date.now()) * 1_000_000n}`;
		const gauge = (name, value) => ({
			name,
			gauge: { dataPoints: [{ timeUnixNano: time, asDouble: value }] },
		});
		const sum = (name, value) => ({
			name,
			sum: {
				aggregationTemporality: 2,
				isMonotonic: false,
				dataPoints: [{ timeUnixNano: time, asDouble: value }],
			},
		});
		const metrics = [gauge('system.cpu.utilization', 0.25), sum('process.memory.usage', 4096)];
		const response = await fetch(`${program.otlpUrl}/v1/metrics`, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }),
		});
		assert.equal(response.status, 200);
		const query = { start: '-10m', end: 'now', step: '10m', agg: 'max' };
		for (const [name, value] of [
			['system.cpu.utilization', 0.25],
			['process.memory.usage', 4096],
		]) {
			const { series } = await program.api('/telemetry/metrics', { name, ...query });
			assert.equal(series[0].values.at(-1), value, name);
		}
		await eventually(async () => {
			const { series } = await program.api('/telemetry/metrics', {
				name: 'system.memory.usage',
				...query,
				by: 'process',
			});
			return series.length === 2;
		});
	});
});
