/** Which pods the last command line is about: the drawing shows them before others when there is no room for all. */
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { type PodRoom, shimIdOf } from '../../projections/rooms.ts';

/** What is shorter could be the beginning of many ids. */
const ID_LENGTH_MIN = 4;

/** 2: the line names it; 1: somebody of it has come, gone or been told of since; 0: neither. */
export function concern(view: NodeView, processes: Iterable<ProcessView>): (pod: PodRoom) => number {
  const { command } = view;
  if (command === null) return () => 0;
  const words = new Set(command.line.split(/[^\w.-]+/));
  const ids = [...words].filter((word) => word.length >= ID_LENGTH_MIN && /^[0-9a-f]+$/.test(word));
  const shims = new Map<string, ProcessView[]>();
  for (const process of processes) {
    const id = shimIdOf(process);
    if (id !== null) shims.set(id, [...(shims.get(id) ?? []), process]);
  }
  const since = command.startSeq;
  const changed = ({ startSeq, exitSeq }: ProcessView): boolean => startSeq >= since || (exitSeq ?? -1) >= since;
  const named = (pod: PodRoom): boolean =>
    words.has(pod.name || pod.id) ||
    ids.some((word) => pod.id.startsWith(word) || pod.containers.some(({ id }) => id.startsWith(word)));
  const touched = (pod: PodRoom): boolean =>
    pod.seq >= since ||
    pod.containers.some((container) => container.seq >= since || container.processes.some(changed)) ||
    pod.support.some(({ process }) => changed(process)) ||
    (shims.get(pod.id) ?? []).some(changed);
  return (pod) => (named(pod) ? 2 : touched(pod) ? 1 : 0);
}
