/* list-end: what stands below the last row of a list. */
import { PlainButton } from './controls';
import css from './list-end.module.css';
import type { LiveList } from './use-live-list';

export function ListEnd<T>({ list }: { list: LiveList<T> }) {
	if (list.moreError)
		return (
			<div className={`${css.end} ${css.failed}`} role="alert">
				{list.moreError.message}
				<PlainButton onClick={list.loadMore}>Try again</PlainButton>
			</div>
		);
	if (list.loadingMore) return <div className={css.end}>Loading older ones …</div>;
	return <div className={css.end}>{list.more ? '' : 'That is all in this range of time.'}</div>;
}
