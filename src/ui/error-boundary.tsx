/** The page never goes blank: whatever breaks is named, and the rest stays. */
import { Component, type ReactNode } from 'react';
import type { Translate } from './messages/catalogue.ts';

type Props = { children: ReactNode; t: Translate };

export class ErrorBoundary extends Component<Props, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const { t } = this.props;
    return (
      <div className="broken" role="alert">
        <p>
          <b>{t('app.failed')}</b> {t('app.failedHint')}
        </p>
        <pre>{error.message}</pre>
        <button type="button" onClick={() => this.setState({ error: null })}>
          {t('app.retry')}
        </button>
      </div>
    );
  }
}
