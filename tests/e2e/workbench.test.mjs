// The Workbench in a real browser, over the real program, with the demo shop's data.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { playHistory } from '../demo.mjs';
import { startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';
import { closePage, openPage, screenshot, startProxy } from './browser.mjs';
import { chart, liveToggle, logRow, spanPanel, spanRow, traceRow } from './selectors.mjs';

const program = await startProgram();
const workbench = (target = '') => `${program.url}/workbench${target}`;

before(async () => {
	const { code, stderr } = await playHistory(program, '30m');
	assert.equal(code, 0, stderr);
});

async function withPage(address, work, options) {
	const page = await openPage(address, options);
	await work(page);
	await closePage(page);
}

/** Of the newest traces the one with the most spans. */
async function widestTrace() {
	const { traces } = await program.api('/telemetry/traces', { limit: '1000' });
	return traces.reduce((widest, each) => (each.span_count > widest.span_count ? each : widest));
}

describe('each page shows the demo’s data', () => {
	for (const colorScheme of ['light', 'dark']) {
		test(`the trace list (${colorScheme})`, () =>
			withPage(
				workbench(),
				async (page) => {
					await page.locator(traceRow).nth(9).waitFor();
					await screenshot(page, `traces-${colorScheme}`);
				},
				{ colorScheme },
			));

		test(`a trace's waterfall and span panel (${colorScheme})`, async () => {
			const trace = await widestTrace();
			await withPage(
				workbench(`/traces/${trace.trace_id}`),
				async (page) => {
					await page.locator(spanRow).nth(1).click();
					await page.locator(spanPanel).waitFor();
					await screenshot(page, `trace-${colorScheme}`);
				},
				{ colorScheme },
			);
		});

		test(`the log viewer (${colorScheme})`, () =>
			withPage(
				workbench('/logs'),
				async (page) => {
					await page.locator(logRow).nth(9).waitFor();
					await screenshot(page, `logs-${colorScheme}`);
				},
				{ colorScheme },
			));

		test(`the metrics page (${colorScheme})`, () =>
			withPage(
				workbench('/metrics?name=http.server.request.duration'),
				async (page) => {
					await page.locator(`${chart} canvas`).first().waitFor();
					await screenshot(page, `metrics-${colorScheme}`);
				},
				{ colorScheme },
			));

		test(`the overview (${colorScheme})`, () =>
			withPage(
				workbench('/overview'),
				async (page) => {
					await page.locator('[data-testid=handler-row]').first().waitFor();
					await screenshot(page, `overview-${colorScheme}`);
				},
				{ colorScheme },
			));
	}

	test('and each is a click away', () =>
		withPage(workbench(), async (page) => {
			for (const name of ['logs', 'metrics', 'overview', 'traces']) {
				await page.locator(`[data-testid=nav-${name}]`).click();
				await page.waitForURL((url) => url.pathname.endsWith(`/workbench/${name}`));
			}
			await page.locator(traceRow).first().waitFor();
		}));
});

describe('the trace list', () => {
	test('keeps its filters in the address, over a reload', () =>
		withPage(workbench('/traces'), async (page) => {
			await page.locator(traceRow).first().waitFor();
			await page.locator('[data-testid=filter-status]').selectOption('error');
			await page.waitForURL(/[?&]status=error/);
			await page.locator('[data-testid=filter-min_duration]').fill('1ms');
			await page.waitForURL(/min_duration=1ms/);
			const address = page.url();
			await page.reload();
			await page.locator(traceRow).first().waitFor();
			assert.equal(page.url(), address);
			assert.equal(await page.locator('[data-testid=filter-status]').inputValue(), 'error');
			assert.equal(await page.locator('[data-testid=filter-min_duration]').inputValue(), '1ms');
		}));

	test('shows what the API finds for the same filters', async () => {
		const filters = { handler_type: 'cron', language: 'python' };
		const { traces } = await program.api('/telemetry/traces', { ...filters, limit: '20' });
		assert.ok(traces.length > 0);
		await withPage(workbench(`/traces?${new URLSearchParams(filters)}`), async (page) => {
			await page.locator(traceRow).first().waitFor();
			const shown = await page.locator(traceRow).allInnerTexts();
			for (const text of shown)
				assert.ok(
					traces.some((each) => text.includes(each.handler_name)),
					text,
				);
		});
	});

	test('takes an expression, and points at what is wrong in one', async () => {
		const q = 'type = cron and language = python';
		const { traces } = await program.api('/telemetry/traces', { q, limit: '200' });
		assert.ok(traces.length > 0);
		const page = await openPage(workbench('/traces?live=0'));
		await page.locator(traceRow).first().waitFor();
		const field = page.locator('[data-testid=filter-q]');
		await field.fill(q);
		await field.press('Enter');
		await page.waitForURL(/q=type/);
		await page.locator(traceRow).filter({ hasText: 'GET /products' }).first().waitFor({ state: 'detached' });
		const shown = await page.locator(traceRow).allInnerTexts();
		for (const text of shown) assert.match(text, /^cron$/im);
		await screenshot(page, 'traces-filter');
		await field.fill('duration > 100ms and (status = error or tag.http.route =~ "^/users")');
		await field.press('Enter');
		await page.waitForURL(/q=duration/);
		await field.fill('service = "shop" and levl = warn');
		await field.press('Enter');
		const error = page.locator('[data-testid=filter-q-error]');
		await error.getByText('there is no field levl').waitFor();
		assert.equal((await error.locator('pre').innerText()).split('\n')[1], `${' '.repeat(21)}^`);
		await screenshot(page, 'traces-filter-wrong');
		await field.fill('');
		await field.press('Enter');
		await error.waitFor({ state: 'detached' });
		await page.locator(traceRow).first().waitFor();
		// The browser itself tells of the answer 400.
		assert.deepEqual(
			page.complaints.filter((text) => !/status of 400/.test(text)),
			[],
		);
		await page.context().close();
	});

	test('goes back to its filters from a trace', () =>
		withPage(workbench('/traces?status=error'), async (page) => {
			await page.locator(traceRow).first().click();
			await page.waitForURL(/\/traces\/[0-9a-f]{32}/);
			await page.locator(spanRow).first().waitFor();
			await page.goBack();
			await page.waitForURL(/status=error/);
			await page.locator(traceRow).first().waitFor();
		}));
});

describe('the trace page', () => {
	test('has a row for each span, and the panel tells a span’s tags, events and links', async () => {
		const root = otlp.span({
			name: 'e2e root',
			kind: 2,
			durationMs: 40,
			attributes: { 'http.request.method': 'GET', 'http.route': '/e2e', tenant: 'a-tenant-of-tests' },
			events: [
				{
					timeUnixNano: String(otlp.nanosecondsAgo(995)),
					name: 'an-event-of-tests',
					attributes: otlp.attributes({ detail: 'event-detail' }),
				},
			],
		});
		const child = otlp.span({
			traceId: root.traceId,
			parentSpanId: root.spanId,
			name: 'e2e child',
			agoMs: 990,
		});
		await program.send('traces', otlp.traces([root, child], { service: 'e2e' }));
		await withPage(workbench(`/traces/${root.traceId}`), async (page) => {
			await page.locator(spanRow).nth(1).waitFor();
			assert.equal(await page.locator(spanRow).count(), 2);
			await page.locator(spanRow).filter({ hasText: 'e2e root' }).click();
			const panel = page.locator(spanPanel);
			for (const text of ['tenant', 'a-tenant-of-tests', 'an-event-of-tests']) {
				await panel.getByText(text).first().waitFor();
			}
			const address = page.url();
			assert.match(address, new RegExp(root.spanId));
			await page.reload();
			await panel.getByText('a-tenant-of-tests').first().waitFor();
		});
	});

	test('of an unknown trace says so', async () => {
		const page = await openPage(workbench(`/traces/${otlp.newTraceId()}`));
		await page.locator('[data-testid=error-state], [data-testid=empty-state]').first().waitFor();
		await page.context().close();
	});

	test('of thousands of spans draws those in sight', async () => {
		const root = otlp.span({ name: 'huge', durationMs: 5000, agoMs: 6000 });
		const spans = Array.from({ length: 3000 }, (_, index) =>
			otlp.span({
				traceId: root.traceId,
				parentSpanId: root.spanId,
				name: `part ${index}`,
				agoMs: 5990 - index,
			}),
		);
		await program.send('traces', otlp.traces([root, ...spans], { service: 'huge' }));
		await withPage(workbench(`/traces/${root.traceId}`), async (page) => {
			await page.locator(spanRow).nth(10).waitFor();
			assert.ok((await page.locator(spanRow).count()) < 500);
			await screenshot(page, 'trace-huge');
		});
	});
});

test('the log viewer searches, and leads to the trace', async () => {
	const root = otlp.span({ name: 'logged', kind: 2 });
	const record = otlp.log({ body: 'zanzibar was mentioned', traceId: root.traceId, spanId: root.spanId });
	await program.send('traces', otlp.traces([root], { service: 'e2e-logs' }));
	await program.send(
		'logs',
		otlp.logs([record, otlp.log({ body: 'nothing of note' })], { service: 'e2e-logs' }),
	);
	await withPage(workbench('/logs?service=e2e-logs'), async (page) => {
		await page.locator(logRow).nth(1).waitFor();
		await page.locator('[data-testid=filter-q]').fill('body =~ "^zanz" or zanzib*');
		await page.locator('[data-testid=filter-q]').press('Enter');
		await page.waitForURL(/q=body/);
		await page.locator(logRow).nth(1).waitFor({ state: 'detached' });
		await page.locator(logRow).filter({ hasText: 'zanzibar was mentioned' }).click();
		await page.locator(`a[href*="${root.traceId}"]`).first().click();
		await page.waitForURL(new RegExp(`/traces/${root.traceId}`));
		await page.locator(spanRow).first().waitFor();
	});
});

test('text that looks like HTML stays text', async () => {
	const hostile = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
	const root = otlp.span({
		name: hostile,
		kind: 2,
		attributes: { [hostile]: hostile, 'http.request.method': 'GET' },
	});
	const service = 'hostile';
	await program.send('traces', otlp.traces([root], { service }));
	await program.send('logs', otlp.logs([otlp.log({ body: hostile, traceId: root.traceId })], { service }));
	for (const target of [
		`/traces?service=${service}`,
		`/traces/${root.traceId}`,
		`/logs?service=${service}`,
	]) {
		await withPage(workbench(target), async (page) => {
			await page.getByText('onerror').first().waitFor();
			assert.notEqual(await page.title(), 'owned');
			assert.equal(await page.locator('img[src=x]').count(), 0);
		});
	}
});

test('behind a proxy, below a path, everything works', async () => {
	const prefix = '/tools/telemetry';
	const origin = await startProxy(program.url, prefix);
	for (const entry of ['/workbench', '/workbench/']) {
		await withPage(origin + prefix + entry, async (page) => {
			await page.locator(traceRow).first().waitFor();
			await page.locator(`${liveToggle}[data-state=open]`).waitFor();
			await page.locator(traceRow).first().click();
			await page.waitForURL(new RegExp(`${prefix}/workbench/traces/[0-9a-f]{32}`));
			await page.locator(spanRow).first().waitFor();
			await page.reload();
			await page.locator(spanRow).first().waitFor();
			for (const name of ['logs', 'metrics']) {
				await page.locator(`[data-testid=nav-${name}]`).click();
				await page.waitForURL(new RegExp(`${prefix}/workbench/${name}`));
			}
			await page.locator(chart).first().waitFor();
		});
	}
});

test('with an API key the Workbench asks for it, then shows what it may', async () => {
	const key = 'a-key-for-tests';
	const guarded = await startProgram({ settings: { 'workbench.api_key': key } });
	const root = otlp.span({ name: 'guarded trace' });
	await guarded.send('traces', otlp.traces([root]));
	const page = await openPage(`${guarded.url}/workbench/traces`);
	await page.locator('[data-testid=key-input]').waitFor();
	await screenshot(page, 'key');
	await page.locator('[data-testid=key-input]').fill('a wrong one');
	await page.locator('[data-testid=key-submit]').click();
	await page.locator('[data-testid=key-input]').waitFor();
	assert.equal(await page.locator(traceRow).count(), 0);
	await page.locator('[data-testid=key-input]').fill(key);
	await page.locator('[data-testid=key-submit]').click();
	await page.locator(traceRow).filter({ hasText: 'guarded trace' }).waitFor();
	await page.locator(`${liveToggle}[data-state=open]`).waitFor();
	assert.doesNotMatch(page.url(), new RegExp(key));
	await page.context().close();
	await guarded.stop();
	assert.doesNotMatch(guarded.stderr, new RegExp(key));
});
