/** What a candidate may use now. Outside an interview everything; each use in one is noted. */
import type { Aid, AidUse, Pack } from '../../lesson-engine/interview.ts';
import { ui } from '../store.ts';

export type OpenInterview = {
  pack: Pack;
  nonce: string;
  /** Which of the pack's drills, from 0; their number when all are done. */
  task: number;
  on: Readonly<Record<Aid, boolean>>;
  /** In this task. */
  uses: readonly AidUse[];
  /** The last one that was asked for in vain. */
  refused: Aid | null;
};

export function may(aid: Aid): boolean {
  return ui.getState().interview?.on[aid] ?? true;
}

/** Notes the use, or that it was refused. */
export function noteUse(aid: Aid): boolean {
  const { interview, now } = ui.getState();
  if (interview === null) return true;
  const allowed = interview.on[aid];
  const uses = allowed ? [...interview.uses, { aid, virtualNs: now }] : interview.uses;
  ui.setState({ interview: { ...interview, uses, refused: allowed ? null : aid } });
  return allowed;
}

/** Not for what the pack has locked. */
export function switchAid(aid: Aid, on: boolean): void {
  const { interview } = ui.getState();
  if (interview === null || interview.pack.aids[aid] === 'locked') return;
  ui.setState({ interview: { ...interview, on: { ...interview.on, [aid]: on }, refused: null } });
}
