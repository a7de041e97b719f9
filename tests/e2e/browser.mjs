// Debian's Chromium, driven by playwright-core. One browser a test file; a page an own context.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, request } from 'node:http';
import path from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { temporaryFolder } from '../harness.mjs';

/** Where screenshots go: meson names a folder of the build. */
const outputFolder = process.env.ROHAS_TEST_OUTPUT ?? temporaryFolder();

let browser;
const servers = [];
after(async () => {
	await browser?.close();
	for (const server of servers) {
		server.close();
		server.closeAllConnections();
	}
});

async function launch() {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--headless=new',
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
}

/**
 * Opens an address. page.complaints collects what the browser complains of: errors of scripts, of the console,
 * and requests to anywhere but the program.
 */
export async function openPage(address, { colorScheme = 'light', width = 1440, height = 900 } = {}) {
	browser ??= await launch();
	const context = await browser.newContext({
		viewport: { width, height },
		colorScheme,
		reducedMotion: 'reduce',
	});
	const page = await context.newPage();
	page.complaints = [];
	const { origin } = new URL(address);
	page.on('pageerror', (error) => page.complaints.push(String(error)));
	page.on('console', (message) => {
		if (message.type() === 'error') page.complaints.push(message.text());
	});
	page.on('request', (each) => {
		const { protocol, origin: other } = new URL(each.url());
		if (protocol.startsWith('http') && other !== origin) page.complaints.push(`asked ${each.url()}`);
	});
	await page.goto(address);
	return page;
}

export async function closePage(page) {
	await page.context().close();
	assert.deepEqual(page.complaints, []);
}

export async function screenshot(page, name) {
	mkdirSync(outputFolder, { recursive: true });
	await page.screenshot({ path: path.join(outputFolder, `${name}.png`) });
}

/** A reverse proxy that serves `target` below `prefix`, as nginx's proxy_pass would. Returns its own origin. */
export async function startProxy(target, prefix) {
	const { hostname, port } = new URL(target);
	const server = createServer((incoming, outgoing) => {
		if (!incoming.url.startsWith(`${prefix}/`)) {
			outgoing.writeHead(404).end('Not below the prefix');
			return;
		}
		const forwarded = request({
			hostname,
			port,
			method: incoming.method,
			path: incoming.url.slice(prefix.length),
			headers: { ...incoming.headers, host: `${hostname}:${port}` },
		});
		forwarded.on('response', (answer) => {
			outgoing.writeHead(answer.statusCode, answer.headers);
			answer.pipe(outgoing);
		});
		forwarded.on('error', () => outgoing.destroy());
		outgoing.on('close', () => forwarded.destroy());
		incoming.pipe(forwarded);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	servers.push(server);
	return `http://127.0.0.1:${server.address().port}`;
}
