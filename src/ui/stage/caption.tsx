/** The moment that is looked at, in words: who does what to whom, or the time gone back to. */
import type { Hop } from '../../projections/hops.ts';
import { shortMethod } from '../../projections/layers.ts';
import type { NodeView } from '../../projections/node-view.ts';
import { clockText } from '../format.ts';
import { useNodeView, useT, useUi } from '../hooks.ts';
import type { Translate } from '../messages/catalogue.ts';
import { session } from '../session.ts';
import { select } from '../store.ts';
import { LastCommand } from './last-command.tsx';

/** While the present is drawn: what has just happened. */
export function Caption() {
  const t = useT();
  const shown = useUi((state) => state.shown);
  const { view } = useNodeView();
  if (shown.playhead === null)
    return (
      <div className="caption">
        <LastCommand />
      </div>
    );
  const { hop } = shown;
  const time = session.history.events[Math.max(0, shown.playhead - 1)]?.time ?? 0;
  return (
    <div className="caption">
      <span>
        {hop === null
          ? pastWords(shown.playhead, clockText(time), t)
          : t('stage.hop', { at: shown.hopAt, of: shown.hopsOf, label: hopWords(hop, view, t) })}
      </span>
      {hop !== null && (
        <button type="button" onClick={() => openHop(hop)}>
          {t('stage.open')}
        </button>
      )}
      {!session.director.replaying && (
        <button type="button" className="only-phone" onClick={() => session.skip()}>
          {t('time.present')}
        </button>
      )}
      {session.director.replaying && (
        <button type="button" onClick={() => session.skip()}>
          {t('time.skip')}
        </button>
      )}
    </div>
  );
}

/** When it was, and what was going on then: the terminal goes on showing the present. */
function pastWords(playhead: number, time: string, t: Translate): string {
  const past = t('stage.past', { time });
  const command = session.index.commands.findLast(({ startSeq }) => startSeq < playhead);
  if (command === undefined) return past;
  const runs = command.endSeq === null || command.endSeq > playhead;
  return `${past} ${t(runs ? 'stage.pastDuring' : 'stage.pastAfter', { line: command.line.split('\n')[0] ?? '' })}`;
}

/** `kubectl → kube-apiserver: POST default/pods`; of what a process does alone, its name before what it does. */
export function hopWords(hop: Hop, view: NodeView, t: Translate): string {
  const name = (pid: number): string => view.processes.get(pid)?.comm ?? view.outside.get(pid) ?? String(pid);
  const { label, from, to } = hop;
  // A plugin is called by exec: nobody answers under a pid yet.
  if (hop.kind === 'request' && to !== 0) return `${name(from)} → ${name(to)}: ${label}`;
  if (hop.kind === 'request') return t('hop.state', { name: name(from), label });
  if (hop.kind === 'response') {
    const method = hop.failed && hop.call !== null ? session.index.calls.get(hop.call)?.method : undefined;
    const what = method === undefined ? label : `${shortMethod(method)}: ${label}`;
    return t('hop.response', { from: name(from), to: name(to), label: what });
  }
  if (hop.kind === 'exec') return t('hop.exec', { pid: from, label });
  if (hop.kind === 'exit') return t('hop.exit', { pid: from, label });
  return t(hop.kind === 'kernel' ? 'hop.kernel' : 'hop.state', { name: name(from), label });
}

/** Opens the call that travels, or the process that acts. The replay waits meanwhile. */
export function openHop(hop: Hop | null): void {
  if (hop === null) return;
  session.hold();
  select(hop.call === null ? { kind: 'process', pid: hop.from } : { kind: 'call', call: hop.call });
}
