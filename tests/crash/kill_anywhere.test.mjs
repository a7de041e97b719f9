// The program is killed with SIGKILL at instants that a seed chooses, many times on one store: while it receives, while
// it merges, while it ends, while it starts. After each, the store is held against the ledger of what was sent.
//
// CRASH_SEED repeats a run, CRASH_ROUNDS makes it longer; tests/crash/hunt does both for as long as you like.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, startProgram } from '../harness.mjs';
import { auditAll, Ledger, randomFrom, signals } from './ledger.mjs';

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.CRASH_ROUNDS ?? 24);
const random = randomFrom(seed);
const between = (least, most) => least + (most - least) * random();

/**
 * Two senders a signal, and one that sends what is older than retention lets stand, until the program is gone or
 * `isOver`. A program that refuses is a failure.
 */
function startSenders({ program, ledger, old }, isOver) {
	const send = async (signal) => {
		while (!isOver()) {
			const answer = await ledger.send(program, signal);
			if (!answer) return;
			if (answer.status !== 200 && !isOver()) assert.fail(`refused with ${answer.status}: ${answer.text}`);
		}
	};
	const sendOld = async () => {
		for (let i = 0; !isOver(); i++) {
			if (!(await old.send(program, signals[i % signals.length]))) return;
			await sleep(20);
		}
	};
	return Promise.all([...[...signals, ...signals].map(send), sendOld()]);
}

/** Runs `during` while requests come in; it ends with the program's death. */
async function whileReceiving(all, during) {
	let over = false;
	const senders = startSenders(all, () => over);
	try {
		await during(() => {
			over = true;
		});
	} finally {
		over = true;
		await senders;
	}
}

const endings = {
	/** In the middle of requests. */
	receiving: (all) =>
		whileReceiving(all, async () => {
			await sleep(between(20, 600));
			await all.program.kill();
		}),

	/** Blocks have gathered, and the store looks for some to merge once a second. */
	async merging(all) {
		let over = false;
		const senders = startSenders(all, () => over);
		await sleep(between(300, 500));
		over = true;
		await senders;
		await sleep(between(0, 1300));
		await all.program.kill();
	},

	/** What is under way is finished; a second signal does not wait for that. */
	ending: (all) =>
		whileReceiving(all, async (end) => {
			await sleep(between(20, 300));
			end();
			await all.program.stopAndKill(between(0, 60));
		}),

	/** Its log is read and its tables are written anew; killed in that, again and again. */
	async starting(all) {
		await endings.receiving(all);
		for (let left = between(1, 4); left > 0; left--) await all.program.startAndKill(between(5, 120));
	},
};

test(`nothing is lost over ${rounds} kills (seed ${seed})`, async (t) => {
	const names = Object.keys(endings);
	const program = await startProgram();
	const all = { program, ledger: new Ledger(), old: new Ledger({ agoDays: 40, mayExpire: true }) };
	const { ledger, old } = all;
	for (let round = 0; round < rounds; round++) {
		const first = ledger.requests.length;
		const firstOld = old.requests.length;
		const name = names[Math.floor(names.length * random())];
		try {
			await endings[name](all);
			await program.start();
			await ledger.audit(program, first);
			await old.audit(program, firstOld);
		} catch (error) {
			error.message = `round ${round + 1}, killed while ${name}: ${error.message}`;
			throw error;
		}
	}
	await eventually(() => auditAll(program, [ledger, old]).then(() => true));
	const acknowledged = ledger.count('acknowledged');
	const { store } = await program.api('/telemetry/status');
	t.diagnostic(
		`${acknowledged} of ${ledger.requests.length} requests acknowledged over ${rounds} kills, ${store.blocks} blocks left`,
	);
	assert.ok(acknowledged > 10 * rounds, 'hardly anything was acknowledged: the test proved nothing');
	// What is left to merge is merged, and nothing is lost over that either.
	await eventually(async () => (await program.api('/telemetry/status')).store.blocks < acknowledged / 4);
	await eventually(() => auditAll(program, [ledger, old]).then(() => true));
	await program.stop();
});
