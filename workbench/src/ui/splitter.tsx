/* splitter: a line that is dragged, or moved with the arrow keys, to share a width between two panes. */
import { type CSSProperties, useState } from 'react';
import css from './splitter.module.css';

const STEP = 24;

interface Bounds {
	initial: number;
	least: number;
	most: number;
}

/** A width in pixels that this browser remembers under the name. */
export function useWidth(name: string, { initial, least, most }: Bounds): [number, (width: number) => void] {
	const key = `rohas-workbench-width-${name}`;
	const clamp = (width: number) => Math.round(Math.min(most, Math.max(least, width)));
	const [width, setWidth] = useState(() => clamp(Number(readLocal(key)) || initial));
	const change = (next: number) => {
		setWidth(clamp(next));
		writeLocal(key, String(clamp(next)));
	};
	return [width, change];
}

function readLocal(key: string): string | null {
	try {
		return localStorage.getItem(key);
	} catch {
		return null;
	}
}

function writeLocal(key: string, value: string): void {
	try {
		localStorage.setItem(key, value);
	} catch {
		// A browser that keeps nothing forgets the width: no harm done.
	}
}

/** The pane's width as a variable, so that a narrow screen can do without. */
export function paneWidth(width: number): CSSProperties {
	return { '--pane': `${width}px` } as CSSProperties;
}

interface SplitterProps {
	width: number;
	onChange: (width: number) => void;
	/** Which pane has the width. */
	pane: 'left' | 'right';
	label: string;
	style?: CSSProperties;
}

export function Splitter({ width, onChange, pane, label, style }: SplitterProps) {
	const sign = pane === 'left' ? 1 : -1;
	const start = (event: React.PointerEvent<HTMLElement>) => {
		event.preventDefault();
		const handle = event.currentTarget;
		const originX = event.clientX;
		handle.setPointerCapture(event.pointerId);
		const move = (moved: PointerEvent) => onChange(width + sign * (moved.clientX - originX));
		const stop = () => {
			handle.removeEventListener('pointermove', move);
			handle.removeEventListener('pointerup', stop);
			handle.removeEventListener('pointercancel', stop);
		};
		handle.addEventListener('pointermove', move);
		handle.addEventListener('pointerup', stop);
		handle.addEventListener('pointercancel', stop);
	};
	return (
		// biome-ignore lint/a11y/useSemanticElements: a separator that can be moved has no element of its own
		<div
			className={css.splitter}
			style={style}
			role="separator"
			aria-orientation="vertical"
			aria-label={label}
			aria-valuenow={width}
			tabIndex={0}
			onPointerDown={start}
			onKeyDown={(event) => {
				const step = event.key === 'ArrowRight' ? STEP : event.key === 'ArrowLeft' ? -STEP : 0;
				if (step === 0) return;
				event.preventDefault();
				event.stopPropagation();
				onChange(width + sign * step);
			}}
		/>
	);
}
