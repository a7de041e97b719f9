/*
 * event-stream: server-sent events out of a text that comes in pieces.
 *
 * A line may be cut anywhere between two pieces. Comments (the server's heartbeats) are no events.
 */

export interface StreamEvent {
	name: string;
	data: string;
}

export interface EventStreamReader {
	/** The events that this piece completes. */
	push(piece: string): StreamEvent[];
}

export function eventStreamReader(): EventStreamReader {
	let rest = '';
	let name = '';
	let data: string[] = [];

	const takeLine = (line: string): StreamEvent | null => {
		if (line === '') {
			const event = data.length > 0 ? { name: name || 'message', data: data.join('\n') } : null;
			name = '';
			data = [];
			return event;
		}
		const colon = line.indexOf(':');
		const field = colon < 0 ? line : line.slice(0, colon);
		const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
		if (field === 'event') name = value;
		else if (field === 'data') data.push(value);
		return null;
	};

	return {
		push(piece) {
			const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
			rest = lines.pop() ?? '';
			return lines.map(takeLine).filter((event) => event !== null);
		},
	};
}
