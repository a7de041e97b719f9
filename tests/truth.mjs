// What the demo says that it sent, span by span (`demo --print-spans`), and what follows from it: an answer of its own to
// every question that the program is asked about handlers, events, errors and flows. Rules: docs/handlers.md.
import { readFileSync } from 'node:fs';

/** Nanoseconds of a time with nine digits behind the second. */
export function nanoseconds(time) {
	const [, seconds, fraction] = /^(.*)\.(\d{9})Z$/.exec(time);
	return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction);
}

const keyOf = ({ trace_id, span_id }) => `${trace_id} ${span_id}`;
const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

/** The values of a map of lists; a list is made where there is none. */
function listOf(map, key) {
	if (!map.has(key)) map.set(key, []);
	return map.get(key);
}

/** What is known of many durations in nanoseconds: in milliseconds, percentiles by nearest rank. */
export function figuresOf(durations) {
	const sorted = durations.toSorted((a, b) => a - b);
	const percentile = (share) => (sorted.length ? sorted[Math.ceil(share * sorted.length) - 1] / 1e6 : null);
	return {
		count: sorted.length,
		mean_ms: sorted.length ? sum(sorted) / sorted.length / 1e6 : null,
		p50_ms: percentile(0.5),
		p95_ms: percentile(0.95),
		p99_ms: percentile(0.99),
		max_ms: sorted.length ? sorted.at(-1) / 1e6 : null,
	};
}

export class Truth {
	constructor(spansPath) {
		this.spans = readFileSync(spansPath, 'utf8').trimEnd().split('\n').map(readSpan);
		this.traces = new Map();
		this.linkingTraces = new Map();
		this.byKey = new Map(this.spans.map((span) => [keyOf(span), span]));
		for (const span of this.spans) {
			listOf(this.traces, span.trace_id).push(span);
			for (const { trace_id } of span.links) listOf(this.linkingTraces, trace_id).push(span.trace_id);
		}
		this.executions = this.spans.filter((span) => span.handler_type);
		this.publications = this.spans.filter((span) => span.publishes);
	}

	find(ids) {
		return this.byKey.get(keyOf(ids));
	}

	parentOf({ trace_id, parent_span_id }) {
		return parent_span_id ? this.find({ trace_id, span_id: parent_span_id }) : undefined;
	}

	/** The nearest execution above a span, in its trace. */
	executionAbove(span) {
		let above = this.parentOf(span);
		while (above && !above.handler_type) above = this.parentOf(above);
		return above;
	}

	/** By [name, type, language]: how long each execution took, and how many failed. */
	handlers() {
		const handlers = new Map();
		for (const span of this.executions) {
			const key = JSON.stringify([span.handler_name, span.handler_type, span.language]);
			if (!handlers.has(key)) handlers.set(key, { durations: [], error_count: 0 });
			const handler = handlers.get(key);
			handler.durations.push(Number(span.end_ns - span.start_ns));
			handler.error_count += span.failed ? 1 : 0;
		}
		return handlers;
	}

	/** By name: {published, handled, publishers, handlers}, the parties by [name, language]. */
	events() {
		const events = new Map();
		const eventOf = (name) => {
			if (!events.has(name))
				events.set(name, { published: 0, handled: 0, publishers: new Map(), handlers: new Map() });
			return events.get(name);
		};
		for (const span of this.publications) {
			const event = eventOf(span.event);
			const publisher = JSON.stringify([this.executionAbove(span)?.handler_name ?? null, span.language]);
			event.published += span.messages;
			event.publishers.set(publisher, (event.publishers.get(publisher) ?? 0) + span.messages);
		}
		for (const span of this.executions.filter((each) => each.event)) {
			const event = eventOf(span.event);
			const key = JSON.stringify([span.handler_name, span.language]);
			if (!event.handlers.has(key)) event.handlers.set(key, { count: 0, error_count: 0, waits: [] });
			const handler = event.handlers.get(key);
			event.handled += span.messages;
			handler.count += span.messages;
			handler.error_count += span.failed ? span.messages : 0;
			handler.waits.push(...this.waitsOf(span));
		}
		return events;
	}

	/** How long each message that an execution names had waited. */
	waitsOf(span) {
		const producers = span.links.length
			? span.links
			: [{ trace_id: span.trace_id, span_id: span.parent_span_id }];
		return producers
			.map((each) => this.find(each))
			.filter((each) => each?.publishes)
			.map((each) => Math.max(0, Number(span.start_ns - each.end_ns)));
	}

	/**
	 * By group: {type, stack, handlers}, the last by [name, language] with a count. What failed without an exception is
	 * told apart by handler alone: no handler of the shop does so for two reasons.
	 */
	errors() {
		const groups = new Map();
		const failed = new Set();
		const seen = new Set();
		const add = (execution, type, stack) => {
			const key = JSON.stringify(stack === null ? [execution.handler_name] : [type, stack]);
			const handler = JSON.stringify([execution.handler_name, execution.language]);
			failed.add(execution);
			if (seen.has(`${keyOf(execution)} ${key}`)) return;
			seen.add(`${keyOf(execution)} ${key}`);
			if (!groups.has(key)) groups.set(key, { type, stack, handlers: new Map() });
			const { handlers } = groups.get(key);
			handlers.set(handler, (handlers.get(handler) ?? 0) + 1);
		};
		for (const span of this.spans.filter((each) => each.exception)) {
			const execution = span.handler_type ? span : this.executionAbove(span);
			add(execution, span.exception.type, span.exception.stacktrace);
		}
		for (const span of this.executions.filter((each) => each.failed && !failed.has(each)))
			add(span, null, null);
		return [...groups.values()];
	}

	/**
	 * The flow that a trace is part of, as its nodes by "trace span": {parent, queue_ms, handled}. storedOf tells which
	 * spans of a trace are stored, as a set of span ids.
	 */
	async flow(traceId, storedOf) {
		const spans = await this.#spansOfFlow(traceId, storedOf);
		const stored = new Set(spans.map(keyOf));
		const isNode = (span) => span && (span.handler_type || span.publishes);
		const nearest = (span) => {
			let at = span;
			while (at && stored.has(keyOf(at)) && !isNode(at)) at = this.parentOf(at);
			return at && stored.has(keyOf(at)) ? at : undefined;
		};
		const linked = (span) =>
			span.handler_type ? span.links.map((link) => nearest(this.find(link))).filter(Boolean) : [];
		const nodes = new Map();
		for (const span of spans.filter(isNode)) {
			const parent = linked(span)[0] ?? nearest(this.parentOf(span));
			nodes.set(keyOf(span), {
				parent: parent ? keyOf(parent) : null,
				queue_ms:
					span.handler_type && parent?.publishes
						? Math.max(0, Number(span.start_ns - parent.end_ns)) / 1e6
						: null,
				handled: span.publishes ? 0 : null,
			});
		}
		for (const span of spans.filter((each) => each.handler_type)) {
			const { parent } = nodes.get(keyOf(span));
			for (const key of new Set([...linked(span).map(keyOf), ...(parent ? [parent] : [])]))
				if (this.byKey.get(key).publishes) nodes.get(key).handled++;
		}
		return nodes;
	}

	async #spansOfFlow(traceId, storedOf) {
		const wanted = [traceId];
		const seen = new Set(wanted);
		const spans = [];
		for (const trace of wanted) {
			const stored = await storedOf(trace);
			const here = this.traces.get(trace).filter((span) => stored.has(span.span_id));
			spans.push(...here);
			const others = here.length
				? [
						...here.flatMap((span) => span.links.map((link) => link.trace_id)),
						...(this.linkingTraces.get(trace) ?? []),
					]
				: [];
			for (const other of others) {
				if (!seen.has(other)) wanted.push(other);
				seen.add(other);
			}
		}
		return spans;
	}
}

function readSpan(line) {
	const span = JSON.parse(line);
	return {
		...span,
		links: span.links ?? [],
		start_ns: nanoseconds(span.start_time),
		end_ns: nanoseconds(span.end_time),
	};
}
