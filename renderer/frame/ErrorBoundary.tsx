/** Keeps a fault in one place from taking the whole page: the rail and the strip stay usable. */
import { Component } from 'react';
import type { ReactNode } from 'react';
import { Button } from '../components/Button.tsx';
import { Notice } from '../components/Notice.tsx';
import { t } from '../texts/t.ts';

interface ErrorBoundaryState {
  readonly error: Error | undefined;
}

export class ErrorBoundary extends Component<{ readonly children: ReactNode }, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { error: undefined };

  static getDerivedStateFromError(error: Error): ErrorBoundaryState {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <Notice
        tone="action"
        title={t('error.fault')}
        actions={<Button onClick={() => location.reload()}>{t('error.reload')}</Button>}
      >
        <code translate="no">{error.message}</code>
      </Notice>
    );
  }
}
