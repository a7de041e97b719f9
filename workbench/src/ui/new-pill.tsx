/* new-pill: says, above a list that someone reads, how much has arrived. It scrolls with the wheel like the list. */
import { formatCount } from '../base/format';
import { IconUp } from './icons';
import css from './new-pill.module.css';

export function NewPill({ count, onClick }: { count: number; onClick: () => void }) {
	return (
		<div className={css.place}>
			{count > 0 && (
				<button type="button" className={css.pill} onClick={onClick} data-testid="new-pill">
					<IconUp size={12} /> {formatCount(count)} new
				</button>
			)}
		</div>
	);
}
