// examples/shop-c: an engine of handlers that is traced where it calls them. All four kinds are found through the API.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { eventually, startProgram } from '../harness.mjs';
import { installLibrary, startShopC } from '../library.mjs';

describe('the shop in C', () => {
	let program;
	let shop;
	let url;

	before(async () => {
		program = await startProgram();
		shop = await startShopC(await installLibrary(), program);
		url = await eventually(() => {
			if (shop.hasExited()) throw new Error(`The shop did not open:\n${shop.stderr()}`);
			return /^http:\S+/.exec(shop.stdout())?.[0];
		});
	});

	function oneTrace(parameters) {
		return eventually(async () => {
			const { traces } = await program.api('/telemetry/traces', { service: 'shop-c', ...parameters });
			return (
				traces.length > 0 && {
					...traces[0],
					...(await program.api(`/telemetry/traces/${traces[0].trace_id}`)),
				}
			);
		});
	}

	test('an order is an API handler, in the trace of who called', async () => {
		const traceId = '0af7651916cd43dd8448eb211c80319c';
		const response = await fetch(`${url}/orders`, {
			method: 'POST',
			body: '3',
			headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
		});
		assert.equal(response.status, 201);
		const placed = await oneTrace({ handler: 'place_order' });
		assert.equal(placed.trace_id, traceId);
		assert.equal(placed.handler_type, 'api');
		const execution = placed.spans.find((span) => span.operation_name === 'place_order');
		assert.equal(execution.tags['http.route'], '/orders');
		assert.equal(execution.tags['http.response.status_code'], 201);
	});

	test('its event is handled in traces that are linked to it, step by step', async () => {
		const placed = await oneTrace({ handler: 'place_order' });
		const published = placed.spans.find((span) => span.published_event === 'order.placed');
		for (const handler of ['reserve_stock', 'send_confirmation']) {
			const handled = await oneTrace({ handler });
			const execution = handled.spans.find((span) => span.operation_name === handler);
			assert.equal(handled.handler_type, 'event');
			assert.equal(execution.links[0].span_id, published.span_id);
		}
		const reserved = await oneTrace({ handler: 'reserve_stock' });
		const second = reserved.spans.find((span) => span.published_event === 'stock.reserved');
		const printed = await oneTrace({ handler: 'print_label' });
		assert.equal(printed.spans[0].links[0].span_id, second.span_id);
	});

	test('its schedule is a cron handler', async () => {
		const job = await oneTrace({ handler: 'restock_shelves' });
		assert.equal(job.handler_type, 'cron');
		assert.equal(job.spans[0].tags['faas.cron'], '*/10 * * * * *');
	});

	test('a message over its WebSocket is a WebSocket handler', async () => {
		const socket = new WebSocket(`${url.replace('http', 'ws')}/live`);
		const answer = await new Promise((resolve, reject) => {
			socket.onerror = () => reject(new Error('the WebSocket does not open'));
			socket.onopen = () => socket.send('today');
			socket.onmessage = (event) => resolve(event.data);
		});
		socket.close();
		assert.match(answer, /^today: \d+ orders$/);
		assert.equal((await oneTrace({ handler: 'count_orders' })).handler_type, 'websocket');
	});

	test('a handler that fails is an error, and its log belongs to it', async () => {
		assert.equal((await fetch(`${url}/orders`, { method: 'POST', body: '500' })).status, 201);
		const failed = await oneTrace({ handler: 'reserve_stock', status: 'error' });
		const { logs } = await eventually(async () => {
			const found = await program.api('/telemetry/logs', { level: 'error', q: '"reserve_stock failed"' });
			return found.logs.length > 0 && found;
		});
		assert.equal(logs[0].trace_id, failed.trace_id);
		assert.equal((await fetch(`${url}/products/plate`)).status, 404);
		assert.equal((await oneTrace({ handler: 'show_product' })).status, 'success');
	});

	test('loses nothing when it is asked to stop', async () => {
		shop.signal('SIGTERM');
		const { code, stderr } = await shop.exited;
		assert.equal(code, 0);
		assert.equal(stderr, '');
	});
});
