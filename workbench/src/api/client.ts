/*
 * client: requests to the program. An answer that is not a success becomes an ApiError whose message is the
 * sentence of the program's problem document.
 */
import { apiPath } from '../base/paths';
import { BASE } from '../base/router';
import { askForKey, keyHeaders } from './key';

export class ApiError extends Error {
	readonly status: number;
	readonly title: string;
	/** The parameter that was refused, where the program names one. */
	readonly parameter: string | null;
	/** The character of the parameter that is wrong, from 1, where the program names one. */
	readonly column: number | null;

	constructor(
		status: number,
		title: string,
		detail: string,
		parameter: string | null,
		column: number | null = null,
	) {
		super(detail);
		this.name = 'ApiError';
		this.status = status;
		this.title = title;
		this.parameter = parameter;
		this.column = column;
	}
}

export type Query = Record<string, string | number | readonly string[] | null | undefined>;

export function apiUrl(path: string, query: Query = {}): string {
	const search = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value === null || value === undefined || value === '') continue;
		if (typeof value === 'object') for (const each of value) search.append(name, each);
		else search.append(name, String(value));
	}
	const text = search.toString();
	return apiPath(BASE, path) + (text === '' ? '' : `?${text}`);
}

/** The answer to a request, when it is a success. */
export async function request(url: string, accept: string, signal?: AbortSignal): Promise<Response> {
	let response: Response;
	try {
		response = await fetch(url, { headers: { accept, ...keyHeaders() }, signal: signal ?? null });
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new ApiError(0, 'No answer', 'The program does not answer. Is it still running?', null);
	}
	if (response.status === 401) askForKey();
	if (!response.ok) throw await readProblem(response);
	return response;
}

export async function getJson<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
	const response = await request(apiUrl(path, query), 'application/json', signal);
	try {
		return (await response.json()) as T;
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new ApiError(
			response.status,
			'Unreadable answer',
			'The answer is not JSON. Is this the right address?',
			null,
		);
	}
}

async function readProblem(response: Response): Promise<ApiError> {
	const fallback = `The program answered with status ${response.status}.`;
	try {
		const problem: unknown = await response.json();
		const member = (name: string): unknown =>
			typeof problem === 'object' && problem !== null
				? (problem as Record<string, unknown>)[name]
				: undefined;
		const field = (name: string): string | null => {
			const value = member(name);
			return typeof value === 'string' && value !== '' ? value : null;
		};
		const column = member('column');
		const title = field('title') ?? response.statusText;
		return new ApiError(
			response.status,
			title,
			field('detail') ?? field('title') ?? fallback,
			field('parameter'),
			typeof column === 'number' ? column : null,
		);
	} catch {
		return new ApiError(response.status, response.statusText, fallback, null);
	}
}
