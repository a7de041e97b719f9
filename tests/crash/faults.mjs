// A disk that fails when a test says so: faults.c in front of the program's C library.
import { closeSync, openSync, readFileSync, realpathSync, writeFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { projectRoot, temporaryFolder } from '../harness.mjs';

const library = process.env.FAULTS_LIBRARY ?? path.join(projectRoot, 'build/tests/crash/libfaults.so');

export class Disk {
	#control;

	/** The disk under the store of a project root; `suffix`: of files whose names end so. */
	constructor({ suffix = '' } = {}) {
		this.root = realpathSync(temporaryFolder());
		this.#control = path.join(this.root, 'faults');
		writeFileSync(this.#control, Buffer.alloc(16));
		this.env = {
			LD_PRELOAD: library,
			FAULTS_FOLDER: path.join(this.root, '.rohas'),
			FAULTS_SUFFIX: suffix,
			FAULTS_CONTROL: this.#control,
		};
	}

	/** From now on: writes fail with `write` after `room` bytes, syncs fail with `sync`; names of errors. */
	fail({ write, room = 0, sync }) {
		const bytes = Buffer.alloc(16);
		bytes.writeBigInt64LE(BigInt(room), 0);
		bytes.writeInt32LE(write ? constants.errno[write] : 0, 8);
		bytes.writeInt32LE(sync ? constants.errno[sync] : 0, 12);
		const file = openSync(this.#control, 'r+');
		writeSync(file, bytes, 0, bytes.length, 0);
		closeSync(file);
	}

	/** How many bytes of the room are left. */
	room() {
		return Number(readFileSync(this.#control).readBigInt64LE(0));
	}

	heal() {
		this.fail({});
	}
}
