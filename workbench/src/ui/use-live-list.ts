/*
 * use-live-list: a list of pages that grows downwards by asking and upwards by listening.
 *
 * What the reader looks at never moves: while the list is read, new items wait and are only counted. Items that
 * are already shown are brought up to date in their place.
 */
import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ApiError, type Query } from '../api/client';
import { type LiveState, useLive } from '../api/live';
import { mergeArrivals, partArrivals, type Shape, withoutRepeats } from '../model/live-list';

export interface ListPage<T> {
	items: T[];
	next: Query | null;
}

interface Options<T> {
	signal: 'traces' | 'logs';
	/** The filters and the range, as the API takes them. */
	filters: Query;
	range: Query;
	live: boolean;
	shape: Shape<T>;
	fetchPage: (query: Query, signal: AbortSignal) => Promise<ListPage<T>>;
}

export interface LiveList<T> {
	rows: T[];
	error: Error | null;
	/** Nothing has been answered yet. */
	loading: boolean;
	/** The rows are those of the previous filters; the new ones are on their way. */
	stale: boolean;
	more: boolean;
	loadingMore: boolean;
	loadMore: () => void;
	/** Why the last page asked for did not come; loadMore asks again. */
	moreError: Error | null;
	waiting: number;
	/** Shows what waits. */
	release: () => void;
	/** Tells the list whether somebody is reading: away from its top, or pointing at a row. */
	setReading: (reading: boolean) => void;
	liveState: LiveState;
	retry: () => void;
}

const FLUSH_MS = 200;
const MOST_ROWS = 4000;
const KEPT_ROWS = 400;

type Pages<T> = InfiniteData<ListPage<T>, Query | null>;

export function useLiveList<T>({ signal, filters, range, live, shape, fetchPage }: Options<T>): LiveList<T> {
	const client = useQueryClient();
	const identity = JSON.stringify([filters, range]);
	const queryKey = useMemo(() => [signal, identity], [signal, identity]);
	const [arrived, setArrived] = useState<{ identity: string; items: T[] }>({ identity, items: [] });
	const [held, setHeld] = useState<T[]>([]);
	const reading = useRef(false);
	/** The newest page, when it does not join what is shown to a reader. */
	const apart = useRef<ListPage<T> | null>(null);

	const query = useInfiniteQuery({
		queryKey,
		queryFn: ({ pageParam, signal: abort }) => fetchPage({ ...range, ...filters, ...pageParam }, abort),
		initialPageParam: null as Query | null,
		getNextPageParam: (page: ListPage<T>) => page.next,
		placeholderData: keepPreviousData,
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 600_000,
	});

	const more = query.hasNextPage;
	const asked = query.data?.pages;
	const fresh = arrived.identity === identity && !query.isPlaceholderData ? arrived.items : null;
	const rows = useMemo(() => {
		const list = withoutRepeats(
			(asked ?? []).flatMap((page) => page.items),
			shape.keyOf,
		);
		return fresh && fresh.length > 0 ? mergeArrivals(list, fresh, shape, more) : list;
	}, [asked, fresh, shape, more]);

	const current = useRef({ rows, identity });
	current.current = { rows, identity };
	const buffer = useRef<{ identity: string; items: T[] }>({ identity, items: [] });
	const timer = useRef<number | undefined>(undefined);
	const flushedAt = useRef(0);

	const flush = useCallback(() => {
		timer.current = undefined;
		flushedAt.current = performance.now();
		const { identity: of, items } = buffer.current;
		buffer.current = { identity: of, items: [] };
		if (of !== current.current.identity) return;
		const { known, fresh: unknown } = partArrivals(current.current.rows, items, shape.keyOf);
		const show = reading.current ? known : items;
		if (show.length > 0) setArrived((before) => addTo(before, of, show, shape));
		if (reading.current && unknown.length > 0)
			setHeld((before) => mergeArrivals(before, unknown, shape, false));
	}, [shape]);

	const accept = useCallback(
		(items: T[], of: string) => {
			if (buffer.current.identity !== of) buffer.current = { identity: of, items: [] };
			buffer.current.items.push(...items);
			// The first one is shown at once; a stream is shown in steps that an eye can follow.
			const wait = flushedAt.current + FLUSH_MS - performance.now();
			timer.current ??= window.setTimeout(flush, Math.max(0, wait));
		},
		[flush],
	);
	useEffect(() => () => window.clearTimeout(timer.current), []);

	// biome-ignore lint/correctness/useExhaustiveDependencies: another identity is another list
	useEffect(() => {
		setHeld([]);
		apart.current = null;
	}, [identity]);

	/** Begins the list anew with this page; what is above it stays. */
	const beginWith = useCallback(
		(page: ListPage<T>, newer: readonly T[]) => {
			client.setQueryData<Pages<T>>(queryKey, { pages: [page], pageParams: [null] });
			setArrived({ identity, items: [...newer] });
		},
		[client, queryKey, identity],
	);

	// After an absence the newest page may not reach down to what is shown: then the list would have a hole.
	const catchUp = (page: ListPage<T>, of: string) => {
		if (of !== current.current.identity) return;
		const { known } = partArrivals(current.current.rows, page.items, shape.keyOf);
		if (known.length > 0 || page.next === null || current.current.rows.length === 0) accept(page.items, of);
		else if (reading.current) {
			apart.current = page;
			accept(page.items, of);
		} else beginWith(page, []);
	};

	// Filters that the list is refused for would be refused to the stream as well.
	const refused = query.error instanceof ApiError && query.error.status >= 400 && query.error.status < 500;
	const liveState = useLive(signal, filters, live && !refused, {
		onEvent: (data) => accept([data as T], identity),
		onOpen: () => {
			const abort = new AbortController();
			fetchPage({ ...range, ...filters }, abort.signal).then(
				(page) => catchUp(page, identity),
				() => undefined,
			);
		},
	});

	const release = useCallback(() => {
		if (apart.current) beginWith(apart.current, held);
		else setArrived((before) => addTo(before, identity, held, shape));
		apart.current = null;
		setHeld([]);
	}, [held, identity, shape, beginWith]);

	const setReading = useCallback((value: boolean) => {
		reading.current = value;
	}, []);

	// A list that has been open for hours is cut; its end is asked for again, by time, when someone scrolls there.
	useEffect(() => {
		if (rows.length < MOST_ROWS || reading.current || !live) return;
		const kept = rows.slice(0, KEPT_ROWS);
		const last = kept.at(-1);
		if (last === undefined) return;
		beginWith({ items: kept, next: { end: shape.timeOf(last) } }, []);
	}, [rows, live, shape, beginWith]);

	const { fetchNextPage, isFetchingNextPage } = query;
	return {
		rows,
		error: query.error,
		loading: query.isPending,
		stale: query.isPlaceholderData,
		more,
		loadingMore: isFetchingNextPage,
		moreError: query.isFetchNextPageError ? query.error : null,
		loadMore: useCallback(() => {
			if (!isFetchingNextPage) void fetchNextPage();
		}, [isFetchingNextPage, fetchNextPage]),
		waiting: held.length,
		release,
		setReading,
		liveState,
		retry: () => void query.refetch(),
	};
}

function addTo<T>(
	before: { identity: string; items: T[] },
	identity: string,
	items: readonly T[],
	shape: Shape<T>,
): { identity: string; items: T[] } {
	const base = before.identity === identity ? before.items : [];
	return { identity, items: mergeArrivals(base, items, shape, false) };
}
