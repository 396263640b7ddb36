import { useUi } from '../store.ts';
import { select } from '../store.ts';
import { session } from '../session.ts';
import { useT } from '../hooks.ts';
import { CallView } from './call-view.tsx';
import { ThingView } from './thing-view.tsx';

export function Inspector() {
  const t = useT();
  const selection = useUi((state) => state.selection);
  useUi((state) => state.version);
  const call = selection?.kind === 'call' ? session.index.calls.get(selection.call) : undefined;
  return (
    <aside className="inspector" aria-label={t('inspector.label')}>
      <button type="button" className="close" onClick={() => select(null)}>
        {t('app.close')}
      </button>
      {selection === null && <p className="soft">{t('inspector.empty')}</p>}
      {call !== undefined && <CallView key={call.call} call={call} />}
      {selection !== null && selection.kind !== 'call' && <ThingView selection={selection} />}
    </aside>
  );
}
