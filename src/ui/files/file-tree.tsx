/** A tree of directories, read as they are opened. */
import { type KeyboardEvent, useRef, useState } from 'react';
import { ENTRIES_MAX, type SeenFile } from '../../machine/look-at-files.ts';
import { bytesText } from '../format.ts';
import { type Instant, useLook } from './look.ts';
import type { FilesTranslate } from './use-files-messages.ts';

type Row = { readonly path: string; readonly depth: number; readonly file: SeenFile; readonly open: boolean };

const TYPE_LETTER: Readonly<Record<SeenFile['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  char: 'c',
  block: 'b',
  fifo: 'p',
  socket: 's',
};

export function FileTree(props: {
  t: FilesTranslate;
  pid: number;
  root: string;
  instant: Instant;
  current: string | null;
  onOpen: (path: string) => void;
}) {
  const { t, pid, root, instant, current, onOpen } = props;
  const [opened, setOpened] = useState<ReadonlySet<string>>(() => new Set([root]));
  const [at, setAt] = useState<string | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const seen = useLook({ kind: 'directories', pid, paths: [...opened] }, instant);
  // While it is asked for, the tree stays as it was.
  const last = useRef(seen);
  if (seen !== undefined) last.current = seen;
  if (last.current === undefined || (seen === undefined && instant.seq !== null))
    return <p role="status">{instant.seq === null ? '…' : t('past')}</p>;
  if (last.current === null || last.current[root] === undefined) return <p role="status">{t('gone')}</p>;
  const rows = rowsOf(last.current, root, opened);
  const focused = rows.find(({ path }) => path === at) ?? rows[0];

  const toggle = (path: string, open: boolean): void => {
    const next = new Set(opened);
    // Everything below closes with it.
    if (open) next.add(path);
    else for (const each of opened) if (each === path || each.startsWith(`${path}/`)) next.delete(each);
    setOpened(next);
  };
  const choose = ({ path, file, open }: Row): void => {
    setAt(path);
    if (file.type === 'directory') toggle(path, !open);
    else onOpen(path);
  };
  const go = (row: Row | undefined): void => {
    if (row === undefined) return;
    setAt(row.path);
    (list.current?.children[rows.indexOf(row)] as HTMLElement | undefined)?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (focused === undefined) return;
    const i = rows.indexOf(focused);
    const isDirectory = focused.file.type === 'directory';
    if (event.key === 'ArrowDown') go(rows[i + 1]);
    else if (event.key === 'ArrowUp') go(rows[i - 1]);
    else if (event.key === 'Home') go(rows[0]);
    else if (event.key === 'End') go(rows.at(-1));
    else if (event.key === 'ArrowRight' && isDirectory) focused.open ? go(rows[i + 1]) : toggle(focused.path, true);
    else if (event.key === 'ArrowLeft' && focused.open) toggle(focused.path, false);
    else if (event.key === 'ArrowLeft') go(rows.findLast((row, k) => k < i && row.depth < focused.depth));
    else if (event.key === 'Enter' || event.key === ' ') choose(focused);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const full = Object.values(last.current).some((files) => files.length >= ENTRIES_MAX);
  return (
    <>
      <div className="file-tree mono" role="tree" aria-label={t('tree')} ref={list} onKeyDown={onKey}>
        {rows.map((row) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys
          <div
            key={row.path}
            role="treeitem"
            aria-level={row.depth + 1}
            aria-expanded={row.file.type === 'directory' ? row.open : undefined}
            aria-selected={row.path === current}
            tabIndex={row === focused ? 0 : -1}
            style={{ paddingLeft: 6 + row.depth * 14 }}
            onFocus={() => setAt(row.path)}
            onClick={() => choose(row)}
          >
            <Entry t={t} file={row.file} open={row.open} />
          </div>
        ))}
      </div>
      {full && <p className="soft">{t('more', { count: ENTRIES_MAX })}</p>}
    </>
  );
}

function Entry({ t, file, open }: { t: FilesTranslate; file: SeenFile; open: boolean }) {
  const { name, type, size, target, mounted, uid, gid } = file;
  return (
    <>
      <span className="mark" aria-hidden="true">
        {type === 'directory' ? (open ? '▾' : '▸') : ''}
      </span>
      <span className="name">
        {name}
        {type === 'directory' ? '/' : ''}
        {target !== null && <span className="soft"> → {target}</span>}
        {mounted !== null && (
          <span className="mounted" title={t('mounted', { type: mounted })}>
            {' '}
            {mounted}
          </span>
        )}
      </span>
      <span className="facts">
        {modeText(file)} {uid}:{gid} {type === 'file' ? bytesText(size) : ''}
      </span>
    </>
  );
}

/** As `ls -l` has it. */
export function modeText({ type, mode }: Pick<SeenFile, 'type' | 'mode'>): string {
  const special = [mode & 0o4000, mode & 0o2000, mode & 0o1000];
  const bits = [6, 3, 0].map((shift, i) => {
    const three = (mode >> shift) & 7;
    const letter = i === 2 ? 't' : 's';
    const x = (three & 1) !== 0;
    const last = special[i] !== 0 ? (x ? letter : letter.toUpperCase()) : x ? 'x' : '-';
    return `${three & 4 ? 'r' : '-'}${three & 2 ? 'w' : '-'}${last}`;
  });
  return `${TYPE_LETTER[type]}${bits.join('')}`;
}

function rowsOf(seen: Readonly<Record<string, SeenFile[]>>, root: string, opened: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const add = (directory: string, depth: number): void => {
    for (const file of seen[directory] ?? []) {
      const path = `${directory === '/' ? '' : directory}/${file.name}`;
      const open = opened.has(path) && file.type === 'directory';
      rows.push({ path, depth, file, open });
      if (open) add(path, depth + 1);
    }
  };
  add(root, 0);
  return rows;
}
