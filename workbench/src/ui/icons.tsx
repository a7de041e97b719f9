/* icons: a small set of line drawings on a 16 by 16 grid. Decoration: their meaning is always written as well. */

export interface IconProps {
	size?: number;
	className?: string | undefined;
}

function Drawing({ size = 14, className, path, bold = false }: IconProps & { path: string; bold?: boolean }) {
	return (
		<svg
			className={className}
			width={size}
			height={size}
			viewBox="0 0 16 16"
			fill="none"
			stroke="currentColor"
			strokeWidth={bold ? 2 : 1.5}
			strokeLinecap="round"
			strokeLinejoin="round"
			aria-hidden="true"
			focusable="false"
		>
			<path d={path} />
		</svg>
	);
}

export function IconTraces(props: IconProps) {
	return <Drawing {...props} path="M2 4h7M5 8h8M8 12h5" bold />;
}

export function IconLogs(props: IconProps) {
	return <Drawing {...props} path="M2.5 3.5h11M2.5 6.5h8M2.5 9.5h11M2.5 12.5h6" />;
}

export function IconMetrics(props: IconProps) {
	return <Drawing {...props} path="M2 12.5l3.5-5 3 3L14 3.5" />;
}

export function IconOverview(props: IconProps) {
	return <Drawing {...props} path="M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3H9zM9 7.5h4.5v6H9zM2.5 10.5h4.5v3H2.5z" />;
}

export function IconClock(props: IconProps) {
	return <Drawing {...props} path="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.2l2 1.3" />;
}

export function IconCopy(props: IconProps) {
	return <Drawing {...props} path="M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3" />;
}

export function IconCheck(props: IconProps) {
	return <Drawing {...props} path="M3 8.5l3.2 3L13 4.5" />;
}

export function IconClose(props: IconProps) {
	return <Drawing {...props} path="M4 4l8 8M12 4l-8 8" />;
}

export function IconChevronRight(props: IconProps) {
	return <Drawing {...props} path="M6 3.5L10.5 8 6 12.5" />;
}

export function IconChevronDown(props: IconProps) {
	return <Drawing {...props} path="M3.5 6L8 10.5 12.5 6" />;
}

export function IconChevronLeft(props: IconProps) {
	return <Drawing {...props} path="M10 3.5L5.5 8l4.5 4.5" />;
}

export function IconError(props: IconProps) {
	return <Drawing {...props} path="M8 2.2l6.2 11.3H1.8zM8 6.5v3M8 11.6v.1" />;
}

export function IconLink(props: IconProps) {
	return (
		<Drawing
			{...props}
			path="M6.5 9.5l3-3M7 4.8l1.4-1.4a2.9 2.9 0 0 1 4.2 4.2L11.2 9M9 11.2l-1.4 1.4a2.9 2.9 0 0 1-4.2-4.2L4.8 7"
		/>
	);
}

export function IconPublish(props: IconProps) {
	return <Drawing {...props} path="M2 8h8M7 4.5L10.5 8 7 11.5M13.5 3v10" />;
}

export function IconHandler(props: IconProps) {
	return <Drawing {...props} path="M8.8 1.8L3.5 9H8l-.8 5.2L12.5 7H8z" />;
}

export function IconPause(props: IconProps) {
	return <Drawing {...props} path="M5.5 3.5v9M10.5 3.5v9" bold />;
}

export function IconPlay(props: IconProps) {
	return <Drawing {...props} path="M5 3.2l7.5 4.8L5 12.8z" />;
}

export function IconSun(props: IconProps) {
	return (
		<Drawing
			{...props}
			path="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9"
		/>
	);
}

export function IconMoon(props: IconProps) {
	return <Drawing {...props} path="M13.2 9.6A5.8 5.8 0 0 1 6.4 2.8a5.8 5.8 0 1 0 6.8 6.8z" />;
}

export function IconSearch(props: IconProps) {
	return <Drawing {...props} path="M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.8 10.8L14 14" />;
}

export function IconUp(props: IconProps) {
	return <Drawing {...props} path="M8 13V3M4 7l4-4 4 4" />;
}

export function IconFilter(props: IconProps) {
	return <Drawing {...props} path="M2 3h12L9.5 8.5V13l-3-1.5v-3z" />;
}

export function IconHelp(props: IconProps) {
	return (
		<Drawing
			{...props}
			path="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.3 6.3a1.8 1.8 0 1 1 2.6 1.8c-.6.3-.9.6-.9 1.2M8 11.4v.1"
		/>
	);
}

export function IconMissing(props: IconProps) {
	return <Drawing {...props} path="M3 8h2M7 8h2M11 8h2" bold />;
}

export function Logo({ size = 22 }: { size?: number }) {
	return (
		<svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
			<rect x="1" y="4" width="13" height="4" rx="2" fill="#5fd0ba" />
			<rect x="6" y="10" width="16" height="4" rx="2" fill="#e8b04a" />
			<rect x="12" y="16" width="8" height="4" rx="2" fill="#5fd0ba" />
		</svg>
	);
}
