/** Which events which rules stop at. */
import { expect, test } from 'vitest';
import type { TraceEvent } from '../sim/trace.ts';
import { type BreakRule, matches, ProcessNames, saneBreakpoints } from './breakpoints.ts';
import { boot, Recording, runPod } from './fixture.ts';

function recorded(): readonly TraceEvent[] {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  runPod(r, containerd, shell, 1);
  return r.trace.events;
}

/** What a rule stops at, in one short word each. */
function hits(events: readonly TraceEvent[], rule: BreakRule): string[] {
  const names = new ProcessNames();
  return events
    .filter((event) => {
      names.learn(event);
      return matches(rule, event, names);
    })
    .map((event) => `${event.kind} ${'method' in event ? event.method.split('/').at(-1) : event.pid}`);
}

test('a call is known by its short name, its full one and a pattern, in any case', () => {
  const events = recorded();
  const call = (method: string): string[] => hits(events, { kind: 'call', method, failed: false });
  const one = call('RunPodSandbox');
  expect(one).toEqual(['rpc.request RunPodSandbox']);
  expect(call('runpodsandbox')).toEqual(one);
  expect(call('/runtime.v1.RuntimeService/RunPodSandbox')).toEqual(one);
  expect(call('runtime.v1.RuntimeService/RunPodSandbox')).toEqual(one);
  expect(call('Run*Sandbox')).toEqual(one);
  expect(call('*Sandbox')).toContain('rpc.request RunPodSandbox');
  expect(call('PodSandbox')).toEqual([]);
  expect(call('RunPodSandbox*RunPodSandbox')).toEqual([]);
  expect(hits(events, { kind: 'call', method: 'RunPodSandbox', failed: true })).toEqual([]);
});

test('a call that fails is met at its answer', () => {
  const ok = recorded().find((event) => event.kind === 'rpc.response');
  if (ok?.kind !== 'rpc.response') throw new Error('no response recorded');
  const failed: TraceEvent = { ...ok, code: 5, codeName: 'NotFound' };
  const method = ok.method.split('/').at(-1) ?? '';
  expect(hits([ok, failed], { kind: 'call', method, failed: true })).toEqual([`rpc.response ${method}`]);
  const http: TraceEvent = { ...ok, protocol: 'http', method: 'GET /v2/busybox/manifests/latest', code: 200 };
  const wanted: BreakRule = { kind: 'call', method: 'GET *', failed: true };
  expect(hits([http, { ...http, code: 404 }], wanted)).toHaveLength(1);
});

test('a program is met when it starts and when it ends, by any of its names', () => {
  const events = recorded();
  const runc = hits(events, { kind: 'process', name: 'runc', moment: 'exec' });
  expect(runc.length).toBeGreaterThan(0);
  expect(hits(events, { kind: 'process', name: 'runc', moment: 'exit' }).length).toBeGreaterThan(0);
  expect(hits(events, { kind: 'process', name: '/usr/bin/runc', moment: 'exec' })).toEqual([]);
  expect(hits(events, { kind: 'process', name: 'run', moment: 'exec' })).toEqual([]);
  expect(hits(events, { kind: 'process', name: 'containerd-shim*', moment: 'exec' }).length).toBeGreaterThan(0);
});

test('a file is met by its path, by a directory above it and by a pattern', () => {
  const at = (kind: 'file.create' | 'file.write' | 'file.unlink', path: string): TraceEvent =>
    ({ seq: 0, time: 0, span: 0, pid: 9, kind, path, type: 'file', length: 1 }) as TraceEvent;
  const events = [
    at('file.create', '/etc/cni'),
    at('file.write', '/etc/cni/net.d/a.conf'),
    at('file.unlink', '/etc/x'),
  ];
  const file = (path: string): string[] => hits(events, { kind: 'file', path });
  expect(file('/etc/cni')).toEqual(['file.create 9', 'file.write 9']);
  expect(file('/etc/cni/')).toEqual(['file.write 9']);
  expect(file('/etc/cn')).toEqual([]);
  expect(file('/etc/*.conf')).toEqual(['file.write 9']);
  expect(file('/')).toHaveLength(3);
  const moved: TraceEvent = { seq: 0, time: 0, span: 0, pid: 9, kind: 'file.rename', path: '/tmp/a', to: '/etc/b' };
  expect(hits([moved], { kind: 'file', path: '/etc/b' })).toHaveLength(1);
  // What another machine does to a file of the same name stops nothing here.
  expect(hits([{ ...at('file.write', '/etc/b'), pid: 10_000_001 }], { kind: 'file', path: '/etc/b' })).toEqual([]);
});

test('in a layer something begins: calls to it, its work, its programs; in the kernel what lasts', () => {
  const events = recorded();
  expect(hits(events, { kind: 'layer', layer: 'cri' })).toContain('rpc.request RunPodSandbox');
  const oci = hits(events, { kind: 'layer', layer: 'oci-runtime' });
  expect(oci.some((hit) => hit.startsWith('process.exec'))).toBe(true);
  expect(oci.some((hit) => hit.startsWith('rpc.response'))).toBe(false);
  expect(hits(events, { kind: 'layer', layer: 'kernel' }).length).toBeGreaterThan(0);
  expect(hits(events, { kind: 'layer', layer: 'control-plane' })).toEqual([]);
});

test('what a browser kept is read with care', () => {
  const good: BreakRule = { kind: 'call', method: 'RunPodSandbox', failed: true };
  const stored = [
    { id: 7, on: false, rule: good },
    { rule: { kind: 'layer', layer: 'attic' } },
    { rule: { kind: 'file', path: '  ' } },
    { rule: { kind: 'process', name: ' runc ', moment: 'exit' } },
    null,
    { rule: { kind: 'condition', expression: 'x'.repeat(5000) } },
  ];
  expect(saneBreakpoints(JSON.parse(JSON.stringify(stored)))).toEqual([
    { id: 1, on: false, rule: good },
    { id: 2, on: true, rule: { kind: 'process', name: 'runc', moment: 'exit' } },
  ]);
  expect(saneBreakpoints({})).toEqual([]);
});
