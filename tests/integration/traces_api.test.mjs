// GET /telemetry/traces and /telemetry/traces/:id over a small set of traces that every filter can tell apart.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();

const server = (method, route, extra = {}) => ({
	kind: 2,
	attributes: otlp.attributes({ 'http.request.method': method, 'http.route': route, ...extra }),
});

/** name -> spans of one trace and the resource that sends them, oldest first. */
const dataset = {
	order: {
		service: 'shop-api',
		language: 'nodejs',
		spans: () => {
			const root = otlp.span({ name: 'POST /orders', agoMs: 60_000, durationMs: 120 });
			return [
				{ ...root, ...server('POST', '/orders', { tenant: 'blue', 'cart.items': 3 }) },
				otlp.span({
					traceId: root.traceId,
					parentSpanId: root.spanId,
					name: 'send order.placed',
					kind: 4,
					agoMs: 59_990,
					durationMs: 2,
					attributes: {
						'messaging.system': 'kafka',
						'messaging.operation.type': 'send',
						'messaging.destination.name': 'order.placed',
					},
				}),
			];
		},
	},
	failed: {
		service: 'shop-api',
		language: 'nodejs',
		spans: () => [
			{
				...otlp.span({ name: 'POST /orders', agoMs: 50_000, durationMs: 30, status: { code: 2 } }),
				...server('POST', '/orders', { tenant: 'red', 'http.response.status_code': 500 }),
			},
		],
	},
	missing: {
		service: 'shop-api',
		language: 'nodejs',
		spans: () => [
			{
				...otlp.span({ name: 'GET /orders/{id}', agoMs: 40_000, durationMs: 5 }),
				...server('GET', '/orders/{id}', { tenant: 'blue', 'http.response.status_code': 404 }),
			},
		],
	},
	mail: {
		service: 'mailer',
		language: 'python',
		spans: () => [
			otlp.span({
				name: 'process order.placed',
				kind: 5,
				agoMs: 30_000,
				durationMs: 900,
				attributes: {
					'messaging.system': 'kafka',
					'messaging.operation.type': 'process',
					'messaging.destination.name': 'order.placed',
					'code.function.name': 'SendMail',
				},
			}),
		],
	},
	cleanup: {
		service: 'jobs',
		language: 'rust',
		spans: () => [
			otlp.span({
				name: 'cleanup',
				agoMs: 20_000,
				durationMs: 2500,
				attributes: { 'faas.trigger': 'timer', 'faas.name': 'CleanUp' },
			}),
		],
	},
	chat: {
		service: 'chat',
		language: 'nodejs',
		spans: () => [
			otlp.span({
				name: 'chat message',
				kind: 5,
				agoMs: 10_000,
				durationMs: 0.25,
				attributes: {
					'messaging.system': 'socket.io',
					'messaging.socket.io.event_name': 'message',
					'rohas.handler.name': 'ChatMessage',
				},
			}),
		],
	},
};
const ids = {};
const nameOf = (trace) => Object.keys(ids).find((name) => ids[name] === trace.trace_id);
const newestFirst = ['chat', 'cleanup', 'mail', 'missing', 'failed', 'order'];

before(async () => {
	for (const [name, { service, language, spans }] of Object.entries(dataset)) {
		const list = spans();
		ids[name] = list[0].traceId;
		const resource = { 'telemetry.sdk.language': language };
		await program.send('traces', otlp.traces(list, { service, resource }));
	}
});

async function find(parameters) {
	const { traces } = await program.api('/telemetry/traces', parameters);
	return traces.map(nameOf);
}

describe('the list', () => {
	test('shows every trace, newest first, with what a row needs', async () => {
		const { traces, next_cursor } = await program.api('/telemetry/traces');
		assert.deepEqual(traces.map(nameOf), newestFirst);
		assert.equal(next_cursor, null);
		const order = traces.at(-1);
		assert.equal(order.name, 'POST /orders');
		assert.equal(order.handler_name, 'POST /orders');
		assert.equal(order.handler_type, 'api');
		assert.equal(order.language, 'typescript');
		assert.equal(order.status, 'success');
		assert.equal(order.duration_ms, 120);
		assert.equal(order.span_count, 2);
		assert.equal(order.error_count, 0);
		assert.deepEqual(order.services, ['shop-api']);
		assert.equal(order.complete, true);
	});

	test('names each trace by its handler', async () => {
		const { traces } = await program.api('/telemetry/traces');
		const rows = Object.fromEntries(traces.map((each) => [nameOf(each), each]));
		const handlers = {
			order: ['POST /orders', 'api', 'typescript', 'success'],
			failed: ['POST /orders', 'api', 'typescript', 'error'],
			missing: ['GET /orders/{id}', 'api', 'typescript', 'success'],
			mail: ['SendMail', 'event', 'python', 'success'],
			cleanup: ['CleanUp', 'cron', 'rust', 'success'],
			chat: ['ChatMessage', 'websocket', 'typescript', 'success'],
		};
		for (const [name, wanted] of Object.entries(handlers)) {
			const { handler_name, handler_type, language, status } = rows[name];
			assert.deepEqual([handler_name, handler_type, language, status], wanted, name);
		}
		assert.equal(rows.failed.error_count, 1);
	});
});

describe('a filter finds exactly its traces', () => {
	const cases = [
		[{ handler: 'POST /orders' }, ['failed', 'order']],
		[{ handler: 'SendMail' }, ['mail']],
		[{ handler: 'Nobody' }, []],
		[{ handler_type: 'api' }, ['missing', 'failed', 'order']],
		[{ handler_type: 'event' }, ['mail']],
		[{ handler_type: 'cron' }, ['cleanup']],
		[{ handler_type: 'websocket' }, ['chat']],
		[{ language: 'python' }, ['mail']],
		[{ language: 'typescript' }, ['chat', 'missing', 'failed', 'order']],
		[{ service: 'jobs' }, ['cleanup']],
		[{ operation: 'send order.placed' }, ['order']],
		[{ status: 'error' }, ['failed']],
		[{ status: 'success' }, ['chat', 'cleanup', 'mail', 'missing', 'order']],
		[{ min_duration: '500ms' }, ['cleanup', 'mail']],
		[{ min_duration: '1.5s' }, ['cleanup']],
		[{ min_duration: '500' }, ['cleanup', 'mail']],
		[{ max_duration: '250us' }, ['chat']],
		[{ min_duration: '5ms', max_duration: '30ms' }, ['missing', 'failed']],
		[{ tag: 'tenant=blue' }, ['missing', 'order']],
		[{ tag: 'cart.items=3' }, ['order']],
		[{ tag: 'tenant=' }, []],
		[
			[
				['tag', 'tenant=blue'],
				['tag', 'http.request.method=POST'],
			],
			['order'],
		],
		[
			{ service: 'shop-api', handler_type: 'api', status: 'success', tag: 'tenant=blue' },
			['missing', 'order'],
		],
		// Both are true of the trace, but of no single span.
		[{ operation: 'send order.placed', handler_type: 'api' }, []],
		[{ q: 'handler = "POST /orders" and duration > 100ms' }, ['order']],
		[{ q: 'handler = "POST /orders" or type = cron' }, ['cleanup', 'failed', 'order']],
		[{ q: 'handler in (SendMail, CleanUp, ChatMessage)' }, ['chat', 'cleanup', 'mail']],
		[{ q: 'type exists and not (service = shop-api or language = rust)' }, ['chat', 'mail']],
		// Of a span, where the parameter's status is of the whole trace.
		[{ q: 'status = success and service = shop-api' }, ['missing', 'order']],
		[{ q: 'status != success' }, ['failed']],
		[{ q: 'tag.http.route =~ "^/orders(/|$)" and tag.tenant != blue' }, ['failed']],
		[{ q: 'tag.http.response.status_code >= 400' }, ['missing', 'failed']],
		[{ q: 'tag.http.response.status_code < 500 or tag.cart.items > 2' }, ['missing', 'order']],
		[{ q: 'attribute.service.name exists' }, []],
		[{ q: 'resource.service.name = jobs' }, ['cleanup']],
		[{ q: 'kind = producer and not root = true' }, ['order']],
		[{ q: 'event = order.placed' }, ['mail', 'order']],
		[{ q: '"order.placed" mail or kaf*' }, ['mail', 'order']],
		[{ q: 'time > -25s or time < -55s' }, ['chat', 'cleanup', 'order']],
		[{ q: 'tag.tenant = blue', handler: 'POST /orders' }, ['order']],
		[{ q: 'tag.tenant = red or tag.tenant = blue', status: 'success', min_duration: '100ms' }, ['order']],
		[{ q: 'handler = SendMail', handler: 'CleanUp' }, []],
		[{ start: '-25s' }, ['chat', 'cleanup']],
		[{ end: '-45s' }, ['failed', 'order']],
		[{ start: '-55s', end: '-15s' }, ['cleanup', 'mail', 'missing', 'failed']],
		[{ start: '-1h', end: 'now' }, newestFirst],
		[{ end: '-7d' }, []],
		[{ limit: '2' }, ['chat', 'cleanup']],
	];
	for (const [parameters, wanted] of cases) {
		test(decodeURIComponent(new URLSearchParams(parameters).toString()), async () => {
			assert.deepEqual(await find(parameters), wanted);
		});
	}

	test('times as RFC 3339 and as Unix nanoseconds', async () => {
		const bound = otlp.nanosecondsAgo(25_000);
		assert.deepEqual(await find({ start: otlp.rfc3339(bound) }), ['chat', 'cleanup']);
		assert.deepEqual(await find({ start: String(bound) }), ['chat', 'cleanup']);
		const withOffset = otlp.rfc3339(bound + 7_200_000_000_000n).replace('Z', '+02:00');
		assert.deepEqual(await find({ start: withOffset }), ['chat', 'cleanup']);
	});

	test('a start is included and an end is not', async () => {
		const { traces } = await program.api('/telemetry/traces', { handler: 'SendMail' });
		const [{ start_time: time }] = traces;
		assert.ok((await find({ start: time })).includes('mail'));
		assert.ok(!(await find({ end: time })).includes('mail'));
	});
});

describe('a bad parameter is refused by name', () => {
	const cases = [
		['limit', ['0', '1001', '-1', 'many', '1.5']],
		['start', ['yesterday', '-15x', '2026-13-01T00:00:00Z']],
		['end', ['tomorrow']],
		['status', ['maybe', 'SUCCESS ']],
		['handler_type', ['lambda']],
		['min_duration', ['fast', '-5ms', '10 parsecs']],
		['max_duration', ['slow']],
		['tag', ['tenant']],
		['cursor', ['nonsense', '%00', 'AAAA']],
	];
	for (const [parameter, values] of cases) {
		for (const value of values) {
			test(`${parameter}=${value}`, async () => {
				const problem = await program.problem('/telemetry/traces', { [parameter]: value });
				assert.equal(problem.status, 400);
				assert.equal(problem.parameter, parameter);
				assert.match(problem.detail, new RegExp(parameter));
				if (parameter !== 'cursor') assert.ok(problem.allowed?.length > 0, JSON.stringify(problem));
			});
		}
	}
});

describe('a trace', () => {
	test('has all its spans in the order of their starts', async () => {
		const trace = await program.api(`/telemetry/traces/${ids.order}`);
		assert.equal(trace.trace_id, ids.order);
		assert.equal(trace.span_count, 2);
		assert.equal(trace.duration_ms, 120);
		assert.equal(trace.complete, true);
		assert.deepEqual(trace.services, ['shop-api']);
		assert.deepEqual(
			trace.spans.map((each) => each.operation_name),
			['POST /orders', 'send order.placed'],
		);
		const [root, send] = trace.spans;
		assert.equal(root.parent_span_id, null);
		assert.equal(send.parent_span_id, root.span_id);
	});

	test('says which of its spans are executions and which publish', async () => {
		const { spans } = await program.api(`/telemetry/traces/${ids.order}`);
		const [root, send] = spans;
		assert.equal(root.handler.name, 'POST /orders');
		assert.equal(root.handler.type, 'api');
		assert.equal(root.handler.language, 'typescript');
		assert.equal(root.handler.status, 'success');
		assert.equal(root.published_event, null);
		assert.equal(send.handler, null);
		assert.equal(send.published_event, 'order.placed');

		const mail = await program.api(`/telemetry/traces/${ids.mail}`);
		assert.equal(mail.spans[0].handler.event, 'order.placed');
	});

	test('whose root has not arrived is shown, and is complete once it has', async () => {
		const root = otlp.span({ name: 'late root', durationMs: 50 });
		const child = otlp.span({ traceId: root.traceId, parentSpanId: root.spanId, name: 'early child' });
		await program.send('traces', otlp.traces([child], { service: 'late' }));
		const early = await program.api(`/telemetry/traces/${root.traceId}`);
		assert.deepEqual(
			early.spans.map((each) => each.parent_span_id),
			[root.spanId],
		);
		assert.equal(early.complete, false);
		const [row] = (await program.api('/telemetry/traces', { service: 'late' })).traces;
		assert.equal(row.name, 'early child');
		assert.equal(row.complete, false);

		await program.send('traces', otlp.traces([root], { service: 'late' }));
		const late = await program.api(`/telemetry/traces/${root.traceId}`);
		assert.equal(late.span_count, 2);
		assert.equal(late.complete, true);
		const { traces } = await program.api('/telemetry/traces', { service: 'late' });
		assert.equal(traces.length, 1);
		assert.equal(traces[0].name, 'late root');
		assert.equal(traces[0].complete, true);
	});

	test('without a root is named by the span that has no parent here, whatever the clocks say', async () => {
		const first = otlp.span({ parentSpanId: otlp.newSpanId(), name: 'GET /users', agoMs: 1000 });
		const child = otlp.span({
			traceId: first.traceId,
			parentSpanId: first.spanId,
			name: 'child',
			agoMs: 1001,
		});
		await program.send('traces', otlp.traces([first, child], { service: 'rootless' }));
		const { traces } = await program.api('/telemetry/traces', { service: 'rootless' });
		assert.equal(traces[0].name, 'GET /users');
		assert.equal(traces[0].complete, false);
	});

	test('is found by its id in capital letters', async () => {
		const trace = await program.api(`/telemetry/traces/${ids.order.toUpperCase()}`);
		assert.equal(trace.trace_id, ids.order);
	});

	test('that is unknown is a 404, and an id that is none a 400 or 404', async () => {
		const unknown = await program.problem(`/telemetry/traces/${otlp.newTraceId()}`);
		assert.equal(unknown.status, 404);
		const malformed = await program.problem('/telemetry/traces/xyz');
		assert.ok([400, 404].includes(malformed.status));
	});
});

describe('pages', () => {
	const service = 'paged';
	const sent = Array.from({ length: 53 }, (_, index) =>
		otlp.span({ agoMs: 5000 + 100 * index, name: `page ${index}` }),
	);

	before(() => program.send('traces', otlp.traces(sent, { service })));

	async function walk(limit, between = async () => {}) {
		const seen = [];
		let cursor;
		do {
			const parameters = { service, limit: String(limit), ...(cursor ? { cursor } : {}) };
			const page = await program.api('/telemetry/traces', parameters);
			assert.ok(page.traces.length <= limit);
			seen.push(...page.traces.map((each) => each.trace_id));
			cursor = page.next_cursor;
			await between();
		} while (cursor);
		return seen;
	}

	const inOrder = sent.map((each) => each.traceId);

	for (const limit of [1, 7, 53, 1000]) {
		test(`of ${limit} give every trace once, in order`, async () => {
			assert.deepEqual(await walk(limit), inOrder);
		});
	}

	test('stay as they were while newer and older data arrives', async () => {
		const seen = await walk(10, () =>
			program.send(
				'traces',
				otlp.traces([otlp.span({ agoMs: 10 }), otlp.span({ agoMs: 6050 })], { service }),
			),
		);
		assert.equal(new Set(seen).size, seen.length, 'a trace came twice');
		assert.deepEqual(
			seen.filter((id) => inOrder.includes(id)),
			inOrder,
		);
	});
});

test('without a limit fifty traces come', async () => {
	const { traces, next_cursor } = await program.api('/telemetry/traces', { service: 'paged' });
	assert.equal(traces.length, 50);
	assert.notEqual(next_cursor, null);
});

test('a span is seen as soon as its request was acknowledged', async () => {
	for (let round = 0; round < 50; round++) {
		const sent = otlp.span({ agoMs: 0 });
		await program.send('traces', otlp.traces([sent], { service: 'fresh' }));
		const { spans } = await program.api(`/telemetry/traces/${sent.traceId}`);
		assert.equal(spans.length, 1);
		const { traces } = await program.api('/telemetry/traces', { service: 'fresh', limit: '1' });
		assert.equal(traces[0].trace_id, sent.traceId);
	}
});

test('a trace whose spans came through many requests at once is whole', async () => {
	const root = otlp.span({ name: 'wide', durationMs: 500 });
	const spans = Array.from({ length: 200 }, () =>
		otlp.span({ traceId: root.traceId, parentSpanId: root.spanId, agoMs: 900 }),
	);
	const requests = [root, ...spans].map((each) =>
		program.send('traces', otlp.traces([each], { service: 'wide' })),
	);
	await Promise.all(requests);
	const trace = await program.api(`/telemetry/traces/${root.traceId}`);
	assert.equal(trace.span_count, 201);
	assert.equal(new Set(trace.spans.map((each) => each.span_id)).size, 201);
	assert.equal(trace.complete, true);
});

describe('a filter that is wrong is refused with its place', () => {
	const cases = [
		['handlr = x', 1, /nearest one is handler/],
		['duration > soon', 12, /a duration such as/],
		['a and level = warn', 7, /spans have no field level/],
		['tag.größe =~ "("', 16, /regular expression is wrong/],
		['(a or b', 8, /the filter ends/],
		[`${'('.repeat(33)}`, 33, /more than 32 deep/],
		['x '.repeat(129), 257, /more than 128/],
		['x'.repeat(4097), 1, /the most is 4096/],
	];
	for (const [q, column, says] of cases) {
		test(q.slice(0, 40), async () => {
			const problem = await program.problem('/telemetry/traces', { q });
			assert.equal(problem.status, 400);
			assert.equal(problem.parameter, 'q');
			assert.equal(problem.column, column);
			assert.match(problem.detail, says);
			assert.ok(problem.allowed);
		});
	}
});

test('pages of a filter hold each trace once, and keep to the filter', async () => {
	const q = 'handler in ("POST /orders", SendMail) or tag.tenant =~ "^b"';
	const first = await program.api('/telemetry/traces', { q, limit: '2' });
	const rest = await program.api('/telemetry/traces', { q, limit: '2', cursor: first.next_cursor });
	assert.deepEqual([...first.traces, ...rest.traces].map(nameOf), ['mail', 'missing', 'failed', 'order']);
	const problem = await program.problem('/telemetry/traces', {
		q: 'handler in ("POST /orders", SendMail) or tag.tenant =~ "^r"',
		limit: '2',
		cursor: first.next_cursor,
	});
	assert.match(problem.detail, /other filters/);
});
