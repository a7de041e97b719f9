/*
 * colours: a service keeps its colour from page to page, and two services of one view never share one while
 * there are colours left.
 */

export const PALETTE = [
	'#3d7edb',
	'#d98324',
	'#2f9e77',
	'#9d5bd2',
	'#cc4e7b',
	'#1f9ab5',
	'#8b8d2b',
	'#6d71e3',
	'#c2613d',
	'#4e9240',
	'#b254a4',
	'#5f7c95',
] as const;

export function hashText(text: string): number {
	let hash = 0x811c9dc5;
	for (let index = 0; index < text.length; index += 1) {
		hash ^= text.charCodeAt(index);
		hash = Math.imul(hash, 0x01000193);
	}
	return hash >>> 0;
}

export function colourMap(names: readonly string[]): Map<string, string> {
	const taken = new Set<number>();
	const colours = new Map<string, string>();
	for (const name of [...new Set(names)].sort()) {
		let slot = hashText(name) % PALETTE.length;
		if (taken.size >= PALETTE.length) taken.clear();
		while (taken.has(slot)) slot = (slot + 1) % PALETTE.length;
		taken.add(slot);
		colours.set(name, PALETTE[slot] ?? PALETTE[0]);
	}
	return colours;
}
