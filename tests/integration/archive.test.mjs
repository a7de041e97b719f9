// Archives: export beside a running program, import into another, backups while rows arrive, restore.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import zlib from 'node:zlib';
import protobuf from 'protobufjs';
import {
	eventually,
	programPath,
	projectRoot,
	runProgram,
	startChild,
	startProgram,
	temporaryFolder,
} from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const requestTypes = {
	resourceSpans: 'ExportTraceServiceRequest',
	resourceMetrics: 'ExportMetricsServiceRequest',
	resourceLogs: 'ExportLogsServiceRequest',
};
const { root: proto } = protobuf.parse(readFileSync(path.join(projectRoot, 'tests/otlp.proto'), 'utf8'));

async function run(command, words, { root, code = 0, settings = [] } = {}) {
	const result = await runProgram([command, ...words, '--project-root', root, ...settings]);
	assert.equal(result.code, code, `${command}: ${result.stdout}${result.stderr}`);
	return result;
}

const unpack = (bytes) => (bytes.readUInt32LE(0) === 0xfd2fb528 ? zlib.zstdDecompressSync(bytes) : bytes);

/** The lines of all files of an export, parsed. */
function readLines(folder) {
	return readdirSync(folder)
		.filter((name) => name !== 'manifest.json')
		.sort()
		.flatMap((name) =>
			unpack(readFileSync(path.join(folder, name)))
				.toString()
				.split('\n'),
		)
		.filter((line) => line)
		.map((line) => JSON.parse(line));
}

/** Every record with what it stands under, as text, in order of text: two exports of the same rows are equal. */
function readRows(folder) {
	const rows = [];
	for (const line of readLines(folder)) {
		const [list] = Object.keys(line);
		for (const { resource, schemaUrl, ...scopes } of line[list]) {
			for (const { scope, schemaUrl: scopeUrl, ...records } of Object.values(scopes)[0]) {
				for (const record of Object.values(records)[0]) {
					const where = { resource, schemaUrl, scope, scopeUrl };
					const { sum, gauge, histogram, exponentialHistogram, summary, ...metric } = record;
					const data = sum ?? gauge ?? histogram ?? exponentialHistogram ?? summary;
					for (const point of data?.dataPoints ?? [{}])
						rows.push(JSON.stringify([list, where, data ? { ...metric, ...point } : record]));
				}
			}
		}
	}
	return rows.sort();
}

/** Every member has a field in OTLP's own definitions: protobufjs alone would pass over what it does not know. */
function assertKnown(type, object) {
	for (const [key, value] of Object.entries(object)) {
		const field = type.fields[key];
		assert.ok(field, `${type.name} has no field ${key}`);
		assert.equal(field.repeated, Array.isArray(value), `${type.name}.${key}`);
		if (['uint64', 'int64', 'fixed64', 'sfixed64'].includes(field.type))
			for (const each of [value].flat()) assert.equal(typeof each, 'string', `${type.name}.${key}`);
		if (field.resolve().resolvedType instanceof protobuf.Type)
			for (const each of [value].flat()) assertKnown(field.resolvedType, each);
	}
}

async function playShop(program, history) {
	const { code, stderr } = await runProgram([
		...['demo', '--url', program.otlpUrl, '--history', history, '--duration', '0', '--seed', '7'],
	]);
	assert.equal(code, 0, stderr);
}

async function allOf(program, target, list, parameters = {}) {
	const found = [];
	let cursor;
	do {
		const page = await program.api(target, { limit: 1000, ...parameters, ...(cursor && { cursor }) });
		found.push(...page[list]);
		cursor = page.next_cursor;
	} while (cursor);
	return found;
}

const everything = (program, end) =>
	Promise.all([
		allOf(program, '/telemetry/traces', 'traces', { start: 0, end }),
		allOf(program, '/telemetry/logs', 'logs', { start: 0, end }),
	]);

describe('export and import', async () => {
	const program = await startProgram();
	await playShop(program, '20m');
	const end = String(BigInt(Date.now()) * 1000000n);
	const folder = path.join(temporaryFolder(), 'export');

	test('writes beside the program what OTLP has fields for', async () => {
		const { stdout } = await run('export', [folder, '--end', end], { root: program.root });
		assert.match(stdout, /rows in \d+ files/);
		const lines = readLines(folder);
		for (const line of lines) {
			const [list] = Object.keys(line);
			const type = proto.lookupType(requestTypes[list]);
			assertKnown(type, line);
			assert.ok(
				otlp.encode({ resourceSpans: 'traces', resourceMetrics: 'metrics', resourceLogs: 'logs' }[list], line)
					.length,
			);
		}
		assert.deepEqual(new Set(lines.flatMap(Object.keys)), new Set(Object.keys(requestTypes)));
	});

	test('a store that imports it answers alike, and holds the same rows', async () => {
		const root = temporaryFolder();
		await run('import', [folder], { root });
		const again = path.join(temporaryFolder(), 'again');
		await run('export', [again], { root });
		assert.deepEqual(readRows(again), readRows(folder));
		const other = await startProgram({ root });
		assert.deepEqual(await everything(other, end), await everything(program, end));
		await other.stop();
	});

	test('a running program that imports it answers alike', async () => {
		const other = await startProgram();
		await run('import', [folder, '--url', other.otlpUrl], { root: temporaryFolder() });
		assert.deepEqual(await everything(other, end), await everything(program, end));
		await other.stop();
	});

	test('what was imported before is passed over', async () => {
		const root = temporaryFolder();
		const first = await run('import', [folder], { root });
		const second = await run('import', [folder], { root });
		assert.match(first.stdout, /^[1-9]\d* rows/);
		assert.match(second.stdout, /^0 rows.*had been imported before/);
		assert.match((await run('import', [folder, '--again'], { root })).stdout, /^[1-9]\d* rows/);
	});

	test('a filter leaves out what does not meet it', async () => {
		const one = path.join(temporaryFolder(), 'one');
		await run('export', [one, '--service', 'shop-orders', '--signals', 'traces,logs'], {
			root: program.root,
		});
		const lines = readLines(one);
		assert.ok(lines.length);
		for (const line of lines)
			for (const { resource } of Object.values(line)[0])
				assert.equal(
					resource.attributes.find(({ key }) => key === 'service.name').value.stringValue,
					'shop-orders',
				);
	});

	test('an expression does too, and names the signal that it makes no sense of', async () => {
		const some = path.join(temporaryFolder(), 'some');
		await run('export', [some, '--q', 'service = shop-orders and tag.http.route =~ "^/orders"'], {
			root: program.root,
		});
		const lines = readLines(some);
		assert.deepEqual(new Set(lines.flatMap(Object.keys)).has('resourceMetrics'), false);
		const routes = lines
			.flatMap((line) => line.resourceSpans ?? [])
			.flatMap(({ scopeSpans }) => scopeSpans)
			.flatMap(({ spans }) => spans)
			.map(({ attributes }) => attributes.find(({ key }) => key === 'http.route').value.stringValue);
		assert.ok(routes.length);
		for (const route of routes) assert.match(route, /^\/orders/);
		const bad = path.join(temporaryFolder(), 'bad');
		const refused = await run('export', [bad, '--q', 'duration > 5ms'], { root: program.root, code: 2 });
		assert.match(refused.stderr, /--q is wrong for logs at column 1: logs have no field duration/);
		await run('export', [bad, '--q', 'duration > 5ms', '--signals', 'traces'], { root: program.root });
	});

	// In a store that no program writes its own metrics to.
	test('goes on where it was killed, and ends with the same rows', async () => {
		const root = temporaryFolder();
		await run('import', [folder], { root });
		const rest = path.join(temporaryFolder(), 'rest');
		const child = startChild(programPath, ['export', rest, '--file-size', '1', '--project-root', root]);
		const manifest = path.join(rest, 'manifest.json');
		await eventually(() => JSON.parse(readFileSync(manifest)).files.length > 0, { everyMs: 1 });
		child.signal('SIGKILL');
		await child.exited;
		assert.equal(JSON.parse(readFileSync(manifest)).complete, false);
		// What arrives in between is left out.
		const late = path.join(root, 'late.json');
		writeFileSync(late, JSON.stringify(lateSpan()));
		await run('import', [late], { root });
		await run('export', [rest, '--resume'], { root });
		assert.deepEqual(readRows(rest), readRows(folder));
		const refused = await run('export', [rest], { root, code: 2 });
		assert.match(refused.stderr, /holds an export that is complete/);
	});
});

const lateSpan = () => ({
	resourceSpans: [
		{
			scopeSpans: [
				{
					spans: [
						{
							traceId: 'abababababababababababababababab',
							spanId: 'cdcdcdcdcdcdcdcd',
							name: 'late',
							startTimeUnixNano: String(BigInt(Date.now() - 1_800_000) * 1000000n),
							endTimeUnixNano: String(BigInt(Date.now() - 1_799_000) * 1000000n),
						},
					],
				},
			],
		},
	],
});

describe('import', () => {
	const line = (name) => {
		const request = lateSpan();
		request.resourceSpans[0].scopeSpans[0].spans[0].name = name;
		return JSON.stringify(request);
	};
	const names = async (root) => {
		const out = path.join(temporaryFolder(), 'out');
		await run('export', [out], { root });
		return readRows(out)
			.map((row) => JSON.parse(row)[2].name)
			.sort();
	};
	const importFile = async (content, { code = 0, name = 'lines.jsonl' } = {}) => {
		const root = temporaryFolder();
		const file = path.join(root, name);
		writeFileSync(file, content);
		const result = await run('import', [file], { root, code });
		return { ...result, file, names: await names(root) };
	};

	test('tells a bad line with its place, and keeps the others', async () => {
		const {
			stderr,
			file,
			names: found,
		} = await importFile(`${line('a')}\n{"no": 1}\n{broken\n\n${line('b')}`, { code: 1 });
		assert.deepEqual(found, ['a', 'b']);
		assert.ok(stderr.includes(`${file}:2: this is no OTLP request`), stderr);
		assert.ok(stderr.includes(`${file}:3: `), stderr);
	});

	test('reads zstd of one frame or many, and gzip', async () => {
		const [a, b] = [Buffer.from(`${line('a')}\n`), Buffer.from(`${line('b')}\n`)];
		for (const pack of [zlib.zstdCompressSync, zlib.gzipSync]) {
			assert.deepEqual((await importFile(pack(Buffer.concat([a, b])))).names, ['a', 'b']);
			assert.deepEqual((await importFile(Buffer.concat([pack(a), pack(b)]))).names, ['a', 'b']);
		}
	});

	test("reads the Collector's frames of zstd, each behind its size", async () => {
		const frames = ['a', 'b', 'c'].flatMap((name) => {
			const packed = zlib.zstdCompressSync(Buffer.from(line(name)));
			const size = Buffer.alloc(4);
			size.writeUInt32BE(packed.length);
			return [size, packed];
		});
		assert.deepEqual((await importFile(Buffer.concat(frames))).names, ['a', 'b', 'c']);
	});

	test('says that a file ends in the middle, and keeps what came before', async () => {
		const lines = Array.from({ length: 5000 }, (_, i) => line(`span ${i} ${Math.sin(i)}`)).join('\n');
		const packed = zlib.zstdCompressSync(Buffer.from(lines));
		const { stderr, names: found } = await importFile(packed.subarray(0, packed.length * 0.7), { code: 1 });
		assert.match(stderr, /is damaged, or ends in the middle/);
		assert.ok(found.length > 0 && found.length < 5000, `${found.length}`);
	});
});

describe('backup and restore', () => {
	test('a backup has every row that was acknowledged before, and rows go on arriving', async () => {
		const program = await startProgram();
		let acknowledged = 0;
		let stop = false;
		const sending = (async () => {
			while (!stop) {
				const request = lateSpan();
				request.resourceSpans[0].scopeSpans[0].spans[0].spanId = (acknowledged + 1)
					.toString(16)
					.padStart(16, '0');
				await program.send('traces', request);
				acknowledged++;
			}
		})();
		await eventually(() => acknowledged > 50);
		const before = acknowledged;
		const settings = ['--set', `server.port=${program.port}`];
		const { stdout } = await run('backup', ['mid-flight'], { root: program.root, settings });
		const after = acknowledged + 1;
		stop = true;
		await sending;
		const root = temporaryFolder();
		const restored = await run('restore', [stdout.trim()], { root });
		const spans = Number(restored.stdout.match(/^(\d+) spans/)[1]);
		assert.ok(before <= spans && spans <= after, `${before} <= ${spans} <= ${after}`);
		assert.match((await run('restore', [stdout.trim()], { root, code: 2 })).stderr, /--replace/);
		assert.match((await run('restore', [stdout.trim(), '--replace'], { root })).stdout, /replaced-/);
		const other = await startProgram({ root });
		assert.equal((await other.api('/telemetry/status')).store.spans, spans);
		await other.stop();
		await program.stop();
	});

	test('the address takes a name alone, from no page, and asks for the key', async () => {
		const program = await startProgram({ settings: { 'workbench.api_key': 'secret' } });
		const ask = async (query, headers = { 'x-api-key': 'secret' }, method = 'POST') =>
			(await program.post(`/telemetry/backup${query}`, { door: 'server', method, headers })).status;
		for (const query of [
			'',
			'?name=',
			'?name=../up',
			'?name=a/b',
			'?name=%2Ftmp%2Fx',
			'?name=.hidden',
			'?path=x',
		])
			assert.equal(await ask(query), 400, query);
		assert.equal(await ask('?name=a', {}), 401);
		assert.equal(await ask('?name=a', { 'x-api-key': 'secret', origin: program.url }), 403);
		assert.equal(await ask('?name=a', undefined, 'GET'), 405);
		assert.equal(await ask('?name=a'), 200);
		assert.equal(await ask('?name=a'), 409);
		assert.deepEqual(readdirSync(path.join(program.root, '.rohas/backups')), ['a']);
		await program.stop();
	});

	test('where others can ask, a backup needs a key to be set', async () => {
		const program = await startProgram({ settings: { 'server.host': '0.0.0.0' } });
		const response = await program.post('/telemetry/backup?name=a', { door: 'server' });
		assert.equal(response.status, 403);
		await program.stop();
	});
});
