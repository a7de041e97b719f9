// The OpenAPI document that the program serves. Every other test file holds the answers that it gets against it;
// here it is held to account itself.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startProgram } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

const program = await startProgram();
const { json: document } = await program.get('/openapi.json');

const parameters = {
	'/telemetry/traces': [
		...['start', 'end', 'handler', 'handler_type', 'language', 'service', 'operation', 'status'],
		...['min_duration', 'max_duration', 'tag', 'limit', 'cursor'],
	],
	'/telemetry/metrics': ['name', 'start', 'end', 'step', 'agg', 'by', 'exemplars'],
	'/telemetry/logs': [
		'start',
		'end',
		'level',
		'handler',
		'service',
		'trace_id',
		'span_id',
		'q',
		'limit',
		'cursor',
	],
	'/telemetry/logs/counts': ['start', 'end', 'level', 'q', 'step'],
	'/telemetry/logs/top': ['start', 'end', 'level', 'q', 'field', 'limit'],
	'/telemetry/logs/patterns': ['start', 'end', 'level', 'q', 'sample', 'limit'],
	'/telemetry/logs/context': ['id', 'before', 'after'],
	'/telemetry/live': ['signal'],
};

describe('the document', () => {
	test('is OpenAPI 3.1, served as JSON', async () => {
		const response = await program.get('/openapi.json');
		assert.match(response.headers.get('content-type'), /json/);
		assert.match(document.openapi, /^3\.1\.\d+$/);
		assert.ok(document.info.title && document.info.version);
	});

	for (const [path, names] of Object.entries(parameters)) {
		test(`describes every parameter of ${path}`, async () => {
			const documented = (await program.contract()).parameterNames(path);
			for (const name of names) assert.ok(documented.includes(name), name);
		});
	}

	test('points only at what is there', () => {
		const look = (value) => {
			if (typeof value?.$ref === 'string') {
				assert.match(value.$ref, /^#\//);
				const found = value.$ref
					.slice(2)
					.split('/')
					.reduce((at, part) => at?.[part], document);
				assert.ok(found, value.$ref);
			}
			if (value && typeof value === 'object') for (const each of Object.values(value)) look(each);
		};
		look(document);
	});

	test('says of every object which of its members are always there', () => {
		for (const [name, schema] of Object.entries(document.components.schemas)) {
			if (schema.type === 'object' && schema.properties) assert.ok(schema.required?.length > 0, name);
		}
	});
});

describe('the answers hold nothing that it does not name', () => {
	const root = otlp.span({
		kind: 2,
		attributes: { 'http.request.method': 'GET', 'http.route': '/x' },
		events: [{ timeUnixNano: '1', name: 'event' }],
		links: [{ traceId: otlp.newTraceId(), spanId: otlp.newSpanId() }],
	});
	const point = { startTimeUnixNano: '1', timeUnixNano: String(otlp.nanosecondsAgo(5000)), asInt: '1' };
	const targets = [
		'/telemetry/traces',
		`/telemetry/traces/${root.traceId}`,
		'/telemetry/logs',
		'/telemetry/metrics',
		'/telemetry/metrics?name=a.gauge&start=-1m&step=10s',
		'/telemetry/status',
		'/telemetry/traces?limit=0',
	];
	for (const target of targets) {
		test(target.replace(root.traceId, '{trace_id}'), async () => {
			await program.send('traces', otlp.traces([root]));
			await program.send('logs', otlp.logs([otlp.log({ traceId: root.traceId, spanId: root.spanId })]));
			await program.send('metrics', otlp.metrics([{ name: 'a.gauge', gauge: { dataPoints: [point] } }]));
			const response = await program.get(target);
			(await program.contract()).check(target, response, { closed: true });
		});
	}
});
