/** Says what of the session this browser does not keep, and why. Once: who has read it knows. */
import type { Branch } from '../../machine/moments/marks.ts';
import { nameOf } from '../marks/branch-names.ts';
import { useMarksMessages } from '../marks/use-marks-messages.ts';
import '../moment/moment.css';
import { useMomentMessages } from '../moment/use-moment-messages.ts';
import { ui } from '../store.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';

/** Nothing of it: it is too large, the browser is full, or keeps nothing at all; or all but some branches. */
export type NotKept = 'session' | 'full' | 'storage' | readonly Branch[];

const WORDS = { session: 'notKept', full: 'notKeptFull', storage: 'notKeptStorage' } as const;

export function NotKeptBar({ what }: { what: NotKept }) {
  const t = useMomentMessages();
  const m = useMarksMessages();
  if (t === null || m === null) return null;
  return (
    <div className="banner calm moment" role="status">
      <span>
        {typeof what === 'string'
          ? t(WORDS[what])
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
