// Runs `rohas-telemetry demo` against a program.
import { programPath, startChild } from './harness.mjs';

/** The demo as a child process, sending to the program's OTLP port. */
export function startDemo(program, options = []) {
	return startChild(programPath, ['demo', '--url', program.otlpUrl, ...options]);
}

/** Back-fills history and ends: {code, stdout, stderr}. */
export function playHistory(program, history, options = []) {
	return startDemo(program, ['--history', history, '--duration', '0', ...options]).exited;
}
