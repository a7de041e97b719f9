/* theme: Mantine dressed in the Workbench's own colours, which global.css defines for both schemes. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const verdigris: MantineColorsTuple = [
	'#e6f5f1',
	'#cfe8e1',
	'#9fd2c5',
	'#6cbba8',
	'#43a890',
	'#279b81',
	'#0f8a72',
	'#0b7264',
	'#075a4f',
	'#04453c',
];

const controls = { defaultProps: { size: 'xs' } };

export const theme = createTheme({
	primaryColor: 'verdigris',
	primaryShade: { light: 7, dark: 5 },
	colors: { verdigris },
	fontFamily: 'Plex, system-ui, -apple-system, "Segoe UI", sans-serif',
	fontFamilyMonospace: 'JetBrains, ui-monospace, "SF Mono", Menlo, Consolas, monospace',
	fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '19px' },
	defaultRadius: 4,
	cursorType: 'pointer',
	respectReducedMotion: true,
	components: {
		Button: controls,
		TextInput: controls,
		NativeSelect: controls,
		Autocomplete: controls,
		TagsInput: controls,
		MultiSelect: controls,
		Tooltip: { defaultProps: { openDelay: 350, withinPortal: true, fz: 12, multiline: true } },
		Popover: { defaultProps: { shadow: 'md', withinPortal: true } },
	},
});

const shared = {
	'--mantine-color-body': 'var(--bg)',
	'--mantine-color-text': 'var(--ink)',
	'--mantine-color-dimmed': 'var(--ink-3)',
	'--mantine-color-default': 'var(--surface)',
	'--mantine-color-default-hover': 'var(--surface-2)',
	'--mantine-color-default-color': 'var(--ink)',
	'--mantine-color-default-border': 'var(--line-strong)',
	'--mantine-color-placeholder': 'var(--ink-3)',
	'--mantine-color-error': 'var(--error)',
	'--mantine-color-anchor': 'var(--accent-ink)',
	'--mantine-shadow-md': 'var(--shadow)',
};

export const variables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });
