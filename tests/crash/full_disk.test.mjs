// A disk that is truly full: a small file system in memory, filled to the last byte. Mounting it takes root; where that
// is refused the test is skipped, and failing_disk.test.mjs has said the most of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { eventually, startProgram } from '../harness.mjs';
import { auditAll, Ledger, signals } from './ledger.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'rohas-full-'));
const filler = path.join(folder, 'filler');
const isMounted = asRoot(
	'mount',
	'-t',
	'tmpfs',
	'-o',
	`size=40m,uid=${process.getuid()},mode=0700`,
	'tmpfs',
	folder,
);

after(() => {
	if (isMounted) asRoot('umount', '--lazy', folder);
	rmdirSync(folder);
});

function asRoot(...command) {
	const [name, ...args] = process.getuid() === 0 ? command : ['sudo', '-n', ...command];
	return spawnSync(name, args).status === 0;
}

/** Writes until not one byte more is taken. */
function fill() {
	const file = openSync(filler, 'a');
	for (let size = 1 << 20; size >= 1; ) {
		try {
			writeSync(file, Buffer.alloc(size));
		} catch (error) {
			assert.equal(error.code, 'ENOSPC');
			size >>= 1;
		}
	}
	closeSync(file);
}

test('a full disk costs nothing that was acknowledged, and the program goes on once there is room', {
	skip: isMounted ? false : 'mounting a file system takes root',
}, async () => {
	const program = await startProgram({ root: folder });
	const ledger = new Ledger();
	const answers = async (count) => {
		const statuses = [];
		for (let i = 0; i < count; i++) {
			statuses.push((await ledger.send(program, signals[i % signals.length])).status);
		}
		return statuses;
	};
	for (let round = 0; round < 3; round++) {
		assert.deepEqual(await answers(6), Array(6).fill(200));
		fill();
		// The last page of the log may have room for some requests yet.
		await eventually(async () => (await answers(10)).every((status) => status === 503), { everyMs: 0 });
		assert.match((await program.problem('/readyz')).detail, /No space left on device/);
		await auditAll(program, [ledger]);
		rmSync(filler);
		await eventually(async () => (await program.get('/readyz')).status === 200);
		assert.deepEqual(await answers(6), Array(6).fill(200));
		await auditAll(program, [ledger]);
	}
	await program.kill();
	await program.start();
	await auditAll(program, [ledger]);
	await program.stop();
});
