/*
 * live: new traces and logs as server-sent events.
 *
 * Read with fetch and not with EventSource: a request header can carry the key, and a refusal says why. When the
 * connection ends it is opened again, ever more slowly while nobody answers. A hidden tab holds no connection:
 * browsers allow six a host.
 */
import { useEffect, useRef, useState } from 'react';
import { eventStreamReader } from '../model/event-stream';
import { apiUrl, type Query, request } from './client';

export type LiveState = 'off' | 'connecting' | 'open' | 'lost';

export interface LiveHandlers {
	/** Called for each event, with its parsed data. */
	onEvent: (data: unknown) => void;
	/** Called when a connection is there: what came in between has to be asked for. */
	onOpen: () => void;
}

const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000];
/** The server sends a heartbeat every 15 seconds. */
const SILENCE_MS = 45_000;

export function useLive(
	signal: 'traces' | 'logs',
	query: Query,
	enabled: boolean,
	handlers: LiveHandlers,
): LiveState {
	const [state, setState] = useState<LiveState>('off');
	const latest = useRef(handlers);
	latest.current = handlers;
	const url = apiUrl('/telemetry/live', { signal, ...query });

	useEffect(() => {
		if (!enabled) {
			setState('off');
			return;
		}
		return keepOpen(url, signal === 'traces' ? 'trace' : 'log', setState, latest);
	}, [url, signal, enabled]);
	return state;
}

function keepOpen(
	url: string,
	eventName: string,
	setState: (state: LiveState) => void,
	handlers: { current: LiveHandlers },
): () => void {
	let abort: AbortController | null = null;
	let timer: number | undefined;
	let failures = 0;

	const close = () => {
		window.clearTimeout(timer);
		abort?.abort();
		abort = null;
	};
	const open = async () => {
		close();
		const mine = new AbortController();
		abort = mine;
		setState('connecting');
		try {
			const response = await request(url, 'text/event-stream', mine.signal);
			failures = 0;
			setState('open');
			handlers.current.onOpen();
			await readEvents(response, mine, eventName, (data) => handlers.current.onEvent(data));
		} catch {
			// Whatever the reason, the remedy is the same: to try again later.
		}
		if (abort !== mine) return;
		setState('lost');
		timer = window.setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
		failures += 1;
	};
	const onVisibility = () => {
		if (document.hidden) close();
		else if (abort === null) void open();
	};
	document.addEventListener('visibilitychange', onVisibility);
	if (!document.hidden) void open();
	return () => {
		document.removeEventListener('visibilitychange', onVisibility);
		close();
	};
}

async function readEvents(
	response: Response,
	abort: AbortController,
	eventName: string,
	onData: (data: unknown) => void,
): Promise<void> {
	const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
	const events = eventStreamReader();
	let silence: number | undefined;
	try {
		for (;;) {
			silence = window.setTimeout(() => abort.abort(), SILENCE_MS);
			const piece = await reader?.read();
			window.clearTimeout(silence);
			if (!piece || piece.done) return;
			for (const event of events.push(piece.value)) {
				const data = event.name === eventName ? parse(event.data) : undefined;
				if (data !== undefined) onData(data);
			}
		}
	} finally {
		window.clearTimeout(silence);
	}
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
