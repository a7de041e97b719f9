// bench/run BUILD_DIR [--duration 8] [--warmup 2] [--repeat 3] [--connections 8] [--rows 1000000,5000000]
//           [--baseline-rows 1000000] [--series 100000] [--output bench/results.md]
//
// Runs the load generator against BUILD_DIR/rohas-telemetry and, in the same minutes, against receive-only and
// row-baseline; asks questions of stores of so many rows of each signal; checks that what was acknowledged can be
// read; writes a page. Exit status 1 when a check fails.
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort, get, run, start, waitUntilReady } from './child.mjs';
import { FullStore, occupiedBytes, settle } from './full_store.mjs';
import { logLineJsonBytes } from './log_json.mjs';
import { describeMachine } from './machine.mjs';
import { median, writePage } from './report.mjs';

const benchFolder = fileURLToPath(new URL('.', import.meta.url));
const pacedRates = [50_000, 200_000];
const idsChecked = 100;

function fail(message) {
	process.stderr.write(`bench/run: ${message}\n`);
	process.exit(1);
}

function say(message) {
	process.stdout.write(`${message}\n`);
}

function readSettings() {
	const text = { type: 'string' };
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			duration: text,
			warmup: text,
			repeat: text,
			connections: text,
			rows: text,
			'baseline-rows': text,
			series: text,
			output: text,
		},
	});
	const number = (name, fallback) => {
		const value = Number(values[name] ?? fallback);
		if (!(value > 0)) fail(`--${name} is "${values[name]}": it must be a number above 0.`);
		return value;
	};
	const list = (name, fallback) => {
		const rows = (values[name] ?? fallback).split(',').map(Number);
		if (!rows.every((each) => Number.isInteger(each) && each >= 1000))
			fail(`--${name} is "${values[name]}": it must be whole numbers from 1000 on, with commas between.`);
		return rows;
	};
	if (positionals.length !== 1) fail('say which build folder to measure: bench/run BUILD_DIR.');
	return {
		build: path.resolve(positionals[0]),
		duration: number('duration', 8),
		warmup: number('warmup', 2),
		repeat: number('repeat', 3),
		connections: number('connections', 8),
		rows: list('rows', '1000000'),
		baselineRows: list('baseline-rows', '1000000'),
		series: number('series', 100_000),
		output: values.output ?? path.join(benchFolder, 'results.md'),
	};
}

function programs(build) {
	const found = {
		server: path.join(build, 'rohas-telemetry'),
		load: path.join(build, 'bench/otlp-load'),
		wall: path.join(build, 'bench/receive-only'),
		baseline: path.join(build, 'bench/row-baseline'),
		recording: path.join(build, 'bench/sdk-record'),
		series: path.join(build, 'bench/series-bench'),
	};
	for (const file of Object.values(found)) if (!existsSync(file)) fail(`${file} is missing: build it first.`);
	return found;
}

class Bench {
	constructor(settings) {
		this.settings = settings;
		this.programs = programs(settings.build);
		// Beside the build, not in /tmp: that may be memory, and memory is no disk.
		this.folder = mkdtempSync(path.join(settings.build, 'bench-run-'));
		this.idsFile = path.join(this.folder, 'trace-ids');
	}

	async startServer(root) {
		mkdirSync(root, { recursive: true });
		const [port, otlpPort] = [await freePort(), await freePort()];
		const startedMs = performance.now();
		const child = start(this.programs.server, [
			'serve',
			'--project-root',
			root,
			'--set',
			`server.port=${port}`,
			'--set',
			`telemetry.receiver.http.port=${otlpPort}`,
		]);
		const readyMs = await waitUntilReady(`http://127.0.0.1:${port}/readyz`, child, startedMs);
		return { child, readyMs, api: `http://127.0.0.1:${port}`, otlp: `http://127.0.0.1:${otlpPort}` };
	}

	/** Loads for a duration or with so many rows; until() ends it early. */
	async load(url, pid, options) {
		const { connections } = this.settings;
		const { duration, rows, rate = 0, ids = false, signal = 'traces', spread, needle, until } = options;
		const args = ['--json', '--url', url, '--pid', pid, '--signal', signal, '--connections', connections];
		args.push('--rate', rate, '--warmup', options.warmup ?? this.settings.warmup);
		if (duration) args.push('--duration', duration);
		if (rows) args.push('--rows', rows);
		if (spread) args.push('--spread', spread);
		if (needle) args.push('--needle');
		if (ids) args.push('--print-trace-ids', this.idsFile);
		const child = start(this.programs.load, args.map(String));
		// A second signal would end it without its figures.
		const watch =
			until &&
			setInterval(() => {
				if (!until()) return;
				clearInterval(watch);
				child.interrupt();
			}, 50);
		const { code, stdout, stderr } = await child.exited;
		clearInterval(watch);
		if (code !== 0 && code !== 1) throw new Error(`otlp-load ended with status ${code}: ${stderr.trim()}`);
		return JSON.parse(stdout);
	}

	occupiedBytes(folder) {
		return occupiedBytes(folder);
	}

	residentBytes(pid) {
		return residentBytes(pid);
	}

	/** Every acknowledged trace of the last load that listed them. */
	readIds() {
		return readFileSync(this.idsFile, 'latin1').trimEnd().split('\n');
	}

	/** Some acknowledged ids from all over the run. */
	sampleIds() {
		const text = readFileSync(this.idsFile, 'latin1');
		const count = text.length / 33;
		return Array.from({ length: idsChecked }, (_, i) => {
			const at = 33 * Math.floor((i * count) / idsChecked);
			return text.slice(at, at + 32);
		});
	}

	/** How many of ids the API answers with their spans. */
	async countFound(server, ids) {
		let found = 0;
		for (const id of ids) {
			const { status, text } = await get(`${server.api}/telemetry/traces/${id}`);
			if (status === 200 && JSON.parse(text).spans.length > 0) found++;
		}
		return found;
	}

	async storedSpans(server) {
		const { status, text } = await get(`${server.api}/telemetry/status`);
		return status === 200 ? JSON.parse(text).store?.spans : undefined;
	}

	async measureServer(number) {
		const root = path.join(this.folder, `store-${number}`);
		let server = await this.startServer(root);
		const load = await this.load(server.otlp, server.child.pid, {
			duration: this.settings.duration,
			ids: true,
		});
		const ids = this.sampleIds();
		const foundBefore = await this.countFound(server, ids);
		const stored = await this.storedSpans(server);
		await settle(server);
		const stoppedMs = performance.now();
		await server.child.stop();
		const stopMs = performance.now() - stoppedMs;
		const bytes = occupiedBytes(path.join(root, '.rohas'));
		server = await this.startServer(root);
		const restartMemoryBytes = residentBytes(server.child.pid);
		const foundAfter = await this.countFound(server, ids);
		await server.child.stop();
		rmSync(root, { recursive: true, force: true });
		return {
			load,
			stopMs,
			restartMs: server.readyMs,
			restartMemoryBytes,
			acknowledged: load.total.items,
			bytesPerSpan: bytes / load.total.items,
			stored,
			foundBefore,
			foundAfter,
		};
	}

	async measurePaced(rate) {
		const root = path.join(this.folder, `paced-${rate}`);
		const server = await this.startServer(root);
		const load = await this.load(server.otlp, server.child.pid, { duration: this.settings.duration, rate });
		await server.child.stop();
		rmSync(root, { recursive: true, force: true });
		return { load, rate };
	}

	async measureFullStore(rows, halfSpeed) {
		const full = new FullStore(this, rows);
		try {
			return await full.measure(halfSpeed);
		} finally {
			rmSync(full.root, { recursive: true, force: true });
		}
	}

	async measureBaseline(rows) {
		const store = path.join(this.folder, `baseline-${rows}`);
		try {
			return JSON.parse(await run(this.programs.baseline, ['--rows', String(rows), '--store', store]));
		} finally {
			rmSync(store, { recursive: true, force: true });
		}
	}

	async measureSeries(series) {
		const store = path.join(this.folder, 'series');
		try {
			return JSON.parse(await run(this.programs.series, ['--store', store, '--series', String(series)]));
		} finally {
			rmSync(store, { recursive: true, force: true });
		}
	}

	async measureWall() {
		const port = await freePort();
		const startedMs = performance.now();
		const child = start(this.programs.wall, [String(port)]);
		await waitUntilReady(`http://127.0.0.1:${port}/readyz`, child, startedMs);
		const load = await this.load(`http://127.0.0.1:${port}`, child.pid, {
			duration: this.settings.duration / 3,
		});
		await child.stop();
		return { load };
	}

	remove() {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

function residentBytes(pid) {
	return 1024 * Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)?.[1] ?? 0);
}

/** Sentences about what held, and whether all of it did. */
function check(runs, paced, fullStores) {
	const fills = fullStores.flatMap((each) => Object.values(each.signals));
	const loads = [...runs, ...paced, ...fills, ...fullStores].map((each) => each.load);
	const failures = fullStores.flatMap(({ inProcess }) =>
		Object.values(inProcess).flatMap((each) => each.failures ?? []),
	);
	const settled = fills.every((each) => each.settled);
	const lost = (load) => load.total.refused + load.total.failed + load.total.lost + load.total.late;
	const bad = loads.reduce((sum, load) => sum + lost(load), 0);
	const rejected = loads.reduce((sum, load) => sum + load.total.rejected_items, 0);
	const found = runs.every((each) => each.foundBefore === idsChecked && each.foundAfter === idsChecked);
	const counted = runs.every((each) => each.stored === each.acknowledged);
	const worst = Math.min(...runs.flatMap((each) => [each.foundBefore, each.foundAfter]));
	return {
		ok: bad === 0 && rejected === 0 && found && counted && settled && failures.length === 0,
		sentences: [
			bad === 0 ? 'Every request was acknowledged.' : `FAILED: ${bad} requests were not acknowledged.`,
			rejected === 0 ? 'No row was rejected.' : `FAILED: ${rejected} rows were rejected.`,
			found
				? `${idsChecked} acknowledged traces of each run were found by the API, before and after a restart.`
				: `FAILED: of ${idsChecked} acknowledged traces the API found only ${worst}.`,
			settled
				? 'Sizes were taken after the last merge.'
				: 'FAILED: a store did not come to rest, so that its size was taken before the last merge.',
			counted
				? 'The store counts exactly the spans that were acknowledged.'
				: `FAILED: the store counts ${runs.map((each) => each.stored)} spans, acknowledged were ${runs.map((each) => each.acknowledged)}.`,
			...failures.map((failure) => `FAILED: ${failure.replace(/\s+/g, ' ')}`),
		],
	};
}

/** What recording with the C library takes, by the clock that it reads: {clock: {what: nanoseconds}}. */
async function measureRecording(program, folder) {
	const figures = {};
	let clock;
	for (const line of (await run(program, [folder])).split('\n')) {
		const [, what, nanoseconds] = /^(.+?) +([\d.]+) ns$/.exec(line) ?? [];
		clock = /^clock: (.+)$/.exec(line)?.[1] ?? clock;
		if (what) figures[clock] = { ...figures[clock], [what]: Number(nanoseconds) };
	}
	return figures;
}

async function main() {
	const settings = readSettings();
	const bench = new Bench(settings);
	const machine = describeMachine(settings.build, bench.folder);
	process.on('exit', () => bench.remove());
	const runs = [];
	const baseline = [];
	const paced = [];
	for (let number = 1; number <= settings.repeat; number++) {
		baseline.push(await bench.measureWall());
		runs.push(await bench.measureServer(number));
		const { load, bytesPerSpan } = runs.at(-1);
		say(
			`run ${number}: ${Math.round(load.items_per_second)} spans/s, ${load.server.cpu_seconds_per_million} CPU s a million, ${bytesPerSpan.toFixed(1)} bytes a span`,
		);
	}
	for (const rate of pacedRates) paced.push(await bench.measurePaced(rate));
	const halfSpeed = Math.round(median(runs.map((each) => each.load.items_per_second)) / 2);
	const rowBaselines = [];
	for (const rows of settings.baselineRows) {
		rowBaselines.push(await bench.measureBaseline(rows));
		say(`one value a span, ${rows} spans: ${JSON.stringify(rowBaselines.at(-1))}`);
	}
	const logJsonBytes = await logLineJsonBytes(bench.programs.load);
	const fullStores = [];
	for (const rows of settings.rows) {
		fullStores.push(await bench.measureFullStore(rows, halfSpeed));
		const { signals, idle } = fullStores.at(-1);
		say(
			`${rows} rows of each signal: ${signals.traces.bytesPerRow.toFixed(1)} bytes a span, trace by id ${idle.traceById.p50.toFixed(2)} ms`,
		);
	}
	const recording = await measureRecording(bench.programs.recording, mkdtempSync(path.join(bench.folder, 'recording-')));
	const series = await bench.measureSeries(settings.series);
	say(`series of one metric: ${JSON.stringify(series)}`);
	const { ok, sentences } = check(runs, paced, fullStores);
	const page = writePage({
		machine,
		settings,
		runs,
		baseline,
		paced,
		halfSpeed,
		rowBaselines,
		logJsonBytes,
		fullStores,
		recording,
		series,
		checks: sentences,
	});
	writeFileSync(settings.output, page);
	say(`\n${page}`);
	process.exitCode = ok ? 0 : 1;
}

main().catch((error) => fail(error.message));
