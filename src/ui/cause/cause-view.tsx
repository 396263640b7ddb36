/** What one command caused: a waterfall over processes. A row is a moment; choosing it takes the drawing there. */
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { type CausalNode, type CausalTree, causalTrees } from '../../projections/causal-tree.ts';
import { type CauseRow, causeRows } from '../../projections/cause-rows.ts';
import { saysError } from '../../projections/error-words.ts';
import { NUMERALS, STRATA, type Stratum } from '../../projections/layers.ts';
import { jsonTrace } from '../../projections/trace-formats/json.ts';
import { otlpTrace } from '../../projections/trace-formats/otlp.ts';
import { perfettoTrace } from '../../projections/trace-formats/perfetto.ts';
import { textTrace } from '../../projections/trace-formats/text.ts';
import { durationText } from '../format.ts';
import { useT, useUi } from '../hooks.ts';
import { download } from '../lesson/kept-progress.ts';
import { session } from '../session.ts';
import { select, showError, ui } from '../store.ts';

const ROWS_MAX = 400;
const COMMANDS_LISTED_MAX = 30;
/** A bar that is too short to be seen is drawn so wide all the same, in percent. */
const BAR_MIN = 0.6;

const FORMATS: Readonly<Record<string, { extension: string; write: (trees: CausalTree[]) => string }>> = {
  text: { extension: 'txt', write: textTrace },
  json: { extension: 'json', write: jsonTrace },
  perfetto: { extension: 'perfetto.json', write: perfettoTrace },
  otlp: { extension: 'otlp.json', write: otlpTrace },
};

export function CauseView() {
  const t = useT();
  const version = useUi((state) => state.version);
  const now = useUi((state) => state.now);
  const playhead = useUi((state) => state.shown.playhead);
  const wanted = useUi((state) => state.causeOf);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [strata, setStrata] = useState<ReadonlySet<Stratum>>(new Set());
  const [text, setText] = useState('');
  const list = useRef<HTMLDivElement>(null);
  // While a command runs its tree grows with every frame: a glance a second is enough.
  const running = session.index.commands.at(-1)?.endSeq === null;
  const stamp = running ? Math.floor(performance.now() / 1000) : session.history.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the history changes in place; these tell when to look again
  const trees = useMemo(() => causalTrees(session.history.events, 0n, { files: true }), [stamp, running, wanted]);
  void version;
  const tree = trees.find((one) => one.root.span === wanted) ?? trees.at(-1);
  if (tree === undefined) return <p className="soft">{t('cause.none')}</p>;
  const { rows, left } = causeRows(tree.root, toggled, { strata, text }, now, ROWS_MAX);
  const current = rows.findLast((row) => playhead !== null && row.node.seq < playhead)?.path ?? rows[0]?.path;

  const toggle = (path: string): void => {
    const next = new Set(toggled);
    if (!next.delete(path)) next.add(path);
    setToggled(next);
  };
  const onKey = (event: KeyboardEvent): void => {
    const items = [...(list.current?.querySelectorAll<HTMLElement>('[role="treeitem"]') ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const row = rows[at];
    if (row === undefined) return;
    const go = (to: number): void => items[Math.max(0, Math.min(items.length - 1, to))]?.focus();
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(items.length - 1);
    else if (event.key === 'ArrowRight') row.hasChildren && !row.open ? toggle(row.path) : go(at + 1);
    else if (event.key === 'ArrowLeft')
      row.open ? toggle(row.path) : go(rows.findIndex(({ path }) => path === parentOf(row.path)));
    else if (event.key === 's' && hasCalls(row.node)) showCalls(row.node);
    else if (event.key === 'd' && changedFile(row.node) !== null) showChange(row.node);
    else if (event.key === 'w' && row.node.error !== null) showError(row.node.error);
    else if (event.key === 'Enter' || event.key === ' ') session.lookAt(row.node.seq + 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <h2>{t('cause.title')}</h2>
      <label className="cause-pick">
        <span className="sr-only">{t('cause.command')}</span>
        <select
          className="mono"
          value={tree.root.span}
          onChange={(event) => {
            setToggled(new Set());
            ui.setState({ causeOf: Number(event.target.value) });
          }}
        >
          {trees.slice(-COMMANDS_LISTED_MAX).map(({ root }) => (
            <option key={root.span} value={root.span}>
              {root.name.slice(0, 80)}
            </option>
          ))}
        </select>
      </label>
      <div className="cause-tools" role="toolbar" aria-label={t('cause.filter')}>
        {STRATA.map((stratum) => (
          <button
            key={stratum}
            type="button"
            aria-pressed={strata.has(stratum)}
            aria-label={t(`strata.${stratum}`)}
            title={t(`strata.${stratum}`)}
            style={{ color: `var(--${stratum})` }}
            onClick={() => {
              const next = new Set(strata);
              if (!next.delete(stratum)) next.add(stratum);
              setToggled(new Set());
              setStrata(next);
            }}
          >
            {NUMERALS[stratum]}
          </button>
        ))}
        <input
          type="search"
          value={text}
          placeholder={t('cause.find')}
          aria-label={t('cause.find')}
          onChange={(event) => {
            setToggled(new Set());
            setText(event.target.value);
          }}
        />
      </div>
      <div className="cause mono" role="tree" aria-label={t('cause.title')} ref={list} onKeyDown={onKey}>
        {rows.map((row) => (
          <Row
            key={row.path}
            row={row}
            name={tree.processNames.get(row.node.pid) ?? ''}
            isCurrent={row.path === current}
            onToggle={() => toggle(row.path)}
          />
        ))}
      </div>
      {left > 0 && <p className="soft">{t('cause.more', { count: left })}</p>}
      <p className="soft">
        {t('cause.hint')} {t('cause.keys')}
      </p>
      <div className="cause-tools">
        <span className="soft">{t('cause.save')}</span>
        {Object.entries(FORMATS).map(([name, { extension, write }]) => (
          <button key={name} type="button" onClick={() => download(`cutaway-trace.${extension}`, write([tree]))}>
            {t(`cause.${name as 'text' | 'json' | 'perfetto' | 'otlp'}`)}
          </button>
        ))}
      </div>
    </>
  );
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('.'));
}

function Row({
  row,
  name,
  isCurrent,
  onToggle,
}: {
  row: CauseRow;
  name: string;
  isCurrent: boolean;
  onToggle: () => void;
}) {
  const t = useT();
  const { node, depth, hasChildren, open, left, width } = row;
  const colour = node.layer === null || node.layer === 'client' ? 'var(--soft)' : `var(--${node.layer})`;
  const numeral = node.layer === null || node.layer === 'client' ? '' : `${NUMERALS[node.layer]} `;
  const took = node.kind === 'event' ? '' : node.endNs === null ? '…' : durationText(node.endNs - node.startNs);
  return (
    <div
      className={isCurrent ? 'row current' : 'row'}
      role="treeitem"
      tabIndex={isCurrent ? 0 : -1}
      aria-level={depth + 1}
      aria-selected={isCurrent}
      {...(hasChildren ? { 'aria-expanded': open } : {})}
      onClick={() => session.lookAt(node.seq + 1)}
      onKeyDown={() => {}}
    >
      <span className="what" title={node.name} style={{ paddingLeft: depth * 11 }}>
        {hasChildren ? (
          <button
            type="button"
            tabIndex={-1}
            className="fold"
            aria-label={t(open ? 'cause.close' : 'cause.open')}
            onClick={(event) => {
              event.stopPropagation();
              onToggle();
            }}
          >
            {open ? '▾' : '▸'}
          </button>
        ) : (
          <i className="fold" />
        )}
        <span style={{ color: colour }}>
          {numeral}
          {shortName(node)}
        </span>
        {node.kind !== 'event' && name !== '' && (
          <span className="soft">
            {' '}
            {name} {node.pid}
          </span>
        )}
      </span>
      <span className="time">{took}</span>
      <span className="bar" aria-hidden="true">
        <i
          style={{
            left: `${Math.min(100 - BAR_MIN, left * 100)}%`,
            width: `${Math.max(BAR_MIN, width * 100)}%`,
            background: colour,
          }}
        />
      </span>
      {node.error !== null && (
        <span className="why" style={{ paddingLeft: depth * 11 + 18 }}>
          <Failure error={node.error} />
        </span>
      )}
      {hasCalls(node) && <More label={t('calls.button')} onClick={() => showCalls(node)} />}
      {changedFile(node) !== null && <More label={t('calls.change')} onClick={() => showChange(node)} />}
    </div>
  );
}

/** A process, or work of one. */
function hasCalls({ kind }: CausalNode): boolean {
  return kind !== 'event';
}

function showCalls({ kind, name, pid, span, seq, children, endNs }: CausalNode): void {
  const last = children.reduce((latest, child) => Math.max(latest, child.seq), seq);
  const ended = endNs === null ? null : session.history.events.findIndex((e, i) => i >= last && e.time > endNs);
  const until = ended === -1 ? null : ended;
  select({ kind: 'calls', title: name, pid, span: kind === 'process' ? null : span, from: seq, until });
}

/** The path of a file that got another content here. */
function changedFile({ kind, attributes: { event, path } }: CausalNode): string | null {
  return kind === 'event' && (event === 'file.write' || event === 'file.rename') ? String(path) : null;
}

function showChange(node: CausalNode): void {
  select({ kind: 'file-change', pid: node.pid, path: changedFile(node) ?? '', seq: node.seq });
}

function More({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <button
      type="button"
      tabIndex={-1}
      className="link more"
      onClick={(event) => {
        event.stopPropagation();
        onClick();
      }}
    >
      {label}
    </button>
  );
}

function Failure({ error }: { error: string }) {
  const t = useT();
  if (!saysError(session.index, error)) return <em className="danger"> {error}</em>;
  return (
    <button
      type="button"
      tabIndex={-1}
      className="link danger"
      title={t('error.whose')}
      onClick={(event) => {
        event.stopPropagation();
        showError(error);
      }}
    >
      <span>{error}</span>
    </button>
  );
}

/** A call by its last word, anything else in one line. */
function shortName(node: CausalNode): string {
  const { event, path } = node.attributes;
  // What a file is called is at the end of a long path.
  if (String(event).startsWith('file.') && typeof path === 'string')
    return node.name.replace(path, path.replace(/^.*(?=\/[^/]*$)/, '…'));
  const line = node.name.replaceAll('\n', ' ⏎ ');
  if (node.kind === 'call' || node.kind === 'span') return line.replace(/^\/[\w.]+\/(\w+)$/, '$1');
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
