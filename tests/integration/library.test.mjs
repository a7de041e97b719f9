// The C library as an application gets it: installed, found by pkg-config, linked in three ways; its executions are found
// through the API of a running program, or by the command line in the store that it wrote itself.
import assert from 'node:assert/strict';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import {
	eventually,
	projectRoot,
	runProgram,
	startChild,
	startProgram,
	temporaryFolder,
	writeConfig,
} from '../harness.mjs';
import { buildProgram, installLibrary } from '../library.mjs';

const source = path.join(projectRoot, 'tests/integration/library_consumer.c');
const ways = [
	['a shared library in C', { compiler: 'cc', flags: ['-std=c11'] }],
	['a static library in C', { compiler: 'cc', flags: ['-std=c17'], isStatic: true }],
	['a shared library in C++', { compiler: 'c++', flags: ['-std=c++17', '-xc++'] }],
];
const kinds = { place_order: 'api', reserve_stock: 'event', nightly: 'cron', live_orders: 'websocket' };

describe('the C library', () => {
	let library;

	before(async () => {
		library = await installLibrary();
	});

	/** Runs the consumer in a project: the trace of its API handler. */
	async function consume(root, options) {
		const consumer = await buildProgram(library, { source, ...options });
		const result = await startChild(consumer, [root]).exited;
		assert.equal(result.code, 0, result.stderr);
		const [traceparent, delivered] = result.stdout.trim().split(' ');
		assert.equal(delivered, '5');
		return traceparent.split('-')[1];
	}

	for (const [name, options] of ways) {
		test(`as ${name}, sends to a running program`, async () => {
			const program = await startProgram();
			const root = temporaryFolder();
			await writeConfig(
				root,
				`[project]\nname = "consumer"\n[telemetry.library]\nendpoint = "${program.otlpUrl}"\n`,
			);
			const traceId = await consume(root, options);

			const trace = await eventually(async () => {
				const found = await program.api(`/telemetry/traces/${traceId}`);
				return found.spans.length === 2 && found;
			});
			const execution = trace.spans.find((span) => span.operation_name === 'place_order');
			assert.equal(execution.handler.type, 'api');
			assert.equal(execution.handler.language, 'c');
			assert.equal(execution.tags['customer.tier'], 'gold');
			const published = trace.spans.find((span) => span.published_event === 'order.placed');
			assert.equal(published.parent_span_id, execution.span_id);

			const { traces } = await program.api('/telemetry/traces', { service: 'consumer' });
			assert.deepEqual(
				Object.fromEntries(traces.map((each) => [each.handler_name, each.handler_type])),
				kinds,
			);
			const handled = traces.find((each) => each.handler_name === 'reserve_stock');
			assert.equal(handled.status, 'error');
			const { spans } = await program.api(`/telemetry/traces/${handled.trace_id}`);
			assert.deepEqual(
				spans[0].links.map((link) => [link.trace_id, link.span_id]),
				[[traceId, published.span_id]],
			);

			const { logs } = await program.api('/telemetry/logs', { q: '"last cup"' });
			assert.equal(logs.length, 1);
			assert.equal(logs[0].span_id, execution.span_id);
		});
	}

	test('writes the store in its own process, where the configuration names no endpoint', async () => {
		const root = temporaryFolder();
		await writeConfig(root, '[project]\nname = "consumer"\n');
		const traceId = await consume(root, ways[0][1]);

		const query = async (...args) => {
			const result = await runProgram(['query', ...args, '--project-root', root, '--format', 'json']);
			assert.equal(result.code, 0, result.stderr);
			return JSON.parse(result.stdout);
		};
		const { traces } = await query('traces');
		assert.deepEqual(Object.fromEntries(traces.map((each) => [each.handler_name, each.handler_type])), kinds);
		const trace = await query('trace', traceId);
		assert.equal(trace.spans.length, 2);
		const { logs } = await query('logs', '--q', '"last cup"');
		assert.equal(logs[0].trace_id, traceId);
		// What the program counts of executions that it receives, the library counts of those that it writes.
		const counted = JSON.stringify(
			await query('metrics', '--name', 'handler.execution.count', '--by', 'handler_name'),
		);
		for (const handler of Object.keys(kinds)) assert.ok(counted.includes(handler), counted);
	});

	for (const [name, isSent] of [
		['sent', true],
		['written', false],
	]) {
		test(`what was recorded is ${name} when the application ends without closing`, async () => {
			const program = isSent && (await startProgram());
			const root = temporaryFolder();
			await writeConfig(root, isSent ? `[telemetry.library]\nendpoint = "${program.otlpUrl}"\n` : '');
			const consumer = await buildProgram(library, { source, ...ways[0][1] });
			const result = await startChild(consumer, [root, 'leave']).exited;
			assert.equal(result.code, 0, result.stderr);
			const where = isSent ? ['--url', program.url] : ['--project-root', root];
			const found = await runProgram(['query', 'traces', ...where, '--format', 'json']);
			assert.equal(JSON.parse(found.stdout).traces.length, 4, found.stderr);
		});
	}

	test('says that another process holds the store', async () => {
		const program = await startProgram();
		const consumer = await buildProgram(library, { source, ...ways[0][1] });
		const result = await startChild(consumer, [program.root]).exited;
		assert.equal(result.code, 1);
		assert.match(result.stderr, /another process/);
	});
});
