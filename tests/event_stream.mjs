// A reader of server-sent events, as a browser's EventSource would read them.
import { eventually } from './harness.mjs';

export class EventStream {
	events = [];
	comments = 0;
	ended = false;
	#abort = new AbortController();

	/** Opens the stream; returns once the program has answered. */
	static async open(url, { headers } = {}) {
		const stream = new EventStream();
		stream.response = await fetch(url, { headers, signal: stream.#abort.signal });
		stream.#read().catch(() => {});
		return stream;
	}

	async #read() {
		let text = '';
		try {
			for await (const chunk of this.response.body.pipeThrough(new TextDecoderStream())) {
				text += chunk;
				const blocks = text.split('\n\n');
				text = blocks.pop();
				for (const block of blocks) this.#take(block);
			}
		} finally {
			this.ended = true;
		}
	}

	#take(block) {
		const event = { name: 'message', data: '' };
		for (const line of block.split('\n')) {
			if (line.startsWith(':')) this.comments += 1;
			else if (line.startsWith('event:')) event.name = line.slice(6).trim();
			else if (line.startsWith('data:')) event.data += line.slice(5).trimStart();
		}
		if (event.data !== '') this.events.push({ name: event.name, data: JSON.parse(event.data) });
	}

	/** Waits for an event that `matches`. */
	next(matches) {
		return eventually(() => this.events.find(matches));
	}

	close() {
		this.#abort.abort();
	}
}
