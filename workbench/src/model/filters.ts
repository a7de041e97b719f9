/*
 * filters: what the address says about a list, as the API takes it. The address uses the API's own parameter
 * names, so the address of a list is also its query.
 */
import type { Query } from '../api/client';

export const TRACE_FILTERS = [
	'handler',
	'handler_type',
	'language',
	'service',
	'operation',
	'status',
	'min_duration',
	'max_duration',
	'q',
] as const;
export const LOG_FILTERS = ['level', 'q', 'handler', 'service', 'trace_id', 'span_id'] as const;

/** For lists. */
export const DEFAULT_START = '-1h';
/** For charts: what goes on now. */
export const RECENT_START = '-15m';

const DURATION = /^\d+(\.\d+)?\s*(ns|us|µs|ms|s|m|h)?$/;
const TAG = /^[^=]+=.*$/s;

export function isDuration(text: string): boolean {
	return text === '' || DURATION.test(text);
}

export function isTag(text: string): boolean {
	return TAG.test(text);
}

function pick(params: URLSearchParams, names: readonly string[]): Query {
	const query: Query = {};
	for (const name of names) {
		const value = params.get(name)?.trim();
		if (value) query[name] = value;
	}
	return query;
}

export interface Range {
	start: string;
	end: string;
}

export function rangeOf(params: URLSearchParams, fallback = DEFAULT_START): Range {
	return { start: params.get('start') || fallback, end: params.get('end') ?? '' };
}

/** New data belongs to the range only while the range ends now. */
export function endsNow(range: Range): boolean {
	return range.end === '' || range.end === 'now';
}

export function traceQuery(params: URLSearchParams): Query {
	const query = pick(params, TRACE_FILTERS);
	const tags = params.getAll('tag').filter(isTag);
	if (tags.length > 0) query.tag = tags;
	return query;
}

export function logQuery(params: URLSearchParams): Query {
	return pick(params, LOG_FILTERS);
}

export function rangeQuery(range: Range): Query {
	return { start: range.start, end: range.end };
}

export function hasFilters(query: Query): boolean {
	return Object.keys(query).length > 0;
}
