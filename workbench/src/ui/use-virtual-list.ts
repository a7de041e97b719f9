/*
 * use-virtual-list: a virtualised list that remembers its place in the history and asks for more at its end.
 */
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type RefObject, useEffect, useRef } from 'react';
import { entryKey } from '../base/router';

const places = new Map<string, number>();
const NEAR_END = 12;

interface Options {
	count: number;
	rowHeight: number;
	keyOf: (index: number) => string;
	more: boolean;
	loadMore: () => void;
	onScroll: (top: number) => void;
}

export interface VirtualList {
	scroller: RefObject<HTMLDivElement | null>;
	virtualizer: Virtualizer<HTMLDivElement, HTMLDivElement>;
}

export function useVirtualList({ count, rowHeight, keyOf, more, loadMore, onScroll }: Options): VirtualList {
	const scroller = useRef<HTMLDivElement>(null);
	const place = useRef(entryKey());
	const notify = useRef(onScroll);
	notify.current = onScroll;
	const virtualizer = useVirtualizer<HTMLDivElement, HTMLDivElement>({
		count,
		getScrollElement: () => scroller.current,
		estimateSize: () => rowHeight,
		overscan: 10,
		getItemKey: keyOf,
		initialOffset: places.get(place.current) ?? 0,
	});

	useEffect(() => {
		const element = scroller.current;
		if (!element) return;
		const remember = () => {
			places.set(place.current, element.scrollTop);
			notify.current(element.scrollTop);
		};
		element.addEventListener('scroll', remember, { passive: true });
		return () => element.removeEventListener('scroll', remember);
	}, []);

	const last = virtualizer.getVirtualItems().at(-1)?.index ?? -1;
	useEffect(() => {
		if (more && count > 0 && last >= count - NEAR_END) loadMore();
	}, [more, count, last, loadMore]);

	return { scroller, virtualizer };
}
