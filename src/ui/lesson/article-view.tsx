/** One section of the article: its blocks run in the terminal beside it, and what they prove is shown. */
import { useState } from 'react';
import {
  type ArticleBlock,
  type ArticleSection,
  type BlockText,
  foundBy,
  isMet,
  type SectionText,
} from '../../lesson-engine/article.ts';
import { useT, useUi } from '../hooks.ts';
import { ui } from '../store.ts';
import { addressOf } from './address.ts';
import { sectionIds } from './files.ts';
import { LayerChips } from './layer-chips.tsx';
import { Markdown } from './markdown-view.tsx';
import { typeLines } from './type-lines.ts';
import type { LessonTranslate } from './use-lesson-messages.ts';

export function ArticleView({ section, text, t }: { section: ArticleSection; text: SectionText; t: LessonTranslate }) {
  const strata = useT();
  const prompted = useUi((state) => state.prompted);
  const [outputs, setOutputs] = useState<Readonly<Record<string, string>>>({});
  const [running, setRunning] = useState<string | null>(null);
  /** A block stands on those before it: what was left out is typed first. */
  const run = async (last: number): Promise<void> => {
    const known = { ...outputs };
    for (const block of section.blocks.slice(0, last + 1)) {
      if (known[block.id] !== undefined) continue;
      setRunning(block.id);
      known[block.id] = await typeLines(block.lines, { drawn: false });
      setOutputs({ ...known });
      const proved = block.expects.filter((expected) => isMet(expected, known[block.id] ?? '')).length;
      ui.setState({ announcement: t('article.proved', { count: proved, of: block.expects.length }) });
    }
    setRunning(null);
  };
  const ids = sectionIds();
  const at = ids.indexOf(section.id);
  const [previous, next] = [ids[at - 1], ids[at + 1]];
  return (
    <aside className="lesson article" aria-label={t('article.label')}>
      <p className="lesson-meta">
        {t('article.sectionOf', { n: at + 1, of: ids.length })} · {strata('app.scenario', { name: section.scenario })}
      </p>
      <h2>{text.title}</h2>
      <Markdown text={text.intro} />
      <LayerChips layers={section.highlight} t={t} />
      {section.blocks.map((block, i) => {
        const words = text.blocks.get(block.id);
        if (words === undefined) return null;
        return (
          <BlockView
            key={block.id}
            block={block}
            text={words}
            t={t}
            output={outputs[block.id] ?? null}
            running={running === block.id}
            disabled={!prompted || running !== null}
            waits={section.blocks.slice(0, i).some((before) => outputs[before.id] === undefined)}
            onRun={() => void run(i)}
          />
        );
      })}
      {text.corrections !== '' && (
        <section className="corrections">
          <h3>{t('article.corrections')}</h3>
          <Markdown text={text.corrections} />
        </section>
      )}
      <nav className="lesson-foot" aria-label={t('article.all')}>
        {previous !== undefined && (
          <a className="button" href={addressOf('article', previous)}>
            ← {t('article.previous')}
          </a>
        )}
        {next !== undefined && (
          <a className="button" href={addressOf('article', next)}>
            {t('article.next')} →
          </a>
        )}
        <a href="#article">{t('article.all')}</a>
        <button type="button" onClick={() => location.reload()}>
          {t('article.reset')}
        </button>
      </nav>
    </aside>
  );
}

type BlockProps = {
  block: ArticleBlock;
  text: BlockText;
  t: LessonTranslate;
  output: string | null;
  running: boolean;
  disabled: boolean;
  waits: boolean;
  onRun: () => void;
};

function BlockView({ block, text, t, output, running, disabled, waits, onRun }: BlockProps) {
  return (
    <section className={`block ${block.kind}`} aria-label={text.title}>
      <p className="block-kind">
        <span>{t(`article.${block.kind}`)}</span> {t('article.part', { part: block.part })}
      </p>
      <h3>{text.title}</h3>
      <Markdown text={text.body} />
      <ol className="block-lines">
        {block.lines.map((line) => (
          <li key={line}>
            <pre>{line}</pre>
          </li>
        ))}
      </ol>
      <p className="lesson-buttons">
        <button type="button" className="primary" disabled={disabled || output !== null} onClick={onRun}>
          {running ? t('lesson.solving') : output !== null ? t('article.ran') : t('article.run')}
        </button>
        {waits && output === null && !running && <span className="lesson-meta">{t('article.runsBefore')}</span>}
      </p>
      {output !== null && <Proof block={block} output={output} t={t} />}
      <div className="why">
        <Markdown text={text.why} />
      </div>
    </section>
  );
}

function Proof({ block, output, t }: { block: ArticleBlock; output: string; t: LessonTranslate }) {
  return (
    <div className="proof">
      <h4>{t('article.proof')}</h4>
      <ul>
        {block.expects.map((expected) => {
          const met = isMet(expected, output);
          const label = expected.kind === 'hides' ? 'article.absent' : met ? 'article.found' : 'article.missing';
          return (
            <li key={`${expected.kind} ${expected.text}`} className={met ? 'met' : 'unmet'}>
              <span aria-hidden="true">{met ? '✓' : '✗'}</span> <span>{t(label)}</span>{' '}
              <code>{(foundBy(expected, output) ?? expected.text).trim()}</code>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
