// A message broker for tests: as much of AMQP 0-9-1 as a client needs that publishes to queues by their names and consumes
// from them. Properties of messages (trace context is among them) go through untouched.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after } from 'node:test';

const kinds = { method: 1, header: 2, body: 3, heartbeat: 8 };
const frameEnd = 0xce;

function short(value) {
	const bytes = Buffer.alloc(2);
	bytes.writeUInt16BE(value);
	return bytes;
}

function long(value) {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
}

const shortText = (text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const longText = (text) => Buffer.concat([long(text.length), Buffer.from(text)]);

/** The short text at `at`, and where it ends. */
function readShortText(bytes, at) {
	const end = at + 1 + bytes[at];
	return [bytes.toString('utf8', at + 1, end), end];
}

function writeFrame(socket, kind, channel, payload) {
	socket.write(
		Buffer.concat([
			Buffer.from([kind]),
			short(channel),
			long(payload.length),
			payload,
			Buffer.from([frameEnd]),
		]),
	);
}

function writeMethod(socket, channel, [classId, methodId], ...fields) {
	writeFrame(socket, kinds.method, channel, Buffer.concat([short(classId), short(methodId), ...fields]));
}

/** Hands a message to the first consumer of its queue; there is one queue a name, and nothing is kept. */
function deliver(consumers, message) {
	const consumer = consumers.get(message.queue);
	if (!consumer) return;
	const tag = Buffer.alloc(8);
	tag.writeBigUInt64BE(++consumer.delivered);
	const { socket, channel } = consumer;
	const fields = [shortText(consumer.tag), tag, Buffer.from([0]), shortText(''), shortText(message.queue)];
	writeMethod(socket, channel, [60, 60], ...fields);
	writeFrame(socket, kinds.header, channel, message.header);
	for (const body of message.bodies) writeFrame(socket, kinds.body, channel, body);
}

/** What the broker answers to each method that has an answer. */
const answers = {
	10.11: (socket) => writeMethod(socket, 0, [10, 30], short(0), long(0), short(0)), // start-ok: tune
	'10.40': (socket) => writeMethod(socket, 0, [10, 41], shortText('')), // open
	'10.50': (socket) => writeMethod(socket, 0, [10, 51]), // close
	'20.10': (socket, channel) => writeMethod(socket, channel, [20, 11], longText('')), // channel open
	'20.40': (socket, channel) => writeMethod(socket, channel, [20, 41]), // channel close
	'50.10': (socket, channel, fields) => {
		const [queue] = readShortText(fields, 2);
		writeMethod(socket, channel, [50, 11], shortText(queue), long(0), long(0));
	},
};

function serve(socket, consumers) {
	let unread = Buffer.alloc(0);
	let greeted = false;
	let message; // that is being published

	function takeMethod(channel, payload) {
		const name = `${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`;
		const fields = payload.subarray(4);
		answers[name]?.(socket, channel, fields);
		if (name === '60.20') {
			const [queue, after] = readShortText(fields, 2);
			const tag = readShortText(fields, after)[0] || `consumer-${consumers.size}`;
			consumers.set(queue, { socket, channel, tag, delivered: 0n });
			writeMethod(socket, channel, [60, 21], shortText(tag));
		} else if (name === '60.40') {
			const [, after] = readShortText(fields, 2);
			message = { queue: readShortText(fields, after)[0], bodies: [] };
		}
	}

	function takeContent(kind, payload) {
		if (kind === kinds.header) {
			message.header = payload;
			message.left = Number(payload.readBigUInt64BE(4));
		} else {
			message.bodies.push(payload);
			message.left -= payload.length;
		}
		if (message.left === 0) deliver(consumers, message);
	}

	socket.on('data', (bytes) => {
		unread = Buffer.concat([unread, bytes]);
		if (!greeted && unread.length >= 8) {
			greeted = true;
			unread = unread.subarray(8);
			const start = [Buffer.from([0, 9]), long(0), longText('PLAIN'), longText('en_US')];
			writeMethod(socket, 0, [10, 10], ...start);
		}
		while (greeted && unread.length >= 8 && unread.length >= 8 + unread.readUInt32BE(3)) {
			const size = unread.readUInt32BE(3);
			const kind = unread[0];
			const channel = unread.readUInt16BE(1);
			const payload = unread.subarray(7, 7 + size);
			unread = unread.subarray(8 + size);
			if (kind === kinds.method) takeMethod(channel, payload);
			else if (kind === kinds.header || kind === kinds.body) takeContent(kind, payload);
		}
	});
	socket.on('error', () => {});
}

const closings = new Set();
after(() => {
	for (const close of closings) close();
});

/** A broker that is gone when the test file ends: its URL. */
export async function startBroker() {
	const consumers = new Map();
	const sockets = new Set();
	const server = createServer((socket) => {
		sockets.add(socket);
		serve(socket, consumers);
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	closings.add(() => {
		for (const socket of sockets) socket.destroy();
		server.close();
	});
	return `amqp://127.0.0.1:${server.address().port}`;
}
