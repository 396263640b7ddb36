/** The system calls of one piece of work, as strace prints them: its history is made again and watched. */
import { useEffect, useState } from 'react';
import type { CallLine } from '../../machine/calls-between.ts';
import { clockText } from '../format.ts';
import { useT } from '../hooks.ts';
import type { CallsSelection } from '../selection.ts';
import { session } from '../session.ts';
import { borrowWorker } from '../worker/machine-link.ts';

type Told = { calls: readonly CallLine[]; more: number };

export function CallsView({ selection }: { selection: CallsSelection }) {
  const t = useT();
  const [told, setTold] = useState<Told | 'making' | 'failed'>('making');
  const { title, pid, span, from, until } = selection;
  useEffect(() => {
    const worker = borrowWorker();
    let current = true;
    const make = async (): Promise<Told | 'failed'> => {
      const machinePid = session.machinePid(pid);
      const savepoint = (await session.link?.api.savepoint()) ?? null;
      if (machinePid === null || savepoint === null) return 'failed';
      const work = { from, until: until ?? session.received.length, pid: machinePid, span };
      return worker.api.callsBetween(savepoint, work);
    };
    void make()
      .catch((): 'failed' => 'failed')
      .then((answer) => {
        if (current) setTold(answer);
      });
    return () => {
      current = false;
      worker.end();
    };
  }, [pid, span, from, until]);
  return (
    <>
      <h2>{t('calls.title')}</h2>
      <p className="mono">
        {title} <span className="soft">{pid}</span>
      </p>
      {typeof told === 'string' ? (
        <p role="status">{t(`calls.${told}`)}</p>
      ) : told.calls.length === 0 ? (
        <p>{t('calls.none')}</p>
      ) : (
        <ol className="calls mono">
          {told.calls.map(({ seq, startNs, text }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two calls may be alike, and the list does not change
            <li key={i}>
              <button type="button" onClick={() => session.lookAt(seq)}>
                <span className="soft">{clockText(startNs)}</span> {text}
              </button>
            </li>
          ))}
        </ol>
      )}
      {typeof told !== 'string' && told.more > 0 && <p>{t('calls.more', { count: told.more })}</p>}
      <p className="soft">{t('calls.hint')}</p>
    </>
  );
}
