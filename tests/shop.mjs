// Starts examples/shop-node against a program, as its README says, and calls it.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { eventually, projectRoot, startChild } from './harness.mjs';

const folder = path.join(projectRoot, 'examples/shop-node');

/** The shop, open for calls: {url, call(method, path, body), close()}. Its SDK sends early, to keep tests short. */
export async function startShop(program, env = {}) {
	if (!existsSync(path.join(folder, 'node_modules'))) {
		throw new Error(`${folder} has no node_modules: run scripts/setup, or npm ci there`);
	}
	const shop = startChild(process.execPath, ['--import', './src/telemetry.js', 'src/main.js'], {
		cwd: folder,
		env: {
			PORT: '0',
			RESTOCK_EVERY_MS: '500',
			OTEL_SERVICE_NAME: 'shop-node',
			OTEL_EXPORTER_OTLP_ENDPOINT: program.otlpUrl,
			OTEL_BSP_SCHEDULE_DELAY: '50',
			OTEL_BLRP_SCHEDULE_DELAY: '50',
			OTEL_METRIC_EXPORT_INTERVAL: '500',
			OTEL_METRIC_EXPORT_TIMEOUT: '500',
			...env,
		},
	});
	const port = await eventually(() => {
		if (shop.hasExited()) throw new Error(`The shop did not open:\n${shop.stdout()}${shop.stderr()}`);
		return /"port":(\d+)/.exec(shop.stdout())?.[1];
	});
	const url = `http://127.0.0.1:${port}`;
	return {
		url,
		async call(method, target, body) {
			const response = await fetch(url + target, {
				method,
				headers: { 'content-type': 'application/json' },
				body: body && JSON.stringify(body),
			});
			return { status: response.status, body: await response.json() };
		},
		async close() {
			shop.signal('SIGTERM');
			return shop.exited;
		},
	};
}
