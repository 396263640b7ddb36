/** What the page says of the moment that it was opened for. */
import { useStore } from 'zustand';
import type { WrongPlace } from '../../machine/moments/moment.ts';
import { breaks } from '../breaks/armed.ts';
import { clockText } from '../format.ts';
import { useUi } from '../hooks.ts';
import type { MomentMessageKey } from '../messages/moment/en.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';
import './moment.css';
import type { TranslateOf } from '../use-messages.ts';
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
    const { problem, place, file, fresh } = moment;
    return (
      <div className="banner moment" role="alert">
        <span>
          {t(problem)} {place !== undefined && placeWords(place, file, t)} {t(fresh ? 'fresh' : 'goesOn')}
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
        {differs && t('differs')} {t(how === 'held' && now > time ? 'wentOn' : how, { time: clockText(time) })}{' '}
        {brought > 0 && t('brought', { count: brought })}
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

function placeWords(place: WrongPlace, file: string | undefined, t: TranslateOf<MomentMessageKey>): string {
  if (typeof place === 'string') return t('place', { place: file === undefined ? place : `${file}: ${place}` });
  if ('character' in place) return t('placeCharacter', { at: place.character, found: visible(place.found) });
  if ('from' in place) return t('placeFrom', { at: place.from });
  return t(place.endsAfter === 0 ? 'placeNothing' : 'placeEnd', { at: place.endsAfter });
}

function visible(character: string): string {
  const number = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `“${character}” ${number}` : number;
}
