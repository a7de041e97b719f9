/*
 * gaps: where a line is drawn on and where it is broken.
 *
 * A metric that is sent every minute has a value in every sixth step of ten seconds: the steps between are no
 * gap. A gap is a silence much longer than the usual distance of two values.
 */

const LONG = 3.5;

/** What a chart draws: undefined is passed over by the line, null breaks it. */
export type Drawn = number | null | undefined;

export function drawnValues(values: readonly (number | null)[]): Drawn[] {
	const known = values.flatMap((value, index) => (value === null ? [] : [index]));
	const usual = usualDistance(known);
	const drawn: Drawn[] = [...values];
	for (let at = 1; at < known.length; at += 1) {
		const from = known[at - 1] ?? 0;
		const to = known[at] ?? 0;
		if (to - from <= usual * LONG) drawn.fill(undefined, from + 1, to);
	}
	return drawn;
}

function usualDistance(known: readonly number[]): number {
	const distances = known.slice(1).map((index, at) => index - (known[at] ?? 0));
	distances.sort((a, b) => a - b);
	return distances[Math.floor(distances.length / 2)] ?? 1;
}

/** Values that no line reaches, so that a point has to show them. */
export function lonelyIndexes(drawn: readonly Drawn[]): number[] {
	const known = drawn.flatMap((value, index) => (typeof value === 'number' ? [index] : []));
	const joined = (from: number | undefined, to: number | undefined) =>
		from !== undefined && to !== undefined && !drawn.slice(from + 1, to).includes(null);
	return known.filter((index, at) => !joined(known[at - 1], index) && !joined(index, known[at + 1]));
}
