/*
 * live: new traces and logs as server-sent events.
 *
 * The browser opens again by itself when the connection breaks; a refusal by the program ends its patience, so
 * that case is tried anew here, ever more slowly. A hidden tab holds no connection: browsers allow six a host.
 */
import { useEffect, useRef, useState } from 'react';
import { apiUrl, type Query } from './client';

export type LiveState = 'off' | 'connecting' | 'open' | 'lost';

export interface LiveHandlers {
	/** Called for each event, with its parsed data. */
	onEvent: (data: unknown) => void;
	/** Called when a connection is there: what came in between has to be asked for. */
	onOpen: () => void;
}

const RETRY_MS = [2000, 5000, 10_000, 30_000];

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
	let source: EventSource | null = null;
	let timer: number | undefined;
	let failures = 0;

	const close = () => {
		window.clearTimeout(timer);
		source?.close();
		source = null;
	};
	const open = () => {
		close();
		setState('connecting');
		source = new EventSource(url);
		source.onopen = () => {
			failures = 0;
			setState('open');
			handlers.current.onOpen();
		};
		source.onerror = () => {
			setState('lost');
			if (source?.readyState !== EventSource.CLOSED) return;
			timer = window.setTimeout(open, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
			failures += 1;
		};
		source.addEventListener(eventName, (event: MessageEvent<string>) => {
			const data = parse(event.data);
			if (data !== undefined) handlers.current.onEvent(data);
		});
	};
	const onVisibility = () => {
		if (document.hidden) close();
		else if (source === null) open();
	};
	document.addEventListener('visibilitychange', onVisibility);
	if (!document.hidden) open();
	return () => {
		document.removeEventListener('visibilitychange', onVisibility);
		close();
	};
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
