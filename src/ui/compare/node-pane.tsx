/** One machine: its drawing at the moment looked at, and its terminal, whose keys go to all. */
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef, useState } from 'react';
import { useUi } from '../hooks.ts';
import type { Selection } from '../selection.ts';
import { Drawing } from '../stage/stage.tsx';
import { ZoomButtons } from '../stage/zoom-buttons.tsx';
import { THEMES } from '../theme/tokens.ts';
import type { CompareRun } from './compare-run.ts';
import type { CompareTranslate } from './use-compare-messages.ts';

const LIVE = { playhead: null, hop: null, hopAt: 0, hopsOf: 0 } as const;
const NOTHING_WATCHED: readonly never[] = [];

type Props = { run: CompareRun; machine: number; side: 0 | 1; t: CompareTranslate };

export function NodePane({ run, machine, side, t }: Props) {
  const node = run.nodes[machine];
  const [own, setOwn] = useState<Selection | null>(null);
  if (node === undefined) return null;
  const moment = run.moments[side];
  const start = run.spanOf(machine)?.startTime ?? 0;
  const view = moment === null ? node.history.live : node.history.at(node.history.seqAtTime(start + moment));
  const shown = run.comparison?.first?.[side === 0 ? 'left' : 'right'] ?? null;
  // What the first difference is about stands out as long as nothing else was chosen.
  const pid = shown?.pid ?? 0;
  const selection = own ?? (pid > 0 && moment !== null ? ({ kind: 'process', pid } as const) : null);
  return (
    <article aria-label={node.plan.name}>
      <h3>{node.plan.name}</h3>
      <Drawing
        {...{ view, version: run.version, shown: LIVE, selection, filter: '', watched: NOTHING_WATCHED }}
        name={node.plan.name}
        onSelect={setOwn}
      >
        {(_, zoom) => <ZoomButtons zoom={zoom} />}
      </Drawing>
      <Screen run={run} machine={machine} label={t('terminal', { name: node.plan.name })} />
    </article>
  );
}

function Screen({ run, machine, label }: { run: CompareRun; machine: number; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const theme = useUi((state) => state.theme);
  const node = run.nodes[machine];
  useEffect(() => {
    const element = box.current;
    if (element === null || node === undefined) return;
    let end = (): void => {};
    // Each takes a while to lay out its first line: in a task of its own.
    const timer = setTimeout(() => {
      const tokens = THEMES[theme];
      const term = new Terminal({
        cols: 100,
        rows: 8,
        fontSize: 11,
        fontFamily: '"JetBrains Mono", ui-monospace, Menlo, Consolas, monospace',
        logLevel: 'off',
        theme: { background: tokens['term-paper'], foreground: tokens['term-ink'], cursor: tokens['term-ink'] },
      });
      term.open(element);
      term.textarea?.setAttribute('aria-label', label);
      term.onData((data) => run.tell(data));
      const stop = node.onOutput((bytes) => term.write(bytes));
      end = () => {
        stop();
        term.dispose();
      };
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [run, node, theme, label]);
  return <div className="screen" ref={box} />;
}
