/** Offers the session of a tab that ended without being closed. It takes no focus: whoever types goes on typing. */
import { useUi } from '../hooks.ts';
import '../moment/moment.css';
import { useMomentMessages } from '../moment/use-moment-messages.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';
import { forget, restore } from './autosave.ts';
import type { KeptSession } from './kept-sessions.ts';

export function RestoreBar({ kept }: { kept: KeptSession }) {
  const t = useMomentMessages();
  const locale = useUi((state) => state.locale);
  if (t === null) return null;
  const { savedAt, scenario, commands } = kept;
  return (
    <div className="banner calm moment" role="status">
      <span>{t('left', { scenario, count: commands, time: new Date(savedAt).toLocaleString(locale) })}</span>
      <button type="button" onClick={() => restore(kept)}>
        {t('restore')}
      </button>
      <button
        type="button"
        onClick={() => {
          forget(kept);
          focusTerminal();
        }}
      >
        {t('forget')}
      </button>
    </div>
  );
}
