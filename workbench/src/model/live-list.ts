/*
 * live-list: one list, newest first, out of pages that were asked for and items that arrive.
 */
import { compareTimes } from '../base/time';

export interface Shape<T> {
	keyOf: (item: T) => string;
	timeOf: (item: T) => string;
}

/**
 * The list with the arrivals in it. An arrival with a known key takes its item's place; a new one is put where
 * its time belongs. One that is older than the whole list is left out when the list goes on (`more`): it will
 * come with its page. Neither list is changed.
 */
export function mergeArrivals<T>(
	list: readonly T[],
	arrivals: readonly T[],
	shape: Shape<T>,
	more: boolean,
): T[] {
	if (arrivals.length === 0) return list.slice();
	const latest = new Map(arrivals.map((item) => [shape.keyOf(item), item]));
	const merged: T[] = [];
	for (const item of list) {
		const key = shape.keyOf(item);
		const update = latest.get(key);
		merged.push(update ?? item);
		latest.delete(key);
	}
	const fresh = [...latest.values()].sort((a, b) => compareTimes(shape.timeOf(b), shape.timeOf(a)));
	return interleave(merged, fresh, shape, more);
}

function interleave<T>(list: readonly T[], fresh: readonly T[], shape: Shape<T>, more: boolean): T[] {
	const result: T[] = [];
	let next = 0;
	for (const item of list) {
		for (let candidate = fresh[next]; candidate !== undefined; candidate = fresh[next]) {
			if (compareTimes(shape.timeOf(candidate), shape.timeOf(item)) < 0) break;
			result.push(candidate);
			next += 1;
		}
		result.push(item);
	}
	if (!more) result.push(...fresh.slice(next));
	return result;
}

/** Pages may overlap where the list was cut and asked for again by time: each key is kept once. */
export function withoutRepeats<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
	const seen = new Set<string>();
	return items.filter((item) => {
		const key = keyOf(item);
		if (seen.has(key)) return false;
		seen.add(key);
		return true;
	});
}

/** Arrivals parted into those that the list already shows and those that are new to it. */
export function partArrivals<T>(
	list: readonly T[],
	arrivals: readonly T[],
	keyOf: (item: T) => string,
): { known: T[]; fresh: T[] } {
	const keys = new Set(list.map(keyOf));
	const known: T[] = [];
	const fresh: T[] = [];
	for (const item of arrivals) (keys.has(keyOf(item)) ? known : fresh).push(item);
	return { known, fresh };
}
