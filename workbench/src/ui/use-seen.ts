/* use-seen: the values of a field that have been seen since the page was opened, as suggestions for its filter. */
import { useMemo } from 'react';

const MOST_VALUES = 2000;
const seen = new Map<string, Set<string>>();

/** Sorted; grows as values are seen, so that a filter does not take its own suggestions away. */
export function useSeen<T>(
	field: string,
	rows: readonly T[],
	valuesOf: (row: T) => readonly (string | null)[],
): string[] {
	// biome-ignore lint/correctness/useExhaustiveDependencies: "valuesOf" belongs to the field
	return useMemo(() => {
		const values = seen.get(field) ?? new Set<string>();
		seen.set(field, values);
		for (const row of rows)
			for (const value of valuesOf(row)) if (value && values.size < MOST_VALUES) values.add(value);
		return [...values].sort();
	}, [field, rows]);
}
