// A store with a given number of rows of each signal: what it takes on the disk, and how fast it answers, at rest
// and while more arrives.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, run } from './child.mjs';
import { Questions } from './questions.mjs';

const spreadSeconds = 6 * 3600;
const settleMs = 500;
const settledRounds = 6;
const restMs = 7_000; // after which a store gives garbage back
const settlePatienceMs = 180_000;
const idleShare = 0.05; // of a core, from which on a server is at rest
const reads = { idle: { traces: 300, repeats: 9 }, busy: { traces: 200, repeats: 5 } };

const figure = (text, name) =>
	Number(text.match(new RegExp(`^${name} ([0-9.e+]+)$`, 'm'))?.[1] ?? Number.NaN);

/** Bytes that a folder's files occupy. */
export function occupiedBytes(folder) {
	let bytes = 0;
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
		if (entry.isFile()) bytes += statSync(path.join(entry.parentPath ?? entry.path, entry.name)).blocks * 512;
	return bytes;
}

/** Waits until merges are done and what they left was given back. {settled, blocks, cpuSeconds}. */
export async function settle(server) {
	await becomeCalm(server);
	await sleep(restMs);
	return becomeCalm(server);
}

/** Until the blocks stay as many and the server rests. */
async function becomeCalm(server) {
	const deadline = performance.now() + settlePatienceMs;
	let before = { blocks: -1, cpuSeconds: 0 };
	for (let calm = 0; ; ) {
		const { text } = await get(`${server.api}/metrics`);
		const now = {
			blocks: figure(text, 'rohas_telemetry_store_blocks'),
			cpuSeconds: figure(text, 'process_cpu_seconds_total'),
		};
		const rests = now.cpuSeconds - before.cpuSeconds < (idleShare * settleMs) / 1000;
		calm = now.blocks === before.blocks && rests ? calm + 1 : 0;
		if (calm === settledRounds || performance.now() > deadline)
			return { ...now, settled: calm === settledRounds };
		before = now;
		await sleep(settleMs);
	}
}

function writtenBytes() {
	return Number(readFileSync('/proc/self/io', 'utf8').match(/^write_bytes: (\d+)/m)?.[1] ?? Number.NaN);
}

/** What a program that opens the store itself says of it; nothing where it was not built. */
async function inProcess(program, store) {
	if (!existsSync(program)) return {};
	try {
		return JSON.parse(await run(program, ['--store', store]));
	} catch (error) {
		// A long run is not thrown away for it: the page says so, and the run fails.
		return { failures: [error.message] };
	}
}

function spreadOver(ids, from, count) {
	return Array.from({ length: count }, (_, index) => ids[Math.floor(((index + from) * ids.length) / count)]);
}

export class FullStore {
	/** tools is the benchmark: its programs, startServer, load, occupiedBytes, residentBytes. */
	constructor(tools, rows) {
		this.tools = tools;
		this.rows = rows;
		this.root = path.join(tools.folder, `full-${rows}`);
		this.store = path.join(this.root, '.rohas/telemetry');
	}

	async measure(halfSpeed) {
		mkdirSync(this.root, { recursive: true });
		const signals = {};
		for (const signal of ['traces', 'logs', 'metrics']) signals[signal] = await this.#fill(signal);
		const { restart, idle, again, busy, load } = await this.#ask(halfSpeed);
		const { build } = this.tools.settings;
		return {
			rows: this.rows,
			signals,
			...restart,
			idle,
			again,
			busy,
			load,
			inProcess: {
				spans: await inProcess(path.join(build, 'bench/store-queries'), this.store),
				signals: await inProcess(path.join(build, 'bench/signal-queries'), this.store),
			},
		};
	}

	/** A server's whole life, so that all it wrote is counted: a process's bytes go to its parent when it ends. */
	async #fill(signal) {
		const { tools, rows } = this;
		const before = existsSync(this.store) ? tools.occupiedBytes(this.store) : 0;
		const server = await tools.startServer(this.root);
		const load = await tools.load(server.otlp, server.child.pid, {
			signal,
			rows,
			warmup: 0,
			spread: spreadSeconds,
			needle: signal !== 'metrics',
			ids: signal === 'traces',
		});
		const { settled, blocks, cpuSeconds } = await settle(server);
		const writtenBefore = writtenBytes();
		await server.child.stop();
		const written = writtenBytes() - writtenBefore;
		const kept = tools.occupiedBytes(this.store) - before;
		const sent = load.total.items;
		return {
			load,
			settled,
			blocks,
			bytesPerRow: kept / sent,
			writtenPerRow: written / sent,
			amplification: written / kept,
			cpuSecondsPerMillion: (cpuSeconds * 1e6) / sent,
		};
	}

	async #ask(halfSpeed) {
		const { tools } = this;
		const ids = tools.readIds();
		const server = await tools.startServer(this.root);
		await sleep(1000);
		const restart = { startMs: server.readyMs, idleMemoryBytes: tools.residentBytes(server.child.pid) };
		const questions = new Questions(server.api, { spreadSeconds });
		await questions.prepare(spreadOver(ids, 0.3, 60));
		const fresh = spreadOver(ids, 0.6, reads.idle.traces);
		const idle = { traceById: await questions.traces(fresh), ...(await questions.all(reads.idle)) };
		await questions.traces(fresh);
		const again = await questions.traces(fresh);
		let over = false;
		const arriving = tools
			.load(server.otlp, server.child.pid, { duration: 600, warmup: 0, rate: halfSpeed, until: () => over })
			.finally(() => {
				over = true;
			});
		await sleep(1000);
		const busy = {
			traceById: await questions.traces(spreadOver(ids, 0.1, reads.busy.traces)),
			...(await questions.all(reads.busy)),
		};
		over = true;
		const load = await arriving;
		questions.close();
		await server.child.stop();
		return { restart, idle, again, busy, load };
	}
}
