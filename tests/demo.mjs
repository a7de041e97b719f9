// Runs `rohas-telemetry demo` against a program.
import { programPath, startChild } from './harness.mjs';

/** The demo as a child process, sending to the program's OTLP port. */
export function startDemo(program, options = []) {
	return startChild(programPath, ['demo', ...demoTarget(program), ...options]);
}

function demoTarget(program) {
	return ['--project-root', program.root, '--endpoint', program.otlpUrl];
}

/** Back-fills history and ends: {code, stdout, stderr}. */
export function playHistory(program, history, options = []) {
	return startDemo(program, ['--history', history, '--history-only', ...options]).exited;
}
