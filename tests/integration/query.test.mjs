// `rohas-telemetry query`: the API's questions from the command line, straight from the folder that the program holds
// and through the program, against the API's own answers.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { runProgram, startProgram, temporaryFolder } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const apiKey = 'a key that nobody may see';
const program = await startProgram();

/** Runs a query on the program's folder, or with `url` through the program. */
function query(words, { url, env } = {}) {
	const where = url ? ['--url', url] : ['--project-root', program.root];
	return runProgram(['query', ...words, ...where], { env: { NO_COLOR: '', TZ: 'UTC', ...env } });
}

async function answer(words, options) {
	const { code, stdout, stderr } = await query([...words, '--format', 'json'], options);
	assert.equal(code, 0, stderr);
	assert.equal(stderr, '');
	return JSON.parse(stdout);
}

const order = otlp.span({
	name: 'POST /orders',
	kind: 2,
	agoMs: 60_000,
	durationMs: 120,
	attributes: { 'http.request.method': 'POST', 'http.route': '/orders', tenant: 'blue & green=yes' },
});

before(async () => {
	await program.send(
		'traces',
		otlp.traces([
			order,
			otlp.span({ traceId: order.traceId, parentSpanId: order.spanId, name: 'INSERT', agoMs: 59_990 }),
			otlp.span({ name: 'failed', kind: 2, agoMs: 50_000, durationMs: 30, status: { code: 2 } }),
			otlp.span({ name: 'wide 注文 \u001b[31m name', agoMs: 40_000, durationMs: 5 }),
		]),
	);
	await program.send(
		'logs',
		otlp.logs([
			otlp.log({
				agoMs: 55_000,
				body: 'timed out',
				severityNumber: 17,
				traceId: order.traceId,
				spanId: order.spanId,
			}),
			otlp.log({ agoMs: 54_000, body: 'all well', severityNumber: 9 }),
		]),
	);
	await program.send(
		'metrics',
		otlp.metrics([
			{
				name: 'queue.length',
				unit: '{job}',
				gauge: {
					dataPoints: [90_000, 60_000, 30_000].map((agoMs, i) => ({
						timeUnixNano: String(otlp.nanosecondsAgo(agoMs)),
						asDouble: i + 0.5,
						attributes: otlp.attributes({ queue: 'mail', name: 'a label that is called name' }),
					})),
				},
			},
			{
				name: 'took',
				sum: {
					aggregationTemporality: 1,
					isMonotonic: true,
					dataPoints: [
						{
							timeUnixNano: String(otlp.nanosecondsAgo(60_000)),
							asInt: '1',
							exemplars: [
								{
									timeUnixNano: String(otlp.nanosecondsAgo(61_000)),
									asDouble: 1.25,
									traceId: order.traceId,
									spanId: order.spanId,
								},
							],
						},
					],
				},
			},
		]),
	);
});

describe('the folder, the program and the API say the same', () => {
	const end = otlp.rfc3339(otlp.nanosecondsAgo(0));
	const questions = [
		['traces', {}],
		['traces', { status: 'error' }],
		['traces', { min_duration: '100ms', handler_type: 'api', limit: '1' }],
		['traces', { tag: 'tenant=blue & green=yes' }],
		['traces', { service: 'nobody' }],
		['logs', {}],
		['logs', { level: 'error', q: '"timed out"' }],
		['logs', { q: 'handler = "POST /orders" and body =~ "^tim"' }],
		['traces', { q: 'tag.tenant =~ "green" or (root = true and duration < 10ms)' }],
		['metrics', { end }],
		['metrics', { name: 'queue.length', step: '1m', agg: 'max', by: 'queue', start: '-10m', end }],
		['metrics', { name: 'took', step: '1m', start: '-10m', end, exemplars: '' }, { exemplars: 'true' }],
	];
	for (const [signal, parameters, spelled] of questions) {
		test(`${signal} ${JSON.stringify(parameters)}`, async () => {
			const words = Object.entries(parameters).flatMap(([name, value]) => [
				`--${name.replaceAll('_', '-')}`,
				...(value ? [value] : []),
			]);
			// "-10m" moves between three questions: two of the three see its start a moment later.
			const still = ({ start, ...rest }) => rest;
			const direct = await answer([signal, ...words]);
			const asked = await answer([signal, ...words], { url: program.url });
			const api = await program.api(`/telemetry/${signal}`, { ...parameters, ...spelled });
			delete direct.next_cursor;
			delete asked.next_cursor;
			delete api.next_cursor;
			assert.deepEqual(still(direct), still(api));
			assert.deepEqual(still(asked), still(api));
		});
	}

	const variants = [
		['counts', ['--counts', '1h', '--level', 'error'], { step: '1h', level: 'error' }],
		['top', ['--top', 'service'], { field: 'service' }],
		['patterns', ['--patterns', '10'], { sample: '10' }],
	];
	for (const [name, words, parameters] of variants) {
		test(`logs --${name}`, async () => {
			const api = await program.api(`/telemetry/logs/${name}`, parameters);
			assert.deepEqual(await answer(['logs', ...words]), api);
			assert.deepEqual(await answer(['logs', ...words], { url: program.url }), api);
			assert.equal((await query(['logs', ...words])).code, 0);
		});
	}

	test('logs --context', async () => {
		const { logs } = await program.api('/telemetry/logs');
		const words = ['logs', '--context', logs[0].id, '--before', '1', '--after', '0'];
		for (const url of [undefined, program.url]) {
			const { logs: around, position } = await answer(words, { url });
			assert.equal(position, 1);
			assert.deepEqual(
				around.map(({ id }) => id),
				[logs[1].id, logs[0].id],
			);
		}
		const { code, stderr } = await query([...words, '--top', 'level']);
		assert.equal(code, 2);
		assert.match(stderr, /--context and --top are different questions/);
	});

	test('one trace', async () => {
		const api = await program.api(`/telemetry/traces/${order.traceId}`);
		assert.equal(api.spans.length, 2);
		assert.deepEqual(await answer(['trace', order.traceId]), api);
		assert.deepEqual(await answer(['trace', order.traceId], { url: `${program.url}/` }), api);
	});

	test('a page goes on where the other way began', async () => {
		const first = await answer(['traces', '--limit', '1']);
		const next = await answer(['traces', '--limit', '1', '--cursor', first.next_cursor], {
			url: program.url,
		});
		const last = await answer(['traces', '--cursor', next.next_cursor]);
		assert.equal(last.next_cursor, null);
		const ids = [first, next, last].flatMap((page) => page.traces.map((trace) => trace.trace_id));
		assert.equal(new Set(ids).size, 3);
	});

	test('labels that are called like a parameter', async () => {
		const words = ['metrics', '--name', 'queue.length', '--label', 'name=a label that is called name'];
		for (const url of [undefined, program.url]) assert.equal((await answer(words, { url })).series.length, 1);
		const { series } = await answer([...words.slice(0, -1), 'name=another']);
		assert.deepEqual(series, []);
	});
});

describe('for people', () => {
	test('a table of traces, harmless and aligned', async () => {
		const { code, stdout, stderr } = await query(['traces']);
		assert.equal(code, 0, stderr);
		assert.equal(stderr, '');
		const lines = stdout.trimEnd().split('\n');
		assert.match(lines[0], /^TIME UTC {17}TRACE {29}HANDLER/);
		assert.equal(lines.length, 4);
		assert.match(lines[1], /wide 注文 \uFFFD\[31m name/);
		assert.ok(!stdout.includes('\u001b'));
		assert.match(
			lines[3],
			new RegExp(`${order.traceId}  POST /orders .* api .* ok .* 120 ms .* 2 .* shop-api$`),
		);
	});

	test('a trace as a tree', async () => {
		const { stdout } = await query(['trace', order.traceId]);
		assert.match(stdout, new RegExp(`^trace ${order.traceId}\n`));
		assert.match(stdout, /^POST \/orders .*api.*120 ms +█{40}$/m);
		assert.match(stdout, /^└─ INSERT .*10\.0 ms/m);
	});

	test('logs and metrics', async () => {
		const logs = await query(['logs']);
		assert.match(logs.stdout, /ERROR {2}shop-api .*timed out$/m);
		const metrics = await query(['metrics']);
		assert.match(metrics.stdout, /^queue\.length +gauge +\{job\} +1 +name, queue/m);
		const values = await query(['metrics', '--name', 'queue.length', '--by', 'queue', '--start', '-5m']);
		assert.match(values.stdout, /^queue\.length \(\{job\}\): avg of each /m);
		assert.match(values.stdout, /^mail +0\.5 .* 2\.5 +2\.5 {2}/m);
	});

	test('traces that led to a metric', async () => {
		const { stdout } = await query(['metrics', '--name', 'took', '--start', '-5m', '--exemplars']);
		assert.match(stdout, new RegExp(` 1\\.25 +${order.traceId}`));
	});

	test('an empty answer says so beside the answer', async () => {
		for (const words of [
			['traces', '--service', 'nobody'],
			['logs', '--q', 'nothing'],
			['metrics', '--end', '1'],
		]) {
			const { code, stdout, stderr } = await query(words);
			assert.deepEqual([code, stdout], [0, '']);
			assert.match(stderr, /^no (trace|log record|metric) .*\n$/);
		}
	});

	test('a page that has another behind it says how to go on', async () => {
		const { stderr } = await query(['traces', '--limit', '1']);
		assert.match(stderr, /^there is more; to go on: --cursor \S+\n$/);
	});
});

describe('a row a line', () => {
	test('rows as they stand in the answer', async () => {
		const { traces } = await answer(['traces']);
		const { stdout } = await query(['traces', '--format', 'ndjson']);
		assert.deepEqual(stdout.trimEnd().split('\n').map(JSON.parse), traces);
		const trace = await query(['trace', order.traceId, '--format', 'ndjson']);
		assert.equal(trace.stdout.trimEnd().split('\n').length, 2);
	});

	test('values with their time and labels', async () => {
		const { stdout } = await query([
			'metrics',
			'--name',
			'queue.length',
			'--by',
			'queue',
			'--format',
			'ndjson',
		]);
		const rows = stdout.trimEnd().split('\n').map(JSON.parse);
		assert.ok(rows.some((row) => row.value === 2.5 && row.labels.queue === 'mail' && /Z$/.test(row.time)));
	});
});

describe('mistakes', () => {
	const cases = [
		[
			['traces', '--min-duration', 'soon'],
			2,
			/^rohas-telemetry: --min-duration is "soon"; it must be a duration/,
		],
		[['traces', '--status', 'odd'], 2, /--status is "odd"; it must be success, error, running or lost/],
		[['traces', '--cursor', 'x'], 2, /cursor/],
		[['trace', 'abc'], 2, /"abc" is not a trace id; it must be 32 hexadecimal digits/],
		[['trace', `${'0'.repeat(31)}1`], 1, /no span of the trace 0+1 is here/],
		[['metrics', '--name', 'nothing.here'], 1, /nothing\.here/],
	];
	for (const [words, exit, sentence] of cases) {
		test(words.join(' '), async () => {
			for (const url of [undefined, program.url]) {
				const { code, stdout, stderr } = await query(words, { url });
				assert.equal(code, exit, stderr);
				assert.equal(stdout, '');
				assert.match(stderr, sentence);
				assert.equal(stderr.trimEnd().split('\n').length, 1);
			}
		});
	}

	test('the line itself', async () => {
		for (const [words, sentence] of [
			[[], /Usage: rohas-telemetry query <command>/],
			[['trcaes'], /there is no command "query trcaes"; the nearest one is query traces/],
			[['trace'], /query trace needs its ID/],
			[['traces', '--format', 'xml'], /--format is "xml"; allowed is table, json or ndjson/],
			[['traces', '--store', '/x', '--url', 'http://localhost'], /one of them/],
			[['metrics', '--label', 'x'], /--label is "x"; allowed is name=value/],
		]) {
			const { code, stderr } = await runProgram(['query', ...words]);
			assert.equal(code, 2, stderr);
			assert.match(stderr, sentence);
		}
	});

	test('a folder without a store, and a program that is not there', async () => {
		const folder = temporaryFolder();
		const direct = await runProgram(['query', 'traces', '--store', folder]);
		assert.deepEqual([direct.code, direct.stdout], [1, '']);
		assert.match(direct.stderr, /there is no store at /);
		const asked = await runProgram(['query', 'traces', '--url', 'http://127.0.0.1:1']);
		assert.equal(asked.code, 1);
		assert.match(asked.stderr, /http:\/\/127\.0\.0\.1:1 cannot be asked: /);
		// The OTLP port is no API.
		const wrong = await runProgram(['query', 'traces', '--url', program.otlpUrl]);
		assert.equal(wrong.code, 1);
		assert.match(wrong.stderr, /answered 404/);
	});
});

describe('a program that asks for its key', () => {
	let guarded;
	before(async () => {
		guarded = await startProgram({ settings: { 'workbench.api_key': apiKey } });
	});

	test('is given it from the line or the environment, and nobody sees it', async () => {
		const words = ['query', 'traces', '--url', guarded.url];
		const without = await runProgram(words, { cwd: temporaryFolder() });
		assert.equal(without.code, 1);
		assert.match(without.stderr, /asks for its key: set ROHAS_WORKBENCH_API_KEY, or give --api-key/);
		const wrong = await runProgram([...words, '--api-key', `${apiKey}!`]);
		assert.equal(wrong.code, 1);
		const byLine = await runProgram([...words, '--api-key', apiKey]);
		assert.equal(byLine.code, 0, byLine.stderr);
		const byEnvironment = await runProgram(words, { env: { ROHAS_WORKBENCH_API_KEY: apiKey } });
		assert.equal(byEnvironment.code, 0, byEnvironment.stderr);
		for (const { stdout, stderr } of [without, wrong, byLine, byEnvironment])
			assert.ok(!(stdout + stderr).includes(apiKey));
	});
});

test('what was acknowledged is seen at once, while the program takes more', async () => {
	let sending = true;
	const busy = (async () => {
		while (sending)
			await program.send(
				'traces',
				otlp.traces(Array.from({ length: 200 }, () => otlp.span({ name: 'noise' }))),
			);
	})();
	try {
		for (let i = 0; i < 15; i++) {
			const span = otlp.span({ name: `fresh ${i}` });
			await program.send('traces', otlp.traces([span]));
			const { spans } = await answer(['trace', span.traceId]);
			assert.equal(spans[0].operation_name, `fresh ${i}`);
		}
	} finally {
		sending = false;
		await busy;
	}
});

test('the folder is asked when nobody holds it', async () => {
	const before = await answer(['trace', order.traceId]);
	await program.stop();
	assert.deepEqual(await answer(['trace', order.traceId]), before);
	await program.start();
	assert.deepEqual(await program.api(`/telemetry/traces/${order.traceId}`), before);
});

test('a filter that is wrong is pointed at, whoever is asked', async () => {
	for (const url of [undefined, program.url]) {
		const { code, stdout, stderr } = await query(['traces', '--q', 'service = "größe" and level = warn'], {
			url,
		});
		assert.equal(code, 2);
		assert.equal(stdout, '');
		const [sentence, line, caret] = stderr.split('\n');
		assert.match(sentence, /^rohas-telemetry: --q is wrong at column 23: spans have no field level/);
		assert.equal(line, '  service = "größe" and level = warn');
		assert.equal(caret, `  ${' '.repeat(22)}^`);
	}
});
