/** What has just happened, in words: the last command's line, who took part, who came and went, and what came of it since. */
import { useMemo } from 'react';
import { Aftermath, summarise } from '../../projections/command-summary.ts';
import { useT, useUi } from '../hooks.ts';
import type { Translate } from '../messages/catalogue.ts';
import { session } from '../session.ts';

const NAMES_SHOWN_MAX = 5;

/** Null until a command has ended that somebody saw. */
export function LastCommand() {
  const t = useT();
  const version = useUi((state) => state.version);
  // What made the node a lesson's, before anybody could see it, was announced to nobody.
  const announced = useUi((state) => state.announcement !== '');
  const { history, index } = session;
  const command = index.commands.at(-1);
  const endSeq = command?.endSeq ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new history is about other commands
  const told = useMemo(() => {
    if (command === undefined || endSeq === null) return null;
    const summary = summarise(history.events, command, index, history.live);
    return { summary, after: new Aftermath(endSeq + 1) };
  }, [command, endSeq, history, index]);
  void version;
  if (!announced || command === undefined) return null;
  const line = command.line.split('\n')[0] ?? '';
  if (told === null) return <span className="told">{t('stage.runs', { line })}</span>;
  const { summary, after } = told;
  after.follow(history.events, history.live);
  const since = [
    after.started.size === 0 ? '' : t('announce.running', { list: named(after.started) }),
    after.exited.size === 0 ? '' : t('announce.exited', { list: named(after.exited) }),
  ].filter((part) => part !== '');
  const parts = [
    summary.path.length > 1 ? t('announce.path', { path: summary.path.join(' → ') }) : '',
    summary.exited.length > 0 ? t('announce.exited', { list: few(summary.exited, t) }) : '',
    summary.started.length > 0
      ? t('announce.running', { list: named(new Map(summary.started.map(({ pid, comm }) => [pid, comm]))) })
      : '',
    t('announce.done', { code: summary.exitCode }),
    ...(since.length === 0 ? [] : [t('stage.since', { what: since.join(' ') })]),
  ].filter((part) => part !== '');
  const text = parts.join(' ');
  return (
    <span className="told" title={`${line}: ${text}`}>
      <code>{line}</code> {text}
    </span>
  );
}

/** `pause ×2, nginx 380`, in the order of their pids. */
function named(processes: ReadonlyMap<number, string>): string {
  const pids = new Map<string, number[]>();
  for (const [pid, comm] of processes) pids.set(comm, [...(pids.get(comm) ?? []), pid]);
  const names = [...pids].map(([comm, list]) => (list.length === 1 ? `${comm} ${list[0]}` : `${comm} ×${list.length}`));
  const left = names.length - NAMES_SHOWN_MAX;
  return names.slice(0, NAMES_SHOWN_MAX).join(', ') + (left > 0 ? ` +${left}` : '');
}

function few(names: readonly string[], t: Translate): string {
  const left = names.length - NAMES_SHOWN_MAX;
  return [...names.slice(0, NAMES_SHOWN_MAX), ...(left > 0 ? [t('stage.more', { count: left })] : [])].join(', ');
}
