// Child processes of the benchmark: started, waited for, and gone when the benchmark ends, however it ends.
import { spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 60_000;
const children = new Set();

process.on('exit', () => {
	for (const child of children) child.kill('SIGKILL');
});
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(130));

/** Starts a command: {pid, exited: Promise<{code, signal, stdout, stderr}>, stop(), interrupt()}. */
export function start(command, args) {
	const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
	const output = { stdout: '', stderr: '' };
	children.add(child);
	for (const name of ['stdout', 'stderr']) {
		child[name].setEncoding('utf8');
		child[name].on('data', (text) => {
			output[name] += text;
		});
	}
	const exited = new Promise((resolve, reject) => {
		child.once('error', (error) => reject(new Error(`Cannot start ${command}: ${error.message}.`)));
		child.once('close', (code, signal) => {
			children.delete(child);
			resolve({ code, signal, ...output });
		});
	});
	exited.catch(() => {});
	return {
		pid: child.pid,
		output,
		exited,
		interrupt: () => child.kill('SIGINT'),
		stop: () => stop(child, exited, command),
	};
}

async function stop(child, exited, command) {
	child.kill('SIGTERM');
	const patience = new AbortController();
	const timeout = sleep(patienceMs, undefined, { signal: patience.signal }).then(
		() => {
			throw new Error(`${command} did not end within ${patienceMs / 1000} s of SIGTERM.`);
		},
		() => {},
	);
	const { code, stderr } = await Promise.race([exited, timeout]);
	patience.abort();
	if (code !== 0) throw new Error(`${command} ended with status ${code}: ${stderr.trim().slice(-2000)}`);
}

/** Runs a command to its end and returns its standard output; `allowed` are the exit statuses that are no error. */
export async function run(command, args, { allowed = [0] } = {}) {
	const { code, stdout, stderr } = await start(command, args).exited;
	if (!allowed.includes(code)) throw new Error(`${command} ended with status ${code}: ${stderr.trim()}`);
	return stdout;
}

/** A port that was free a moment ago. */
export function freePort() {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address();
			server.close(() => resolve(port));
		});
	});
}

/** GET: {status, text}; status 0 where nobody answers. */
export function get(url) {
	return new Promise((resolve) => {
		const sent = request(url, { agent: false }, (response) => {
			const chunks = [];
			response.on('data', (chunk) => chunks.push(chunk));
			response.on('error', () => resolve({ status: 0, text: '' }));
			response.on('end', () =>
				resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }),
			);
		});
		sent.on('error', () => resolve({ status: 0, text: '' }));
		sent.end();
	});
}

/** Waits until url answers 200; how many milliseconds it took since startedMs. */
export async function waitUntilReady(url, child, startedMs) {
	let ended = false;
	child.exited.then(
		() => {
			ended = true;
		},
		() => {
			ended = true;
		},
	);
	while ((await get(url)).status !== 200) {
		if (ended)
			throw new Error(`The server ended before it was ready: ${child.output.stderr.trim().slice(-2000)}`);
		if (performance.now() - startedMs > patienceMs) throw new Error(`${url} does not become ready.`);
		await sleep(1);
	}
	return performance.now() - startedMs;
}
