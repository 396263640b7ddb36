/** The lab measures: what it says of each handler follows from that machine's trace. */
import { beforeAll, describe, expect, it } from 'vitest';
import { configurationFiles } from '../../machine/configuration-files.ts';
import { boot } from '../../testing/boot.ts';
import { causalTrees } from '../causal-tree.ts';
import { breakdownOf, sideBySide } from './breakdown.ts';
import { type LabFigures, labFigures } from './lab.ts';
import { handlersOf, LAB_CALLS, LAB_KERNEL, LAB_LINES, LAB_SCENARIO, LAB_START, labSetUp } from './lab-script.ts';

type Measured = { figures: LabFigures; wrote: string[]; totalsMs: number[]; longest: string; sums: boolean };

async function measure(handler: string): Promise<Measured> {
  const node = await boot({ scenario: LAB_SCENARIO });
  for (const line of labSetUp(handler).split('\n')) await node.run(line);
  const before = node.machine.trace.nextSeq;
  let after = 0;
  const wrote: string[] = [];
  for (const [i, line] of LAB_LINES.entries()) {
    wrote.push((await node.run(line)).stdout.trim());
    if (i === LAB_KERNEL) after = node.machine.trace.nextSeq;
  }
  const { events } = node.machine.trace;
  const trees = causalTrees(events, 0n).slice(-LAB_LINES.length, -LAB_LINES.length + LAB_START);
  const breakdowns = trees.map((tree) => breakdownOf(tree.root, events));
  const sums = breakdowns.every(
    ({ parts, totalNs, byLayer }) =>
      parts.reduce((sum, part) => sum + part.ns, 0) === totalNs &&
      byLayer.reduce((sum, part) => sum + part.ns, 0) === totalNs,
  );
  const longest = [...(breakdowns[0]?.parts ?? [])].sort((a, b) => b.ns - a.ns)[0]?.label ?? '';
  return {
    figures: labFigures(events, before, after),
    wrote,
    totalsMs: breakdowns.map(({ totalNs }) => totalNs / 1e6),
    longest,
    sums,
  };
}

describe('the comparison lab', () => {
  const measured: Record<string, Measured> = {};
  const of = (handler: string): Measured => measured[handler] as Measured;

  beforeAll(async () => {
    const { machine } = await boot({ scenario: LAB_SCENARIO });
    const handlers = handlersOf(configurationFiles(machine.kernel).get('/etc/containerd/config.toml') ?? '');
    expect(handlers).toEqual(['runc', 'crun', 'kata', 'runsc']);
    for (const handler of handlers) measured[handler] = await measure(handler);
  }, 60_000);

  it('says who answers, as the program itself hears it', () => {
    for (const { figures, wrote } of Object.values(measured)) expect(wrote[LAB_KERNEL]).toBe(figures.release);
    expect(['runc', 'crun', 'kata', 'runsc'].map((handler) => of(handler).figures.kernel)).toEqual([
      'host',
      'host',
      'vm',
      'sentry',
    ]);
  });

  it('leads a system call down to the kernel of the node', () => {
    const path = (handler: string): string[] => of(handler).figures.path.map((step) => step.kind);
    expect(path('runc')).toEqual(['app', 'host-kernel']);
    expect(path('kata')).toEqual(['app', 'guest-kernel', 'hypervisor', 'file-server', 'host-kernel']);
    expect(path('runsc')).toEqual(['app', 'platform', 'sentry', 'host-kernel']);
    expect(of('runsc').figures.path[1]).toMatchObject({ name: 'systrap', ns: 1017 });
    for (const { figures } of Object.values(measured)) expect(figures.path[0]?.name).toBe('sleep');
  });

  it('counts what the host has more of', () => {
    const names = (handler: string): string[] => of(handler).figures.added.map((process) => process.name);
    expect(names('runc')).toEqual(['containerd-shim-runc-v2', 'pause', 'sleep']);
    expect(names('kata')).toEqual(['containerd-shim-kata-v2', 'virtiofsd', 'qemu-system-x86_64']);
    expect(names('runsc')).toContain('runsc-sandbox');
    expect(of('kata').figures.memoryBytes).toBeGreaterThan(5 * of('runc').figures.memoryBytes);
  });

  it('reads how many calls the profile lets through from the bundle', () => {
    for (const { wrote } of Object.values(measured)) expect(Number(wrote[LAB_CALLS])).toBeGreaterThan(300);
  });

  it('gives every instant of the start to a step, and the order of the runtimes is that of the real ones', () => {
    for (const { sums } of Object.values(measured)) expect(sums).toBe(true);
    const [runc, crun, kata, runsc] = ['runc', 'crun', 'kata', 'runsc'].map((h) => of(h).totalsMs[0] as number);
    // Recorded: runc 160.8 ms, crun 133.8 ms.
    expect(runc).toBeGreaterThan(145);
    expect(runc).toBeLessThan(180);
    expect(crun).toBeLessThan(runc as number);
    expect(runsc).toBeGreaterThan(runc as number);
    expect(kata).toBeGreaterThan(700);
    expect(of('kata').longest).toBe('guest kata-agent');
  });

  it('lays steps of several machines side by side', () => {
    const part = (label: string, ns: number) => ({ label, layer: null, startNs: 0, ns });
    const of = (...parts: ReturnType<typeof part>[]) => ({ totalNs: 0, parts, byLayer: [], stretches: [] });
    expect(sideBySide([of(part('a', 1), part('c', 2)), of(part('a', 3), part('b', 4), part('c', 5))])).toEqual([
      { layer: null, label: 'a', ns: [1, 3] },
      { layer: null, label: 'b', ns: [null, 4] },
      { layer: null, label: 'c', ns: [2, 5] },
    ]);
  });
});
