/** Opens hand-ins, runs every log again, and sets the candidates side by side. */
import { type ChangeEvent, useEffect, useRef, useState } from 'react';
import { type InterviewHandIn, readInterviewHandIn, taskSeed, taskVariant } from '../../lesson-engine/interview.ts';
import type { DrillText } from '../../lesson-engine/lesson.ts';
import { useUi } from '../hooks.ts';
import { fetchDrill, fetchDrillText } from '../lesson/files.ts';
import { Line } from '../lesson/markdown-view.tsx';
import { borrowWorker } from '../worker/machine-link.ts';
import { fetchPack } from './files.ts';
import { type Candidate, Cell, type Graded, nameOf } from './report-cell.tsx';
import type { InterviewTranslate } from './use-interview-messages.ts';

const FILES_MAX = 6;
const NOT_PROVEN = ['report.identity', 'report.wall', 'report.outside', 'report.notes'] as const;

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
      graded.set(task.drill, { task, variant, name: drill?.variants[variant]?.id ?? '', seed, result });
    }
  } finally {
    worker.end();
  }
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
                    <Cell candidate={candidate} drill={id} text={texts.get(id)} t={t} />
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
