// The disk is full or broken for a while: the door says so and keeps the sender's data out of doubt, questions are
// answered, and everything goes on by itself once the disk does. Nothing acknowledged is lost over it, and nothing
// refused comes later.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, projectRoot, startChild, startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';
import { Disk } from './faults.mjs';
import { auditAll, Ledger, randomFrom, signals } from './ledger.mjs';

const generatorPath = process.env.OTLP_LOAD ?? path.join(projectRoot, 'build/bench/otlp-load');
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.CRASH_ROUNDS ?? 6);
const random = randomFrom(seed);

async function startOnDisk() {
	const disk = new Disk();
	const program = await startProgram({ root: disk.root, env: disk.env });
	return { disk, program, ledger: new Ledger() };
}

async function sendEach({ program, ledger }, count) {
	const answers = [];
	for (let i = 0; i < count; i++) answers.push(await ledger.send(program, signals[i % signals.length]));
	return answers;
}

/** Sends until a request is refused; returns its answer. */
async function sendUntilRefused({ program, ledger }) {
	for (let i = 0; i < 100; i++) {
		const answer = await ledger.send(program, signals[i % signals.length]);
		if (answer.status !== 200) return answer;
	}
	return assert.fail('the disk was to fail, and everything was taken');
}

function assertRefusal(answer, reason) {
	const { message } = otlp.readStatus(answer.headers.get('content-type'), answer.body);
	assert.equal(answer.status, 503, message);
	assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
	assert.equal(message, `the store cannot be written (${reason}): send again later, it goes on once it can`);
}

const isReady = async (program) => (await program.get('/readyz')).status === 200;
const linesWith = (program, pattern) => program.stderr.split('\n').filter((line) => pattern.test(line));

const noSpace = 'No space left on device';
const ioError = 'Input/output error';
const kinds = [
	['is full', { write: 'ENOSPC', room: 2000 }, noSpace],
	['refuses to write', { write: 'EIO' }, ioError],
	['refuses to sync', { sync: 'EIO' }, ioError],
];

for (const [what, failure, reason] of kinds) {
	test(`while the disk ${what}, what is sent is refused and what is there is answered; then it goes on`, async () => {
		const all = await startOnDisk();
		const { disk, program, ledger } = all;
		for (const answer of await sendEach(all, 9)) assert.equal(answer.status, 200);

		disk.fail(failure);
		assertRefusal(await sendUntilRefused(all), reason);
		for (const answer of await sendEach(all, 60)) assertRefusal(answer, reason);
		await auditAll(program, [ledger]);
		assert.match((await program.problem('/readyz')).detail, new RegExp(reason));
		assert.equal((await program.get('/healthz')).status, 200);
		assert.match((await program.get('/metrics')).text, /^rohas_telemetry_store_writable 0$/m);

		disk.heal();
		await eventually(() => isReady(program));
		for (const answer of await sendEach(all, 9)) assert.equal(answer.status, 200);
		assert.match((await program.get('/metrics')).text, /^rohas_telemetry_store_writable 1$/m);
		assert.equal(linesWith(program, /storage: the store cannot be written/).length, 1, program.stderr);
		assert.equal(linesWith(program, /receiver: .* were not kept/).length, 1, program.stderr);
		assert.equal(linesWith(program, /storage: the store is written again/).length, 1, program.stderr);
		await auditAll(program, [ledger]);
		await program.kill();
		await program.start();
		await auditAll(program, [ledger]);
		await program.stop();
	});
}

// Where the log is cut, no matter at which byte, nothing behind the cut may be lost.
test(`whatever stands behind a write that was cut is kept over kill -9 (seed ${seed})`, async (t) => {
	const all = await startOnDisk();
	const { disk, program, ledger } = all;
	for (let round = 0; round < rounds; round++) {
		const first = ledger.requests.length;
		await sendEach(all, Math.floor(4 * random()));
		disk.fail({ write: random() < 0.5 ? 'ENOSPC' : 'EIO', room: Math.floor(6000 * random()) });
		await sendUntilRefused(all);
		disk.heal();
		await eventually(() => isReady(program));
		await sendEach(all, 3);
		if (random() < 0.5) {
			await program.kill();
			await program.start();
		}
		await ledger.audit(program, first);
	}
	await program.kill();
	await program.start();
	await auditAll(program, [ledger]);
	t.diagnostic(`${ledger.count('acknowledged')} requests acknowledged, ${ledger.count('refused')} refused`);
	await program.stop();
});

test(`its disk comes and goes while many send and ask (seed ${seed})`, async (t) => {
	const { disk, program, ledger } = await startOnDisk();
	let over = false;
	const senders = [...signals, ...signals].map(async (signal) => {
		while (!over) {
			const { status, text } = await ledger.send(program, signal);
			assert.ok(status === 200 || status === 503, text);
			if (status === 503) await sleep(10);
		}
	});
	const readers = ['traces', 'logs', 'metrics'].map(async (what) => {
		for (; !over; await sleep(5)) await program.api(`/telemetry/${what}`);
	});
	for (let round = 0; round < 5; round++) {
		const [, failure] = kinds[Math.floor(kinds.length * random())];
		await sleep(300 * random());
		disk.fail(failure);
		await eventually(async () => !(await isReady(program)));
		disk.heal();
		await eventually(() => isReady(program));
	}
	over = true;
	await Promise.all([...senders, ...readers]);
	await auditAll(program, [ledger]);
	t.diagnostic(`${ledger.count('acknowledged')} requests acknowledged, ${ledger.count('refused')} refused`);
	await program.kill();
	await program.start();
	await auditAll(program, [ledger]);
	await program.stop();
});

test('it can be read where there is room to try and none to open it', async () => {
	const all = await startOnDisk();
	const { disk, program, ledger } = all;
	await sendEach(all, 9);
	disk.fail({ write: 'ENOSPC' });
	await sendUntilRefused(all);
	// The file that asks whether the disk takes bytes fits, and hardly more.
	for (let round = 0; round < 2; round++) {
		disk.fail({ write: 'ENOSPC', room: 4200 });
		await eventually(() => disk.room() === 0);
		await auditAll(program, [ledger]);
		assertRefusal(await sendUntilRefused(all), noSpace);
	}
	disk.heal();
	await eventually(() => isReady(program));
	for (const answer of await sendEach(all, 9)) assert.equal(answer.status, 200);
	await auditAll(program, [ledger]);
	await program.stop();
});

// RocksDB writes tables behind everybody's back: nobody's request fails, until none can be taken any more.
test('tables that cannot be written cost nothing', async (t) => {
	const disk = new Disk({ suffix: '.sst' });
	const program = await startProgram({ root: disk.root, env: disk.env });
	const file = path.join(disk.root, 'ids');
	disk.fail({ write: 'EIO' });
	const generator = startChild(generatorPath, [
		...['--url', `${program.otlpUrl}/v1/traces`, '--connections', '2', '--spans-per-request', '500'],
		...['--duration', '600', '--stop-on-loss', '--print-trace-ids', file],
	]);
	await eventually(async () => !(await isReady(program)), { withinMs: 120_000 });
	disk.heal();
	await eventually(() => isReady(program));
	await program.kill();
	await generator.exited;
	await program.start();
	const ids = readFileSync(file, 'utf8').trim().split('\n');
	assert.ok(ids.length > 1000, 'hardly anything was acknowledged: the test proved nothing');
	const step = Math.ceil(ids.length / 200);
	for (const id of ids.filter((_, index) => index % step === 0)) {
		const trace = await program.api(`/telemetry/traces/${id}`);
		assert.equal(trace.complete, true, `trace ${id} has lost a span`);
	}
	t.diagnostic(`${ids.length} traces acknowledged`);
	await program.stop();
});

test('it is killed while the disk is full, and nothing that was acknowledged is lost', async () => {
	const all = await startOnDisk();
	const { disk, program, ledger } = all;
	await sendEach(all, 9);
	disk.fail({ write: 'ENOSPC', room: 1000 });
	await sendUntilRefused(all);
	await program.kill();
	disk.heal();
	await program.start();
	await auditAll(program, [ledger]);
	await program.stop();
});

test('it ends cleanly while the disk is broken', async () => {
	const all = await startOnDisk();
	const { disk, program, ledger } = all;
	await sendEach(all, 9);
	disk.fail({ write: 'EIO', room: 1000 });
	await sendUntilRefused(all);
	await program.stop();
	disk.heal();
	await program.start();
	await auditAll(program, [ledger]);
	await program.stop();
});

test('what handlers did while the disk was full is counted once it is not', async () => {
	const all = await startOnDisk();
	const { disk, program, ledger } = all;
	const executions = Array.from({ length: 5 }, () => otlp.span({ name: 'GET /things', kind: 2 }));
	await program.send('traces', otlp.traces(executions, { service: 'shop-api' }));
	disk.fail({ write: 'ENOSPC' });
	await eventually(() => linesWith(program, /handler metrics were not stored yet/).length === 1);
	disk.heal();
	await eventually(async () => {
		const { metrics } = await program.api('/telemetry/metrics');
		if (!metrics.some((each) => each.name === 'handler.execution.count')) return false;
		const { series } = await program.api('/telemetry/metrics', {
			name: 'handler.execution.count',
			agg: 'sum',
			step: '1h',
			start: '-2h',
		});
		const sum = series.flatMap((each) => each.values).reduce((total, value) => total + (value ?? 0), 0);
		return sum === executions.length;
	});
	assert.equal(ledger.requests.length, 0);
	await program.stop();
});
