/* words: the words and "phrases" of a search, and where a text contains them. */

export function searchTerms(search: string): string[] {
	const terms: string[] = [];
	for (const match of search.matchAll(/"([^"]*)"?|(\S+)/g)) {
		const term = (match[1] ?? match[2] ?? '').trim();
		if (term !== '') terms.push(term);
	}
	return terms;
}

export interface Piece {
	text: string;
	match: boolean;
}

/** The text cut where a term begins or ends, whatever the letters' case. */
export function highlight(text: string, terms: readonly string[]): Piece[] {
	if (terms.length === 0 || text === '') return [{ text, match: false }];
	const pattern = new RegExp(
		`(${[...terms]
			.sort((a, b) => b.length - a.length)
			.map(escapePattern)
			.join('|')})`,
		'gi',
	);
	return text
		.split(pattern)
		.map((piece, index) => ({ text: piece, match: index % 2 === 1 }))
		.filter((piece) => piece.text !== '');
}

function escapePattern(text: string): string {
	return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
