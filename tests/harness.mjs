// Starts the real program for a test and stops it again. Every program, child process and folder that a test
// file makes is gone when the file ends, however it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Contract } from './contract.mjs';
import { envelope, readPartialSuccess } from './otlp.mjs';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

/** The program under test; meson says which. */
export const programPath = process.env.ROHAS_TELEMETRY ?? path.join(projectRoot, 'build/rohas-telemetry');

// Generous, for a sanitized program on a busy machine: it ends a wait that would never end, and asserts nothing.
const patienceMs = 30_000;

const programs = new Set();
const children = new Set();
const folders = new Set();

after(async () => {
	try {
		for (const program of programs) if (!program.hasExited()) await program.stop();
	} finally {
		for (const child of children) await endChild(child, 'SIGKILL');
		for (const folder of folders) rmSync(folder, { recursive: true, force: true });
	}
});
process.on('exit', () => {
	for (const child of children) child.kill('SIGKILL');
});

/** An empty folder that is removed when the test file ends. */
export function temporaryFolder() {
	const folder = mkdtempSync(path.join(tmpdir(), 'rohas-test-'));
	folders.add(folder);
	return folder;
}

/** A port that was free a moment ago. */
export async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address();
	server.close();
	await once(server, 'close');
	return port;
}

/** Calls `probe` until it returns something true or stops throwing; its last error is what a failure shows. */
export async function eventually(probe, { everyMs = 25, withinMs = patienceMs } = {}) {
	const deadline = Date.now() + withinMs;
	for (;;) {
		let failure;
		try {
			const result = await probe();
			if (result) return result;
		} catch (error) {
			failure = error;
		}
		if (Date.now() > deadline) throw failure ?? new Error(`Never came true: ${probe}`);
		await sleep(everyMs);
	}
}

/** A child process whose output is collected: {pid, stdout(), stderr(), exited, signal(name)}. */
export function startChild(command, args, { env = {}, cwd } = {}) {
	const child = spawn(command, args, {
		cwd,
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	children.add(child);
	const output = { stdout: '', stderr: '' };
	for (const name of ['stdout', 'stderr']) {
		child[name].setEncoding('utf8');
		child[name].on('data', (text) => {
			output[name] += text;
		});
	}
	const exited = new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', (code, signal) => {
			children.delete(child);
			resolve({ code, signal, ...output });
		});
	});
	exited.catch(() => {});
	return {
		pid: child.pid,
		stdout: () => output.stdout,
		stderr: () => output.stderr,
		hasExited: () => child.exitCode !== null || child.signalCode !== null,
		exited,
		signal: (name) => child.kill(name),
	};
}

async function endChild(child, signal) {
	const closed = once(child, 'close');
	child.kill(signal);
	await closed;
}

/** Runs the program to its end: {code, signal, stdout, stderr}. */
export function runProgram(args, options) {
	return startChild(programPath, args, options).exited;
}

/** Writes config/rohas.toml under a project root. */
export async function writeConfig(root, text) {
	await mkdir(path.join(root, 'config'), { recursive: true });
	await writeFile(path.join(root, 'config/rohas.toml'), text);
}

/**
 * Starts `rohas-telemetry serve` on free ports and waits until it is ready.
 * settings  {'section.key': value} that become --set arguments
 * root      the project root, default a folder of its own
 */
export async function startProgram({ settings = {}, root = temporaryFolder(), env } = {}) {
	const program = new Program(root, settings, env);
	programs.add(program);
	await program.start();
	return program;
}

class Program {
	#settings;
	#env;
	#child;
	#contract;

	constructor(root, settings, env) {
		this.root = root;
		this.#settings = settings;
		this.#env = env;
	}

	async start() {
		// Another process may take a port between our looking and the program's binding: look again, then.
		for (let attempt = 1; ; attempt++) {
			this.port ??= await freePort();
			this.otlpPort ??= await freePort();
			this.#child = startChild(programPath, this.#arguments(), { env: this.#env });
			if (await this.#becomesReady()) return;
			const stderr = this.#child.stderr();
			if (attempt === 3 || !/in use|taken/i.test(stderr)) {
				throw new Error(`The program did not start:\n${stderr}`);
			}
			this.port = undefined;
			this.otlpPort = undefined;
		}
	}

	#arguments() {
		const settings = {
			'server.port': this.port,
			'telemetry.receiver.http.port': this.otlpPort,
			...this.#settings,
		};
		return [
			'serve',
			'--project-root',
			this.root,
			...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
		];
	}

	#becomesReady() {
		return eventually(async () => {
			if (this.#child.hasExited()) return 'exited';
			const response = await fetch(`${this.url}/readyz`);
			await response.arrayBuffer();
			return response.status === 200 && 'ready';
		}).then((outcome) => outcome === 'ready');
	}

	get url() {
		return `http://127.0.0.1:${this.port}`;
	}

	get otlpUrl() {
		return `http://127.0.0.1:${this.otlpPort}`;
	}

	get pid() {
		return this.#child.pid;
	}

	get stderr() {
		return this.#child.stderr();
	}

	hasExited() {
		return this.#child?.hasExited() ?? true;
	}

	/** Ends the program as an operator would, and holds it to a clean exit. */
	async stop() {
		this.#child.signal('SIGTERM');
		await eventually(() => this.#child.hasExited());
		const { code, signal, stderr } = await this.#child.exited;
		assert.deepEqual(
			{ code, signal },
			{ code: 0, signal: null },
			`The program did not end cleanly:\n${stderr}`,
		);
	}

	/** Ends the program as a power cut would. */
	async kill() {
		this.#child.signal('SIGKILL');
		await this.#child.exited;
	}

	/** Kills it while it starts, or soon after. */
	async startAndKill(afterMs) {
		this.#child = startChild(programPath, this.#arguments(), { env: this.#env });
		await sleep(afterMs);
		await this.kill();
	}

	/** Asks it to end and kills it meanwhile, unless it was quicker. */
	async stopAndKill(afterMs) {
		this.#child.signal('SIGTERM');
		await sleep(afterMs);
		await this.kill();
	}

	async restart() {
		await this.stop();
		await this.start();
	}

	/** GET on the server's port; the body is read. */
	async get(target, { headers } = {}) {
		const response = await fetch(this.url + target, { headers });
		return readResponse(response);
	}

	/** GET that must succeed, its JSON checked against the program's own OpenAPI document. */
	async api(target, parameters) {
		const response = await this.get(withQuery(target, parameters));
		assert.equal(response.status, 200, `${target}: ${response.text}`);
		(await this.contract()).check(target, response);
		return response.json;
	}

	/** GET that must be refused with a problem document; returns {status, ...problem}. */
	async problem(target, parameters) {
		const response = await this.get(withQuery(target, parameters));
		assert.notEqual(response.status, 200, `${target} was accepted: ${response.text.slice(0, 200)}`);
		assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/, response.text);
		(await this.contract()).check(target, response);
		assert.equal(response.json.status, response.status);
		return response.json;
	}

	async contract() {
		if (!this.#contract) {
			const { json } = await this.get('/openapi.json');
			this.#contract = new Contract(json);
		}
		return this.#contract;
	}

	/** POST of raw bytes to an OTLP path; `door` is otlp (its own port) or server. */
	async post(target, { body, headers, method = 'POST', door = 'otlp' } = {}) {
		const response = await fetch((door === 'otlp' ? this.otlpUrl : this.url) + target, {
			method,
			body,
			headers,
		});
		return readResponse(response);
	}

	/** Sends a request that the program must keep in whole. */
	async send(signal, request, options = {}) {
		const response = await this.post(`/v1/${signal}`, {
			...envelope(signal, request, options),
			door: options.door,
		});
		assert.equal(response.status, 200, response.text);
		const partial = readPartialSuccess(signal, response.headers.get('content-type'), response.body);
		assert.deepEqual(partial, { rejected: 0, message: '' });
		return response;
	}
}

async function readResponse(response) {
	const body = Buffer.from(await response.arrayBuffer());
	const text = body.toString();
	const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
	return {
		status: response.status,
		headers: response.headers,
		body,
		text,
		json: isJson ? JSON.parse(text) : undefined,
	};
}

/** `parameters` is an object, or a list of pairs where one name comes twice. */
export function withQuery(target, parameters) {
	if (!parameters) return target;
	const query = new URLSearchParams(parameters).toString();
	return query ? `${target}?${query}` : target;
}
