/** Offers the session that this tab had before it was loaded again, or that of one that ended without being closed. It takes no focus: whoever types goes on typing. */
import { useUi } from '../hooks.ts';
import '../moment/moment.css';
import { useMomentMessages } from '../moment/use-moment-messages.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';
import { forget, restore } from './autosave.ts';
import type { OfferedSession } from './kept-sessions.ts';

export function RestoreBar({ kept }: { kept: OfferedSession }) {
  const t = useMomentMessages();
  const locale = useUi((state) => state.locale);
  if (t === null) return null;
  const { savedAt, scenario, commands, reloaded } = kept;
  return (
    <div className="banner calm moment" role="status">
      <span>
        {t(reloaded ? 'reloaded' : 'left', {
          scenario,
          count: commands,
          time: new Date(savedAt).toLocaleString(locale),
        })}
      </span>
      <button type="button" onClick={() => restore(kept)}>
        {t('restore')}
      </button>
      <button
        type="button"
        onClick={() => {
          void forget(kept);
          focusTerminal();
        }}
      >
        {t('forget')}
      </button>
    </div>
  );
}
