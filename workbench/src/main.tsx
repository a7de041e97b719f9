/* main: starts the Workbench. */
import './ui/mantine.css';
import './ui/global.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/queries';
import { App } from './app';
import { theme, variables } from './ui/theme';

const root = document.getElementById('root');
const schemes = localStorageColorSchemeManager({ key: 'rohas-workbench-scheme' });

if (root) {
	createRoot(root).render(
		<StrictMode>
			<MantineProvider
				theme={theme}
				cssVariablesResolver={variables}
				colorSchemeManager={schemes}
				defaultColorScheme="auto"
			>
				<QueryClientProvider client={queryClient}>
					<App />
				</QueryClientProvider>
			</MantineProvider>
		</StrictMode>,
	);
}
