/** A thing of the drawing: its state at the moment shown, and what changed it. */
import { changesOf } from '../../projections/causes.ts';
import { kernelsOf } from '../../projections/kernels.ts';
import { NUMERALS } from '../../projections/layers.ts';
import type { NodeView } from '../../projections/node-view.ts';
import { podsOf } from '../../projections/rooms.ts';
import { kernelOfPid, type TraceEvent } from '../../sim/trace.ts';
import { clockText, memoryText } from '../format.ts';
import { useNodeView, useT, useUi } from '../hooks.ts';
import type { Selection } from '../selection.ts';
import { session } from '../session.ts';
import { select } from '../store.ts';

type Fact = readonly [string, string];

export function ThingView({ selection }: { selection: Exclude<Selection, { kind: 'call' }> }) {
  const t = useT();
  const { view } = useNodeView();
  const playhead = useUi((state) => state.shown.playhead);
  const end = playhead ?? session.history.length;
  const thing = thingOf(view, selection);
  const changes = thing.about === null ? [] : changesOf(session.history.events, end, thing.about);
  return (
    <>
      <h2>{thing.title}</h2>
      {thing.facts === null && thing.parts.length === 0 && <p className="soft">{t('inspector.gone')}</p>}
      {thing.facts !== null && thing.facts.length > 0 && (
        <>
          <h3>{t('inspector.state')}</h3>
          <Facts facts={thing.facts} />
        </>
      )}
      {thing.parts.length > 0 && (
        <ul className="parts">
          {thing.parts.map((part) => (
            <li key={part.label}>
              <button type="button" className="link mono" onClick={() => select(part.select)}>
                {part.label}
              </button>
            </li>
          ))}
        </ul>
      )}
      {changes.length > 0 && (
        <>
          <h3>{t('inspector.changes')}</h3>
          <ol className="changes mono">
            {changes.map((event) => (
              <li key={event.seq}>
                <button type="button" className="link" onClick={() => session.lookAt(event.seq + 1)}>
                  {clockText(event.time)}
                </button>{' '}
                {changeText(event)}
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}

function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd className="mono">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

type Thing = {
  title: string;
  facts: readonly Fact[] | null;
  parts: readonly { label: string; select: Selection }[];
  about: { pid?: number; text?: string } | null;
};

function thingOf(view: NodeView, selection: Exclude<Selection, { kind: 'call' }>): Thing {
  switch (selection.kind) {
    case 'process':
      return describeProcess(view, selection.pid);
    case 'container': {
      const container = podsOf(view)
        .flatMap((pod) => pod.containers)
        .find((c) => c.id === selection.id);
      const states = [...view.state.values()].filter(
        (s) => s.key === selection.id || s.key.endsWith(`/${selection.id}`),
      );
      const parts = (container?.processes ?? []).map((p) => ({
        label: `${p.comm} ${p.pid}`,
        select: { kind: 'process', pid: p.pid } as const,
      }));
      const facts = container === undefined ? null : states.flatMap((s) => flatten(s.value, s.topic));
      return {
        title: `⑦ ${container?.name || selection.id.slice(0, 13)}`,
        facts,
        parts,
        about: { text: selection.id },
      };
    }
    case 'pod': {
      const pod = podsOf(view).find((candidate) => candidate.id === selection.id);
      const state = [...view.state.values()].find((s) => s.topic === 'sandbox' && s.key === selection.id);
      const parts = (pod?.containers ?? []).map((c) => ({
        label: `${c.name || c.processes[0]?.comm || c.id.slice(0, 13)} · ${c.state}`,
        select: { kind: 'container', id: c.id } as const,
      }));
      return {
        title: `⑦ ${pod?.name || selection.id.slice(0, 13)}`,
        facts: pod === undefined ? null : flatten(state?.value ?? {}, ''),
        parts,
        about: { text: selection.id },
      };
    }
    case 'socket': {
      const socket = view.sockets.get(selection.address);
      const calls = [...session.index.calls.values()]
        .filter((c) => c.address.endsWith(selection.address))
        .slice(-20)
        .reverse();
      return {
        title: `③ ${selection.address}`,
        facts:
          socket === undefined
            ? null
            : [
                ['pid', String(socket.pid)],
                ['connections', String(socket.connections)],
              ],
        parts: calls.map((c) => ({
          label: `${c.call} ${c.method.slice(c.method.lastIndexOf('/') + 1)} ${c.codeName}`,
          select: { kind: 'call', call: c.call } as const,
        })),
        about: { text: selection.address },
      };
    }
    case 'topic': {
      const states = [...view.state.entries()].filter(([, s]) => selection.topics.includes(s.topic));
      return {
        title: `④ ${selection.title}`,
        facts: [],
        parts: states.map(([id, s]) => ({ label: `${s.topic} ${s.key}`, select: { kind: 'state', id } as const })),
        about: null,
      };
    }
    case 'state': {
      const state = view.state.get(selection.id);
      const [, topic, key] = selection.id.split('\0');
      return {
        title: `④ ${topic} ${key}`,
        facts: state === undefined ? null : flatten(state.value, ''),
        parts: [],
        about: { text: key ?? '' },
      };
    }
    case 'cgroup': {
      const group = view.cgroups.get(selection.path);
      const members = [...view.processes.values()].filter((p) => p.cgroup === selection.path && p.exitedAt === null);
      return {
        title: `⑧ ${selection.path}`,
        facts: group === undefined ? null : Object.entries(group.files),
        parts: members.map((p) => ({ label: `${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } as const })),
        about: { text: selection.path },
      };
    }
    case 'link':
      return describeLink(view, selection.id);
    case 'kernel':
      return describeKernel(view, selection.number);
    case 'processes':
      return {
        title: selection.title,
        facts: [],
        parts: selection.pids
          .map((pid) => view.processes.get(pid))
          .filter((process) => process !== undefined)
          .map((p) => ({ label: `${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } as const })),
        about: null,
      };
    case 'mount': {
      const mount = view.mounts.get(selection.id);
      return {
        title: `⑧ ${mount?.target ?? selection.id}`,
        facts:
          mount === undefined
            ? null
            : [
                ['source', mount.source],
                ['fstype', mount.fstype],
                ['options', mount.options.replaceAll(/[:,]/g, '$&\u200b')],
              ],
        parts: [],
        about: mount === undefined ? null : { text: mount.target },
      };
    }
  }
}

function describeLink(view: NodeView, id: string): Thing {
  const link = view.links.get(id);
  if (link === undefined) return { title: `⑧ ${id}`, facts: null, parts: [], about: null };
  const below = [...view.links.entries()].filter(
    ([, other]) => other.master === link.name && other.namespace === link.namespace && other.kernel === link.kernel,
  );
  const peer = link.peer === null ? null : `${link.peer.namespace}/${link.peer.name}`;
  return {
    title: `⑧ ${link.name}`,
    facts: [
      ['kind', link.kind],
      ['state', link.up ? 'UP' : 'DOWN'],
      ['mtu', String(link.mtu)],
      ['net:', `[${link.namespace}]`],
      ...link.addresses.map((address): Fact => ['inet', address]),
      ...(link.master === null ? [] : [['master', link.master] as Fact]),
    ],
    parts: [
      ...(peer === null ? [] : [{ label: `peer ${link.peer?.name}`, select: { kind: 'link', id: peer } as const }]),
      ...below.map(([key, other]) => ({ label: other.name, select: { kind: 'link', id: key } as const })),
    ],
    about: null,
  };
}

function describeKernel(view: NodeView, number: number): Thing {
  const kernel = kernelsOf(view).get(number);
  const running = [...view.processes.values()].filter(
    (p) => kernelOfPid(p.pid) === number && p.exitedAt === null && p.ppid === 0,
  );
  if (kernel === undefined) return { title: '⑧', facts: null, parts: [], about: null };
  const carrier = view.processes.get(kernel.carrier);
  return {
    title: `⑧ ${kernel.release}`,
    facts: [
      ['kind', kernel.kind],
      ['release', kernel.release],
      ['cores', String(kernel.cores)],
      ['memory', memoryText(kernel.memoryBytes)],
      ...Object.entries(kernel.namespaces).map(([type, id]): Fact => [`${type}:`, `[${id}]`]),
    ],
    parts: [
      ...(carrier === undefined
        ? []
        : [{ label: `↑ ${carrier.comm} ${carrier.pid}`, select: { kind: 'process', pid: carrier.pid } as const }]),
      ...running.map((p) => ({ label: `↓ ${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } as const })),
    ],
    about: null,
  };
}

function describeProcess(view: NodeView, pid: number): Thing {
  const process = view.processes.get(pid);
  if (process === undefined) return { title: String(pid), facts: null, parts: [], about: { pid } };
  const parent = view.processes.get(process.ppid);
  const children = [...view.processes.values()].filter((p) => p.ppid === pid && p.exitedAt === null);
  const numeral = process.layer === null || process.layer === 'client' ? '' : `${NUMERALS[process.layer]} `;
  const facts: Fact[] = [
    ['pid', String(pid)],
    ['argv', process.argv.join(' ')],
    ['exe', process.path],
    ...(process.formerComms.length > 0 ? [['was', process.formerComms.join(' → ')] as Fact] : []),
    ...(process.exitedAt === null ? [] : [['exit', process.exitSignal ?? String(process.exitCode)] as Fact]),
    ['memory', memoryText(process.rssBytes)],
    ['cgroup', process.cgroup],
    ...Object.entries(process.namespaces).map(([type, id]): Fact => [`${type}:`, `[${id}]`]),
  ];
  return {
    title: `${numeral}${process.comm}`,
    facts,
    parts: [
      ...(parent === undefined
        ? []
        : [{ label: `↑ ${parent.comm} ${parent.pid}`, select: { kind: 'process', pid: parent.pid } as const }]),
      ...children.map((p) => ({ label: `↓ ${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } as const })),
    ],
    about: { pid },
  };
}

/** A record as rows of dotted keys. */
function flatten(value: Readonly<Record<string, unknown>>, prefix: string): Fact[] {
  const out: Fact[] = [];
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      out.push(...flatten(inner as Record<string, unknown>, path));
    else out.push([path, Array.isArray(inner) ? inner.map(String).join(' ') : String(inner)]);
  }
  return out;
}

/** One event in the words of the thing itself. */
function changeText(event: TraceEvent): string {
  switch (event.kind) {
    case 'state':
      return event.value === null
        ? `− ${event.topic}`
        : `${event.topic} ${String(event.value.state ?? event.value.status ?? '')}`;
    case 'process.fork':
      return `fork ← ${event.pid}`;
    case 'process.exec':
      return `execve ${event.argv.join(' ').slice(0, 60)}`;
    case 'process.exit':
      return `exit ${event.signal ?? event.code}`;
    case 'process.reparent':
      return `ppid ${event.ppid}`;
    case 'signal.send':
      return `${event.signal} ← ${event.pid}`;
    case 'namespace.new':
    case 'namespace.join':
      return `${event.kind === 'namespace.new' ? 'unshare' : 'setns'} ${event.type}`;
    case 'cgroup.attach':
      return `cgroup.procs ${event.path.slice(-32)}`;
    case 'cgroup.write':
      return `${event.file} = ${event.value.trim()}`;
    case 'mount':
      return `mount ${event.fstype} ${event.target.slice(-40)}`;
    default:
      return event.kind;
  }
}
