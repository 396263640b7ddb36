/** Opens hand-ins, runs every log again, and sets the candidates side by side. */
import { type ChangeEvent, useEffect, useRef, useState } from 'react';
import {
  AIDS,
  type HandedInTask,
  type InterviewHandIn,
  type Pack,
  readInterviewHandIn,
  taskSeed,
  taskVariant,
} from '../../lesson-engine/interview.ts';
import type { DrillText } from '../../lesson-engine/lesson.ts';
import type { DrillRegrade } from '../../lesson-engine/regrade-drill.ts';
import { useUi } from '../hooks.ts';
import { addressOf } from '../lesson/address.ts';
import { fetchDrill, fetchDrillText } from '../lesson/files.ts';
import { Line } from '../lesson/markdown-view.tsx';
import { borrowWorker } from '../worker/machine-link.ts';
import { fetchPack } from './files.ts';
import { keepReplay } from './kept-interview.ts';
import type { InterviewTranslate } from './use-interview-messages.ts';

const FILES_MAX = 6;
const NOT_PROVEN = ['report.identity', 'report.wall', 'report.outside', 'report.notes'] as const;

type Graded = { task: HandedInTask; variant: number; seed: number; result: DrillRegrade | string };
type Candidate = { file: string; handIn: InterviewHandIn; pack: Pack; graded: ReadonlyMap<string, Graded> };

export function Report({ t }: { t: InterviewTranslate }) {
  const [candidates, setCandidates] = useState<readonly Candidate[]>([]);
  const [notice, setNotice] = useState('');
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  const open = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const files = [...(event.target.files ?? [])].slice(0, FILES_MAX);
    event.target.value = '';
    const found: Candidate[] = [];
    const complaints: string[] = [];
    setCandidates([]);
    for (const file of files) {
      const handIn = readInterviewHandIn(await file.text());
      const pack = handIn === null ? null : await fetchPack(handIn.pack);
      if (handIn === null) complaints.push(t('report.notOne', { file: file.name }));
      else if (pack === null) complaints.push(t('report.noPack', { file: file.name, pack: handIn.pack }));
      else {
        const candidate = { file: file.name, handIn, pack, graded: new Map<string, Graded>() };
        await regradeAll(candidate, (drill) => {
          if (alive.current) setNotice(t('report.running', { drill, name: nameOf(handIn, t) }));
        });
        found.push(candidate);
        if (alive.current) setCandidates([...found]);
      }
    }
    if (alive.current) setNotice(complaints.join(' '));
  };
  return (
    <>
      <p>{t('report.intro')}</p>
      <p>
        <label className="button">
          {t('report.open')}
          <input type="file" multiple accept=".cutaway" className="sr-only" onChange={(event) => void open(event)} />
        </label>{' '}
        <span role="status">{notice}</span>
      </p>
      {candidates.length > 0 && <Table candidates={candidates} t={t} />}
      <h2>{t('report.notProven')}</h2>
      <ul>
        {NOT_PROVEN.map((key) => (
          <li key={key}>{t(key)}</li>
        ))}
      </ul>
    </>
  );
}

/** One machine after the other, in a worker of its own: the page's node goes on undisturbed. */
async function regradeAll(
  { handIn, graded }: { handIn: InterviewHandIn; graded: Map<string, Graded> },
  onTask: (drill: string) => void,
): Promise<void> {
  const worker = borrowWorker();
  try {
    for (const task of handIn.tasks) {
      onTask(task.drill);
      const drill = (await fetchDrill(task.drill))?.drill;
      const seed = taskSeed(handIn.nonce, task.drill);
      const variant = taskVariant(handIn.nonce, task.drill, drill?.variants.length ?? 1);
      const result =
        drill === undefined
          ? 'no such drill'
          : await worker.api
              .regradeDrill(drill, variant, seed, task.savepoint)
              .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
      graded.set(task.drill, { task, variant, seed, result });
    }
  } finally {
    worker.end();
  }
}

function nameOf(handIn: InterviewHandIn, t: InterviewTranslate): string {
  return handIn.name.trim() === '' ? t('report.nobody') : handIn.name;
}

function Table({ candidates, t }: { candidates: readonly Candidate[]; t: InterviewTranslate }) {
  const locale = useUi((state) => state.locale);
  const drills = [...new Set(candidates.flatMap(({ pack }) => pack.drills.map(({ id }) => id)))];
  const [texts, setTexts] = useState<ReadonlyMap<string, DrillText>>(new Map());
  const wanted = drills.join(' ');
  useEffect(() => {
    let current = true;
    const load = async (): Promise<Map<string, DrillText>> => {
      const read = new Map<string, DrillText>();
      for (const id of wanted.split(' ')) {
        const found = await fetchDrill(id);
        if (found !== null) read.set(id, await fetchDrillText(found.path, found.drill, locale));
      }
      return read;
    };
    void load().then((read) => current && setTexts(read));
    return () => {
      current = false;
    };
  }, [wanted, locale]);
  const differ = (of: (candidate: Candidate) => string): boolean => new Set(candidates.map(of)).size > 1;
  return (
    <>
      {differ(({ pack }) => pack.id) && <p className="note">{t('report.packs')}</p>}
      {differ(({ handIn }) => handIn.nonce) && <p className="note">{t('report.nonces')}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, by keyboard, too */}
      <div className="report" tabIndex={0} role="region" aria-label={t('rooms.report')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('report.task')}</th>
              {candidates.map(({ file, handIn }) => (
                <th key={file} scope="col">
                  {t('report.candidate', { name: nameOf(handIn, t) })}
                  <br />
                  <span className="soft">{t('report.word', { nonce: handIn.nonce })}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {drills.map((id) => (
              <tr key={id}>
                <th scope="row">
                  {id} {texts.get(id)?.title}
                  <details>
                    <summary>{t('report.rubric')}</summary>
                    <ul>
                      {texts.get(id)?.rubric.map((item) => (
                        <li key={item}>
                          <label>
                            <input type="checkbox" /> <Line text={item} />
                          </label>
                        </li>
                      ))}
                    </ul>
                  </details>
                </th>
                {candidates.map((candidate) => (
                  <td key={candidate.file}>
                    <Cell candidate={candidate} drill={id} missing={texts.get(id)?.missing} t={t} />
                  </td>
                ))}
              </tr>
            ))}
            <tr>
              <th scope="row">{t('report.total')}</th>
              {candidates.map(({ file, graded, pack }) => (
                <td key={file}>
                  <strong>{t('report.sum', { score: sumOf(graded), of: pack.drills.length * 100 })}</strong>
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </>
  );
}

function sumOf(graded: ReadonlyMap<string, Graded>): number {
  return [...graded.values()].reduce((sum, { result }) => sum + (typeof result === 'string' ? 0 : result.score), 0);
}

type CellProps = {
  candidate: Candidate;
  drill: string;
  missing: ReadonlyMap<string, string> | undefined;
  t: InterviewTranslate;
};

function Cell({ candidate, drill, missing, t }: CellProps) {
  const found = candidate.graded.get(drill);
  if (found === undefined) return t('report.none');
  const { task, variant, seed, result } = found;
  if (typeof result === 'string') return t('report.refused', { reason: result });
  const limit = candidate.pack.drills.find(({ id }) => id === drill)?.minutes ?? 0;
  const noted = AIDS.map((aid) => ({ aid, count: task.uses.filter((use) => use.aid === aid).length }))
    .filter(({ count }) => count > 0)
    .map(({ aid, count }) => `${t(`aid.${aid}`)} ×${count}`);
  const watch = (): void => {
    if (keepReplay({ drill, variant, seed, savepoint: task.savepoint })) location.assign(addressOf('replay', drill));
  };
  return (
    <>
      <strong>{t('report.score', { score: result.score })}</strong>
      {result.missing.length > 0 && (
        <p>
          <Line text={t('report.missing', { list: result.missing.map((id) => missing?.get(id) ?? id).join(' ') })} />
        </p>
      )}
      <p>
        {t('report.virtual', { minutes: minutesOf(result.virtualMs / 1000) })}
        <br />
        {t('report.seconds', { minutes: minutesOf(task.seconds), of: limit })}
        <br />
        {task.starts > 1 && (
          <>
            {t('report.starts', { count: task.starts })}
            <br />
          </>
        )}
        {noted.length === 0 ? t('report.noAids') : t('report.aids', { list: noted.join(', ') })}
        <br />
        {t('report.tabs', { count: result.tabs })}
      </p>
      <details>
        <summary>{t('report.commands', { count: result.commands.length })}</summary>
        <table className="commands">
          <thead>
            <tr>
              <th scope="col">{t('report.at')}</th>
              <th scope="col">{t('report.line')}</th>
              <th scope="col">{t('report.code')}</th>
            </tr>
          </thead>
          <tbody>
            {result.commands.map(({ line, exitCode, virtualMs }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a log's lines have no other identity
              <tr key={i}>
                <td>{clockOf(virtualMs)}</td>
                <td>
                  <code>{line}</code>
                </td>
                <td>{exitCode === -1 ? '…' : exitCode}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      <button
        type="button"
        aria-label={t('report.watchWhat', { drill, name: nameOf(candidate.handIn, t) })}
        onClick={watch}
      >
        {t('report.watch')}
      </button>
    </>
  );
}

function minutesOf(seconds: number): string {
  return (seconds / 60).toFixed(1);
}

function clockOf(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
