/** What the page says of the moment that it was opened for. */
import { useStore } from 'zustand';
import { breaks } from '../breaks/armed.ts';
import { clockText } from '../format.ts';
import { useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';
import './moment.css';
import { giveUp, type OpenMoment, playOn } from './open-moment.ts';
import { useMomentMessages } from './use-moment-messages.ts';

export function MomentBar({ moment }: { moment: OpenMoment }) {
  const t = useMomentMessages();
  const now = useUi((state) => state.now);
  const { brought } = useStore(breaks);
  if (t === null) return null;
  const close = (): void => {
    ui.setState({ moment: null });
    focusTerminal();
  };
  if (moment.phase === 'making') {
    const percent = Math.min(99, Math.floor((100 * now) / Math.max(1, moment.until)));
    return (
      <div className="banner calm moment" role="status">
        <progress max={100} value={percent} aria-label={t('making', { percent })} />
        <span>{t('making', { percent })}</span>
        <button type="button" onClick={() => giveUp(null)}>
          {t('cancel')}
        </button>
      </div>
    );
  }
  if (moment.phase === 'problem') {
    const { problem, place = '', fresh } = moment;
    return (
      <div className="banner moment" role="alert">
        <span>
          {t(problem)} {place !== '' && t('place', { place })} {t(fresh ? 'fresh' : 'goesOn')}
        </span>
        {problem === 'interview' && <a href="#interview-report">{t('report')}</a>}
        <button type="button" onClick={close}>
          {t('dismiss')}
        </button>
      </div>
    );
  }
  const { how, seq, time, differs } = moment;
  return (
    <div className={differs ? 'banner moment' : 'banner calm moment'} role={differs ? 'alert' : 'status'}>
      <span>
        {differs && t('differs')} {t(how, { time: clockText(time) })} {brought > 0 && t('brought', { count: brought })}
      </span>
      {how === 'past' && (
        <button
          type="button"
          onClick={() => {
            playOn(seq);
            close();
          }}
        >
          {t('playOn')}
        </button>
      )}
      {how !== 'held' && (
        <button
          type="button"
          onClick={() => {
            session.skip();
            close();
          }}
        >
          {t('end')}
        </button>
      )}
      <button type="button" onClick={close}>
        {t('dismiss')}
      </button>
    </div>
  );
}
