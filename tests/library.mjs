// The C library, installed into a folder of the test's own, and programs built against it with pkg-config.
import assert from 'node:assert/strict';
import path from 'node:path';
import { projectRoot, startChild, temporaryFolder } from './harness.mjs';

const build = process.env.ROHAS_BUILD ?? path.join(projectRoot, 'build');

async function run(command, args, options) {
	const result = await startChild(command, args, options).exited;
	assert.equal(result.code, 0, `${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`);
	return result.stdout.trim();
}

/** Installs it: {pkgConfig(…arguments), command, libraryPath}. */
export async function installLibrary() {
	const folder = temporaryFolder();
	await run('meson', ['install', '-C', build, '--no-rebuild', '--quiet', '--destdir', folder]);
	const listed = await run('find', [folder, '-name', 'rohas-telemetry.pc']);
	const prefix = path.join(folder, await run('sed', ['-n', 's/^prefix=//p', listed]));
	const libraryPath = path.dirname(path.dirname(listed));
	const env = { PKG_CONFIG_PATH: path.dirname(listed) };
	const command = `pkg-config --define-variable=prefix=${prefix}`;
	return {
		command,
		env,
		libraryPath,
		async pkgConfig(...args) {
			const words = await run('pkg-config', [`--define-variable=prefix=${prefix}`, ...args], { env });
			return words.split(/\s+/);
		},
	};
}

/** Builds source into a program; the compiler is cc or c++. */
export async function buildProgram(library, { compiler = 'cc', source, isStatic = false, flags = [] }) {
	const program = path.join(temporaryFolder(), 'program');
	const words = await library.pkgConfig(
		'--cflags',
		'--libs',
		...(isStatic ? ['--static'] : []),
		'rohas-telemetry',
	);
	const linked = isStatic
		? words.map((word) => (word === '-lrohas-telemetry' ? '-l:librohas-telemetry.a' : word))
		: [...words, `-Wl,-rpath,${library.libraryPath}`];
	await run(compiler, [...flags, '-Wall', '-Wextra', '-Werror', '-o', program, source, ...linked]);
	return program;
}

/** Builds examples/shop-c as its README says, and starts it against a program. */
export async function startShopC(library, program, env = {}) {
	const folder = path.join(projectRoot, 'examples/shop-c');
	const target = path.join(temporaryFolder(), 'shop-c');
	await run(
		'make',
		[
			'-C',
			folder,
			`PKG_CONFIG=${library.command}`,
			`target=${target}`,
			`LDFLAGS=-Wl,-rpath,${library.libraryPath}`,
		],
		{ env: library.env },
	);
	const shop = startChild(target, [], {
		cwd: folder,
		env: { ROHAS_TELEMETRY_LIBRARY_ENDPOINT: program.otlpUrl, RESTOCK_EVERY_MS: '200', ...env },
	});
	return shop;
}
