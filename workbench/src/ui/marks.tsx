/* marks: the small signs that stand for a handler's type, a status, a service, a level, and a copy button. */
import { useEffect, useState } from 'react';
import type { HandlerType, Level, Status } from '../api/types';
import { copyText } from '../base/clipboard';
import { IconCheck, IconCopy } from './icons';
import css from './marks.module.css';

const TYPE_TEXT: Record<HandlerType, string> = { api: 'API', event: 'EVENT', cron: 'CRON', websocket: 'WS' };

export function tone(colour: string): React.CSSProperties {
	return { '--tone': colour } as React.CSSProperties;
}

export function TypeMark({ type }: { type: HandlerType }) {
	return (
		<span className={css.type} style={tone(`var(--type-${type})`)} title={`Handler type: ${type}`}>
			{TYPE_TEXT[type] ?? String(type).toUpperCase()}
		</span>
	);
}

const STATUSES: Record<Status, { text: string; colour: string; loud?: boolean; title?: string }> = {
	success: { text: 'Success', colour: 'var(--ok)' },
	error: { text: 'Error', colour: 'var(--error)', loud: true },
	running: { text: 'Running', colour: 'var(--accent)', title: 'It has started and not ended' },
	lost: {
		text: 'Lost',
		colour: 'var(--warn)',
		loud: true,
		title: 'It has not ended, and its process is silent',
	},
};

export function StatusMark({ status }: { status: Status }) {
	const { text, colour, loud, title } = STATUSES[status];
	return (
		<span className={css.status} style={tone(colour)} title={title}>
			<span className={css.dot} />
			<span style={loud ? { color: colour, fontWeight: 600 } : undefined}>{text}</span>
		</span>
	);
}

export function ServiceMark({ name, colour }: { name: string; colour: string | undefined }) {
	return (
		<span className={css.service} style={tone(colour ?? 'var(--ink-3)')}>
			<span className={css.square} />
			<span className="ellipsis">{name}</span>
		</span>
	);
}

const LEVEL_TONE: Record<Level, string> = {
	TRACE: 'var(--ink-3)',
	DEBUG: 'var(--ink-3)',
	INFO: 'var(--accent-ink)',
	WARN: 'var(--warn)',
	ERROR: 'var(--error)',
};

export function levelTone(level: Level): string {
	return LEVEL_TONE[level] ?? 'var(--ink-2)';
}

export function LevelMark({ level }: { level: Level }) {
	return (
		<span className={css.level} style={tone(levelTone(level))}>
			{level}
		</span>
	);
}

interface CopyProps {
	text: string;
	/** What is copied, for the tooltip: "trace id". */
	what: string;
	label?: string;
	mono?: boolean;
}

export function Copy({ text, what, label, mono = true }: CopyProps) {
	const [done, setDone] = useState(false);
	useEffect(() => {
		if (!done) return;
		const timer = window.setTimeout(() => setDone(false), 1500);
		return () => window.clearTimeout(timer);
	}, [done]);
	return (
		<button
			type="button"
			className={css.copy}
			title={done ? 'Copied' : `Copy ${what}`}
			aria-label={`Copy ${what}`}
			onClick={(event) => {
				event.stopPropagation();
				void copyText(text).then(setDone);
			}}
		>
			{label !== undefined && <span className={mono ? 'mono ellipsis' : 'ellipsis'}>{label}</span>}
			{done ? <IconCheck size={12} /> : <IconCopy size={12} />}
		</button>
	);
}
