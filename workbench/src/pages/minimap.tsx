/* minimap: the whole trace in a strip; dragging across it brings that part onto the axis. */
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type TraceTree, visibleRows } from '../model/trace-tree';
import type { View } from './waterfall';
import css from './waterfall.module.css';

const HEIGHT = 44;
const LEAST_DRAG_PX = 3;
const NOTHING: ReadonlySet<string> = new Set();

interface Props {
	tree: TraceTree;
	colours: Map<string, string>;
	view: View;
	onView: (view: View | null) => void;
}

export function Minimap({ tree, colours, view, onView }: Props) {
	const host = useRef<HTMLDivElement>(null);
	const canvas = useRef<HTMLCanvasElement>(null);
	const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
	const scheme = useComputedColorScheme('light');
	const rows = useMemo(() => visibleRows(tree, NOTHING), [tree]);

	// biome-ignore lint/correctness/useExhaustiveDependencies: another scheme has other colours
	useEffect(() => {
		const element = host.current;
		const surface = canvas.current;
		if (!element || !surface) return;
		const draw = () => {
			const ratio = window.devicePixelRatio || 1;
			surface.width = Math.max(1, element.clientWidth * ratio);
			surface.height = HEIGHT * ratio;
			const context = surface.getContext('2d');
			if (!context) return;
			const lineHeight = Math.min(3 * ratio, (surface.height - 8 * ratio) / Math.max(1, rows.length));
			const error = getComputedStyle(element).getPropertyValue('--error').trim();
			rows.forEach((row, index) => {
				if (!row.span) return;
				const x = (row.startNs / tree.totalNs) * surface.width;
				const width = Math.max(ratio, ((row.endNs - row.startNs) / tree.totalNs) * surface.width);
				context.fillStyle = row.span.status === 'error' ? error : (colours.get(row.service) ?? '#888');
				context.fillRect(x, 4 * ratio + index * lineHeight, width, Math.max(ratio * 0.75, lineHeight * 0.8));
			});
		};
		draw();
		const observer = new ResizeObserver(draw);
		observer.observe(element);
		return () => observer.disconnect();
	}, [rows, colours, tree, scheme]);

	const shareAt = (clientX: number) => {
		const box = host.current?.getBoundingClientRect();
		return box ? Math.min(1, Math.max(0, (clientX - box.left) / box.width)) : 0;
	};
	const percent = (ns: number) => `${Math.min(100, Math.max(0, (ns / Math.max(1, tree.totalNs)) * 100))}%`;
	return (
		<div
			ref={host}
			className={css.map}
			role="img"
			aria-label="The whole trace"
			title="Drag to zoom, double-click for the whole trace"
			onPointerDown={(event) => {
				event.currentTarget.setPointerCapture(event.pointerId);
				const at = shareAt(event.clientX);
				setDrag({ from: at, to: at });
			}}
			onPointerMove={(event) => setDrag(drag && { from: drag.from, to: shareAt(event.clientX) })}
			onPointerCancel={() => setDrag(null)}
			onPointerUp={(event) => {
				setDrag(null);
				if (!drag) return;
				const [low, high] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
				if ((high - low) * event.currentTarget.clientWidth < LEAST_DRAG_PX) return;
				onView({ fromNs: low * tree.totalNs, toNs: high * tree.totalNs });
			}}
			onDoubleClick={() => onView(null)}
		>
			<canvas ref={canvas} />
			<div className={css.outside} style={{ left: 0, width: percent(view.fromNs) }} />
			<div className={css.outside} style={{ left: percent(view.toNs), right: 0 }} />
			{drag && (
				<div
					className={css.drag}
					style={{
						left: `${Math.min(drag.from, drag.to) * 100}%`,
						width: `${Math.abs(drag.to - drag.from) * 100}%`,
					}}
				/>
			)}
		</div>
	);
}
