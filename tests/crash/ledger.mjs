// A ledger of what was sent and what was acknowledged, and the audit that holds the store against it: whatever was
// acknowledged is there, whole and once; whatever was not is there whole and once, or not at all; nothing else is.
import assert from 'node:assert/strict';
import * as otlp from '../otlp.mjs';

const service = 'ledger';
const metric = 'ledger.points';
const stepNs = 1_000_000_000n;
const mostSteps = 10_000;
const rowsPerRequest = 6;

/** mulberry32: numbers from 0 to 1 that a seed repeats. */
export function randomFrom(start) {
	let state = start;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

// Every request has a second of its own, in which its rows lie: so they can be asked for and counted.
const timeOf = (ledger, number) => ledger.startNs + BigInt(number) * stepNs + stepNs / 2n;

const makeBody = {
	traces(ledger, request) {
		request.traceId = otlp.newTraceId();
		const start = timeOf(ledger, request.number);
		const spans = Array.from({ length: rowsPerRequest }, (_, part) =>
			otlp.span({
				traceId: request.traceId,
				startTimeUnixNano: String(start),
				endTimeUnixNano: String(start + 1000n),
				attributes: { part },
			}),
		);
		request.spanIds = spans.map((each) => each.spanId).toSorted();
		return otlp.traces(spans, { service });
	},
	logs(ledger, { number }) {
		const time = String(timeOf(ledger, number));
		const records = Array.from({ length: rowsPerRequest }, (_, part) =>
			otlp.log({ timeUnixNano: time, body: `${number}/${part}`, attributes: { number, part } }),
		);
		return otlp.logs(records, { service });
	},
	metrics(ledger, { number }) {
		const dataPoints = Array.from({ length: rowsPerRequest }, (_, part) => ({
			timeUnixNano: String(timeOf(ledger, number)),
			attributes: otlp.attributes({ part }),
			asInt: String(number),
		}));
		return otlp.metrics([{ name: metric, unit: '1', gauge: { dataPoints } }], { service });
	},
};

export const signals = Object.keys(makeBody);

export class Ledger {
	/**
	 * agoDays    its rows lie there; of yesterday, the program has none of its own
	 * mayExpire  retention may have deleted what was acknowledged, each request whole
	 */
	constructor({ agoDays = 1, mayExpire = false } = {}) {
		this.startNs = (otlp.nanosecondsAgo(agoDays * 24 * 3_600_000) / stepNs) * stepNs;
		this.requests = [];
		this.mayExpire = mayExpire;
	}

	/**
	 * Sends one request and notes what came of it. Returns the answer; undefined where the program was gone before
	 * it said anything.
	 */
	async send(program, signal) {
		const request = { signal, number: this.requests.length, outcome: 'unknown' };
		this.requests.push(request);
		const envelope = otlp.envelope(signal, makeBody[signal](this, request));
		let response;
		try {
			response = await program.post(`/v1/${signal}`, envelope);
		} catch {
			return undefined;
		}
		request.outcome = response.status === 200 ? 'acknowledged' : 'refused';
		return response;
	}

	count(outcome) {
		return this.requests.filter((each) => each.outcome === outcome).length;
	}

	/** What is known now of each request. */
	outcomes() {
		return this.requests.map((each) => each.outcome);
	}

	/** The ledger of a copy that was begun when `outcomes` was known: what came of a request later says nothing of it. */
	asOf(outcomes) {
		const copy = Object.assign(new Ledger(), this);
		copy.requests = this.requests.map((each, index) => ({ ...each, outcome: outcomes[index] ?? 'unknown' }));
		return copy;
	}

	/** Checks the requests from `first` on. */
	async audit(program, first = 0) {
		const found = {
			traces: await this.#countSpans(program, first),
			logs: await this.#countLogs(program, first),
			metrics: await this.#countPoints(program, first),
		};
		for (const request of this.requests.slice(first)) {
			const count = found[request.signal].get(request.number) ?? 0;
			const what = `${request.outcome} request ${request.number} of ${request.signal}`;
			if (request.outcome === 'refused') assert.equal(count, 0, `${what} is there`);
			else if (request.outcome === 'acknowledged' && !this.mayExpire)
				assert.equal(count, rowsPerRequest, `${what} is not whole`);
			else assert.ok(count === 0 || count === rowsPerRequest, `${what} is there in part: ${count} rows`);
			request.rows = count;
		}
	}

	/** How many rows of a signal the last audits found. */
	rowCount(signal) {
		return this.requests.filter((each) => each.signal === signal).reduce((sum, each) => sum + each.rows, 0);
	}

	async #countSpans(program, first) {
		const counts = new Map();
		for (const request of this.requests.slice(first)) {
			if (request.signal !== 'traces') continue;
			const response = await program.get(`/telemetry/traces/${request.traceId}`);
			if (response.status === 404) continue;
			assert.equal(response.status, 200, response.text);
			const { spans } = response.json;
			assert.deepEqual(spans.map((each) => each.span_id).toSorted(), request.spanIds);
			counts.set(request.number, spans.length);
		}
		return counts;
	}

	async #countLogs(program, first) {
		const counts = new Map();
		const parts = new Set();
		let cursor;
		do {
			const page = await program.api('/telemetry/logs', {
				service,
				limit: '1000',
				...this.#range(first, this.requests.length),
				...(cursor ? { cursor } : {}),
			});
			for (const { message } of page.logs) {
				assert.ok(!parts.has(message), `the log ${message} is there twice`);
				parts.add(message);
				const number = Number(message.split('/')[0]);
				counts.set(number, (counts.get(number) ?? 0) + 1);
			}
			cursor = page.next_cursor;
		} while (cursor);
		return counts;
	}

	async #countPoints(program, first) {
		const counts = new Map();
		for (let from = first; from < this.requests.length; from += mostSteps) {
			const { timestamps, series } = await this.#pointsBetween(program, from, from + mostSteps);
			for (const { values } of series) {
				for (const [index, value] of values.entries()) {
					if (value) counts.set(this.#numberAt(timestamps[index]), value);
				}
			}
		}
		return counts;
	}

	/** An answer without series where the store has not heard of the metric. */
	async #pointsBetween(program, from, to) {
		const { metrics } = await program.api('/telemetry/metrics', this.#range(0, this.requests.length));
		if (!metrics.some((each) => each.name === metric)) return { timestamps: [], series: [] };
		return program.api('/telemetry/metrics', {
			name: metric,
			agg: 'count',
			step: '1s',
			...this.#range(from, Math.min(to, this.requests.length)),
		});
	}

	#range(from, to) {
		return {
			start: String(this.startNs + BigInt(from) * stepNs),
			end: String(this.startNs + BigInt(to) * stepNs),
		};
	}

	/** Windows are named by their ends. */
	#numberAt(time) {
		return Math.round(Date.parse(time) / 1000 - Number(this.startNs / stepNs)) - 1;
	}
}

/** Audits all, and holds the store's own counts against what was found. Points are the program's too. */
export async function auditAll(program, ledgers) {
	for (const ledger of ledgers) await ledger.audit(program);
	const rows = (signal) => ledgers.reduce((sum, each) => sum + each.rowCount(signal), 0);
	const { store } = await program.api('/telemetry/status');
	assert.equal(store.spans, rows('traces'));
	assert.equal(store.logs, rows('logs'));
	assert.ok(store.points >= rows('metrics'));
}
