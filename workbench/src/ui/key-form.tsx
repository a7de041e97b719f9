/* key-form: asks for the key where the program's configuration sets one. */
import { Button, PasswordInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { giveKey, hasKey } from '../api/key';
import { EmptyState } from './states';

export function KeyForm() {
	const client = useQueryClient();
	const [text, setText] = useState('');
	return (
		<EmptyState title="This program asks for a key">
			<p>
				The key is set in its configuration, as <span className="mono">workbench.api_key</span>.
			</p>
			<form
				style={{ display: 'flex', gap: 8, alignItems: 'flex-start' }}
				onSubmit={(event) => {
					event.preventDefault();
					giveKey(text);
					void client.resetQueries();
				}}
			>
				<PasswordInput
					value={text}
					onChange={(event) => setText(event.currentTarget.value)}
					error={hasKey() && text === '' ? 'That was not the key.' : undefined}
					aria-label="Key"
					placeholder="Key"
					w={280}
					size="xs"
					data-autofocus
					data-testid="key-input"
				/>
				<Button type="submit" disabled={text === ''} data-testid="key-submit">
					Open
				</Button>
			</form>
		</EmptyState>
	);
}
