// The questions that the benchmark asks the running program over HTTP, and what they took.
import { Agent, request } from 'node:http';

const needle = 'needle-found'; // of otlp-load --needle

/** GET over one kept connection: {status, json, ms}. */
function ask(agent, url) {
	return new Promise((resolve, reject) => {
		const started = performance.now();
		const sent = request(url, { agent }, (response) => {
			const chunks = [];
			response.on('data', (chunk) => chunks.push(chunk));
			response.on('error', reject);
			response.on('end', () => {
				const ms = performance.now() - started;
				resolve({ status: response.statusCode, json: JSON.parse(Buffer.concat(chunks).toString()), ms });
			});
		});
		sent.on('error', reject);
		sent.end();
	});
}

export function quantile(values, share) {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** The whole range of time: a page without one would be the same, but says less. */
const always = { start: '1' };

export class Questions {
	#agent = new Agent({ keepAlive: true, maxSockets: 1 });

	constructor(api, { spreadSeconds }) {
		this.api = api;
		this.spreadSeconds = spreadSeconds;
	}

	async #get(target, parameters = {}) {
		const query = new URLSearchParams(parameters).toString();
		const answer = await ask(this.#agent, `${this.api}${target}${query ? `?${query}` : ''}`);
		if (answer.status !== 200) throw new Error(`${target}?${query}: ${JSON.stringify(answer.json)}`);
		return answer;
	}

	/** Learns, from traces that are not the newest, what there is to ask for: handlers, and attribute values that one transaction alone has. */
	async prepare(ids) {
		this.uniqueValues = [];
		for (const id of ids.slice(0, 60)) {
			const { json } = await this.#get(`/telemetry/traces/${id}`);
			const value = json.spans.map((span) => span.tags['http.request.id']).find(Boolean);
			if (value) this.uniqueValues.push(value);
		}
		const { json } = await this.#get('/telemetry/traces', {
			end: `-${this.spreadSeconds / 2}s`,
			limit: '200',
		});
		this.handlers = [...new Set(json.traces.map((trace) => trace.handler_name).filter(Boolean))].slice(0, 8);
		if (!this.uniqueValues.length || !this.handlers.length)
			throw new Error('There is no handler or no request id to ask for.');
	}

	async #times(count, askOnce) {
		const times = [];
		for (let index = 0; index < count; index++) times.push(await askOnce(index));
		return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), count };
	}

	/** How long it took until the answer is right, over as many pages as it has. */
	async #list(target, parameters, key, isRight) {
		const found = [];
		let ms = 0;
		for (let cursor = ''; ; ) {
			const answer = await this.#get(target, cursor ? { ...parameters, cursor } : parameters);
			ms += answer.ms;
			found.push(...answer.json[key]);
			cursor = answer.json.next_cursor;
			if (isRight(found)) return ms;
			if (!cursor) throw new Error(`${target}: ${found.length} found for ${JSON.stringify(parameters)}.`);
		}
	}

	/** Traces that nobody asked for before. */
	traces(ids) {
		return this.#times(ids.length, async (index) => (await this.#get(`/telemetry/traces/${ids[index]}`)).ms);
	}

	/** Each handler's newest traces, once: what the cache has not is read and put together. */
	#newest() {
		return this.#times(this.handlers.length, (index) =>
			this.#list(
				'/telemetry/traces',
				{ handler: this.handlers[index], limit: '50' },
				'traces',
				(list) => list.length > 0,
			),
		);
	}

	/** name -> {p50, p99, count}; repeats is how often the slow ones are asked. */
	async all({ repeats }) {
		const { uniqueValues, spreadSeconds } = this;
		const one = (list) => list.length === 1;
		const some = (list) => list.length > 0;
		const tag = (key, value) => ({ tag: `${key}=${value}`, ...always });
		return {
			rareAttribute: await this.#times(repeats, () =>
				this.#list('/telemetry/traces', tag('shop.tenant', needle), 'traces', one),
			),
			uniqueAttribute: await this.#times(repeats, (index) =>
				this.#list(
					'/telemetry/traces',
					tag('http.request.id', uniqueValues[index % uniqueValues.length]),
					'traces',
					some,
				),
			),
			newestOfHandler: await this.#newest(),
			newestAgain: await this.#newest(),
			rareWord: await this.#times(repeats, () =>
				this.#list('/telemetry/logs', { q: needle, ...always }, 'logs', one),
			),
			metricRange: await this.#times(repeats, () =>
				this.#list(
					'/telemetry/metrics',
					{
						name: 'http.server.request.duration',
						agg: 'p95',
						by: 'http.route',
						start: `-${spreadSeconds + 60}s`,
						step: `${Math.max(1, Math.round(spreadSeconds / 120))}s`,
					},
					'series',
					(list) => list.length > 1,
				),
			),
		};
	}

	close() {
		this.#agent.destroy();
	}
}
