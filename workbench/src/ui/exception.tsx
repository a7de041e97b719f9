/* exception: what was thrown, with its stack; frames of libraries step back. */
import { type Exception, stackLines } from '../model/values';
import css from './exception.module.css';
import { IconError } from './icons';
import { Copy } from './marks';

export function ExceptionView({ exception }: { exception: Exception }) {
	const { type, message, stack } = exception;
	return (
		<div className={css.exception}>
			<div className={css.head}>
				<IconError />
				<span>
					{type && <b>{type}</b>}
					{message}
				</span>
				<Copy text={stack || `${type}: ${message}`} what="the exception" />
			</div>
			{stack && (
				<pre className={`${css.stack} mono`}>
					{stackLines(stack).map((line, index) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: the lines of one text never move
						<span key={index} className={line.foreign ? css.foreign : undefined}>
							{line.text || ' '}
						</span>
					))}
				</pre>
			)}
		</div>
	);
}

export function Failure({ message }: { message: string }) {
	return (
		<div className={css.exception}>
			<div className={css.head}>
				<IconError />
				<span>
					<b>The operation failed</b>
					{message || 'It left no message.'}
				</span>
			</div>
		</div>
	);
}
