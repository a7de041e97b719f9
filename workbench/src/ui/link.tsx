/* link: an ordinary link whose ordinary click stays inside the page. */
import type { AnchorHTMLAttributes, MouseEvent, Ref } from 'react';
import { navigate } from '../base/router';

interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
	href: string;
	ref?: Ref<HTMLAnchorElement>;
	[data: `data-${string}`]: string | number | undefined;
}

export function Link({ onClick, href, ...rest }: LinkProps) {
	const handle = (event: MouseEvent<HTMLAnchorElement>) => {
		onClick?.(event);
		const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
		if (!plain || event.defaultPrevented) return;
		event.preventDefault();
		navigate(href);
	};
	return <a {...rest} href={href} onClick={handle} />;
}
