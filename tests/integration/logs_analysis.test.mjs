// GET /telemetry/logs/counts, top, patterns and context.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();
const levels = { INFO: 9, ERROR: 17 };

before(async () => {
	const records = Array.from({ length: 40 }, (_, i) =>
		otlp.log({
			agoMs: 100_000 - i * 1000,
			severityNumber: i % 4 ? levels.INFO : levels.ERROR,
			body: i % 4 ? `order ${i} accepted in ${i * 3} ms` : `card of "user ${i}" refused by 10.0.0.${i}`,
			attributes: { route: i % 2 ? '/orders' : '/cards', number: i % 3 },
		}),
	);
	await program.send('logs', otlp.logs(records.slice(0, 30), { service: 'shop' }));
	await program.send('logs', otlp.logs(records.slice(30), { service: 'shop' }));
	await program.send(
		'logs',
		otlp.logs([otlp.log({ agoMs: 80_500, body: 'of another source' })], { service: 'stock' }),
	);
});

const ask = (what, parameters) => program.api(`/telemetry/logs/${what}`, parameters);

test('counts are by level, and exact whatever the step', async () => {
	for (const step of ['1s', '10s', '1h']) {
		const { steps, lines, complete } = await ask('counts', { step, service: 'shop' });
		const sum = (level) => steps.reduce((total, { levels }) => total + levels[level], 0);
		assert.equal(lines, 40);
		assert.ok(complete);
		assert.equal(sum('ERROR'), 10);
		assert.equal(sum('INFO'), 30);
		assert.deepEqual(
			[...steps].sort((a, b) => a.time.localeCompare(b.time)),
			steps,
		);
	}
	const errors = await ask('counts', { step: '1h', level: 'ERROR', q: 'refused' });
	assert.equal(errors.lines, 10);
	const none = await ask('counts', { step: '1h', q: 'tag.route = "/orders" and refused' });
	assert.equal(none.lines, 0);
	const cards = await ask('counts', { step: '1h', q: 'tag.route = "/cards" and not refused' });
	assert.equal(cards.lines, 10);
	const handled = await ask('counts', { step: '1h', handler: 'Nobody' });
	assert.deepEqual([handled.lines, handled.examined], [0, 41]);
});

test('the most frequent values of a field come first', async () => {
	const of = async (field) => {
		const { values, distinct, error_most } = await ask('top', { field });
		assert.equal(error_most, 0);
		assert.equal(distinct, values.length);
		return values.map(({ value, count }) => [value, count]);
	};
	assert.deepEqual(await of('level'), [
		['INFO', 31],
		['ERROR', 10],
	]);
	assert.deepEqual(await of('service'), [
		['shop', 40],
		['stock', 1],
	]);
	assert.deepEqual(await of('attribute.route'), [
		['/cards', 20],
		['/orders', 20],
	]);
	assert.deepEqual(await of('attribute.number'), [
		['0', 14],
		['1', 13],
		['2', 13],
	]);
	assert.deepEqual(await of('tag.service.name'), [
		['shop', 40],
		['stock', 1],
	]);
	const routes = await ask('top', { field: 'attribute.route', limit: 1 });
	assert.equal(routes.without, 1);
	assert.equal(routes.values.length, 1);
});

test('lines that differ in their variable parts are one pattern', async () => {
	const { patterns, lines, complete, other } = await ask('patterns', { service: 'shop' });
	assert.deepEqual(
		patterns.map(({ pattern, count, level }) => [pattern, count, level]),
		[
			['order <num> accepted in <num> ms', 30, 'INFO'],
			['card of <str> refused by <ip>', 10, 'ERROR'],
		],
	);
	assert.deepEqual([lines, complete, other], [40, true, 0]);
	assert.equal(patterns[0].example, 'order 39 accepted in 117 ms');
	const sample = await ask('patterns', { service: 'shop', sample: 4 });
	assert.deepEqual([sample.lines, sample.complete], [4, false]);
});

test('the context of a line is what its source wrote around it, oldest first', async () => {
	const { logs } = await program.api('/telemetry/logs', { service: 'shop' });
	const newestFirst = logs.map(({ id }) => id);
	const around = await ask('context', { id: newestFirst[20], before: 3, after: 2 });
	assert.equal(around.position, 3);
	assert.deepEqual(
		around.logs.map(({ id }) => id),
		newestFirst.slice(18, 24).reverse(),
	);
	const first = await ask('context', { id: newestFirst.at(-1), before: 500, after: 0 });
	assert.deepEqual([first.position, first.logs.length], [0, 1]);
});

describe('a bad parameter is refused by name', () => {
	const cases = [
		['counts', 'step', {}],
		['counts', 'step', { step: '1us' }],
		['counts', 'step', { step: 'often' }],
		['top', 'field', {}],
		['top', 'field', { field: 'colour' }],
		['top', 'field', { field: 'tag.' }],
		['top', 'limit', { field: 'level', limit: '0' }],
		['patterns', 'sample', { sample: '200001' }],
		['context', 'id', {}],
		['context', 'id', { id: 'abc' }],
		['context', 'before', { id: '0'.repeat(32), before: '501' }],
	];
	for (const [what, parameter, parameters] of cases) {
		test(`${what} ${new URLSearchParams(parameters)}`, async () => {
			const query = new URLSearchParams(parameters);
			const { response, json } = await program.get(`/telemetry/logs/${what}?${query}`);
			assert.equal(response?.status ?? json.status, 400);
			assert.equal(json.parameter, parameter);
		});
	}
	test('an id that nobody has is not found', async () => {
		const { json } = await program.get(`/telemetry/logs/context?id=${'0'.repeat(32)}`);
		assert.equal(json.status, 404);
	});
});
