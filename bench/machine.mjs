// What the benchmark ran on, as a list of [name, value].
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

function firstLine(command, args) {
	try {
		return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
			.trim()
			.split('\n')[0];
	} catch {
		return 'unknown';
	}
}

function readJson(file) {
	try {
		return JSON.parse(readFileSync(file, 'utf8'));
	} catch {
		return undefined;
	}
}

function compiler(buildFolder) {
	const c = readJson(path.join(buildFolder, 'meson-info/intro-compilers.json'))?.host?.c;
	return c ? (c.full_version ?? `${c.id} ${c.version}`) : firstLine('cc', ['--version']);
}

function buildType(buildFolder) {
	const options = readJson(path.join(buildFolder, 'meson-info/intro-buildoptions.json')) ?? [];
	const value = (name) => options.find((option) => option.name === name)?.value;
	return `${value('buildtype') ?? 'unknown'}, optimisation ${value('optimization') ?? 'unknown'}, sanitizers ${value('b_sanitize') ?? 'unknown'}`;
}

function cpuModel() {
	const [cpu] = os.cpus();
	const text = readFileSync('/proc/cpuinfo', 'utf8');
	const field = (name) => text.match(new RegExp(`^${name}\\s*: (.*)$`, 'm'))?.[1];
	const family = field('cpu family');
	return family ? `${cpu.model.trim()} (family ${family}, model ${field('model')})` : cpu.model.trim();
}

export function describeMachine(buildFolder, storeFolder) {
	return [
		[
			'CPU',
			`${cpuModel()}, ${os.cpus().length} cores${/\bhypervisor\b/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? ', virtual machine' : ''}`,
		],
		['Busy before', `load average ${os.loadavg()[0].toFixed(2)}`],
		['Memory', `${(os.totalmem() / 2 ** 30).toFixed(1)} GiB`],
		['Kernel', `${os.type()} ${os.release()}`],
		['File system of the store', firstLine('stat', ['-f', '-c', '%T', storeFolder])],
		['Compiler', compiler(buildFolder)],
		['Build', buildType(buildFolder)],
		['RocksDB', firstLine('pkg-config', ['--modversion', 'rocksdb'])],
	];
}
