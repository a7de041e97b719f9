// The shop in C in a real browser: handlers of all four kinds, none of which has a line about telemetry in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, startProgram } from '../harness.mjs';
import { installLibrary, startShopC } from '../library.mjs';
import { closePage, openPage, screenshot } from './browser.mjs';
import { spanRow, traceRow } from './selectors.mjs';

function askOverSocket(url) {
	const socket = new WebSocket(`${url.replace('http', 'ws')}/live`);
	return new Promise((resolve, reject) => {
		socket.onerror = () => reject(new Error('the WebSocket does not open'));
		socket.onopen = () => socket.send('today');
		socket.onmessage = (event) => {
			socket.close();
			resolve(event.data);
		};
	});
}

test('the trace list shows handlers of all four kinds as they run', async () => {
	const program = await startProgram();
	const shop = await startShopC(await installLibrary(), program);
	const url = await eventually(() => {
		if (shop.hasExited()) throw new Error(`The shop did not open:\n${shop.stderr()}`);
		return /^http:\S+/.exec(shop.stdout())?.[0];
	});
	const page = await openPage(`${program.url}/workbench`);
	const response = await fetch(`${url}/orders`, { method: 'POST', body: '3' });
	assert.equal(response.status, 201);
	await askOverSocket(url);
	for (const handler of ['place_order', 'send_confirmation', 'restock_shelves', 'count_orders']) {
		await page.locator(traceRow, { hasText: handler }).first().waitFor();
	}
	await screenshot(page, 'shop-c');
	await closePage(page);
	shop.signal('SIGTERM');
	await shop.exited;
	await program.stop();
});

test('what is running has a mark of its own', async () => {
	const program = await startProgram();
	const traceId = '5b8efff798038103d269b633813fc60c';
	const now = `${Date.now()}000000`;
	const text = (key, value) => ({ key, value: { stringValue: value } });
	const record = {
		timeUnixNano: now,
		eventName: 'rohas.span.start',
		traceId,
		spanId: 'eee19b7ec3c1b174',
		attributes: [
			text('rohas.span.name', 'nightly-report'),
			text('rohas.handler.type', 'cron'),
			text('rohas.handler.name', 'NightlyReport'),
		],
	};
	await program.send(
		'logs',
		{ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] },
		{ format: 'json' },
	);
	const page = await openPage(`${program.url}/workbench/traces/${traceId}`);
	await page.locator(spanRow).first().click();
	// In the heading, and in the panel.
	await page.getByText('Running').nth(1).waitFor();
	await screenshot(page, 'running');
	await closePage(page);
	await program.stop();
});
