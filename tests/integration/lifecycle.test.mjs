// The program's life: starting, being told wrongly, stopping, being killed, starting again.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { freePort, runProgram, startProgram, temporaryFolder, writeConfig } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

/** One trace, one log record and one metric, and the assertion that they are there. */
async function sendOfEach(program) {
	const sent = otlp.span({ name: 'kept' });
	const at = otlp.nanosecondsAgo(30_000);
	await program.send('traces', otlp.traces([sent]));
	await program.send('logs', otlp.logs([otlp.log({ traceId: sent.traceId, spanId: sent.spanId })]));
	const point = { startTimeUnixNano: String(at - 1n), timeUnixNano: String(at), asInt: '7' };
	await program.send('metrics', otlp.metrics([{ name: 'kept.gauge', gauge: { dataPoints: [point] } }]));
	return async () => {
		const trace = await program.api(`/telemetry/traces/${sent.traceId}`);
		assert.deepEqual(
			trace.spans.map((each) => each.span_id),
			[sent.spanId],
		);
		const { traces } = await program.api('/telemetry/traces', { operation: 'kept' });
		assert.deepEqual(
			traces.map((each) => each.trace_id),
			[sent.traceId],
		);
		const { logs } = await program.api('/telemetry/logs', { trace_id: sent.traceId });
		assert.equal(logs.length, 1);
		const query = { name: 'kept.gauge', start: '-10m', end: 'now', step: '10m', agg: 'max' };
		const { series } = await program.api('/telemetry/metrics', query);
		assert.deepEqual(
			series.flatMap((each) => each.values).filter((each) => each !== null),
			[7],
		);
	};
}

describe('what was acknowledged is there', () => {
	test('after a restart', async () => {
		const program = await startProgram();
		const assertKept = await sendOfEach(program);
		await assertKept();
		await program.restart();
		await assertKept();
		await program.restart();
		await assertKept();
		await program.stop();
	});

	test('after kill -9', async () => {
		const program = await startProgram();
		for (let round = 0; round < 3; round++) {
			const spans = Array.from({ length: 100 }, () => otlp.span({ name: `round ${round}` }));
			await program.send('traces', otlp.traces(spans));
			await program.kill();
			await program.start();
			const parameters = { operation: `round ${round}`, limit: '1000' };
			const { traces } = await program.api('/telemetry/traces', parameters);
			assert.deepEqual(
				traces.map((each) => each.trace_id).toSorted(),
				spans.map((each) => each.traceId).toSorted(),
			);
		}
		await program.stop();
	});
});

for (const signal of ['traces', 'logs']) {
	test(`a cursor of ${signal} goes on after a restart`, async () => {
		const program = await startProgram();
		const rows = Array.from({ length: 50 }, (_, index) => 1000 + 10 * index);
		await program.send('traces', otlp.traces(rows.map((agoMs) => otlp.span({ agoMs }))));
		await program.send('logs', otlp.logs(rows.map((agoMs) => otlp.log({ agoMs, body: String(agoMs) }))));
		const first = await program.api(`/telemetry/${signal}`, { limit: '20' });
		await program.restart();
		const second = await program.api(`/telemetry/${signal}`, { limit: '100', cursor: first.next_cursor });
		const keyOf = (row) => row.trace_id ?? row.message;
		const keys = [...first[signal], ...second[signal]].map(keyOf);
		assert.equal(new Set(keys).size, 50);
		assert.equal(keys.length, 50);
		await program.stop();
	});
}

describe('configuration', () => {
	test('without a file the defaults serve, and the store is in the project', async () => {
		const program = await startProgram();
		const status = await program.api('/telemetry/status');
		assert.equal(status.store.type, 'rocksdb');
		assert.equal(status.store.path, path.join(program.root, '.rohas/telemetry'));
		assert.ok(existsSync(path.join(program.root, '.rohas/telemetry')));
		for (const signal of ['traces', 'metrics', 'logs']) assert.equal(status.signals[signal].enabled, true);
		await program.stop();
	});

	test('comes from the file, and a --set wins over the environment, which wins over the file', async () => {
		const root = temporaryFolder();
		const text = '[project]\nname = "from-file"\nversion = "file"\nlanguage = "rust"\n';
		await writeConfig(root, text);
		const program = await startProgram({
			root,
			env: { ROHAS_PROJECT_VERSION: 'environment', ROHAS_PROJECT_LANGUAGE: 'python' },
			settings: { 'project.language': 'typescript' },
		});
		const { project } = await program.api('/telemetry/status');
		assert.deepEqual(project, { name: 'from-file', version: 'environment', language: 'typescript' });
		await program.stop();
	});

	const mistakes = [
		['a wrong type', '[server]\nport = "many"\n', /rohas\.toml:2:\d+.*server\.port.*many.*integer/s],
		['a value out of range', '[server]\n\nport = 70000\n', /rohas\.toml:3:\d+.*server\.port.*70000.*65535/s],
		[
			'a choice that is none',
			'[telemetry]\ntype = "mongodb"\n',
			/rohas\.toml:2:\d+.*telemetry\.type.*mongodb.*rocksdb/s,
		],
		['TOML that is none', '[server\n', /rohas\.toml:1/],
	];
	for (const [what, text, sentence] of mistakes) {
		test(`${what} stops the program with status 2 and the place`, async () => {
			const root = temporaryFolder();
			await writeConfig(root, text);
			const { code, stderr } = await runProgram(['serve', '--project-root', root]);
			assert.equal(code, 2, stderr);
			assert.match(stderr, sentence);
		});
	}

	test('every mistake is told at once', async () => {
		const root = temporaryFolder();
		await writeConfig(root, '[server]\nport = "many"\nhost = 7\n');
		const { code, stderr } = await runProgram(['serve', '--project-root', root]);
		assert.equal(code, 2);
		assert.match(stderr, /server\.port/);
		assert.match(stderr, /server\.host/);
	});

	test('a bad --set stops the program with status 2', async () => {
		const { code, stderr } = await runProgram([
			'serve',
			'--project-root',
			temporaryFolder(),
			'--set',
			'server.port=x',
		]);
		assert.equal(code, 2, stderr);
		assert.match(stderr, /--set.*server\.port|server\.port.*--set/s);
	});

	test('an unknown key warns and names the nearest one', async () => {
		const root = temporaryFolder();
		await writeConfig(root, '[telemetry]\nretention_dais = 7\n');
		const program = await startProgram({ root });
		assert.match(program.stderr, /retention_dais.*retention_days/s);
		await program.stop();
	});

	for (const type of ['prometheus', 'influxdb', 'timescaledb']) {
		test(`the ${type} adapter is not there yet, and a sentence says so`, async () => {
			const settings = ['--set', `telemetry.type=${type}`, '--set', `server.port=${await freePort()}`];
			const { code, stderr } = await runProgram(['serve', '--project-root', temporaryFolder(), ...settings]);
			assert.notEqual(code, 0);
			assert.match(stderr, new RegExp(type));
		});
	}

	test('check-config accepts the defaults and refuses a mistake', async () => {
		const root = temporaryFolder();
		const good = await runProgram(['check-config', '--project-root', root]);
		assert.equal(good.code, 0, good.stderr);
		assert.match(good.stdout, /server\.port/);
		await writeConfig(root, '[server]\nport = "many"\n');
		const bad = await runProgram(['check-config', '--project-root', root]);
		assert.equal(bad.code, 2);
		assert.match(bad.stdout + bad.stderr, /server\.port/);
	});

	test('check-config does not tell the API key', async () => {
		const args = [
			'check-config',
			'--project-root',
			temporaryFolder(),
			'--set',
			'workbench.api_key=open-sesame',
		];
		const { stdout, stderr } = await runProgram(args);
		assert.doesNotMatch(stdout + stderr, /open-sesame/);
	});
});

describe('the command line', () => {
	test('an unknown subcommand is refused with status 2', async () => {
		const { code, stderr } = await runProgram(['juggle']);
		assert.equal(code, 2);
		assert.match(stderr, /juggle/);
	});

	test('--version and --help answer', async () => {
		const version = await runProgram(['--version']);
		assert.equal(version.code, 0);
		assert.match(version.stdout, /\d+\.\d+\.\d+/);
		const help = await runProgram(['--help']);
		assert.equal(help.code, 0);
		for (const subcommand of ['serve', 'check-config', 'demo'])
			assert.match(help.stdout, new RegExp(subcommand));
	});
});

describe('a port that is taken', () => {
	for (const key of ['server.port', 'telemetry.receiver.http.port']) {
		test(`stops the program and names its holder (${key})`, async () => {
			const holder = createServer().listen(0, '127.0.0.1');
			await once(holder, 'listening');
			try {
				const ports = { 'server.port': await freePort(), 'telemetry.receiver.http.port': await freePort() };
				ports[key] = holder.address().port;
				const settings = Object.entries(ports).flatMap(([name, port]) => ['--set', `${name}=${port}`]);
				const args = ['serve', '--project-root', temporaryFolder(), ...settings];
				const { code, stderr } = await runProgram(args);
				assert.notEqual(code, 0);
				assert.match(stderr, new RegExp(`\\b${ports[key]}\\b`));
				assert.match(stderr, new RegExp(`\\b${process.pid}\\b`));
			} finally {
				holder.close();
			}
		});
	}
});

test('two programs cannot have one store', async () => {
	const first = await startProgram();
	const ports = [
		'--set',
		`server.port=${await freePort()}`,
		'--set',
		`telemetry.receiver.http.port=${await freePort()}`,
	];
	const { code, stderr } = await runProgram(['serve', '--project-root', first.root, ...ports]);
	assert.notEqual(code, 0);
	assert.match(stderr, /\.rohas\/telemetry/);
	await first.stop();
});

describe('a disabled signal', () => {
	const requests = {
		traces: () => otlp.traces([otlp.span()]),
		logs: () => otlp.logs([otlp.log()]),
		metrics: () => {
			const dataPoints = [{ timeUnixNano: String(otlp.nanosecondsAgo(1000)), asInt: '1' }];
			return otlp.metrics([{ name: 'dropped.gauge', gauge: { dataPoints } }]);
		},
	};
	for (const signal of Object.keys(requests)) {
		test(`${signal}: is answered with success, dropped and counted`, async () => {
			const program = await startProgram({ settings: { [`telemetry.enable_${signal}`]: 'false' } });
			await program.send(signal, requests[signal]());
			const status = await program.api('/telemetry/status');
			assert.equal(status.signals[signal].enabled, false);
			assert.equal(status.signals[signal].dropped, 1);
			if (signal === 'metrics') {
				const { metrics } = await program.api('/telemetry/metrics');
				assert.ok(!metrics.some((each) => each.name === 'dropped.gauge'));
			} else {
				const answer = await program.api(`/telemetry/${signal}`);
				assert.deepEqual(answer[signal], []);
			}
			await program.stop();
		});
	}
});

test('the OTLP port can be switched off, and the server keeps its own door', async () => {
	const program = await startProgram({ settings: { 'telemetry.receiver.http.enabled': 'false' } });
	const sent = otlp.span();
	await program.send('traces', otlp.traces([sent]), { door: 'server' });
	await program.api(`/telemetry/traces/${sent.traceId}`);
	await assert.rejects(fetch(`${program.otlpUrl}/v1/traces`, { method: 'POST' }));
	await program.stop();
});

describe('the small endpoints', () => {
	test('answer health, readiness, figures and the OpenAPI document', async () => {
		const program = await startProgram();
		for (const target of ['/healthz', '/readyz']) {
			const response = await program.get(target);
			assert.equal(response.status, 200);
			assert.match(response.text, /ok/);
		}
		await program.send('traces', otlp.traces([otlp.span(), otlp.span()]));
		const figures = await program.get('/metrics');
		assert.equal(figures.status, 200);
		assert.match(figures.headers.get('content-type'), /^text\/plain/);
		for (const line of figures.text.split('\n')) {
			assert.match(line, /^(#.*|(rohas_telemetry|process)_\w+(\{.*\})? [-+.\deINaf]+)?$/);
		}
		assert.match(figures.text, /^rohas_telemetry_\w*spans?\w*(\{.*\})? 2$|\{[^}]*traces[^}]*\} 2$/m);

		const document = await program.get('/openapi.json');
		assert.match(document.json.openapi, /^3\.1\./);
		await program.stop();
	});

	test('an unknown path is a 404 and another method a 405, as problems', async () => {
		const program = await startProgram();
		for (const [method, target, status] of [
			['GET', '/telemetry/nothing', 404],
			['GET', '/nothing', 404],
			['POST', '/telemetry/traces', 405],
			['DELETE', '/telemetry/logs', 405],
		]) {
			const response = await program.post(target, { method, door: 'server' });
			assert.equal(response.status, status, `${method} ${target}`);
			assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
		}
		await program.stop();
	});
});
