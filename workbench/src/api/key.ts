/*
 * key: the key that the program asks for where its configuration sets one (workbench.api_key). It is kept for
 * as long as the tab lives and travels in a header only, never in an address.
 */
import { useSyncExternalStore } from 'react';

const STORAGE_KEY = 'rohas-workbench-key';
const listeners = new Set<() => void>();
let wanted = false;

function readKey(): string {
	try {
		return sessionStorage.getItem(STORAGE_KEY) ?? '';
	} catch {
		return '';
	}
}

let key = readKey();

function change(nowWanted: boolean): void {
	if (wanted === nowWanted) return;
	wanted = nowWanted;
	for (const listener of listeners) listener();
}

export function keyHeaders(): Record<string, string> {
	return key === '' ? {} : { authorization: `Bearer ${key}` };
}

/** The program refused the request for want of the right key. */
export function askForKey(): void {
	change(true);
}

export function giveKey(given: string): void {
	key = given;
	try {
		sessionStorage.setItem(STORAGE_KEY, given);
	} catch {
		// Without storage the key lasts until the page is loaded again.
	}
	change(false);
}

export function useKeyWanted(): boolean {
	return useSyncExternalStore(
		(listener) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		() => wanted,
	);
}

export function hasKey(): boolean {
	return key !== '';
}
