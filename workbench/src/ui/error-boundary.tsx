/* error-boundary: a page that fails leaves the rest of the Workbench standing. */
import { Component, type ReactNode } from 'react';
import { ErrorState } from './states';

interface Props {
	children: ReactNode;
}

interface State {
	error: Error | null;
}

export class ErrorBoundary extends Component<Props, State> {
	override state: State = { error: null };

	static getDerivedStateFromError(error: unknown): State {
		return { error: error instanceof Error ? error : new Error(String(error)) };
	}

	override render(): ReactNode {
		const { error } = this.state;
		if (!error) return this.props.children;
		return <ErrorState error={error} onRetry={() => this.setState({ error: null })} />;
	}
}
