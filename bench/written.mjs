// bench/written BUILD_DIR [--rows 5000000] [--signal traces] [--rate 0] [--set KEY=VALUE]...
//
// Fills a store and says who wrote what: the log, files, blocks as committed and merged; when it was loaded, and once
// the store rests. Lines of JSON, sizes in bytes a row.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freePort, get, run, start, waitUntilReady } from './child.mjs';
import { occupiedBytes, settle } from './full_store.mjs';

const text = { type: 'string' };
const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { rows: text, signal: text, rate: text, spread: text, set: { ...text, multiple: true } },
});
const { rows = '5000000', signal = 'traces', rate = '0', spread = '21600', set = [] } = values;
const build = path.resolve(positionals[0] ?? 'build');
const root = mkdtempSync(path.join(build, 'written-'));
const store = path.join(root, '.rohas/telemetry');
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

const names = ['committed', 'rewritten', 'log_written', 'file_written'];

function figures(page, pid) {
	const figure = (name) =>
		Number(page.match(new RegExp(`^rohas_telemetry_store_${name} ([0-9.e+]+)$`, 'm'))?.[1]);
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return {
		...Object.fromEntries(names.map((name) => [name, figure(`${name}_bytes_total`) / rows])),
		system: Number(readFileSync(`/proc/${pid}/io`, 'utf8').match(/^write_bytes: (\d+)/m)[1]) / rows,
		kept: occupiedBytes(store) / rows,
		blocks: figure('blocks'),
		peakMemoryMiB: Math.round(Number(status.match(/^VmHWM:\s+(\d+)/m)[1]) / 1024),
	};
}

function say(when, what) {
	const rounded = Object.entries(what).map(([name, value]) => [name, Math.round(value * 100) / 100]);
	process.stdout.write(`${JSON.stringify({ when, ...Object.fromEntries(rounded) })}\n`);
}

const [port, otlpPort] = [await freePort(), await freePort()];
const server = start(path.join(build, 'rohas-telemetry'), [
	'serve',
	'--project-root',
	root,
	...[`server.port=${port}`, `telemetry.receiver.http.port=${otlpPort}`, ...set].flatMap((each) => ['--set', each]),
]);
const api = `http://127.0.0.1:${port}`;
await waitUntilReady(`${api}/readyz`, server, performance.now());
const load = JSON.parse(
	await run(path.join(build, 'bench/otlp-load'), [
		...['--json', '--url', `http://127.0.0.1:${otlpPort}`, '--pid', String(server.pid), '--signal', signal],
		...['--connections', '8', '--rows', rows, '--rate', rate, '--warmup', '0', '--spread', spread],
	]),
);
say('loaded', {
	...figures((await get(`${api}/metrics`)).text, server.pid),
	itemsPerSecond: load.items_per_second,
	cpuSecondsPerMillion: load.server.cpu_seconds_per_million,
	latencyP99Ms: load.latency?.p99 ?? Number.NaN,
});
const { settled, cpuSeconds } = await settle({ api });
say('at rest', {
	...figures((await get(`${api}/metrics`)).text, server.pid),
	cpuSecondsPerMillion: (cpuSeconds * 1e6) / rows,
	settled,
});
await server.stop();
say('stopped', { kept: occupiedBytes(store) / rows });
