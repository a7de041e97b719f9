// The program is killed with SIGKILL at instants that a seed chooses, many times on one store: while it receives, while
// it merges, while it ends, while it starts, while a backup is made of it. After each, the store is held against the
// ledger of what was sent, and so is what there is of a backup.
//
// CRASH_SEED repeats a run, CRASH_ROUNDS makes it longer; tests/crash/hunt does both for as long as you like.
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
	eventually,
	programPath,
	runProgram,
	startChild,
	startProgram,
	temporaryFolder,
} from '../harness.mjs';
import { auditAll, Ledger, randomFrom, signals } from './ledger.mjs';

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.CRASH_ROUNDS ?? 24);
const random = randomFrom(seed);
const between = (least, most) => least + (most - least) * random();
const auditedBefore = 200; // requests before a round whose rows are looked for in its backup too
const counts = { backups: 0, restored: 0, refused: 0 };

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

/** Runs the command; a program that holds the store makes the backup for it. */
function startBackup(all) {
	const { program, ledger, old } = all;
	const name = `copy-${++counts.backups}`;
	all.backup = {
		folder: path.join(program.root, '.rohas/backups', name),
		outcomes: ledger.outcomes(),
		oldOutcomes: old.outcomes(),
	};
	const child = startChild(programPath, [
		...['backup', name, '--project-root', program.root],
		...['--set', `server.port=${program.port}`],
	]);
	all.backup.exited = child.exited;
	return child;
}

/** A backup that is there has every row that was acknowledged before it began, once. What is left of one is none. */
async function auditBackup({ backup, ledger, old }, first, firstOld) {
	const { code } = await backup.exited;
	if (code === 0) assert.ok(existsSync(backup.folder), 'the backup was said to be made, and is not there');
	for (const folder of [backup.folder, `${backup.folder}.tmp`].filter(existsSync)) {
		const root = temporaryFolder();
		const restored = await runProgram(['restore', folder, '--project-root', root]);
		if (restored.code === 0) {
			const copy = await startProgram({ root });
			await ledger.asOf(backup.outcomes).audit(copy, Math.max(0, first - auditedBefore));
			await old.asOf(backup.oldOutcomes).audit(copy, Math.max(0, firstOld - auditedBefore));
			await copy.stop();
			counts.restored++;
		} else {
			assert.notEqual(folder, backup.folder, `a backup is there and not restored: ${restored.stderr}`);
			assert.ok(!existsSync(path.join(root, '.rohas/telemetry')), 'it was refused, and a store is there');
			counts.refused++;
		}
		for (const each of [root, folder]) rmSync(each, { recursive: true });
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

	/** A backup is made meanwhile; the command that asked for it may die first. */
	copying: (all) =>
		whileReceiving(all, async () => {
			await sleep(between(20, 400));
			const child = startBackup(all);
			await sleep(between(0, 400));
			if (random() < 0.5) {
				child.signal('SIGKILL');
				await sleep(between(0, 60));
			}
			await all.program.kill();
			// It may hold the store now, and make the backup itself.
			await child.exited;
		}),

	/** The command itself holds the store, and dies. */
	async copyingAtRest(all) {
		await endings.receiving(all);
		const child = startBackup(all);
		await sleep(between(5, 400));
		child.signal('SIGKILL');
		await child.exited;
	},

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
			if (all.backup) await auditBackup(all, first, firstOld);
			all.backup = undefined;
		} catch (error) {
			error.message = `round ${round + 1}, killed while ${name}: ${error.message}`;
			throw error;
		}
	}
	await eventually(() => auditAll(program, [ledger, old]).then(() => true));
	const acknowledged = ledger.count('acknowledged');
	const { store } = await program.api('/telemetry/status');
	t.diagnostic(
		`${acknowledged} of ${ledger.requests.length} requests acknowledged over ${rounds} kills, ${store.blocks} blocks left; ` +
			`of ${counts.backups} backups ${counts.restored} were restored and ${counts.refused} refused`,
	);
	assert.ok(acknowledged > 10 * rounds, 'hardly anything was acknowledged: the test proved nothing');
	// What is left to merge is merged, and nothing is lost over that either.
	await eventually(async () => (await program.api('/telemetry/status')).store.blocks < acknowledged / 4);
	await eventually(() => auditAll(program, [ledger, old]).then(() => true));
	await program.stop();
});
