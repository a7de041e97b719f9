// A reporter for node:test: TAP with one line a test, suites as part of its name. Meson counts what stands at the
// margin, and takes indented subtests for noise.

export default async function* flatTap(source) {
	const names = [];
	let count = 0;
	yield 'TAP version 13\n';
	for await (const { type, data } of source) {
		if (type === 'test:start') {
			names.length = data.nesting;
			names.push(data.name);
		} else if (type === 'test:pass' || type === 'test:fail') {
			names.length = data.nesting;
			const failed = type === 'test:fail';
			if (data.details.type === 'suite' && !(failed && failedByItself(data.details.error))) continue;
			const name = [...names, data.name].join(': ').replaceAll('#', 'no. ').replaceAll(/\s+/g, ' ');
			count += 1;
			yield `${failed ? 'not ok' : 'ok'} ${count} - ${name}${directive(data)}\n`;
			if (failed) yield comment(describe(data.details.error));
		} else if (
			type === 'test:diagnostic' &&
			!/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)
		) {
			yield comment(data.message);
		}
	}
	yield `1..${count}\n`;
}

/** Whether a suite failed in a hook, and not because one of its tests did. */
function failedByItself(error) {
	return error?.failureType !== 'subtestsFailed';
}

function directive({ skip, todo }) {
	if (skip !== undefined) return ` # SKIP ${skip === true ? '' : skip}`;
	if (todo !== undefined) return ` # TODO ${todo === true ? '' : todo}`;
	return '';
}

function describe(error) {
	const cause = error.cause ?? error;
	return cause.stack ?? String(cause);
}

function comment(text) {
	return `${text
		.split('\n')
		.map((line) => `# ${line}`)
		.join('\n')}\n`;
}
