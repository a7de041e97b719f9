/*
 * router: the address bar as the one place where the Workbench's state lives.
 *
 * A change of the address is a history entry ("push") or takes the place of the present one ("replace"); every
 * component that reads the address is told of both.
 */
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { findBase, type Page, pagePath, parseRoute, type Route } from './paths';

export const BASE = findBase(window.location.pathname);

const listeners = new Set<() => void>();
const remembered = new Map<Page, string>();

function notify(): void {
	for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
	if (listeners.size === 0) window.addEventListener('popstate', notify);
	listeners.add(listener);
	return () => {
		listeners.delete(listener);
		if (listeners.size === 0) window.removeEventListener('popstate', notify);
	};
}

const readAddress = () => window.location.pathname + window.location.search;

export function navigate(address: string, how: 'push' | 'replace' = 'push'): void {
	if (address === readAddress()) return;
	if (how === 'push')
		window.history.pushState({ key: crypto.getRandomValues(new Uint32Array(1))[0] }, '', address);
	else window.history.replaceState(window.history.state, '', address);
	notify();
}

/** Names the present history entry: what is remembered under it comes back with the Back button. */
export function entryKey(): string {
	const state: unknown = window.history.state;
	const key = typeof state === 'object' && state !== null && 'key' in state ? String(state.key) : 'first';
	return `${key} ${parseRoute(window.location.pathname, BASE).page}`;
}

export interface Address {
	route: Route;
	params: URLSearchParams;
}

export function useAddress(): Address {
	const address = useSyncExternalStore(subscribe, readAddress);
	return useMemo(() => {
		const [pathname = '', search = ''] = address.split('?');
		const route = parseRoute(pathname, BASE);
		remembered.set(route.page, search);
		return { route, params: new URLSearchParams(search) };
	}, [address]);
}

export type Change = Record<string, string | readonly string[] | null | undefined>;

/** The search with some parameters set anew; empty ones disappear. */
export function changeParams(params: URLSearchParams, change: Change): URLSearchParams {
	const next = new URLSearchParams(params);
	for (const [name, value] of Object.entries(change)) {
		next.delete(name);
		for (const each of typeof value === 'string' ? [value] : (value ?? []))
			if (each !== '') next.append(name, each);
	}
	return next;
}

export function address(page: Page, id = '', params: URLSearchParams | Change = {}): string {
	const search = params instanceof URLSearchParams ? params : changeParams(new URLSearchParams(), params);
	const text = search.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/');
	return pagePath(BASE, page, id) + (text === '' ? '' : `?${text}`);
}

/** The address of a page as the reader left it, or with the time range of the present page. */
export function pageAddress(page: Page, present: URLSearchParams): string {
	const search = remembered.get(page);
	if (search !== undefined) return address(page, '', new URLSearchParams(search));
	return address(page, '', { start: present.get('start'), end: present.get('end') });
}

export function useChange(): (change: Change, how?: 'push' | 'replace') => void {
	return useCallback((change, how = 'push') => {
		const params = changeParams(new URLSearchParams(window.location.search), change);
		const route = parseRoute(window.location.pathname, BASE);
		navigate(address(route.page, route.id, params), how);
	}, []);
}
