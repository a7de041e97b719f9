// The benchmark's results as a page.
import { readFileSync } from 'node:fs';

const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

export function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(0);

/** Each row: what is measured, how it is read from a run, how it is written. */
const loadRows = [
	['spans/s', (run) => run.load.items_per_second, whole.format],
	['spans/s a core of the server', (run) => 1e6 / run.load.server.cpu_seconds_per_million, whole.format],
	['MB/s of OTLP', (run) => run.load.bytes_per_second / 1e6, whole.format],
	['server CPU s a million spans', (run) => run.load.server.cpu_seconds_per_million, (x) => x.toFixed(3)],
	['… of it in the kernel', (run) => run.load.server.system_seconds_per_million, (x) => x.toFixed(3)],
	[
		'generator CPU s a million spans',
		(run) => run.load.generator.cpu_seconds_per_million,
		(x) => x.toFixed(3),
	],
	['latency p50, ms', (run) => run.load.latency_ms.p50, (x) => x.toFixed(2)],
	['latency p99, ms', (run) => run.load.latency_ms.p99, (x) => x.toFixed(2)],
	['latency max, ms', (run) => run.load.latency_ms.max, (x) => x.toFixed(1)],
	['server peak memory, MB', (run) => run.load.server.peak_memory_bytes, megabytes],
];

const storeRows = [
	['bytes a span on disk after merges and shutdown', (run) => run.bytesPerSpan, (x) => x.toFixed(1)],
	[
		'bytes written a span while it ran',
		(run) => run.load.server.written_bytes / run.load.measured.items,
		(x) => x.toFixed(1),
	],
	['shutdown, ms', (run) => run.stopMs, whole.format],
	['start with that store until /readyz, ms', (run) => run.restartMs, whole.format],
	['memory after that start, MB', (run) => run.restartMemoryBytes, megabytes],
	['spans in the store', (run) => run.acknowledged, whole.format],
];

function spread(values) {
	const middle = median(values);
	return middle ? (100 * (Math.max(...values) - Math.min(...values))) / middle : 0;
}

function table(header, rows) {
	const line = (cells) => `| ${cells.join(' | ')} |`;
	return [line(header), line(header.map((_, i) => (i ? '---:' : '---'))), ...rows.map(line)].join('\n');
}

function loadTable(runs, baseline) {
	return table(
		['saturated', 'rohas-telemetry', 'receive-only', 'ratio', 'spread of the runs'],
		loadRows.map(([name, read, write]) => {
			const own = runs.map(read);
			const wall = median(baseline.map(read));
			const ratio = wall ? (median(own) / wall).toFixed(2) : '';
			return [name, write(median(own)), write(wall), ratio, `${spread(own).toFixed(0)} %`];
		}),
	);
}

function storeTable(runs) {
	return table(
		['store', 'median', 'spread of the runs'],
		storeRows.map(([name, read, write]) => {
			const values = runs.map(read);
			return [name, write(median(values)), `${spread(values).toFixed(0)} %`];
		}),
	);
}

function pacedTable(paced) {
	return table(
		[
			'at a rate',
			'spans/s',
			'p50, ms',
			'p90, ms',
			'p99, ms',
			'max, ms',
			'server CPU s a million',
			'peak memory, MB',
		],
		paced.map(({ load, rate }) => [
			`${whole.format(rate)} spans/s`,
			whole.format(load.items_per_second),
			...['p50', 'p90', 'p99', 'max'].map((key) => load.latency_ms[key].toFixed(2)),
			load.server.cpu_seconds_per_million.toFixed(3),
			megabytes(load.server.peak_memory_bytes),
		]),
	);
}

const millions = (rows) => `${rows / 1e6} million`;
const figures = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : '');
const milliseconds = (ms) => figures(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0);
const times = (a, b) => {
	const ratio = a / b;
	return Number.isFinite(ratio)
		? `${ratio.toFixed(ratio < 0.1 ? 3 : ratio < 1 ? 2 : ratio < 10 ? 1 : 0)} ×`
		: '';
};

/** Each: what it is for one full store, and how it is written. */
const sizeRows = (logJsonBytes) => [
	['bytes a span', (full) => full.signals.traces.bytesPerRow, 1],
	['… of OTLP as sent', (full) => full.signals.traces.load.bytes_per_item, 0],
	['bytes a log line', (full) => full.signals.logs.bytesPerRow, 1],
	['… of OTLP as sent', (full) => full.signals.logs.load.bytes_per_item, 0],
	['… in OTLP/JSON', () => logJsonBytes, 0],
	['bytes a metric sample', (full) => full.signals.metrics.bytesPerRow, 2],
	['… of OTLP as sent', (full) => full.signals.metrics.load.bytes_per_item, 0],
	['bytes written / bytes kept, spans', (full) => full.signals.traces.amplification, 2],
	['bytes written / bytes kept, logs', (full) => full.signals.logs.amplification, 2],
	['bytes written / bytes kept, metrics', (full) => full.signals.metrics.amplification, 2],
	['CPU s a million spans, merges included', (full) => full.signals.traces.cpuSecondsPerMillion, 3],
	['CPU s a million log lines, merges included', (full) => full.signals.logs.cpuSecondsPerMillion, 3],
	['CPU s a million samples, merges included', (full) => full.signals.metrics.cpuSecondsPerMillion, 3],
	['start until /readyz, ms', (full) => full.startMs, 0],
	['memory at rest after it, MB', (full) => full.idleMemoryBytes / 1e6, 0],
];

function sizeTable(fullStores, logJsonBytes) {
	return table(
		['after the last merge, rows of each signal', ...fullStores.map((full) => millions(full.rows))],
		sizeRows(logJsonBytes).map(([name, read, digits]) => [
			name,
			...fullStores.map((full) => figures(read(full), digits)),
		]),
	);
}

const questionRows = [
	['trace by id', 'traceById'],
	['one trace by a rare value of a common attribute, all time', 'rareAttribute'],
	['a transaction by a value that is its own, all time', 'uniqueAttribute'],
	['newest 50 traces of a handler, first time', 'newestOfHandler'],
	['… again', 'newestAgain'],
	['one log line by a rare word, all time', 'rareWord'],
	['p95 of a metric by route, all series, six hours', 'metricRange'],
];

function questionTable(full) {
	return table(
		[
			`${millions(full.rows)} rows of each signal, over HTTP`,
			'p50, ms',
			'p99, ms',
			'while ingesting p50, ms',
			'p99, ms',
			'p50 to that at rest',
		],
		questionRows.map(([name, key]) => [
			name,
			milliseconds(full.idle[key].p50),
			milliseconds(full.idle[key].p99),
			milliseconds(full.busy[key].p50),
			milliseconds(full.busy[key].p99),
			times(full.busy[key].p50, full.idle[key].p50),
		]),
	);
}

/** {a: 1, b: {c: 2}} as a: 1, b.c: 2. */
function flat(object, prefix = '') {
	return Object.entries(object).flatMap(([key, value]) =>
		value !== null && typeof value === 'object' ? flat(value, `${prefix}${key}.`) : [[prefix + key, value]],
	);
}

function inProcessList(full) {
	const list = [...flat(full.inProcess.spans), ...flat(full.inProcess.signals)].filter(([key]) =>
		/_ms$/.test(key),
	);
	if (!list.length) return '';
	return `\nIn process, without HTTP: ${list.map(([key, value]) => `${key} ${value}`).join(', ')}.\n`;
}

function fullStoreSection(full) {
	const { idle, again, load } = full;
	return `${questionTable(full)}

The same traces by id again, from the cache: p50 ${milliseconds(again.p50)} ms, p99 ${milliseconds(again.p99)} ms, of
${milliseconds(idle.traceById.p50)} and ${milliseconds(idle.traceById.p99)} ms from the store. While ingesting: ${whole.format(load.items_per_second)} spans/s arrived, half of what saturates.
${inProcessList(full)}`;
}

/** A row of the comparison: of the row layout, and of ours. */
function layoutRows(rows, full, run) {
	const { traces } = full.signals;
	const comparable = full.rows === rows.spans;
	const ours = (key) => (comparable ? full.idle[key].p50 : Number.NaN);
	const inside = (key) => (comparable ? (full.inProcess.spans[key] ?? Number.NaN) : Number.NaN);
	return [
		['spans/s', rows.spans_per_second, run.load.items_per_second, false, whole.format],
		[
			'CPU s a million, with merges',
			rows.cpu_seconds_per_million,
			traces.cpuSecondsPerMillion,
			true,
			(x) => x.toFixed(2),
		],
		['bytes a span', rows.bytes_per_span, traces.bytesPerRow, true, (x) => x.toFixed(1)],
		['bytes written a span', rows.written_bytes_per_span, traces.writtenPerRow, true, (x) => x.toFixed(0)],
		['peak memory, MB', rows.peak_memory_bytes, traces.load.server.peak_memory_bytes, true, megabytes],
		['trace by id, ms', rows.trace_by_id_ms.p50, ours('traceById'), true, milliseconds],
		['… both in process', rows.trace_by_id_ms.p50, inside('trace_by_id_ms'), true, milliseconds],
		['rare attribute value, ms', rows.rare_attribute_ms.p50, ours('rareAttribute'), true, milliseconds],
		['… both in process', rows.rare_attribute_ms.p50, inside('rare_value_ms'), true, milliseconds],
		[
			'newest 50 of a handler, ms',
			rows.newest_of_handler_ms.p50,
			ours('newestOfHandler'),
			true,
			milliseconds,
		],
		['… both in process', rows.newest_of_handler_ms.p50, inside('newest_50_ms'), true, milliseconds],
	];
}

function layoutTable(rows, fullStores, runs) {
	const full = fullStores.find((each) => each.rows === rows.spans) ?? fullStores[0];
	const middle = [...runs].sort((a, b) => a.load.items_per_second - b.load.items_per_second)[
		runs.length >> 1
	];
	return table(
		[`${millions(rows.spans)} spans`, 'one JSON value a span', 'rohas-telemetry', 'gain'],
		layoutRows(rows, full, middle)
			.filter(([, , ours]) => Number.isFinite(ours))
			.map(([name, theirs, ours, lessIsBetter, write]) => [
				name,
				write(theirs),
				write(ours),
				lessIsBetter ? times(theirs, ours) : times(ours, theirs),
			]),
	);
}

function layoutSection(rowBaselines, fullStores, runs) {
	return `## Against one value a span

\`row-baseline\` writes the same spans into RocksDB as one JSON value each (${rowBaselines[0].json_bytes_per_span.toFixed(0)} bytes; key: trace and span id) with an index of
handlers by time, in batches of 1,000, zstd, log forced to the disk. Its figures leave out HTTP and decoding, and its questions are asked in
process and answered with raw values. Ours are the whole program's, over HTTP, with JSON made, unless a row says otherwise. So the gains are the least there are.

${rowBaselines.map((rows) => layoutTable(rows, fullStores, runs)).join('\n\n')}
`;
}

function recordingTable(recording) {
	const clocks = Object.keys(recording);
	const rows = Object.keys(recording[clocks[0]]).map((what) => [
		what,
		...clocks.map((clock) => recording[clock][what].toFixed(1)),
	]);
	return table(['ns of the caller, median', ...clocks], rows);
}

/** What a run cannot find out by itself. */
function limits() {
	return readFileSync(new URL('limits.md', import.meta.url), 'utf8');
}

function seriesTable(figures) {
	const { series, samples, samples_per_second, bytes_per_sample, write_peak_bytes, peak_bytes, blocks, ...asked } =
		figures;
	const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
	return `${whole.format(series)} series, ${whole.format(samples)} samples, written at ${whole.format(samples_per_second)} samples/s;
${bytes_per_sample.toFixed(2)} bytes a sample in ${blocks} blocks; at most ${mebibytes(write_peak_bytes)} MiB of memory while writing,
${mebibytes(peak_bytes)} MiB in all.

${table(
	['question', 'median ms', 'lines or series of the answer'],
	Object.entries(asked).map(([name, each]) =>
		each.refused
			? [name, `refused: ${each.refused}`, '']
			: [name, each.median_ms.toFixed(1), String(each.lines ?? each.series)],
	),
)}`;
}

export function writePage(results) {
	const { machine, settings, runs, baseline, paced, checks } = results;
	const { rowBaselines, logJsonBytes, fullStores, recording, series } = results;
	const { load } = runs[0];
	return `# Benchmark results

Written by \`make bench\` on ${new Date().toISOString().slice(0, 10)}. Figures are medians of ${runs.length} runs of
${settings.duration} s after ${settings.warmup} s of warm-up, each with a fresh store, load generator and server on the same machine.
receive-only reads requests and answers without looking at them: what generator and kernel allow here.

${machine.map(([name, value]) => `- ${name}: ${value}`).join('\n')}
- Load: ${load.connections} connections, ${load.items_per_request} spans a request, ${load.bytes_per_item.toFixed(0)} bytes and ${load.attributes_per_item.toFixed(1)} attributes a span, ${load.items_per_trace.toFixed(1)} spans a trace

${loadTable(runs, baseline)}

${storeTable(runs)}

${pacedTable(paced)}

## Full stores

Rows lie evenly in the last six hours. Questions are asked one after another over one connection. The cache of traces is as it is
configured by default: no trace by id is in it yet. A handler's newest 50 come from it the second time, at rest; while more
arrives they are always new ones.

${sizeTable(fullStores, logJsonBytes)}

${fullStores.map(fullStoreSection).join('\n')}
${layoutSection(rowBaselines, fullStores, runs)}
## Recording with the C library

${recordingTable(recording)}

## Many series of one metric

${seriesTable(series)}

${limits()}
## Checks

${checks.map((check) => `- ${check}`).join('\n')}
`;
}
