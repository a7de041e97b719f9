/* attributes: names and values in two columns. Whatever they contain is shown as text. */
import { useState } from 'react';
import type { Attributes, Value } from '../api/types';
import { isBytes, valueText } from '../model/values';
import css from './attributes.module.css';
import { IconFilter } from './icons';
import { Link } from './link';
import { Copy } from './marks';

interface Props {
	attributes: Attributes;
	/** The address of a list that is filtered by the attribute, where there is one. */
	findHref?: (name: string, value: string) => string;
	findTitle?: string;
}

export function AttributeTable({ attributes, findHref, findTitle }: Props) {
	const names = Object.keys(attributes).sort();
	return (
		<table className={css.table}>
			<tbody>
				{names.map((name) => {
					const value = attributes[name] ?? null;
					const text = valueText(value);
					const plain = value === null || typeof value !== 'object';
					return (
						<tr key={name}>
							<th scope="row">{name}</th>
							<td>
								<div className={css.value}>
									<ValueView value={value} text={text} />
									<span className={css.actions}>
										{findHref && plain && (
											<Link
												className={css.action}
												href={findHref(name, text)}
												title={findTitle}
												aria-label={findTitle}
											>
												<IconFilter size={12} />
											</Link>
										)}
										<Copy text={text} what={name} />
									</span>
								</div>
							</td>
						</tr>
					);
				})}
			</tbody>
		</table>
	);
}

const LONG = 600;

function ValueView({ value, text }: { value: Value; text: string }) {
	const [all, setAll] = useState(false);
	if (text.length > LONG && !all)
		return (
			<span>
				<span className={typeof value === 'object' ? 'mono' : undefined}>{text.slice(0, LONG)}… </span>
				<button type="button" className={css.more} onClick={() => setAll(true)}>
					show all {text.length} characters
				</button>
			</span>
		);
	if (value !== null && typeof value === 'object' && !isBytes(value))
		return <pre className="mono">{text}</pre>;
	if (typeof value === 'string')
		return <span>{text === '' ? <span className="muted">(empty)</span> : text}</span>;
	return <span className={`mono ${css.literal}`}>{text}</span>;
}
