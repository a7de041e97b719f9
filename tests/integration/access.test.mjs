// Who may ask: other origins (CORS), holders of the API key, and names that are not this machine's.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const ours = 'https://ops.example.org';
const theirs = 'https://elsewhere.example.org';

/** A suite over a program of its own; `get(origin)` reads an API answer as a page of that origin would. */
function withProgram(what, settings, define) {
	describe(what, () => {
		let program;
		before(async () => {
			program = await startProgram({ settings });
		});
		after(() => program.stop());
		const get = (origin) => program.get('/telemetry/traces', { headers: { origin } });
		const preflight = (origin, target = '/telemetry/traces', method = 'GET') =>
			program.post(target, {
				method: 'OPTIONS',
				door: 'server',
				headers: {
					origin,
					'access-control-request-method': method,
					'access-control-request-headers': 'content-type,x-api-key',
				},
			});
		define({ program: () => program, get, preflight });
	});
}

const allowed = (response) => response.headers.get('access-control-allow-origin');

withProgram('by default', {}, ({ program, get, preflight }) => {
	for (const local of ['http://localhost:5173', 'http://127.0.0.1:8080']) {
		test(`a page of this machine may read the API (${local})`, async () => {
			const response = await get(local);
			assert.equal(response.status, 200);
			assert.equal(allowed(response), local);
		});

		test(`and may ask before it sends (${local})`, async () => {
			for (const [target, method] of [
				['/telemetry/traces', 'GET'],
				['/v1/traces', 'POST'],
			]) {
				const response = await preflight(local, target, method);
				assert.ok([200, 204].includes(response.status), `${target}: ${response.status}`);
				assert.equal(allowed(response), local, target);
				assert.match(response.headers.get('access-control-allow-methods'), new RegExp(method));
				assert.match(response.headers.get('access-control-allow-headers'), /content-type|\*/i);
			}
		});
	}

	test('a page of another machine may not read', async () => {
		for (const origin of [theirs, 'http://localhost.example.org', 'null']) {
			assert.equal(allowed(await get(origin)), null, origin);
			assert.equal(allowed(await preflight(origin)), null, origin);
		}
	});

	test('a name that is not this machine’s is refused, against DNS rebinding', async () => {
		const status = await statusForHost(program().port, 'evil.example.org');
		assert.ok(status >= 400 && status < 500, String(status));
		for (const host of ['localhost', '127.0.0.1']) {
			assert.equal(await statusForHost(program().port, `${host}:${program().port}`), 200);
		}
	});
});

withProgram('with allowed origins', { 'workbench.allowed_origins': ours }, ({ program, get, preflight }) => {
	test('a page of one of them may read', async () => {
		const response = await get(ours);
		assert.equal(allowed(response), ours);
		assert.match(response.headers.get('vary') ?? '', /origin/i);
		assert.equal(allowed(await preflight(ours)), ours);
	});

	test('and may send to either port', async () => {
		const { body, headers } = otlp.envelope('traces', otlp.traces([otlp.span()]), { format: 'json' });
		for (const door of ['otlp', 'server']) {
			const response = await program().post('/v1/traces', {
				body,
				door,
				headers: { ...headers, origin: ours },
			});
			assert.equal(response.status, 200);
			assert.equal(allowed(response), ours, door);
		}
	});

	test('a page of another may not', async () => {
		assert.equal(allowed(await get(theirs)), null);
		assert.equal(allowed(await preflight(theirs)), null);
	});
});

withProgram('with CORS switched off', { 'server.enable_cors': 'false' }, ({ get, preflight }) => {
	test('no page of another origin may read', async () => {
		assert.equal(allowed(await get(ours)), null);
		assert.equal(allowed(await preflight(ours)), null);
	});
});

const key = 'a-key-for-tests-4711';

withProgram('with an API key', { 'workbench.api_key': key }, ({ program }) => {
	const targets = [
		'/telemetry/traces',
		'/telemetry/logs',
		'/telemetry/metrics',
		'/telemetry/status',
		'/telemetry/live',
	];

	test('whoever has none or a wrong one is asked for it', async () => {
		const wrong = [
			{},
			{ 'x-api-key': 'wrong' },
			{ authorization: `Bearer ${key}x` },
			{ authorization: `Basic ${key}` },
		];
		for (const target of targets) {
			for (const headers of wrong) {
				const response = await program().get(target, { headers });
				assert.equal(response.status, 401, `${target} ${JSON.stringify(headers)}`);
				assert.match(response.headers.get('content-type'), /^application\/problem\+json/);
				assert.ok(response.headers.get('www-authenticate'));
			}
		}
	});

	test('whoever has it is answered, in either header', async () => {
		for (const headers of [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }]) {
			assert.equal((await program().get('/telemetry/traces', { headers })).status, 200);
		}
	});

	test('telemetry sent to the same port needs it too, and to its own port none', async () => {
		const send = async (base, headers) => {
			const response = await fetch(`${base}/v1/traces`, {
				method: 'POST',
				headers: { 'content-type': 'application/json', ...headers },
				body: '{}',
			});
			return [response.status, await response.text()];
		};
		const { url, otlpUrl } = program();
		const [status, text] = await send(url, {});
		assert.equal(status, 401);
		assert.equal(JSON.parse(text).code, 16);
		assert.deepEqual(await send(url, { 'x-api-key': key }), [200, '{}']);
		assert.deepEqual(await send(otlpUrl, {}), [200, '{}']);
	});

	test('health and readiness are for everybody', async () => {
		assert.equal((await program().get('/healthz')).status, 200);
		assert.equal((await program().get('/readyz')).status, 200);
	});

	test('the log never tells it', async () => {
		await program().get(`/telemetry/traces?api_key=${key}`, { headers: { 'x-api-key': key } });
		assert.doesNotMatch(program().stderr, new RegExp(key));
	});
});

/** The status of GET /telemetry/traces asked under this Host, which fetch would not let us choose. */
function statusForHost(port, host) {
	return new Promise((resolve, reject) => {
		const asked = request(
			{ port, host: '127.0.0.1', path: '/telemetry/traces', headers: { host } },
			(response) => {
				response.resume();
				resolve(response.statusCode);
			},
		);
		asked.once('error', reject);
		asked.end();
	});
}
