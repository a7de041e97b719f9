/* new-pill: says, above a list that someone reads, how much has arrived. It scrolls with the wheel like the list. */
import { formatCount } from '../base/format';
import { IconUp } from './icons';
import css from './new-pill.module.css';

interface Props {
	count: number;
	/** Distance from the top of the list. */
	top: number;
	onClick: () => void;
}

export function NewPill({ count, top, onClick }: Props) {
	return (
		<div className={css.place} style={{ top }}>
			{count > 0 && (
				<button type="button" className={css.pill} onClick={onClick} data-testid="new-pill">
					<IconUp size={12} /> {formatCount(count)} new
				</button>
			)}
		</div>
	);
}
