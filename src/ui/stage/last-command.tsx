/** What has just happened, in words: the last command's line, the way it took, who came and went, and what came of it since. */
import { useMemo } from 'react';
import { outcomeOf, wayOf } from '../../projections/command-summary.ts';
import { useT, useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { toldWords } from './told.ts';

/** Two lines of large letters: the drawing is what a lecture looks at. */
const LECTURE_LENGTH_MAX = 150;

/** Null until a command has ended that somebody saw. */
export function LastCommand() {
  const t = useT();
  const version = useUi((state) => state.version);
  // What made the node a lesson's, before anybody could see it, was announced to nobody.
  const announced = useUi((state) => state.announcement !== '');
  const projector = useUi((state) => state.projector);
  const { history, index } = session;
  const command = index.commands.at(-1);
  const endSeq = command?.endSeq ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new history is about other commands
  const path = useMemo(
    () => (command === undefined || endSeq === null ? null : wayOf(history.events, command, index, history.live)),
    [command, endSeq, history, index],
  );
  void version;
  if (!announced || command === undefined) return null;
  const line = command.line.split('\n')[0] ?? '';
  if (path === null) return <span className="told">{t('stage.runs', { line })}</span>;
  const summary = { path, ...outcomeOf(command, index, history.live) };
  const text = toldWords(t, summary, command.exitCode, projector ? LECTURE_LENGTH_MAX : undefined);
  return (
    <span className="told">
      <code>{line}</code> {text}
    </span>
  );
}
