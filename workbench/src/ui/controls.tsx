/*
 * controls: the fields of a filter bar. Each shows its name inside its frame; what is typed reaches the address
 * after a short pause, or at once with Enter or when the field is left.
 */
import {
	Autocomplete,
	Button,
	MultiSelect,
	NativeSelect,
	Popover,
	TagsInput,
	TextInput,
} from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { ApiError } from '../api/client';
import type { LiveState } from '../api/live';
import { edgeMs, fromLocalInput, PRESETS, rangeLabel, toLocalInput } from '../base/time';
import type { Range } from '../model/filters';
import css from './controls.module.css';
import { IconChevronDown, IconClock, IconClose, IconFilter, IconPause, IconPlay } from './icons';

export function FilterBar({ children, label }: { children: ReactNode; label: string }) {
	return (
		<search className={css.bar} aria-label={label}>
			{children}
		</search>
	);
}

/** The fields of a bar that a narrow screen hides until they are asked for. */
export function FilterGroup({ children, active }: { children: ReactNode; active: boolean }) {
	const [shown, setShown] = useState(false);
	return (
		<>
			<button
				type="button"
				className={`${css.button} ${css.narrowOnly}`}
				aria-expanded={shown}
				onClick={() => setShown(!shown)}
			>
				<IconFilter size={12} /> {active ? 'Filtered' : 'Filters'}
			</button>
			<span className={shown ? css.group : `${css.group} ${css.wideOnly}`}>{children}</span>
		</>
	);
}

/** Two fields that belong together and stay on one line. */
export function FilterPair({ children }: { children: ReactNode }) {
	return <span className={css.pair}>{children}</span>;
}

export function Gap() {
	return <span className={css.gap} />;
}

export function PlainButton(props: {
	children: ReactNode;
	onClick: () => void;
	quiet?: boolean;
	title?: string;
	testId?: string;
}) {
	return (
		<button
			type="button"
			className={props.quiet ? `${css.button} ${css.quiet}` : css.button}
			onClick={props.onClick}
			title={props.title}
			data-testid={props.testId}
		>
			{props.children}
		</button>
	);
}

function frame(active: boolean, wrong = false, extra = ''): string {
	return [css.field, active ? css.active : '', wrong ? css.wrong : '', extra].filter(Boolean).join(' ');
}

const SOON_MS = 350;
const LATE_MS = 1500;

interface TextProps {
	name: string;
	label: string;
	value: string;
	onCommit: (value: string) => void;
	suggestions?: readonly string[];
	placeholder?: string;
	width?: number | string;
	grow?: boolean;
	/** Says what is allowed when the text is not; null when it is. */
	check?: (value: string) => string | null;
	/** Half of it means nothing: it is waited for longer. */
	patient?: boolean;
	/** What is wrong with the value that was committed; null when nothing is. */
	wrong?: string | null;
}

export function FilterText(props: TextProps) {
	const {
		name,
		label,
		value,
		onCommit,
		suggestions,
		placeholder = 'any',
		width = 160,
		grow = false,
		check,
		patient = suggestions !== undefined,
		wrong = null,
	} = props;
	const id = useId();
	const [text, setText] = useState(value);
	const committed = useRef(value);
	useEffect(() => {
		if (value === committed.current) return;
		committed.current = value;
		setText(value);
	}, [value]);

	const complaint = check?.(text) ?? (text === value ? wrong : null);
	const commit = (next: string) => {
		if (next === committed.current || (check?.(next) ?? null) !== null) return;
		committed.current = next;
		onCommit(next);
	};
	const soon = useDebouncedCallback(commit, SOON_MS);
	const late = useDebouncedCallback(commit, LATE_MS);
	const change = (next: string) => {
		setText(next);
		// A name is worth asking for when it is whole; half of one finds nothing.
		const whole = !patient || next === '' || suggestions?.includes(next);
		soon.cancel();
		late.cancel();
		(whole ? soon : late)(next);
	};
	const shared = {
		id,
		value: text,
		placeholder,
		variant: 'unstyled' as const,
		className: css.input,
		'data-testid': `filter-${name}`,
		'aria-invalid': complaint !== null,
		autoComplete: 'off',
		spellCheck: false,
		onBlur: () => commit(text),
	};
	const onEnter = (event: React.KeyboardEvent) => {
		if (event.key === 'Enter') commit(text);
	};
	return (
		<span
			className={frame(value !== '', complaint !== null)}
			style={grow ? { flex: `1 1 ${width}px`, minWidth: width } : { width }}
			title={complaint ?? undefined}
		>
			<label className={css.name} htmlFor={id}>
				{label}
			</label>
			{suggestions ? (
				<Autocomplete
					{...shared}
					data={[...suggestions]}
					onChange={change}
					onKeyDown={onEnter}
					onOptionSubmit={commit}
					limit={12}
					comboboxProps={{ width: 240, position: 'bottom-start' }}
				/>
			) : (
				<TextInput {...shared} onChange={(event) => change(event.currentTarget.value)} onKeyDown={onEnter} />
			)}
			{text !== '' && (
				<button
					type="button"
					className={css.clear}
					aria-label={`Clear ${label}`}
					onClick={() => {
						setText('');
						commit('');
					}}
				>
					<IconClose size={11} />
				</button>
			)}
		</span>
	);
}

/** The filter language's field, docs/filter.md. */
export function FilterExpression(props: {
	value: string;
	onCommit: (value: string) => void;
	placeholder: string;
	/** Why the list refused it, or null. */
	error: Error | null;
}) {
	const error = expressionError(props.error);
	return (
		<>
			<FilterText
				name="q"
				label="Filter"
				value={props.value}
				onCommit={props.onCommit}
				placeholder={props.placeholder}
				width={360}
				grow
				patient
				wrong={error?.message ?? null}
			/>
			{error && (
				<div className={css.mistake} role="alert" data-testid="filter-q-error">
					<pre className="mono">
						{props.value}
						{'\n'}
						{' '.repeat((error.column ?? 1) - 1)}^
					</pre>
					<span>{error.message.replace(/^q is wrong at column \d+: /, '')}</span>
				</div>
			)}
		</>
	);
}

/** The error, where it is the filter expression that is wrong. */
export function expressionError(error: Error | null): ApiError | null {
	return error instanceof ApiError && error.parameter === 'q' ? error : null;
}

interface ChoiceProps {
	name: string;
	label: string;
	value: string;
	options: readonly { value: string; label: string }[];
	onChange: (value: string) => void;
	/** The value that means "no filter". */
	neutral?: string;
}

export function FilterChoice({ name, label, value, options, onChange, neutral = '' }: ChoiceProps) {
	const id = useId();
	return (
		<span className={frame(value !== neutral)}>
			<label className={css.name} htmlFor={id}>
				{label}
			</label>
			<NativeSelect
				id={id}
				className={css.input}
				variant="unstyled"
				value={value}
				data={[...options]}
				rightSection={<IconChevronDown size={10} />}
				rightSectionWidth={18}
				onChange={(event) => onChange(event.currentTarget.value)}
				data-testid={`filter-${name}`}
			/>
		</span>
	);
}

interface TagsProps {
	name: string;
	label: string;
	values: readonly string[];
	onChange: (values: string[]) => void;
	accept: (value: string) => boolean;
	placeholder: string;
	suggestions?: readonly string[];
	width?: number;
}

export function FilterTags({
	name,
	label,
	values,
	onChange,
	accept,
	placeholder,
	suggestions = [],
	width = 240,
}: TagsProps) {
	const id = useId();
	const [text, setText] = useState('');
	const wrong = text !== '' && !accept(text);
	return (
		<span
			className={frame(values.length > 0, wrong, css.tags)}
			style={{ flex: `1 1 ${width}px`, minWidth: width, maxWidth: 560 }}
			title={wrong ? `Write ${placeholder}` : undefined}
		>
			<label className={css.name} htmlFor={id}>
				{label}
			</label>
			<TagsInput
				id={id}
				className={css.input}
				variant="unstyled"
				value={[...values]}
				data={[...suggestions]}
				searchValue={text}
				onSearchChange={setText}
				onChange={(next) => {
					const kept = next.filter(accept);
					if (kept.length === next.length) onChange(kept);
				}}
				placeholder={values.length === 0 ? placeholder : ''}
				splitChars={[]}
				acceptValueOnBlur={accept(text)}
				limit={12}
				data-testid={`filter-${name}`}
			/>
		</span>
	);
}

interface ManyProps {
	name: string;
	label: string;
	values: readonly string[];
	options: readonly string[];
	onChange: (values: string[]) => void;
	placeholder: string;
}

export function FilterMany({ name, label, values, options, onChange, placeholder }: ManyProps) {
	const id = useId();
	return (
		<span className={frame(values.length > 0, false, css.tags)} style={{ minWidth: 220, maxWidth: 520 }}>
			<label className={css.name} htmlFor={id}>
				{label}
			</label>
			<MultiSelect
				id={id}
				className={css.input}
				variant="unstyled"
				value={[...values]}
				data={[...options]}
				onChange={onChange}
				placeholder={values.length === 0 ? placeholder : ''}
				searchable
				hidePickedOptions
				disabled={options.length === 0}
				rightSection={null}
				data-testid={`filter-${name}`}
			/>
		</span>
	);
}

interface LiveToggleProps {
	on: boolean;
	state: LiveState;
	/** Why there is nothing to follow, or null. */
	unavailable?: string | null;
	onChange: (on: boolean) => void;
}

export function LiveToggle({ on, state, unavailable = null, onChange }: LiveToggleProps) {
	const active = on && unavailable === null;
	const text = !active
		? 'Paused'
		: state === 'open'
			? 'Live'
			: state === 'lost'
				? 'Reconnecting'
				: 'Connecting';
	const tone = active && state === 'open' ? css.open : active && state === 'lost' ? css.lost : '';
	return (
		<button
			type="button"
			className={`${css.live} ${tone}`}
			aria-pressed={active}
			disabled={unavailable !== null}
			title={unavailable ?? (active ? 'Stop showing new ones' : 'Show new ones as they arrive')}
			onClick={() => onChange(!on)}
			data-testid="live-toggle"
			data-state={active ? state : 'paused'}
		>
			<span className={css.pulse} />
			{text}
			<Gap />
			{active ? <IconPause size={12} /> : <IconPlay size={12} />}
		</button>
	);
}

interface TimeRangeProps {
	range: Range;
	onChange: (range: Range) => void;
}

export function TimeRange({ range, onChange }: TimeRangeProps) {
	const [opened, setOpened] = useState(false);
	const choose = (next: Range) => {
		onChange(next);
		setOpened(false);
	};
	return (
		<Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus>
			<Popover.Target>
				<button
					type="button"
					className={css.button}
					onClick={() => setOpened(!opened)}
					aria-haspopup="dialog"
					aria-expanded={opened}
					data-testid="filter-time"
				>
					<IconClock />
					{rangeLabel(range.start, range.end)}
					<IconChevronDown size={10} />
				</button>
			</Popover.Target>
			<Popover.Dropdown>{opened && <TimeRangeForm range={range} onChange={choose} />}</Popover.Dropdown>
		</Popover>
	);
}

function TimeRangeForm({ range, onChange }: TimeRangeProps) {
	const now = Date.now();
	const [from, setFrom] = useState(() => toLocalInput(edgeMs(range.start, now)));
	const [to, setTo] = useState(() => toLocalInput(edgeMs(range.end, now)));
	const start = fromLocalInput(from);
	const end = to === '' ? '' : fromLocalInput(to);
	const complaint =
		start === null
			? 'A start is needed.'
			: end !== '' && end !== null && end <= start
				? 'The end is not after the start.'
				: null;
	return (
		<div className={css.range}>
			<div className={css.presets}>
				{PRESETS.map((preset) => (
					<button
						key={preset.start}
						type="button"
						className={css.preset}
						aria-pressed={range.end === '' && range.start === preset.start}
						onClick={() => onChange({ start: preset.start, end: '' })}
						data-testid={`time-preset${preset.start}`}
					>
						{preset.label}
					</button>
				))}
			</div>
			<form
				className={css.custom}
				onSubmit={(event) => {
					event.preventDefault();
					if (start !== null && complaint === null) onChange({ start, end: end ?? '' });
				}}
			>
				<TextInput
					type="datetime-local"
					step={1}
					label="From"
					value={from}
					onChange={(event) => setFrom(event.currentTarget.value)}
					data-testid="time-from"
				/>
				<TextInput
					type="datetime-local"
					step={1}
					label="To"
					value={to}
					error={complaint}
					onChange={(event) => setTo(event.currentTarget.value)}
					data-testid="time-to"
				/>
				<small>Your time zone. An empty end means now.</small>
				<Button type="submit" disabled={complaint !== null} data-testid="time-apply">
					Apply
				</Button>
			</form>
		</div>
	);
}
