// A real client: the ordinary OpenTelemetry Node SDK in an Express application that was told nothing but where to
// send. What it did is found through the API.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { eventually, startProgram } from '../harness.mjs';
import { startShop } from '../shop.mjs';

const ways = [
	['http/protobuf', 'gzip'],
	['http/json', 'none'],
];
for (const [protocol, compression] of ways) {
	describe(`the shop over ${protocol}, compression ${compression}`, () => {
		let program;
		let shop;

		before(async () => {
			program = await startProgram();
			shop = await startShop(program, {
				OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
				OTEL_EXPORTER_OTLP_COMPRESSION: compression,
			});
		});

		/** Waits until the one trace that these filters describe is whole. */
		function oneTrace(parameters) {
			return eventually(async () => {
				const { traces } = await program.api('/telemetry/traces', { service: 'shop-node', ...parameters });
				assert.equal(traces.length, 1, JSON.stringify(parameters));
				const trace = await program.api(`/telemetry/traces/${traces[0].trace_id}`);
				return trace.complete && { ...traces[0], ...trace };
			});
		}

		test('its calls are API handlers, named by method and route', async () => {
			assert.equal((await shop.call('POST', '/users', { name: 'Ada', email: 'a@example.org' })).status, 201);
			assert.equal((await shop.call('GET', '/products/2')).status, 200);
			const trace = await oneTrace({ handler: 'GET /products/:id', status: 'success' });
			assert.equal(trace.handler_type, 'api');
			assert.equal(trace.language, 'typescript');
			const root = trace.spans.find((each) => each.parent_span_id === null);
			assert.equal(root.kind, 'server');
			assert.equal(root.tags['http.response.status_code'], 200);
			assert.equal(root.scope.name, '@opentelemetry/instrumentation-http');
			assert.equal(root.resource.attributes['telemetry.sdk.language'], 'nodejs');
		});

		test('an order is handled in traces of its own, linked to the one that published it', async () => {
			const order = { user_id: 1, product_id: 2, quantity: 1 };
			assert.equal((await shop.call('POST', '/orders', order)).status, 201);
			const placed = await oneTrace({ operation: 'send order.placed' });
			const send = placed.spans.find((each) => each.published_event === 'order.placed');
			assert.equal(send.kind, 'producer');
			for (const handler of ['reserveStock', 'sendConfirmation']) {
				const handled = await oneTrace({ handler, status: 'success' });
				assert.equal(handled.handler_type, 'event');
				assert.notEqual(handled.trace_id, placed.trace_id);
				const process = handled.spans.find((each) => each.handler?.name === handler);
				assert.equal(process.handler.event, 'order.placed');
				assert.deepEqual(
					process.links.map((each) => [each.trace_id, each.span_id]),
					[[placed.trace_id, send.span_id]],
				);
			}
		});

		test('what fails is an error with its exception, and a 404 is none', async () => {
			const order = { user_id: 1, product_id: 1, card: 'broken' };
			assert.equal((await shop.call('POST', '/orders', order)).status, 500);
			const failed = await oneTrace({ handler: 'POST /orders', status: 'error' });
			const charge = failed.spans.find((each) => each.operation_name === 'charge card');
			assert.equal(charge.status, 'error');
			assert.equal(charge.logs[0].name, 'exception');
			assert.match(charge.logs[0].attributes['exception.message'], /payment provider/);

			assert.equal((await shop.call('GET', '/products/99')).status, 404);
			const missing = await oneTrace({ tag: 'http.response.status_code=404' });
			assert.equal(missing.spans.find((each) => each.kind === 'server').status, 'success');
		});

		test('a slow call is found by its duration', async () => {
			assert.equal((await shop.call('GET', '/reports/sales')).status, 200);
			const slow = await oneTrace({ min_duration: '500ms', handler_type: 'api' });
			assert.equal(slow.handler_name, 'GET /reports/sales');
		});

		test('its job is a cron handler', async () => {
			await eventually(async () => {
				const { traces } = await program.api('/telemetry/traces', { handler_type: 'cron' });
				return traces.some((each) => each.handler_name === 'restockShelves');
			});
		});

		test('its logs lie in their traces', async () => {
			const log = await eventually(async () => {
				const parameters = { service: 'shop-node', q: '"Order placed"' };
				const { logs } = await program.api('/telemetry/logs', parameters);
				return logs[0];
			});
			assert.equal(log.level, 'INFO');
			assert.equal(log.metadata.order_id, 1);
			const trace = await program.api(`/telemetry/traces/${log.trace_id}`);
			assert.ok(trace.spans.some((each) => each.span_id === log.span_id));
			const { logs: errors } = await program.api('/telemetry/logs', {
				service: 'shop-node',
				level: 'ERROR',
			});
			assert.ok(errors.some((each) => /payment provider/.test(each.message)));
		});

		test('its metrics are there: the runtime’s, HTTP’s and its own', async () => {
			const wanted = {
				'http.server.request.duration': 'histogram',
				'nodejs.eventloop.utilization': 'gauge',
				'v8js.memory.heap.used': undefined,
				'shop.orders.placed': 'sum',
				'shop.order.value': 'histogram',
			};
			const list = await eventually(async () => {
				const { metrics } = await program.api('/telemetry/metrics');
				const byName = Object.fromEntries(metrics.map((each) => [each.name, each]));
				return Object.keys(wanted).every((name) => byName[name]) && byName;
			});
			for (const [name, type] of Object.entries(wanted)) if (type) assert.equal(list[name].type, type, name);

			const query = { name: 'shop.orders.placed', start: '-10m', end: 'now', step: '10m', agg: 'max' };
			await eventually(async () => {
				const { series } = await program.api('/telemetry/metrics', query);
				return series[0]?.values.at(-1) === 1;
			});
		});

		test('it closes when it is told to', async () => {
			const { code } = await shop.close();
			assert.equal(code, 0);
			await program.stop();
		});
	});
}

test('what the shop still holds when it is told to close is sent', async () => {
	const program = await startProgram();
	const shop = await startShop(program, { OTEL_BSP_SCHEDULE_DELAY: '600000' });
	assert.equal((await shop.call('GET', '/products')).status, 200);
	assert.equal((await shop.close()).code, 0);
	const { traces } = await program.api('/telemetry/traces', { handler: 'GET /products' });
	assert.equal(traces.length, 1);
	await program.stop();
});
