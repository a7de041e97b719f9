// Everything that OTLP can say comes back through the API as it was sent, in both formats and after a restart.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();
const start = otlp.nanosecondsAgo(10_000) + 123_457n;

const everyType = {
	text: 'two words, "quotes", a\nline and a ☕',
	empty: '',
	yes: true,
	no: false,
	whole: 42,
	negative: -7,
	real: 0.1,
	tiny: 5e-324,
	'exact limit': 9007199254740991n,
	'beyond a double': 9223372036854775807n,
	'beyond a double, negative': -9223372036854775808n,
	bytes: Buffer.from([0, 1, 254, 255]),
	list: ['a', 1, 2.5, true, ['nested', { deep: 'map' }]],
	'empty list': [],
	map: { key: 'value', inner: { list: [1, 2], bytes: Buffer.from('x') } },
	'empty map': {},
};
const everyTypeAnswered = {
	...everyType,
	'exact limit': 9007199254740991,
	'beyond a double': '9223372036854775807',
	'beyond a double, negative': '-9223372036854775808',
	bytes: { $bytes: 'AAH+/w==' },
	map: { key: 'value', inner: { list: [1, 2], bytes: { $bytes: 'eA==' } } },
};

const sentSpan = {
	...otlp.span({ attributes: everyType }),
	parentSpanId: '1122334455667788',
	traceState: 'vendor=value,other=1',
	name: 'POST /orders',
	kind: 2,
	startTimeUnixNano: String(start),
	endTimeUnixNano: String(start + 1_234_567n),
	droppedAttributesCount: 3,
	events: [
		{
			timeUnixNano: String(start + 1n),
			name: 'exception',
			attributes: otlp.attributes({ 'exception.type': 'Error', everything: everyType }),
			droppedAttributesCount: 4,
		},
		{ timeUnixNano: String(start + 2n), name: 'second' },
	],
	droppedEventsCount: 5,
	links: [
		{
			traceId: '0102030405060708090a0b0c0d0e0f10',
			spanId: '0102030405060708',
			traceState: 'link=state',
			attributes: otlp.attributes({ reason: 'batch', everything: everyType }),
			flags: 0x101,
		},
	],
	droppedLinksCount: 6,
	status: { code: 2, message: 'the card was refused' },
	flags: 0x301,
};

const answeredSpan = {
	parent_span_id: '1122334455667788',
	operation_name: 'POST /orders',
	kind: 'server',
	start_time: otlp.rfc3339(start),
	end_time: otlp.rfc3339(start + 1_234_567n),
	duration_ms: 1.234567,
	status: 'error',
	status_code: 'error',
	status_message: 'the card was refused',
	tags: everyTypeAnswered,
	trace_state: 'vendor=value,other=1',
	flags: 0x301,
	dropped_attributes_count: 3,
	dropped_events_count: 5,
	dropped_links_count: 6,
};

const resource = { 'service.name': 'kept-whole', 'telemetry.sdk.language': 'nodejs', everything: everyType };

/** One resource and one scope, each with all that it can carry. */
function wrap(resourceKey, scopeKey, rowKey, rows) {
	const scope = {
		name: 'a scope',
		version: '1.2.3',
		attributes: otlp.attributes({ origin: 'test', everything: everyType }),
		droppedAttributesCount: 1,
	};
	const scopes = [{ scope, [rowKey]: rows, schemaUrl: 'https://example.org/scope/1' }];
	return {
		[resourceKey]: [
			{
				resource: { attributes: otlp.attributes(resource), droppedAttributesCount: 2 },
				[scopeKey]: scopes,
				schemaUrl: 'https://example.org/resource/1',
			},
		],
	};
}

/** Asserts the expected fields of an answer; it may have more. */
function assertFields(actual, expected) {
	const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, actual[key]]));
	assert.deepEqual(picked, expected);
}

for (const format of ['protobuf', 'json']) {
	describe(`sent as ${format}`, () => {
		const traceId = otlp.newTraceId();
		const spanId = otlp.newSpanId();

		async function assertSpanIsWhole() {
			const { spans } = await program.api(`/telemetry/traces/${traceId}`);
			assert.equal(spans.length, 1);
			const [span] = spans;
			assertFields(span, { ...answeredSpan, trace_id: traceId, span_id: spanId });
			assert.equal(span.logs.length, 2);
			assertFields(span.logs[0], {
				time: otlp.rfc3339(start + 1n),
				name: 'exception',
				attributes: { 'exception.type': 'Error', everything: everyTypeAnswered },
				dropped_attributes_count: 4,
			});
			assertFields(span.logs[1], { time: otlp.rfc3339(start + 2n), name: 'second', attributes: {} });
			assert.equal(span.links.length, 1);
			assertFields(span.links[0], {
				trace_id: '0102030405060708090a0b0c0d0e0f10',
				span_id: '0102030405060708',
				trace_state: 'link=state',
				attributes: { reason: 'batch', everything: everyTypeAnswered },
				flags: 0x101,
			});
			assertFields(span.resource, {
				attributes: { ...resource, everything: everyTypeAnswered },
				schema_url: 'https://example.org/resource/1',
			});
			assertFields(span.scope, {
				name: 'a scope',
				version: '1.2.3',
				attributes: { origin: 'test', everything: everyTypeAnswered },
				schema_url: 'https://example.org/scope/1',
			});
		}

		test('a span keeps every field, and keeps it over a restart', async () => {
			const request = wrap('resourceSpans', 'scopeSpans', 'spans', [{ ...sentSpan, traceId, spanId }]);
			await program.send('traces', request, { format });
			await assertSpanIsWhole();
			await program.restart();
			await assertSpanIsWhole();
		});

		test('a span of nothing but ids and times is answered with empty fields', async () => {
			const bare = {
				traceId: otlp.newTraceId(),
				spanId: otlp.newSpanId(),
				startTimeUnixNano: String(start),
				endTimeUnixNano: String(start),
			};
			await program.send('traces', { resourceSpans: [{ scopeSpans: [{ spans: [bare] }] }] }, { format });
			const { spans } = await program.api(`/telemetry/traces/${bare.traceId}`);
			assertFields(spans[0], {
				parent_span_id: null,
				operation_name: '',
				kind: 'unspecified',
				duration_ms: 0,
				status: 'success',
				status_code: 'unset',
				status_message: '',
				tags: {},
				logs: [],
				links: [],
				trace_state: '',
				flags: 0,
				dropped_attributes_count: 0,
				dropped_events_count: 0,
				dropped_links_count: 0,
				handler: null,
				published_event: null,
			});
		});

		test('every kind of span keeps its name', async () => {
			const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
			const id = otlp.newTraceId();
			const spans = kinds.map((name, kind) => otlp.span({ traceId: id, name, kind }));
			await program.send('traces', otlp.traces(spans), { format });
			const answer = await program.api(`/telemetry/traces/${id}`);
			for (const each of answer.spans) assert.equal(each.kind, each.operation_name);
			assert.equal(answer.spans.length, kinds.length);
		});

		test('a log record keeps every field, and keeps it over a restart', async () => {
			const logTraceId = otlp.newTraceId();
			const record = {
				timeUnixNano: String(start),
				observedTimeUnixNano: String(start + 5n),
				severityNumber: 14,
				severityText: 'WARN2',
				body: { stringValue: 'stock is low' },
				attributes: otlp.attributes(everyType),
				droppedAttributesCount: 2,
				flags: 1,
				traceId: logTraceId,
				spanId: '0102030405060708',
				eventName: 'stock.low',
			};
			await program.send('logs', wrap('resourceLogs', 'scopeLogs', 'logRecords', [record]), { format });
			for (const restarted of [false, true]) {
				if (restarted) await program.restart();
				const { logs } = await program.api('/telemetry/logs', { trace_id: logTraceId });
				assert.equal(logs.length, 1);
				assertFields(logs[0], {
					timestamp: otlp.rfc3339(start),
					level: 'WARN',
					message: 'stock is low',
					service: 'kept-whole',
					trace_id: logTraceId,
					span_id: '0102030405060708',
					event_name: 'stock.low',
				});
				assertFields(logs[0].metadata, everyTypeAnswered);
			}
		});

		test('a log body of any type is a message', async () => {
			const service = `bodies-${format}`;
			const bodies = {
				text: ['text', 'text'],
				number: [42, '42'],
				real: [0.5, '0.5'],
				bool: [true, 'true'],
				list: [
					['a', 1],
					['a', 1],
				],
				map: [{ a: { b: [1] } }, { a: { b: [1] } }],
				nothing: [null, ''],
			};
			const records = Object.entries(bodies).map(([name, [body]]) =>
				otlp.log({ body, attributes: { name } }),
			);
			records.push(otlp.log({ body: Buffer.from('bytes'), attributes: { name: 'bytes' } }));
			await program.send('logs', otlp.logs(records, { service }), { format });
			const { logs } = await program.api('/telemetry/logs', { service });
			assert.equal(logs.length, records.length);
			for (const { metadata, message } of logs) {
				assert.equal(typeof message, 'string');
				if (metadata.name === 'bytes') assert.notEqual(message, '');
				else if (['list', 'map'].includes(metadata.name)) {
					assert.deepEqual(JSON.parse(message), bodies[metadata.name][1]);
				} else assert.equal(message, bodies[metadata.name][1], metadata.name);
			}
		});

		test('every severity has its level, and FATAL keeps its number', async () => {
			const service = `severities-${format}`;
			const records = Array.from({ length: 24 }, (_, index) =>
				otlp.log({ severityNumber: index + 1, severityText: '', attributes: { number: index + 1 } }),
			);
			await program.send('logs', otlp.logs(records, { service }), { format });
			const { logs } = await program.api('/telemetry/logs', { service });
			assert.equal(logs.length, 24);
			const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'ERROR'];
			for (const { level, metadata } of logs) {
				assert.equal(level, levels[Math.floor((metadata.number - 1) / 4)], `severity ${metadata.number}`);
				if (metadata.number > 20) assert.equal(metadata.severity_number, metadata.number);
			}
		});
	});
}

test('of an attribute that comes twice the last value is answered', async () => {
	const id = otlp.newTraceId();
	const twice = [...otlp.attributes({ colour: 'red' }), ...otlp.attributes({ colour: 'blue' })];
	await program.send('traces', otlp.traces([{ ...otlp.span({ traceId: id }), attributes: twice }]));
	const { spans } = await program.api(`/telemetry/traces/${id}`);
	assert.deepEqual(spans[0].tags, { colour: 'blue' });
});

test('numbers that JSON cannot write do not break the answer', async () => {
	const id = otlp.newTraceId();
	const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((doubleValue) => ({
		doubleValue,
	}));
	const attributes = [{ key: 'odd', value: { arrayValue: { values } } }];
	await program.send('traces', otlp.traces([{ ...otlp.span({ traceId: id }), attributes }]));
	const { spans } = await program.api(`/telemetry/traces/${id}`);
	assert.equal(spans[0].tags.odd.length, 3);
});

test('text that is not UTF-8 does not break the answer', async () => {
	const id = otlp.newTraceId();
	const marker = 'NOTUTF8!';
	const body = otlp.encode('traces', otlp.traces([otlp.span({ traceId: id, attributes: { marker } })]));
	body.fill(0xfe, body.indexOf(marker), body.indexOf(marker) + marker.length);
	const response = await program.post('/v1/traces', {
		body,
		headers: { 'content-type': 'application/x-protobuf' },
	});
	// Proto3 says that strings are UTF-8: to refuse the request is right, and so is to keep and mend it.
	assert.ok([200, 400].includes(response.status));
	if (response.status === 200) await program.api('/telemetry/traces');
});
