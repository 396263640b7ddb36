/** What a command has done and what came of it, in sentences. What is beyond the room that there is falls away by whole sentences. */
import type { CommandSummary, Ending, Outcome, Restart } from '../../projections/command-summary.ts';
import type { ProcessView } from '../../projections/node-view.ts';
import type { PodRoom } from '../../projections/rooms.ts';
import { pidText } from '../format.ts';
import type { Translate } from '../messages/catalogue.ts';
import { byName, shownName } from './living.ts';
import { roomName } from './scene-pod.ts';

const NAMES_SHOWN_MAX = 8;
const OTHERS_LENGTH_MAX = 280;

/** The lower ones are the first to fall away. */
type Sentence = { readonly text: string; readonly weight: number; readonly since?: boolean };

/** `exitCode` is null while the command runs. */
export function toldWords(
  t: Translate,
  summary: CommandSummary,
  exitCode: number | null,
  lengthMax = OTHERS_LENGTH_MAX,
): string {
  const { path, own, after, restarts, ended } = summary;
  const sentences: Sentence[] = [
    ...(exitCode === null ? [] : [{ text: t('announce.done', { code: exitCode }), weight: 8 }]),
    ...(path.length > 1 ? [{ text: t('announce.path', { path: path.join(' → ') }), weight: 5 }] : []),
    ...restarts.map((restart) => ({ text: restartWords(t, restart), weight: 9 })),
    ...ended.map(({ container, pod }) => ({
      text: t('told.ended', {
        name: container.name,
        pod: roomName(t, pod),
        how: endingWords(t, container.processes[0]),
      }),
      weight: 9,
    })),
    ...outcomeWords(t, own, [4, 7]),
    ...outcomeWords(t, after, [3, 6]).map((sentence) => ({ ...sentence, since: true })),
  ];
  let kept = sentences;
  while (kept.length > 1 && lengthOf(kept) > lengthMax) {
    const least = Math.min(...kept.map(({ weight }) => weight));
    const at = kept.findLastIndex(({ weight }) => weight === least);
    kept = kept.filter((_, i) => i !== at);
  }
  const since = kept.filter((sentence) => sentence.since === true).map(({ text }) => text);
  return [
    ...kept.filter((sentence) => sentence.since !== true).map(({ text }) => text),
    ...(since.length === 0 ? [] : [t('stage.since', { what: since.join(' ') })]),
  ]
    .join(' ')
    .replaceAll('。 ', '。');
}

function lengthOf(sentences: readonly Sentence[]): number {
  return sentences.reduce((sum, { text }) => sum + text.length + 1, 0);
}

/** `SIGKILL`, or the code. */
function endingWords(t: Translate, ending: Ending | null | undefined): string {
  if (ending == null) return '';
  return ending.exitSignal ?? t('told.code', { code: ending.exitCode });
}

function restartWords(t: Translate, { container, pod, before, by }: Restart): string {
  const values = {
    name: container.name,
    pod: roomName(t, pod),
    by: by || t('told.somebody'),
    attempt: container.attempt,
  };
  const [main] = container.processes;
  const runs = main?.exitedAt === null;
  const again = { ...values, list: named(t, container.processes), how: endingWords(t, main) };
  if (before === null) return t(runs ? 'told.restartedBare' : 'told.restartedBareEnded', again);
  const exit = t('told.ended', { ...values, how: endingWords(t, before) });
  return `${exit} ${t(runs ? 'told.restarted' : 'told.restartedEnded', again)}`;
}

function outcomeWords(
  t: Translate,
  { running, exited }: Outcome,
  [exitWeight, runWeight]: readonly [number, number],
): Sentence[] {
  const inPods = running.flatMap(({ pod, processes }) => (pod === null ? [] : [{ pod, processes }]));
  const outside = running.flatMap(({ pod, processes }) => (pod === null ? processes : []));
  const texts = [inPods.length === 0 ? '' : podWords(t, inPods), outside.length === 0 ? '' : runningWords(t, outside)];
  return [
    ...(exited.length === 0 ? [] : [{ text: t('announce.exited', { list: endings(t, exited) }), weight: exitWeight }]),
    ...texts.filter((text) => text !== '').map((text) => ({ text, weight: runWeight })),
  ];
}

function podWords(
  t: Translate,
  pods: readonly { readonly pod: PodRoom; readonly processes: readonly ProcessView[] }[],
): string {
  const names = pods.map(({ pod }) => roomName(t, pod)).join(', ');
  const [only, ...others] = pods;
  if (only !== undefined && others.length === 0) return t('told.pods', { names, list: named(t, only.processes) });
  // Whose each is, is in the drawing.
  const all = byName(pods.flatMap(({ processes }) => processes).sort(workloadsFirst)).map(({ text }) => text);
  return t('told.pods', { names, list: few(t, all) });
}

function workloadsFirst(a: ProcessView, b: ProcessView): number {
  return Number(b.layer === 'workload') - Number(a.layer === 'workload');
}

function runningWords(t: Translate, processes: readonly ProcessView[]): string {
  return t('announce.running', { list: named(t, processes) });
}

/** `pause ×2, nginx 380`, in the order in which they came. */
function named(t: Translate, processes: readonly ProcessView[]): string {
  const pids = new Map<string, number[]>();
  for (const process of processes) {
    if (process.exitedAt !== null) continue;
    pids.set(shownName(process), [...(pids.get(shownName(process)) ?? []), process.pid]);
  }
  return few(
    t,
    [...pids].map(([name, list]) =>
      list.length === 1 ? `${name} ${pidText(list[0] as number)}` : `${name} ×${list.length}`,
    ),
  );
}

function endings(t: Translate, processes: readonly ProcessView[]): string {
  const names = processes.map((process) => {
    const plain = process.exitSignal === null && process.exitCode === 0;
    return plain ? shownName(process) : `${shownName(process)} (${endingWords(t, process)})`;
  });
  return few(t, [...new Set(names)]);
}

function few(t: Translate, names: readonly string[]): string {
  const left = names.length - NAMES_SHOWN_MAX;
  return [...names.slice(0, NAMES_SHOWN_MAX), ...(left > 0 ? [t('stage.more', { count: left })] : [])].join(', ');
}
