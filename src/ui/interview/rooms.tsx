/** What lies behind the door "Interview": drills, packs, question cards, hand-ins. */
import { type ReactNode, useEffect, useState } from 'react';
import './interview.css';
import { AIDS, normaliseNonce, type Pack, type PackText } from '../../lesson-engine/interview.ts';
import { useUi } from '../hooks.ts';
import { Markdown } from '../lesson/markdown-view.tsx';
import { ui } from '../store.ts';
import { Cards } from './cards.tsx';
import { fetchPacks } from './files.ts';
import { Report } from './report.tsx';
import { type InterviewTranslate, useInterviewMessages } from './use-interview-messages.ts';

const ROOMS = [
  { place: 'interview', key: 'rooms.drills' },
  { place: 'interview-packs', key: 'rooms.packs' },
  { place: 'interview-cards', key: 'rooms.cards' },
  { place: 'interview-report', key: 'rooms.report' },
] as const;

/** `drills` is what the first room shows. */
export function Rooms({ place, drills }: { place: string; drills: ReactNode }) {
  const t = useInterviewMessages();
  if (t === null) return null;
  return (
    <>
      <nav className="rooms" aria-label={t('rooms.label')}>
        {ROOMS.map((room) => (
          <a key={room.place} href={`#${room.place}`} aria-current={room.place === place ? 'page' : undefined}>
            {t(room.key)}
          </a>
        ))}
      </nav>
      {place === 'interview' && drills}
      {place === 'interview-packs' && <Packs t={t} />}
      {place === 'interview-cards' && <Cards t={t} />}
      {place === 'interview-report' && <Report t={t} />}
    </>
  );
}

function Packs({ t }: { t: InterviewTranslate }) {
  const locale = useUi((state) => state.locale);
  const [packs, setPacks] = useState<readonly { pack: Pack; text: PackText }[]>([]);
  const [word, setWord] = useState('');
  const nonce = normaliseNonce(word);
  useEffect(() => {
    let current = true;
    void fetchPacks(locale).then((read) => current && setPacks(read));
    return () => {
      current = false;
    };
  }, [locale]);
  return (
    <>
      <p>{t('packs.intro')}</p>
      <p>
        <label>
          {t('packs.word')}{' '}
          <input value={word} autoComplete="off" spellCheck={false} onChange={(event) => setWord(event.target.value)} />
        </label>
      </p>
      {packs.map(({ pack, text }) => (
        <section key={pack.id} className="pack">
          <h2>{text.title}</h2>
          <Markdown text={text.body} />
          <dl>
            <dt>{t('packs.drills')}</dt>
            <dd>{pack.drills.map(({ id, minutes }) => `${id} (${minutes})`).join(', ')}</dd>
            <dt>{t('packs.aids')}</dt>
            <dd>
              {AIDS.map((aid) => (
                <span key={aid}>
                  {t('packs.aid', { aid: t(`aid.${aid}`), rule: t(`rule.${pack.aids[aid]}`) })}
                  <br />
                </span>
              ))}
            </dd>
          </dl>
          <p>
            {nonce === '' ? (
              <span className="soft">{t('packs.needsWord')}</span>
            ) : (
              <a
                className="button"
                aria-label={t('packs.beginWhat', { title: text.title })}
                href={`?${new URLSearchParams({ interview: pack.id, nonce, lang: locale, theme: ui.getState().theme })}`}
              >
                {t('packs.begin')}
              </a>
            )}
          </p>
          <details>
            <summary>{t('packs.forInterviewer')}</summary>
            <Markdown text={text.interviewer} />
          </details>
        </section>
      ))}
    </>
  );
}
