/** The node of an interview's task, and that of a log that is to be looked at. */
import { AIDS, type Aid, normaliseNonce, taskSeed, taskVariant } from '../../lesson-engine/interview.ts';
import { type Opened, openCourse } from '../lesson/open-course.ts';
import { fetchPack } from './files.ts';
import { keepInterview, keptInterview, keptReplay } from './kept-interview.ts';

/** Which task it is this tab knows; a page that is loaded again has a fresh node, and that is noted. */
export async function openInterview(id: string, word: string): Promise<Opened | null> {
  const pack = await fetchPack(id);
  const nonce = normaliseNonce(word);
  if (pack === null || nonce === '') return null;
  const now = performance.timeOrigin + performance.now();
  const kept = keptInterview(id, nonce) ?? { tasks: [], starts: 0, uses: [], taskSince: now, since: now };
  const task = Math.min(kept.tasks.length, pack.drills.length);
  const drill = pack.drills[Math.min(task, pack.drills.length - 1)]?.id ?? '';
  const found = await openTask(drill, nonce);
  if (found === null) return null;
  if (task < pack.drills.length) keepInterview(id, nonce, { ...kept, starts: kept.starts + 1 });
  const on = Object.fromEntries(AIDS.map((aid) => [aid, pack.aids[aid] === 'on'])) as Record<Aid, boolean>;
  return { ...found, interview: { pack, nonce, task, on, uses: kept.uses, refused: null } };
}

async function openTask(drill: string, nonce: string): Promise<Opened | null> {
  const plain = await openCourse(drill, 1);
  if (plain?.open.kind !== 'drill') return null;
  const variant = taskVariant(nonce, drill, plain.open.drill.variants.length);
  const opened = await openCourse(drill, variant + 1);
  return opened === null ? null : { ...opened, stand: { ...opened.stand, seed: taskSeed(nonce, drill) } };
}

export async function openReplay(): Promise<Opened | null> {
  const kept = keptReplay();
  const opened = kept === null ? null : await openCourse(kept.drill, kept.variant + 1);
  if (kept === null || opened === null) return null;
  return { ...opened, stand: { ...opened.stand, seed: kept.seed }, savepoint: kept.savepoint };
}
