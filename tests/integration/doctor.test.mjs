// doctor names what makes telemetry go missing, and the program's log says it too.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { eventually, freePort, runProgram, startProgram, temporaryFolder } from '../harness.mjs';
import * as otlp from '../otlp.mjs';

async function doctor(settings, root = temporaryFolder()) {
	const flags = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
	const { code, stdout } = await runProgram(['doctor', '--json', '--project-root', root, ...flags]);
	return { code, findings: JSON.parse(stdout) };
}

async function freePorts() {
	return { 'server.port': await freePort(), 'telemetry.receiver.http.port': await freePort() };
}

function find(findings, level, sentence) {
	const found = findings.find((each) => each.level === level && sentence.test(each.sentence));
	assert.ok(found, `no ${level} says ${sentence}:\n${JSON.stringify(findings, null, 2)}`);
	return found;
}

const portsOf = (program) => ({
	'server.port': program.port,
	'telemetry.receiver.http.port': program.otlpPort,
});

test('a machine on which nothing is wrong', async () => {
	const { code, findings } = await doctor(await freePorts());
	assert.equal(code, 0);
	assert.deepEqual(
		findings.filter((each) => ['warning', 'problem'].includes(each.level)),
		[],
	);
	find(findings, 'note', /no program answers/);
});

test('what the configuration drops', async () => {
	const ports = await freePorts();
	const { code, findings } = await doctor({
		...ports,
		'telemetry.enable_logs': false,
		'telemetry.sampling.tail_ratio': 0,
		'telemetry.sampling.keep_errors': false,
		'telemetry.sampling.keep_slowest': false,
		'telemetry.sampling.handler_minimum': 0,
		'telemetry.max_storage_bytes': '64MiB',
		'server.host': '0.0.0.0',
	});
	assert.equal(code, 1);
	assert.match(find(findings, 'warning', /logs are accepted and dropped/).advice, /enable_logs = true/);
	find(findings, 'problem', /every trace is dropped 30 seconds after it arrived/);
	find(findings, 'warning', /max_storage_bytes is 64 MB/);
	find(findings, 'warning', /can read all telemetry/);
	const { findings: head } = await doctor({ ...ports, 'telemetry.sampling.head_ratio': 0 });
	find(head, 'problem', /no trace is stored/);
});

test('a wrong configuration file is a finding, and the other checks go on', async () => {
	const { code, findings } = await doctor({ ...(await freePorts()), 'telemetry.retention_days': -1 });
	assert.equal(code, 1);
	find(findings, 'problem', /telemetry\.retention_days/);
	find(findings, 'ok', /free of/);
});

test('a port that another process has', async () => {
	const other = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
	await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
	const taken = other.address().port;
	const { code, findings } = await doctor({
		'server.port': await freePort(),
		'telemetry.receiver.http.port': taken,
	});
	assert.equal(code, 1);
	find(findings, 'problem', new RegExp(`telemetry.receiver.http.port ${taken} is taken`));
	const { findings: server } = await doctor({ ...(await freePorts()), 'server.port': taken });
	find(server, 'problem', /is not this program/);
	other.close();
});

test('a store that another program holds', async () => {
	const program = await startProgram();
	const { code, findings } = await doctor(await freePorts(), program.root);
	assert.equal(code, 1);
	find(findings, 'problem', new RegExp(`process ${program.pid} holds the store`));
	await program.stop();
});

test('a folder that cannot be one', async () => {
	const { code, findings } = await doctor({ ...(await freePorts()), 'telemetry.path': '/dev/null' });
	assert.equal(code, 1);
	find(findings, 'problem', /\/dev\/null is no folder/);
});

test('what senders get wrong, of a running program', async () => {
	const program = await startProgram({ settings: { 'telemetry.retention_days': 1 } });
	const { findings: quiet } = await doctor(portsOf(program), program.root);
	find(quiet, 'warning', /nothing has arrived/);
	find(quiet, 'ok', /server\.port \d+ is the running program's/);
	await program.post('/v1/trace', { body: '{}', headers: { 'Content-Type': 'application/json' } });
	await program.send(
		'traces',
		otlp.traces([otlp.span({ agoMs: -600_000 }), otlp.span({ agoMs: 5 * 86_400_000 })]),
	);
	const { code, findings } = await doctor(portsOf(program), program.root);
	assert.equal(code, 1);
	find(findings, 'problem', /1 request went to paths that do not exist, the last to \/v1\/trace$/);
	find(findings, 'warning', /1 row lay ahead in time, up to (599|600) seconds/);
	find(findings, 'warning', /1 row arrived older than the retention/);
	await eventually(() => /was sent to \/v1\/trace, which does not exist/.test(program.stderr));
	assert.match(program.stderr, /rows arrive whose times lie ahead/);
	assert.match(program.stderr, /older than what is kept/);
	await program.stop();
});

test('a program that asks for another key', async () => {
	const program = await startProgram({ settings: { 'workbench.api_key': 'first' } });
	const { findings } = await doctor({ ...portsOf(program), 'workbench.api_key': 'second' }, program.root);
	find(findings, 'warning', /is not the one/);
	assert.ok(!JSON.stringify(findings).includes('second'));
	await program.stop();
});

test('the program warns at its start of what goes missing', async () => {
	const program = await startProgram({
		settings: { 'telemetry.enable_metrics': false, 'telemetry.sampling.head_ratio': 0 },
	});
	await eventually(() => /no trace is stored/.test(program.stderr));
	assert.match(program.stderr, /metrics are accepted and dropped/);
	await program.stop();
});
