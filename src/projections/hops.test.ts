import { describe, expect, it } from 'vitest';
import { summarise } from './command-summary.ts';
import { boot, pull, Recording, runContainer, runPod } from './fixture.ts';
import { History } from './history.ts';
import { HOPS_MAX, planHops, shortCommand } from './hops.ts';
import { TraceIndex } from './trace-index.ts';

function walk() {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  pull(r, containerd, shell, 1);
  const shim = runPod(r, containerd, shell, 2);
  runContainer(r, containerd, shell, shim, 3);
  const index = new TraceIndex();
  index.append(r.trace.events);
  const history = new History();
  history.append(r.trace.events);
  return { events: r.trace.events, index, history };
}

describe('hops', () => {
  it('tell a command from the client down to the kernel and back', () => {
    const { events, index } = walk();
    const command = index.commands[2]!;
    const hops = planHops(events, command.startSeq, command.endSeq! + 1, index, command.span);
    expect(hops.map((hop) => `${hop.kind} ${hop.stratum ?? 'client'} ${hop.label}`)).toEqual([
      'exec client crictl start',
      'request cri StartContainer',
      'request shim Create',
      'exec oci-runtime runc create',
      'kernel kernel mkdir cgroup · cpu.weight',
      'exec oci-runtime runc init',
      'kernel kernel cgroup.procs',
      'kernel kernel +pid · +mnt · +net · +uts · +ipc …',
      'exit oci-runtime runc',
      'state cri-runtime task',
      'exec oci-runtime runc start',
      'exec workload top',
      'state cri-runtime task',
      'exit oci-runtime runc',
      'response shim Create',
      'response cri StartContainer',
      'exit client crictl',
    ]);
    expect(hops.every((hop, i) => i === 0 || hop.seq > hops[i - 1]!.seq)).toBe(true);
  });

  it('keeps the heaviest when there are too many for twelve seconds', () => {
    const { events, index } = walk();
    const all = planHops(events, 0, events.length, index, 0);
    expect(all.length).toBe(HOPS_MAX);
    expect(all.filter((hop) => hop.kind === 'request' && hop.stratum === 'cri').map((hop) => hop.label)).toEqual([
      'PullImage',
      'RunPodSandbox',
      'StartContainer',
    ]);
  });

  it('leaves out what another command caused', () => {
    const { events, index } = walk();
    const hops = planHops(events, 0, events.length, index, index.commands[0]!.span);
    expect(new Set(hops.filter((hop) => hop.call !== null).map((hop) => hop.label))).toEqual(new Set(['PullImage']));
  });

  it('names a command by its verb', () => {
    expect(
      shortCommand(
        ['/usr/bin/runc', '--root', '/run/x', '--log', 'l', '--systemd-cgroup', 'create', '--bundle', 'b', 'id'],
        'runc',
      ),
    ).toBe('runc create');
    expect(shortCommand(['containerd-shim-runc-v2', '-namespace', 'k8s.io', '-id', 'x', 'start'], 'c')).toBe(
      'containerd-shim-runc-v2 start',
    );
    expect(shortCommand([], 'top')).toBe('top');
  });
});

describe('what is beyond the node', () => {
  it('is seen only as an address that was called; its HTTP numbers do not clash with those of RPCs', () => {
    const r = new Recording();
    const { containerd, shell } = boot(r);
    const registry = 10_000_007;
    r.command(1, shell, 'crictl pull busybox', (span) => {
      r.call(
        shell,
        containerd,
        'grpc',
        '/runtime.v1.ImageService/PullImage',
        '/run/containerd/containerd.sock',
        span,
        (own) => {
          const http = {
            call: 1,
            protocol: 'http',
            method: 'GET /v2/library/busybox/manifests/latest',
            to: registry,
            payload: 0,
            length: 0,
            type: '',
          } as const;
          r.trace.emit(own, containerd, {
            kind: 'rpc.request',
            ...http,
            address: 'registry-1.docker.io',
            metadata: {},
          });
          r.trace.emit(0, registry, {
            kind: 'process.exec',
            path: '/registry',
            argv: ['registry'],
            comm: 'registry',
            layer: 'client',
            program: 'registry',
          });
          r.trace.emit(own, containerd, {
            kind: 'rpc.response',
            ...http,
            code: 401,
            codeName: 'Unauthorized',
            message: '',
          });
        },
      );
      return 0;
    });
    const index = new TraceIndex();
    index.append(r.trace.events);
    const history = new History();
    history.append(r.trace.events);
    expect(history.live.processes.has(registry)).toBe(false);
    expect([...history.live.outside]).toEqual([[registry, 'registry-1.docker.io']]);
    expect(history.live.calls.size).toBe(0);
    expect([...index.calls.values()].map((call) => [call.protocol, call.codeName])).toEqual([
      ['grpc', 'OK'],
      ['http', 'Unauthorized'],
    ]);
    const hops = planHops(r.trace.events, 0, r.trace.events.length, index, index.commands[0]!.span);
    expect(hops.map((hop) => [hop.kind, hop.label, hop.failed])).toEqual([
      ['request', 'PullImage', false],
      ['request', 'GET manifests/latest', false],
      ['response', 'Unauthorized', true],
      ['response', 'PullImage', false],
    ]);
  });
});

describe('index', () => {
  it('pairs calls with their responses and knows their stratum', () => {
    const { index } = walk();
    const calls = [...index.calls.values()];
    expect(calls.map((call) => [call.method.split('/').at(-1), call.stratum, call.codeName])).toEqual([
      ['PullImage', 'cri', 'OK'],
      ['RunPodSandbox', 'cri', 'OK'],
      ['Create', 'shim', 'OK'],
      ['StartContainer', 'cri', 'OK'],
      ['Create', 'shim', 'OK'],
    ]);
    expect(calls.every((call) => call.endTime! > call.startTime)).toBe(true);
  });

  it('sums a command up for those who do not see the packets', () => {
    const { events, index, history } = walk();
    const summary = summarise(events, index.commands[2]!, index, history.live);
    expect(summary.path).toEqual(['crictl', 'containerd', 'containerd-shim-runc-v2', 'runc', 'top']);
    expect(summary.own.exited.map((process) => process.comm)).toEqual(['runc', 'runc']);
    expect(summary.own.running.map(({ pod, processes }) => [pod?.name, processes.map(({ comm }) => comm)])).toEqual([
      ['nginx-sandbox', ['top']],
    ]);
    expect(summary).toMatchObject({ after: { running: [], exited: [] }, restarts: [], ended: [] });
  });
});
