// `rohas-telemetry db`: what lies in a store's folder, what is damaged, and what is made of that.
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { runProgram, startProgram, temporaryFolder } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const traceCount = 400;
const root = temporaryFolder();
const folder = path.join(root, '.rohas/telemetry');
const day = new Date().toISOString().slice(0, 10);
let program;
let firstTraceId;

const db = (words, store = folder) => runProgram(['db', ...words, '--store', store], { env: { TZ: 'UTC' } });

async function json(words, store) {
	const { stdout, stderr } = await db([...words, '--format', 'json'], store);
	assert.ok(stdout, stderr);
	return JSON.parse(stdout);
}

/** A copy of the folder, to be damaged. */
function copy() {
	const target = path.join(temporaryFolder(), 'store');
	cpSync(folder, target, { recursive: true });
	return target;
}

/** Turns a bit of every table file at the place that `find` gives for its bytes; below 0 there is none. */
function damage(store, find) {
	for (const name of readdirSync(store).filter((file) => file.endsWith('.sst'))) {
		const bytes = readFileSync(path.join(store, name));
		const at = find(bytes);
		if (at < 0) continue;
		bytes[at] ^= 1;
		writeFileSync(path.join(store, name), bytes);
	}
}

/** Where the first trace's id stands: in the block of its spans. */
const firstTrace = (bytes) => bytes.indexOf(Buffer.from(firstTraceId, 'hex'));

before(async () => {
	// Each signal in requests of its own, at an hour that is not midnight's.
	program = await startProgram({ root, settings: { 'telemetry.enable_metrics': false } });
	for (let i = 0; i < 4; i++) {
		const spans = Array.from({ length: traceCount / 4 }, (_, n) =>
			otlp.span({ name: `work ${n % 7}`, agoMs: 1000 + n, attributes: { text: `value ${n * 7919}` } }),
		);
		firstTraceId ??= spans[0].traceId;
		await program.send('traces', otlp.traces(spans));
		await program.send('logs', otlp.logs(spans.map((span) => otlp.log({ body: `line of ${span.name}` }))));
	}
});

describe('while the program holds the store', () => {
	test('stats counts rows, blocks and bytes by signal and day', async () => {
		const stats = await json(['stats']);
		const traces = stats.signals.find(({ signal }) => signal === 'traces');
		assert.equal(traces.rows, traceCount);
		assert.equal(
			traces.days.reduce((sum, { rows }) => sum + rows, 0),
			traceCount,
		);
		assert.ok(stats.size_bytes >= traces.body_bytes + traces.header_bytes);
		const { stdout } = await db(['stats']);
		assert.match(stdout, /^\d{4}-\d\d-\d\d +traces +\d+ +\d+ /m);
		assert.match(stdout, /The folder takes .* on disk/);
	});

	test('stats accounts for every byte of the bodies', async () => {
		const { signals } = await json(['stats', '--columns']);
		for (const { body_bytes, columns, directory_bytes, rows } of signals) {
			if (!rows) continue;
			const stored = columns.reduce((sum, column) => sum + column.stored_bytes, 0);
			assert.ok(Math.abs(stored + directory_bytes - body_bytes) <= columns.length + 1);
		}
		const { stdout } = await db(['stats', '--columns', '--signal', 'traces']);
		assert.match(stdout, /16\.129 span ids$/m);
		assert.match(stdout, /16\.204 text \(string\)$/m);
	});

	test('blocks lists them, by signal and day where that is asked', async () => {
		const { blocks } = await json(['blocks']);
		assert.equal(
			blocks.filter(({ signal }) => signal === 'logs').reduce((sum, { rows }) => sum + rows, 0),
			traceCount,
		);
		const logs = await json(['blocks', '--signal', 'logs']);
		assert.deepEqual(
			logs.blocks,
			blocks.filter(({ signal }) => signal === 'logs'),
		);
		const none = await db(['blocks', '--day', '1999-12-31']);
		assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', 'no block meets this\n']);
		const lines = await db(['blocks', '--format', 'ndjson']);
		assert.deepEqual(lines.stdout.trimEnd().split('\n').map(JSON.parse), blocks);
	});

	test('verify finds all whole', async () => {
		const { code, stdout } = await db(['verify']);
		assert.equal(code, 0);
		assert.match(stdout, /^\d+ blocks with [\d,]+ rows, .*: all whole\n$/);
	});

	test('compact refuses', async () => {
		const { code, stdout, stderr } = await db(['compact']);
		assert.deepEqual([code, stdout], [1, '']);
		assert.match(stderr, /is held by another process, which merges it by itself/);
	});
});

describe('when the program has ended', () => {
	before(() => program.stop());

	test('compact merges what can be merged, and loses nothing', async () => {
		const store = copy();
		const before = await json(['blocks'], store);
		const { code, stdout, stderr } = await db(['compact'], store);
		assert.equal(code, 0, stderr);
		assert.match(stdout, /^\d+ blocks became \d+, .* on disk .*\n$/);
		const after = await json(['blocks'], store);
		const days = new Set(before.blocks.map((block) => `${block.day} ${block.signal}`));
		assert.equal(after.blocks.length, days.size);
		assert.equal((await json(['verify'], store)).rows, 2 * traceCount);
		assert.equal((await db(['verify'], store)).code, 0);
	});

	test('compact makes no store where there is none', async () => {
		const empty = path.join(temporaryFolder(), 'nothing');
		const { code, stderr } = await db(['compact'], empty);
		assert.equal(code, 1);
		assert.match(stderr, /there is no store at /);
	});

	test('verify names each damaged block and what is lost; the rest is served and rescued', async () => {
		const store = copy();
		await db(['compact'], store);
		damage(store, firstTrace);
		const { code, stdout } = await db(['verify'], store);
		assert.equal(code, 1);
		assert.match(stdout, /^damaged: (traces|logs) of \d{4}-\d\d-\d\d, block \d+: /m);
		const found = await json(['verify'], store);
		assert.ok(found.damaged_blocks > 0);
		assert.equal(found.damaged.length, found.damaged_blocks);
		assert.equal(found.rows, 2 * traceCount);
		assert.ok(found.damaged_rows > 0);

		const query = await runProgram([
			'query',
			'traces',
			'--store',
			store,
			'--format',
			'json',
			'--limit',
			'1000',
		]);
		assert.equal(query.code, 0, query.stderr);
		assert.match(query.stderr, /damage/);

		const target = path.join(temporaryFolder(), 'rescued');
		const rescue = await db(['rescue', '--to', target, '--format', 'json'], store);
		assert.equal(rescue.code, 0, rescue.stderr);
		const rescued = JSON.parse(rescue.stdout);
		assert.equal(rescued.lost_rows, found.damaged_rows);
		assert.equal(rescued.rows + rescued.lost_rows, 2 * traceCount);
		const whole = await json(['verify'], target);
		assert.deepEqual([whole.rows, whole.damaged_blocks], [rescued.rows, 0]);
	});

	test('verify says so where not even the number of blocks is known', async () => {
		const store = copy();
		await db(['compact'], store);
		damage(store, (bytes) => Math.floor(bytes.length / 4));
		const { code, stdout } = await db(['verify'], store);
		assert.equal(code, 1, stdout);
		assert.match(stdout, /^damaged: /m);
		assert.doesNotMatch(stdout, /all whole/);
	});

	test('rescue brings back rows whose headers are gone, with every field', async () => {
		const store = copy();
		// RocksDB's own index at the end of the table of headers.
		damage(store, (bytes) => (bytes.includes('headers') ? bytes.length - 600 : -1));
		assert.equal((await db(['verify'], store)).code, 1);
		const target = path.join(temporaryFolder(), 'rescued');
		const rescue = await db(['rescue', '--to', target], store);
		assert.equal(rescue.code, 0, rescue.stderr);
		const all = (where) =>
			runProgram(['query', 'traces', '--store', where, '--format', 'json', '--limit', '1000']).then(
				({ stdout }) => JSON.parse(stdout).traces,
			);
		const expected = await all(folder);
		assert.equal(expected.length, traceCount);
		assert.deepEqual(await all(target), expected);
		const again = await db(['rescue', '--to', target], store);
		assert.deepEqual([again.code, again.stdout], [1, '']);
		assert.match(again.stderr, /is there already/);
	});

	test('a damaged store still starts, answers what it can and tells how much it cannot', async () => {
		const damagedRoot = temporaryFolder();
		const store = path.join(damagedRoot, '.rohas/telemetry');
		cpSync(folder, store, { recursive: true });
		damage(store, firstTrace);
		const damaged = await startProgram({ root: damagedRoot });
		const { traces } = await damaged.api('/telemetry/traces', { limit: 1000 });
		assert.ok(traces.length < traceCount);
		const { store: told } = await damaged.api('/telemetry/status');
		// The span's block; the log record with its id has another block.
		assert.ok(told.damaged_blocks > 0);
		const { text } = await damaged.get('/metrics');
		assert.match(text, new RegExp(`^rohas_telemetry_store_damaged_blocks ${told.damaged_blocks}$`, 'm'));
		assert.equal(damaged.stderr.split('is damaged, its').length - 1, told.damaged_blocks);
		await damaged.kill();
	});
});

test('mistakes on the line', async () => {
	for (const [words, sentence] of [
		[['stats', '--signal', 'spans'], /--signal is "spans"; allowed is traces, metrics or logs/],
		[['blocks', '--day', 'today'], /--day is "today"; allowed is a day of UTC such as 2026-01-31/],
		[['verify', '--columns'], /db verify knows no option --columns/],
		[['rescue'], /db rescue needs a new folder .*--to DIR/],
		[['vrefy'], /there is no command "db vrefy"; the nearest one is db verify/],
	]) {
		const { code, stderr } = await runProgram(['db', ...words]);
		assert.equal(code, 2, stderr);
		assert.match(stderr, sentence);
	}
	assert.match(day, /^\d{4}-\d\d-\d\d$/);
});
