// What the program says of handlers, events, flows, jobs and errors, held against what the demo says that it sent: with
// and without sampling, and after a restart.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { playHistory } from '../demo.mjs';
import { eventually, startProgram } from '../harness.mjs';
import { figuresOf, nanoseconds, Truth } from '../truth.mjs';

const hourMs = 3_600_000;
/** The demo's history ends so long before it was started that all of it is over. */
const quietMs = 60_000;
const flowsLookedAt = 20;

for (const [name, sampling] of Object.entries({
	'everything is stored': {},
	'one trace in a hundred stays': { tail_ratio: 0.01, window_seconds: 1 },
	'one trace in a hundred is stored': { head_ratio: 0.01 },
})) {
	describe(`where ${name}, the truth is told`, () => {
		const isSampled = Object.keys(sampling).length > 0;
		let program;
		let counted;
		let truth;
		let range;
		let jobsRange;
		let storedTraces;

		before(async () => {
			const settings = Object.entries(sampling).map(([key, value]) => [`telemetry.sampling.${key}`, value]);
			program = await startProgram({ settings: Object.fromEntries(settings) });
			const begunMs = Date.now();
			const [countsPath, spansPath] = ['truth.json', 'spans.jsonl'].map((file) =>
				path.join(program.root, file),
			);
			const { code, stderr } = await playHistory(program, '1h', [
				...['--rate', '10'],
				...['--print-truth', countsPath],
				...['--print-spans', spansPath],
			]);
			assert.equal(code, 0, stderr);
			counted = JSON.parse(readFileSync(countsPath, 'utf8'));
			truth = new Truth(spansPath);
			assert.equal(truth.spans.length, counted.spans);
			assert.ok(truth.spans.every((span) => span.start_ns <= span.end_ns));
			if (sampling.tail_ratio) await eventually(() => isDecided());
			// What waits for other spans is decided on when the program ends.
			await program.restart();
			const iso = (ms) => new Date(ms).toISOString();
			range = { start: iso(begunMs - 3 * hourMs), end: iso(Date.now()) };
			jobsRange = { start: range.start, end: iso(begunMs - quietMs) };
			storedTraces = await listTraces();
		});
		after(() => program.stop());

		async function isDecided() {
			const { sampling: decisions } = await program.api('/telemetry/status');
			return decisions.reduce((spans, each) => spans + each.spans, 0) === counted.spans;
		}

		async function listTraces() {
			const traces = new Set();
			let cursor;
			do {
				const page = await program.api('/telemetry/traces', {
					...range,
					limit: '1000',
					...(cursor ? { cursor } : {}),
				});
				for (const each of page.traces) traces.add(each.trace_id);
				cursor = page.next_cursor;
			} while (cursor);
			return traces;
		}

		async function storedSpans(traceId) {
			if (!storedTraces.has(traceId)) return new Set();
			const { spans } = await program.api(`/telemetry/traces/${traceId}`);
			return new Set(spans.map((each) => each.span_id));
		}

		test('of every handler: how often it ran, how often it failed, how long it took', async () => {
			const { handlers, percentile_error } = await program.api('/telemetry/handlers', range);
			const expected = truth.handlers();
			const keyOf = (each) => JSON.stringify([each.handler_name, each.handler_type, each.language]);
			assert.deepEqual(handlers.map(keyOf).toSorted(), [...expected.keys()].toSorted());
			for (const handler of handlers) {
				const { durations, error_count } = expected.get(keyOf(handler));
				assert.equal(handler.error_count, error_count, handler.handler_name);
				assertFigures(handler, durations, percentile_error, handler.handler_name);
			}
		});

		test('of every event: who published it, who handled it, how long it waited', async () => {
			const { events, percentile_error } = await program.api('/telemetry/events', range);
			const expected = truth.events();
			assert.deepEqual(events.map((each) => each.event_name).toSorted(), [...expected.keys()].toSorted());
			for (const event of events) {
				const { published, handled, publishers, handlers } = expected.get(event.event_name);
				assert.deepEqual(
					[event.published, event.handled, event.unhandled],
					[published, handled, handled === 0],
					event.event_name,
				);
				assert.deepEqual(countsOf(event.published_by), publishers, event.event_name);
				assert.deepEqual(
					countsOf(event.handled_by),
					new Map([...handlers].map(([key, each]) => [key, each.count])),
				);
				const waits = [...handlers.values()].flatMap((each) => each.waits);
				assertFigures(event.queue, waits, percentile_error, event.event_name);
				for (const party of event.handled_by) {
					const handler = handlers.get(partyKey(party));
					assert.equal(party.error_count, handler.error_count, partyKey(party));
					assertFigures(party.queue, handler.waits, percentile_error, partyKey(party));
				}
			}
			assert.ok(events.some((each) => each.unhandled));
		});

		test('of the graph: its nodes and edges', async () => {
			const { nodes, edges } = await program.api('/telemetry/graph', range);
			const expectedNodes = [
				...[...truth.handlers()].map(([key, { durations, error_count }]) => [
					'handler',
					...JSON.parse(key),
					durations.length,
					error_count,
				]),
				...[...truth.events()].map(([event, { published }]) => ['event', event, null, null, published, 0]),
			];
			assertSame(
				nodes.map((each) => [
					each.kind,
					each.name,
					each.handler_type,
					each.language,
					each.count,
					each.error_count,
				]),
				expectedNodes,
			);
			const expectedEdges = [...truth.events()].flatMap(([event, { publishers, handlers }]) => [
				...[...publishers].map(([key, count]) => {
					const [handler, language] = JSON.parse(key);
					return ['publishes', handler, event, language, count, 0];
				}),
				...[...handlers].map(([key, { count, error_count }]) => {
					const [handler, language] = JSON.parse(key);
					return ['handles', event, handler, language, count, error_count];
				}),
			]);
			assertSame(
				edges.map((each) => [each.kind, each.from, each.to, each.language, each.count, each.error_count]),
				expectedEdges,
			);
		});

		test('of every error: which group, how often, in whose hands', async () => {
			const { errors } = await program.api('/telemetry/errors', { ...range, limit: '500' });
			const expected = truth.errors();
			const summaryOf = ({ type, handlers }) => [type, [...handlers].toSorted()];
			const known = new Set(expected.map((each) => each.type));
			assertSame(
				errors.map((each) => [
					known.has(each.exception_type) ? each.exception_type : null,
					[...countsOf(each.handlers)].toSorted(),
				]),
				expected.map(summaryOf),
			);
			for (const error of errors) {
				assert.equal(
					error.count,
					error.handlers.reduce((total, each) => total + each.count, 0),
				);
				const example = truth.find(error);
				assert.ok(example, 'an example that was never sent');
				const stored = await storedSpans(error.trace_id);
				assert.equal(error.is_stored, stored.has(error.span_id));
				if (!example.exception) assert.ok(example.failed);
				else assert.equal(error.exception_type, example.exception.type);
				if (error.is_stored && example.exception) {
					assert.equal(error.stack_trace, example.exception.stacktrace);
					assert.equal(error.message, example.exception.message);
				}
			}
		});

		test('of every job: its runs, and those that did not take place', async () => {
			const { crons } = await program.api('/telemetry/crons', jobsRange);
			const end_ns = BigInt(Date.parse(jobsRange.end)) * 1_000_000n;
			const runs = Map.groupBy(
				truth.executions.filter((each) => each.handler_type === 'cron' && each.start_ns < end_ns),
				(each) => each.handler_name,
			);
			assert.deepEqual(crons.map((each) => each.handler_name).toSorted(), [...runs.keys()].toSorted());
			for (const cron of crons) {
				const ran = runs.get(cron.handler_name).toSorted((a, b) => Number(a.start_ns - b.start_ns));
				assert.deepEqual(
					[cron.runs, cron.errors, cron.overlapping, cron.late, cron.running],
					[ran.length, ran.filter((each) => each.failed).length, 0, 0, 0],
					cron.handler_name,
				);
				assert.equal(cron.last_run, ran.at(-1).start_time);
				assertMissed(cron, ran, end_ns);
			}
		});

		/** The times at which a job did not run, once it had run and before the end could hide it. */
		function assertMissed(cron, ran, end_ns) {
			const gaps = ran.slice(1).map((each, i) => Number(each.start_ns - ran[i].start_ns) / 1e6);
			const everyMs = Math.min(...gaps);
			const expected = counted.missed
				.filter((each) => each.handler_name === cron.handler_name)
				.map((each) => nanoseconds(each.due))
				.filter((due) => due > ran[0].start_ns && due < end_ns);
			// An interval that is learned needs four runs, most of them without a gap.
			if (cron.expected_by !== 'schedule') {
				const isRegular = gaps.filter((each) => each < everyMs * 1.2).length > gaps.length * 0.7;
				if (ran.length < 4 || !isRegular) return;
				assert.equal(cron.expected_by, 'learned');
			}
			assert.ok(Math.abs(cron.interval_ms - everyMs) < everyMs / 10, cron.handler_name);
			const tolerance_ns = cron.expected_by === 'schedule' ? 0n : BigInt(Math.round((everyMs / 2) * 1e6));
			const near = (a, b) => (a > b ? a - b : b - a) <= tolerance_ns;
			const told = cron.missed_runs.map(nanoseconds);
			for (const due of told)
				assert.ok(
					expected.some((each) => near(each, due)),
					`${cron.handler_name} did not miss ${due}`,
				);
			const isOver = (due) => due + BigInt(Math.round(everyMs * 0.6e6)) < end_ns;
			for (const due of expected.filter(isOver))
				assert.equal(told.filter((each) => near(each, due)).length, 1, `${cron.handler_name} missed ${due}`);
			assert.equal(cron.missed, told.length);
			assert.equal(cron.expected, ran.length + told.length);
		}

		test('of flows: what was brought about by what, and how long it waited', async () => {
			const orders = new Set(
				truth.publications.filter((each) => each.event === 'order.placed').map((each) => each.trace_id),
			);
			const some = (traces, count) =>
				traces.filter((_, i) => i % Math.ceil(traces.length / count) === 0).slice(0, count);
			const ofOrders = [...storedTraces].filter((each) => orders.has(each));
			const others = [...storedTraces].filter((each) => truth.linkingTraces.has(each) && !orders.has(each));
			const asked = [...some(ofOrders, flowsLookedAt), ...some(others, flowsLookedAt)];
			assert.ok(asked.length > 0);
			if (!isSampled) assert.ok(asked.length > flowsLookedAt);
			for (const traceId of asked) {
				const flow = await program.api(`/telemetry/flows/${traceId}`);
				assert.equal(flow.truncated, false);
				const nodes = new Map(flow.roots.flatMap((each) => [...flatten(each, null)]));
				const expected = await truth.flow(traceId, storedSpans);
				assert.deepEqual(sorted(nodes), sorted(expected), traceId);
				assert.equal(flow.node_count, expected.size);
			}
		});

		test('of traces: every span that is stored, as it was sent', async () => {
			const failed = new Set(truth.spans.filter((each) => each.failed).map((each) => each.trace_id));
			if (!isSampled) assert.deepEqual(storedTraces, new Set(truth.traces.keys()));
			else assert.ok(storedTraces.size < truth.traces.size);
			if (sampling.tail_ratio) assert.ok(failed.isSubsetOf(storedTraces), 'a failed trace is gone');
			const some = [...storedTraces].filter((_, i) => i % Math.ceil(storedTraces.size / 30) === 0);
			for (const traceId of some) {
				const { spans } = await program.api(`/telemetry/traces/${traceId}`);
				assert.ok(spans.length > 0);
				if (!isSampled) assert.equal(spans.length, truth.traces.get(traceId).length);
				for (const span of spans) assertSpan(span, truth.find(span));
			}
		});

		test('and told again after a restart', async () => {
			const ask = async () => {
				const answers = {};
				for (const view of ['handlers', 'events', 'graph', 'errors'])
					answers[view] = await program.api(`/telemetry/${view}`, range);
				answers.crons = await program.api('/telemetry/crons', jobsRange);
				const [first] = [...storedTraces].filter((each) => truth.linkingTraces.has(each));
				if (first) answers.flow = await program.api(`/telemetry/flows/${first}`);
				answers.traces = [...(await listTraces())];
				return answers;
			};
			const earlier = await ask();
			await program.restart();
			assert.deepEqual(await ask(), earlier);
		});
	});
}

const partyKey = ({ handler_name, language }) => JSON.stringify([handler_name, language]);
const countsOf = (parties) => new Map(parties.map((each) => [partyKey(each), each.count]));
const sorted = (map) => [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** The same things in whatever order. */
function assertSame(actual, expected) {
	const lines = (list) => list.map((each) => JSON.stringify(each)).toSorted();
	assert.deepEqual(lines(actual), lines(expected));
}

/** Counts, means and maxima to the last digit that a sum leaves, percentiles as near as is promised. */
function assertFigures(figures, durations, percentileError, what) {
	const expected = figuresOf(durations);
	assert.equal(figures.count, expected.count, what);
	assert.equal(figures.max_ms, expected.max_ms, what);
	if (!expected.count) {
		assert.equal(figures.p50_ms, null, what);
		return;
	}
	assert.ok(
		Math.abs(figures.mean_ms - expected.mean_ms) <= expected.mean_ms * 1e-12,
		`${what}: the mean is ${figures.mean_ms}, not ${expected.mean_ms}`,
	);
	for (const percentile of ['p50_ms', 'p95_ms', 'p99_ms']) {
		const [told, exact] = [figures[percentile], expected[percentile]];
		assert.ok(
			Math.abs(told - exact) <= exact * percentileError,
			`${what}: ${percentile} is ${told}, not ${exact}`,
		);
		const [lower, upper] = bucketOf(exact);
		assert.ok(
			told >= lower && told <= upper,
			`${what}: ${percentile} ${told} is not in the bucket of ${exact}`,
		);
	}
}

/** The bounds of the bucket that a duration lies in, a little wider than they are. */
function bucketOf(ms) {
	const index = Math.ceil(Math.log2(ms) * 16);
	return [2 ** ((index - 1) / 16) * (1 - 1e-12), 2 ** (index / 16) * (1 + 1e-12)];
}

function* flatten(node, parent) {
	const key = `${node.trace_id} ${node.span_id}`;
	yield [key, { parent, queue_ms: node.queue_ms, handled: node.handled }];
	for (const child of node.children) yield* flatten(child, key);
}

function assertSpan(span, expected) {
	assert.equal(span.operation_name, expected.name);
	for (const member of ['trace_id', 'span_id', 'parent_span_id', 'kind', 'start_time', 'end_time'])
		assert.equal(span[member], expected[member], member);
	assert.equal(span.status, expected.failed ? 'error' : 'success');
	if (expected.handler_type)
		assert.deepEqual(
			span.links.map((each) => [each.trace_id, each.span_id]),
			expected.links.map((each) => [each.trace_id, each.span_id]),
		);
	if (expected.handler_type)
		assert.deepEqual(
			[span.handler.name, span.handler.type, span.handler.language],
			[expected.handler_name, expected.handler_type, expected.language],
		);
	if (expected.publishes) assert.equal(span.published_event, expected.event);
}
