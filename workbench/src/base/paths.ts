/*
 * paths: where the Workbench lives and which page an address names.
 *
 * The program may stand behind a proxy under any prefix, so nothing is known at build time: the base path ends
 * with the last path segment called "workbench", and the API is that segment's sibling.
 */

export type Page = 'traces' | 'trace' | 'logs' | 'metrics' | 'overview' | 'missing';

export interface Route {
	page: Page;
	/** The trace's id on the page "trace", otherwise empty. */
	id: string;
}

export function findBase(pathname: string): string {
	const segments = pathname.split('/');
	const last = segments.lastIndexOf('workbench');
	return last < 0 ? '' : segments.slice(0, last + 1).join('/');
}

/** The address of an API path such as "/telemetry/traces", given the base that findBase answered. */
export function apiPath(base: string, path: string): string {
	return base.replace(/\/workbench$/, '') + path;
}

export function parseRoute(pathname: string, base: string): Route {
	const segments = pathname.slice(base.length).split('/').filter(Boolean);
	const [first, second] = segments;
	if (first === undefined) return { page: 'traces', id: '' };
	if (first === 'traces' && segments.length === 2 && second !== undefined)
		return { page: 'trace', id: decodeSegment(second).toLowerCase() };
	if (segments.length === 1 && isListPage(first)) return { page: first, id: '' };
	return { page: 'missing', id: '' };
}

export function pagePath(base: string, page: Page, id = ''): string {
	if (page === 'trace') return `${base}/traces/${encodeURIComponent(id)}`;
	return `${base}/${page}`;
}

function isListPage(name: string): name is 'traces' | 'logs' | 'metrics' | 'overview' {
	return name === 'traces' || name === 'logs' || name === 'metrics' || name === 'overview';
}

function decodeSegment(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		return segment;
	}
}
