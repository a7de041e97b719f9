/* use-pointing: whether the pointer is moving over an element: then nothing should move away under it. */
import { type RefObject, useEffect, useState } from 'react';

const REST_MS = 1000;

export function usePointing(element: RefObject<HTMLElement | null>): boolean {
	const [pointing, setPointing] = useState(false);
	useEffect(() => {
		const target = element.current;
		if (!target) return;
		let timer: number | undefined;
		const stop = () => {
			window.clearTimeout(timer);
			setPointing(false);
		};
		const move = () => {
			window.clearTimeout(timer);
			timer = window.setTimeout(stop, REST_MS);
			setPointing(true);
		};
		target.addEventListener('pointermove', move, { passive: true });
		target.addEventListener('pointerleave', stop);
		return () => {
			window.clearTimeout(timer);
			target.removeEventListener('pointermove', move);
			target.removeEventListener('pointerleave', stop);
		};
	}, [element]);
	return pointing;
}
