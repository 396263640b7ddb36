/** Says what of the session has become too large for this browser to keep. Once: who has read it knows. */
import type { Branch } from '../../machine/moments/marks.ts';
import { nameOf } from '../marks/branch-names.ts';
import { useMarksMessages } from '../marks/use-marks-messages.ts';
import '../moment/moment.css';
import { useMomentMessages } from '../moment/use-moment-messages.ts';
import { ui } from '../store.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';

/** Nothing of it, or all but some branches. */
export type NotKept = 'session' | readonly Branch[];

export function NotKeptBar({ what }: { what: NotKept }) {
  const t = useMomentMessages();
  const m = useMarksMessages();
  if (t === null || m === null) return null;
  return (
    <div className="banner calm moment" role="status">
      <span>
        {what === 'session'
          ? t('notKept')
          : t('notKeptBranches', { names: what.map((branch) => nameOf(branch, m)).join(', ') })}
      </span>
      <button
        type="button"
        onClick={() => {
          ui.setState({ notKept: null, sharing: true });
        }}
      >
        {t('save')}
      </button>
      <button
        type="button"
        onClick={() => {
          ui.setState({ notKept: null });
          focusTerminal();
        }}
      >
        {t('dismiss')}
      </button>
    </div>
  );
}
