// The benchmark's results as a page.

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
	['bytes a span on disk after shutdown', (run) => run.bytesPerSpan, (x) => x.toFixed(1)],
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

export function writePage({ machine, settings, runs, baseline, paced, checks }) {
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

${checks.map((check) => `- ${check}`).join('\n')}
`;
}
