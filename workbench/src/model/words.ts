/* words: the words and "phrases" that a filter searches for, and where a text contains them. */

const TOKEN = /"((?:\\["\\]|[^"])*)"?|[()]|[,=!<>~]+|[^\s()",=!<>~]+/g;
const SIGN = /^[=!<>]/;

/** Those that stand for themselves: no field's name or value, and nothing that must not occur. */
export function searchTerms(search: string): string[] {
	const tokens = [...search.matchAll(TOKEN)].map((match) => ({
		text: match[0],
		term: (match[1] === undefined ? match[0] : match[1].replace(/\\(["\\])/g, '$1'))
			.replace(/\*$/, '')
			.trim(),
	}));
	const terms: string[] = [];
	let listed = false;
	tokens.forEach(({ text, term }, index) => {
		const before = tokens[index - 1]?.text ?? '';
		const behind = tokens[index + 1]?.text ?? '';
		if (text === '(' && isWord(before, 'in')) listed = true;
		if (text === ')') listed = false;
		const isKeyword = ['and', 'or', 'not', 'in', 'exists'].some((word) => isWord(text, word));
		if (listed || isKeyword || /^[(),=!<>~]/.test(text) || term === '') return;
		if (SIGN.test(before) || SIGN.test(behind) || isWord(before, 'not')) return;
		if (isWord(behind, 'in') || isWord(behind, 'exists')) return;
		if (isWord(behind, 'not') && isWord(tokens[index + 2]?.text ?? '', 'in')) return;
		terms.push(term);
	});
	return terms;
}

function isWord(text: string, word: string): boolean {
	return text.toLowerCase() === word;
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
