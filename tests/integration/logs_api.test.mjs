// GET /telemetry/logs.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();

const handlerSpan = otlp.span({
	name: 'POST /users',
	agoMs: 60_000,
	kind: 2,
	attributes: { 'rohas.handler.name': 'CreateUser', 'rohas.handler.type': 'api' },
});
const inHandler = { traceId: handlerSpan.traceId, spanId: handlerSpan.spanId };

/** name -> the record and the service that writes it, oldest first. */
const dataset = {
	created: [
		'shop-api',
		{
			agoMs: 59_990,
			body: 'User created in the blue tenant',
			...inHandler,
			attributes: { user: 'Ada Lovelace' },
		},
	],
	trace: [
		'shop-api',
		{ agoMs: 50_000, severityNumber: 1, severityText: 'TRACE', body: 'entering the function' },
	],
	debug: [
		'shop-api',
		{ agoMs: 40_000, severityNumber: 5, severityText: 'DEBUG', body: 'the cache was cold' },
	],
	low: [
		'stock',
		{ agoMs: 30_000, severityNumber: 13, severityText: 'WARN', body: 'Stock is low: 3 kettles' },
	],
	refused: [
		'stock',
		{ agoMs: 20_000, severityNumber: 17, severityText: 'ERROR', body: 'card refused by bank-42' },
	],
	fatal: ['stock', { agoMs: 10_000, severityNumber: 21, severityText: 'FATAL', body: 'out of memory' }],
};
const newestFirst = ['fatal', 'refused', 'low', 'debug', 'trace', 'created'];
const nameOf = ({ message }) => Object.keys(dataset).find((name) => dataset[name][1].body === message);

before(async () => {
	await program.send('traces', otlp.traces([handlerSpan]));
	for (const [service, fields] of Object.values(dataset)) {
		await program.send('logs', otlp.logs([otlp.log(fields)], { service }));
	}
});

async function find(parameters) {
	const { logs } = await program.api('/telemetry/logs', parameters);
	return logs.map(nameOf);
}

test('the list shows every record, newest first, in the promised form', async () => {
	const { logs, next_cursor } = await program.api('/telemetry/logs');
	assert.deepEqual(logs.map(nameOf), newestFirst);
	assert.equal(next_cursor, null);
	const created = logs.at(-1);
	assert.equal(created.level, 'INFO');
	assert.equal(created.service, 'shop-api');
	assert.equal(created.handler, 'CreateUser');
	assert.equal(created.trace_id, handlerSpan.traceId);
	assert.equal(created.span_id, handlerSpan.spanId);
	assert.equal(created.metadata.user, 'Ada Lovelace');
	assert.equal(logs[0].handler, null);
	assert.equal(logs[0].trace_id, null);
	assert.equal(logs[0].metadata.severity_number, 21);
});

describe('a filter finds exactly its records', () => {
	const cases = [
		[{ level: 'TRACE' }, newestFirst],
		[{ level: 'DEBUG' }, ['fatal', 'refused', 'low', 'debug', 'created']],
		[{ level: 'INFO' }, ['fatal', 'refused', 'low', 'created']],
		[{ level: 'WARN' }, ['fatal', 'refused', 'low']],
		[{ level: 'warn' }, ['fatal', 'refused', 'low']],
		[{ level: 'ERROR' }, ['fatal', 'refused']],
		[{ service: 'stock' }, ['fatal', 'refused', 'low']],
		[{ service: 'stock', level: 'ERROR', start: '-15s' }, ['fatal']],
		[{ handler: 'CreateUser' }, ['created']],
		[{ handler: 'Nobody' }, []],
		[{ trace_id: handlerSpan.traceId }, ['created']],
		[{ trace_id: handlerSpan.traceId.toUpperCase() }, ['created']],
		[{ span_id: handlerSpan.spanId }, ['created']],
		[{ trace_id: otlp.newTraceId() }, []],
		[{ q: 'stock' }, ['low']],
		[{ q: 'STOCK' }, ['low']],
		[{ q: 'refused card' }, ['refused']],
		[{ q: '"card refused"' }, ['refused']],
		[{ q: '"refused card"' }, []],
		[{ q: 'lovelace' }, ['created']],
		[{ q: 'blue lovelace' }, ['created']],
		[{ q: '"Ada Love"' }, ['created']],
		[{ q: 'kettle' }, []],
		[{ q: 'the' }, ['debug', 'trace', 'created']],
		[{ q: 'the', level: 'INFO' }, ['created']],
		[{ q: 'kettle*' }, ['low']],
		[{ q: '"ket"* or "refu"*' }, ['refused', 'low']],
		[{ q: 'body =~ "(?i)^the.*COLD"' }, ['debug']],
		[{ q: 'body =~ "bank-[0-9]+"' }, ['refused']],
		[{ q: 'level >= warn and not (refused or memory)' }, ['low']],
		[{ q: 'level = error' }, ['fatal', 'refused']],
		[{ q: 'level in (trace, warn)' }, ['low', 'trace']],
		[{ q: 'level < info', service: 'shop-api' }, ['debug', 'trace']],
		[{ q: 'tag.user =~ Lovelace' }, ['created']],
		[{ q: 'trace_id exists' }, ['created']],
		[{ q: 'service != stock and level != trace' }, ['debug', 'created']],
		// The handler that a record was written in is found through its trace.
		[{ q: 'handler = CreateUser' }, ['created']],
		[{ q: 'handler =~ "^Create" or level = warn' }, ['low', 'created']],
		[{ q: 'not handler exists and level >= error' }, ['fatal', 'refused']],
		[{ start: '-25s' }, ['fatal', 'refused']],
		[{ end: '-45s' }, ['trace', 'created']],
		[{ limit: '2' }, ['fatal', 'refused']],
	];
	for (const [parameters, wanted] of cases) {
		test(new URLSearchParams(parameters).toString(), async () => {
			assert.deepEqual(await find(parameters), wanted);
		});
	}
});

describe('a bad parameter is refused by name', () => {
	const cases = [
		['limit', ['0', '1001', 'many']],
		['start', ['yesterday']],
		['end', ['-15x']],
		['level', ['LOUD', '3']],
		['trace_id', ['xyz', 'abcd']],
		['span_id', ['xyz', 'ab']],
		['cursor', ['nonsense']],
		['q', ['"open', 'duration > 5ms', 'level >= LOUD', 'body =~ "["', 'a ! b']],
	];
	for (const [parameter, values] of cases) {
		for (const value of values) {
			test(`${parameter}=${value}`, async () => {
				const problem = await program.problem('/telemetry/logs', { [parameter]: value });
				assert.equal(problem.status, 400);
				assert.equal(problem.parameter, parameter);
				if (parameter !== 'cursor') assert.ok(problem.allowed?.length > 0, JSON.stringify(problem));
			});
		}
	}
});

describe('pages', () => {
	const service = 'paged';
	// Five records share each instant, so that a page ends between equals.
	const newest = otlp.nanosecondsAgo(100_000) / 1_000_000_000n;
	const sent = Array.from({ length: 60 }, (_, index) => {
		const time = newest - BigInt(Math.floor(index / 5));
		return { ...otlp.log({ body: `page ${index}` }), timeUnixNano: `${time}000000000` };
	});

	before(() => program.send('logs', otlp.logs(sent, { service })));

	async function walk(limit, between = async () => {}) {
		const seen = [];
		let cursor;
		do {
			const parameters = { service, limit: String(limit), ...(cursor ? { cursor } : {}) };
			const page = await program.api('/telemetry/logs', parameters);
			seen.push(...page.logs);
			cursor = page.next_cursor;
			await between();
		} while (cursor);
		return seen;
	}

	for (const limit of [1, 7, 60, 1000]) {
		test(`of ${limit} give every record once, newest first`, async () => {
			const seen = await walk(limit);
			assert.deepEqual(
				seen.map((each) => each.message).sort(),
				sent.map((each) => each.body.stringValue).sort(),
			);
			const times = seen.map((each) => each.timestamp);
			assert.deepEqual(times, times.toSorted().reverse());
		});
	}

	test('stay as they were while newer and older data arrives', async () => {
		const between = () =>
			program.send(
				'logs',
				otlp.logs([otlp.log({ body: 'late', agoMs: 1 }), otlp.log({ body: 'late', agoMs: 105_500 })], {
					service,
				}),
			);
		const seen = (await walk(7, between)).map((each) => each.message).filter((each) => each !== 'late');
		assert.deepEqual(seen.toSorted(), sent.map((each) => each.body.stringValue).toSorted());
	});
});

test('a record without a time is given one', async () => {
	const sentAt = otlp.nanosecondsAgo(60_000);
	const record = { ...otlp.log({ body: 'timeless' }), timeUnixNano: '0', observedTimeUnixNano: '0' };
	const observed = {
		...otlp.log({ body: 'observed' }),
		timeUnixNano: '0',
		observedTimeUnixNano: String(sentAt),
	};
	await program.send('logs', otlp.logs([record, observed], { service: 'timeless' }));
	const { logs } = await program.api('/telemetry/logs', { service: 'timeless' });
	assert.deepEqual(
		logs.map((each) => each.message),
		['timeless', 'observed'],
	);
	assert.equal(logs[1].timestamp, otlp.rfc3339(sentAt));
});
