// GET /telemetry/metrics: the list, and aligned series of every metric type.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { eventually, startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();

// Two whole minutes in steps of ten seconds that ended a while ago; points lie in the middle of a step.
const stepNs = 10_000_000_000n;
const stepCount = 12;
const minuteNs = 6n * stepNs;
const start = (otlp.nanosecondsAgo(600_000) / minuteNs) * minuteNs;
const end = start + BigInt(stepCount) * stepNs;
const middleOf = (step) => String(start + BigInt(step) * stepNs + stepNs / 2n);
const range = { start: String(start), end: String(end), step: '10s' };
const steps = Array.from({ length: stepCount }, (_, index) => index);

const DELTA = 1;
const CUMULATIVE = 2;
const red = otlp.attributes({ queue: 'red', host: 'a' });
const blue = otlp.attributes({ queue: 'blue', host: 'a' });
const times = (step, ago = 1) => ({
	startTimeUnixNano: String(BigInt(middleOf(step)) - BigInt(ago) * stepNs),
	timeUnixNano: middleOf(step),
});
const sinceStart = (step) => ({ startTimeUnixNano: String(start - stepNs), timeUnixNano: middleOf(step) });

const traceOf = (step) => (step + 1).toString(16).padStart(32, '0');

const sent = [
	{
		name: 'queue.length',
		unit: '{message}',
		description: 'Messages that wait',
		gauge: {
			dataPoints: steps.flatMap((step) => [
				{ ...times(step), attributes: red, asInt: String(step) },
				{ ...times(step), attributes: blue, asDouble: step + 0.5 },
			]),
		},
	},
	{
		name: 'requests.total',
		unit: '{request}',
		sum: {
			aggregationTemporality: CUMULATIVE,
			isMonotonic: true,
			dataPoints: steps.map((step) => ({
				...sinceStart(step),
				attributes: red,
				asInt: String(1000 + 50 * step),
			})),
		},
	},
	{
		name: 'requests.delta',
		unit: '{request}',
		sum: {
			aggregationTemporality: DELTA,
			isMonotonic: true,
			dataPoints: steps.map((step) => ({ ...times(step), attributes: red, asInt: '30' })),
		},
	},
	{
		name: 'connections',
		unit: '1',
		sum: {
			aggregationTemporality: CUMULATIVE,
			isMonotonic: false,
			dataPoints: steps.map((step) => ({ ...sinceStart(step), attributes: red, asDouble: 10 - step / 4 })),
		},
	},
	{
		name: 'latency',
		unit: 'ms',
		histogram: {
			aggregationTemporality: DELTA,
			dataPoints: steps.map((step) => ({
				...times(step),
				attributes: red,
				count: '100',
				sum: 1500,
				min: 1,
				max: 50,
				explicitBounds: [10, 20, 50],
				// Half lie up to 10, 40 in (10, 20], 10 in (20, 50].
				bucketCounts: ['50', '40', '10', '0'],
			})),
		},
	},
	{
		name: 'size',
		unit: 'By',
		exponentialHistogram: {
			aggregationTemporality: DELTA,
			dataPoints: steps.map((step) => ({
				...times(step),
				attributes: red,
				count: '100',
				sum: 700,
				exemplars: [
					{
						timeUnixNano: middleOf(step),
						asDouble: 9 + step / 4,
						traceId: traceOf(step),
						spanId: '00f067aa0ba902b7',
					},
					{ timeUnixNano: middleOf(step), asDouble: 5 },
				],
				scale: 0,
				zeroCount: '0',
				// Base 2: (4, 8] holds 90, (8, 16] holds 10.
				positive: { offset: 2, bucketCounts: ['90', '10'] },
			})),
		},
	},
	{
		name: 'gc.pause',
		unit: 'ms',
		summary: {
			dataPoints: steps.map((step) => ({
				...times(step),
				attributes: red,
				count: '10',
				sum: 55,
				quantileValues: [
					{ quantile: 0.5, value: 5 },
					{ quantile: 0.99, value: 9.5 },
				],
			})),
		},
	},
];

before(async () => {
	await program.send('metrics', otlp.metrics(sent, { service: 'metrics-api' }));
});

/** The values of the only series of a query. */
async function valuesOf(name, parameters) {
	const answer = await program.api('/telemetry/metrics', { name, ...range, ...parameters });
	assert.equal(answer.series.length, 1, JSON.stringify(answer.series));
	assert.equal(answer.series[0].values.length, answer.timestamps.length);
	return answer.series[0].values;
}

function assertClose(actual, wanted, tolerance = 1e-9) {
	assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not close to ${wanted}`);
}

describe('the list', () => {
	const wanted = {
		'queue.length': { type: 'gauge', unit: '{message}', temporality: null, monotonic: null, series_count: 2 },
		'requests.total': { type: 'sum', temporality: 'cumulative', monotonic: true, series_count: 1 },
		'requests.delta': { type: 'sum', temporality: 'delta', monotonic: true },
		connections: { type: 'sum', temporality: 'cumulative', monotonic: false },
		latency: { type: 'histogram', unit: 'ms', temporality: 'delta' },
		size: { type: 'exponential_histogram', unit: 'By', temporality: 'delta' },
		'gc.pause': { type: 'summary', temporality: null },
	};
	for (const [name, fields] of Object.entries(wanted)) {
		test(`describes ${name}`, async () => {
			const { metrics } = await program.api('/telemetry/metrics');
			const metric = metrics.find((each) => each.name === name);
			assert.ok(metric, `${name} is not in the list`);
			for (const [field, value] of Object.entries(fields)) assert.equal(metric[field], value, field);
			assert.ok(metric.label_names.includes('queue'), metric.label_names.join());
		});
	}

	test('is sorted by name', async () => {
		const { metrics } = await program.api('/telemetry/metrics');
		const names = metrics.map((each) => each.name);
		assert.deepEqual(names, names.toSorted());
	});
});

describe('a query', () => {
	test('answers series aligned with its timestamps', async () => {
		const answer = await program.api('/telemetry/metrics', {
			name: 'queue.length',
			...range,
			agg: 'avg',
			by: 'queue',
		});
		assert.equal(answer.name, 'queue.length');
		assert.equal(answer.type, 'gauge');
		assert.equal(answer.step_ms, 10_000);
		assert.equal(answer.agg, 'avg');
		assert.equal(answer.timestamps.length, stepCount);
		// A step is named by its end.
		assert.equal(answer.timestamps[0], otlp.rfc3339(start + stepNs));
		assert.equal(answer.timestamps.at(-1), otlp.rfc3339(end));
		const byQueue = Object.fromEntries(answer.series.map((each) => [each.labels.queue, each.values]));
		assert.deepEqual(byQueue.red, steps);
		assert.deepEqual(
			byQueue.blue,
			steps.map((step) => step + 0.5),
		);
	});

	const overBoth = [
		['sum', (step) => 2 * step + 0.5],
		['avg', (step) => step + 0.25],
		['min', (step) => step],
		['max', (step) => step + 0.5],
		['count', () => 2],
	];
	for (const [agg, wanted] of overBoth) {
		test(`takes the ${agg} of a gauge over its series`, async () => {
			assert.deepEqual(await valuesOf('queue.length', { agg }), steps.map(wanted));
		});
	}

	test('filters by a label, in both spellings', async () => {
		assert.deepEqual(await valuesOf('queue.length', { agg: 'max', queue: 'red' }), steps);
		assert.deepEqual(await valuesOf('queue.length', { agg: 'max', 'label.queue': 'red' }), steps);
		const none = await program.api('/telemetry/metrics', { name: 'queue.length', ...range, queue: 'green' });
		assert.deepEqual(none.series, []);
	});

	test('filters by operators', async () => {
		const red = (match) => valuesOf('queue.length', { agg: 'max', match });
		assert.deepEqual(await red('queue=~r.d'), steps);
		assert.deepEqual(await red('queue!~[^r].*'), steps);
		const refused = await program.get('/telemetry/metrics?name=queue.length&match=queue=~(');
		assert.equal(refused.status, 400);
	});

	test('groups by several labels', async () => {
		const { series } = await program.api('/telemetry/metrics', {
			name: 'queue.length',
			...range,
			agg: 'avg',
			by: 'queue,host',
		});
		assert.deepEqual(
			series.map((each) => each.labels).toSorted((a, b) => (a.queue < b.queue ? -1 : 1)),
			[
				{ queue: 'blue', host: 'a' },
				{ queue: 'red', host: 'a' },
			],
		);
	});

	test('takes the rate of a cumulative counter, a second', async () => {
		const values = await valuesOf('requests.total', { agg: 'rate' });
		// What was counted between two points is shared out between the steps that it spans: the last step has half.
		for (const value of values.slice(1, -1)) assertClose(value, 5);
	});

	test('takes the rate of a delta counter, a second', async () => {
		const values = await valuesOf('requests.delta', { agg: 'rate' });
		for (const value of values.slice(0, -1)) assertClose(value, 3);
	});

	test('takes the sum of a delta counter over a wider step', async () => {
		const values = await valuesOf('requests.delta', { agg: 'sum', step: '1m' });
		assert.deepEqual(values, [180, 180]);
	});

	test('takes the average of a sum that goes up and down', async () => {
		assert.deepEqual(
			await valuesOf('connections', { agg: 'avg' }),
			steps.map((step) => 10 - step / 4),
		);
	});

	test('takes percentiles of a histogram', async () => {
		for (const value of await valuesOf('latency', { agg: 'p50' })) assertClose(value, 10);
		for (const value of await valuesOf('latency', { agg: 'p90' })) assertClose(value, 20);
		for (const value of await valuesOf('latency', { agg: 'p95' })) assertClose(value, 35);
		for (const value of await valuesOf('latency', { agg: 'p99.9' }))
			assert.ok(value > 45 && value <= 50, String(value));
	});

	test('takes average, count, least and greatest of a histogram', async () => {
		for (const value of await valuesOf('latency', { agg: 'avg' })) assertClose(value, 15);
		for (const value of await valuesOf('latency', { agg: 'count' })) assert.equal(value, 100);
		for (const value of await valuesOf('latency', { agg: 'min' })) assert.equal(value, 1);
		for (const value of await valuesOf('latency', { agg: 'max' })) assert.equal(value, 50);
	});

	test('takes percentiles of an exponential histogram', async () => {
		for (const value of await valuesOf('size', { agg: 'p50' }))
			assert.ok(value > 4 && value <= 8, String(value));
		for (const value of await valuesOf('size', { agg: 'p95' }))
			assert.ok(value > 8 && value <= 16, String(value));
		for (const value of await valuesOf('size', { agg: 'avg' })) assertClose(value, 7);
	});

	test('says how far off a percentile may be', async () => {
		const boundOf = async (name, agg) =>
			(await program.api('/telemetry/metrics', { name, ...range, agg })).error_bound;
		// Of scale 0 a bucket is as wide as its lower end; (20, 50] is half as wide again.
		assertClose(await boundOf('size', 'p95'), 1);
		assertClose(await boundOf('latency', 'p95'), 1.5);
		for (const [name, agg] of [
			['latency', 'avg'],
			['size', 'rate'],
			['queue.length', 'max'],
			['gc.pause', 'p50'],
		])
			assert.equal(await boundOf(name, agg), null, `${name} ${agg}`);
	});

	test('names the traces that led to its points, the newest first', async () => {
		const question = { name: 'size', ...range, by: 'queue' };
		const { exemplars } = await program.api('/telemetry/metrics', { ...question, exemplars: 'true' });
		assert.deepEqual(
			exemplars,
			steps.toReversed().map((step) => ({
				time: otlp.rfc3339(BigInt(middleOf(step))),
				value: 9 + step / 4,
				trace_id: traceOf(step),
				span_id: '00f067aa0ba902b7',
				labels: { queue: 'red' },
			})),
		);
		assert.equal((await program.api('/telemetry/metrics', question)).exemplars, undefined);
		const none = await program.api('/telemetry/metrics', {
			name: 'queue.length',
			...range,
			exemplars: 'true',
		});
		assert.deepEqual(none.exemplars, []);
	});

	test('takes the recorded quantiles of a summary', async () => {
		for (const value of await valuesOf('gc.pause', { agg: 'p50' })) assert.equal(value, 5);
		for (const value of await valuesOf('gc.pause', { agg: 'p99' })) assert.equal(value, 9.5);
		for (const value of await valuesOf('gc.pause', { agg: 'avg' })) assertClose(value, 5.5);
	});

	test('has nulls where there is no point', async () => {
		const later = { start: String(start - 3n * stepNs), end: String(start + 2n * stepNs) };
		const values = await valuesOf('queue.length', { ...later, agg: 'max', queue: 'red' });
		assert.deepEqual(values, [null, null, null, 0, 1]);
	});

	test('of a metric that nobody sent has no series', async () => {
		const response = await program.get('/telemetry/metrics?name=no.such.metric');
		if (response.status === 200) assert.deepEqual(response.json.series, []);
		else assert.equal(response.status, 404);
	});
});

describe('a bad parameter is refused by name', () => {
	const cases = [
		['step', ['0', '-10s', 'often']],
		['exemplars', ['yes', '1']],
		['agg', ['median', 'p101', 'p']],
		['start', ['yesterday']],
		['end', ['later']],
	];
	for (const [parameter, values] of cases) {
		for (const value of values) {
			test(`${parameter}=${value}`, async () => {
				const problem = await program.problem('/telemetry/metrics', { name: 'latency', [parameter]: value });
				assert.equal(problem.status, 400);
				assert.equal(problem.parameter, parameter);
				assert.ok(problem.allowed?.length > 0, JSON.stringify(problem));
			});
		}
	}

	test('a step so small that the answer had no end', async () => {
		const problem = await program.problem('/telemetry/metrics', {
			name: 'latency',
			start: '-30d',
			step: '1ms',
		});
		assert.equal(problem.status, 400);
	});
});

test('handlers and events are counted exactly', async () => {
	const resource = { 'telemetry.sdk.language': 'python' };
	const handled = Array.from({ length: 20 }, (_, index) =>
		otlp.span({
			agoMs: 100,
			kind: 5,
			durationMs: 4,
			status: { code: index < 3 ? 2 : 0 },
			attributes: {
				'messaging.operation.type': 'process',
				'messaging.destination.name': 'order.placed',
				'rohas.handler.name': 'ReserveStock',
			},
		}),
	);
	await program.send('traces', otlp.traces(handled, { service: 'counted', resource }));

	const total = async (name, labels) => {
		const parameters = { name, start: '-5m', end: 'now', step: '10m', agg: 'sum', ...labels };
		const { series } = await program.api('/telemetry/metrics', parameters);
		return series.flatMap((each) => each.values).reduce((sum, value) => sum + (value ?? 0), 0);
	};
	const labels = { handler_name: 'ReserveStock' };
	await eventually(async () => (await total('handler.execution.count', labels)) === 20);
	assert.equal(await total('handler.execution.errors', labels), 3);
	assert.equal(await total('handler.execution.success', labels), 17);
	assert.equal(await total('handler.execution.count', { ...labels, status: 'error' }), 3);
	assert.equal(await total('event.handled.count', labels), 20);
	const { metrics } = await program.api('/telemetry/metrics');
	const duration = metrics.find((each) => each.name === 'handler.execution.duration');
	assert.equal(duration.unit, 'ms');
	for (const label of ['handler_name', 'handler_type', 'language', 'status']) {
		assert.ok(duration.label_names.includes(label), label);
	}
});
