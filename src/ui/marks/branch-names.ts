/** What a branch is called until somebody names it. */
import type { Branch } from '../../machine/moments/marks.ts';
import { clockText } from '../format.ts';
import { session } from '../session.ts';
import type { MarksTranslate } from './use-marks-messages.ts';

/** By the first line that only it has; nothing was typed in one that has just begun. */
export function nameOf(branch: Branch, m: MarksTranslate): string {
  const line = branch.savepoint === null ? firstLine(branch) : branch.line;
  return (
    branch.name ?? (line || (branch.parent === null ? m('origin') : m('continued', { time: clockText(branch.time) })))
  );
}

function firstLine({ parent, at }: Branch): string {
  if (parent === null) return '';
  return session.index.commands.find(({ startSeq }) => startSeq >= at)?.line.split('\n')[0] ?? '';
}
