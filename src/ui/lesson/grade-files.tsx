/** A class's hand-ins, dropped here or chosen: each log is run again, and a table for Excel made of them. */
import { type DragEvent, useEffect, useRef, useState } from 'react';
import {
  GRADE_COLUMNS,
  gradeRow,
  gradeTable,
  readHandIn,
  refusedRow,
  seedOf,
  Twins,
} from '../../lesson-engine/hand-in.ts';
import { borrowWorker } from '../worker/machine-link.ts';
import { fetchLesson } from './files.ts';
import { download } from './kept-progress.ts';
import type { LessonTranslate } from './use-lesson-messages.ts';

const FILES_MAX = 100;

export function GradeFiles({ t }: { t: LessonTranslate }) {
  const [rows, setRows] = useState<readonly string[][]>([]);
  const [of, setOf] = useState(0);
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  const grade = async (files: readonly File[]): Promise<void> => {
    const chosen = files.slice(0, FILES_MAX);
    setRows([]);
    setOf(chosen.length);
    const twins = new Twins();
    const found: string[][] = [];
    for (const file of chosen) {
      if (!alive.current) return;
      found.push(await rowOf(file, twins));
      setRows([...found]);
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    void grade([...event.dataTransfer.files]);
  };
  return (
    <section
      className="drop"
      aria-label={t('grade.title')}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
    >
      <h2>{t('grade.title')}</h2>
      <p>{t('grade.intro')}</p>
      <p>
        <label className="button">
          {t('grade.open')}
          <input
            type="file"
            multiple
            accept=".cutaway"
            className="sr-only"
            onChange={(event) => void grade([...(event.target.files ?? [])])}
          />
        </label>{' '}
        <span role="status">{of > 0 && t('grade.progress', { done: rows.length, of })}</span>{' '}
        {rows.length > 0 && rows.length === of && (
          <button type="button" onClick={() => download('cutaway-grades.csv', gradeTable(rows), 'text/csv')}>
            {t('grade.save')}
          </button>
        )}
      </p>
      {rows.length > 0 && (
        <div className="grades">
          <table>
            <thead>
              <tr>
                {GRADE_COLUMNS.map((column) => (
                  <th key={column} scope="col">
                    {t(`grade.${column.replaceAll(' ', '-')}` as 'grade.file')}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two files may have the same name
                <tr key={i}>
                  {row.map((text, column) => (
                    <td key={GRADE_COLUMNS[column]}>{text}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** Each on a machine of its own, in a worker of its own. */
async function rowOf(file: File, twins: Twins): Promise<string[]> {
  const handIn = readHandIn(await file.text());
  const lesson = handIn === null ? undefined : (await fetchLesson(handIn.lesson))?.lesson;
  if (handIn === null || lesson === undefined)
    return refusedRow(file.name, handIn === null ? 'no hand-in file' : 'no such lesson');
  const worker = borrowWorker();
  try {
    const result = await worker.api
      .regradeLesson({ ...lesson, seed: seedOf(handIn, lesson) }, handIn.savepoint)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    return gradeRow(file.name, handIn, lesson, result, twins.of(file.name, handIn.savepoint.inputs));
  } finally {
    worker.end();
  }
}
