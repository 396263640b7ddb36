/** A machine stops in the step that a breakpoint is met in, goes on from there, and makes the same history with and without. */
import { expect, test } from 'vitest';
import { Machine } from '../../machine/machine.ts';
import type { BreakRule } from '../../projections/breakpoints.ts';
import { breakerOf } from './breaker.ts';

const LINES = `echo '{"metadata":{"name":"web","namespace":"default","uid":"u"},"linux":{}}' > pod.json; crictl runp pod.json\r`;
const SECONDS = 20;

/** The stops on the way through the same lines, as kinds of the events stopped at, and the digest of all that happened. */
async function stops(rules: readonly BreakRule[]): Promise<{ met: string[]; digest: string }> {
  const machine = await Machine.boot({ scenario: 'bare', seed: 3 }, 'ready');
  const terminal = machine.openTerminal({ columns: 120, rows: 12 });
  await machine.advance({ horizon: machine.now + 1e9 });
  const points = rules.map((rule, i) => ({ id: i + 1, on: true, rule }));
  const breaker = await breakerOf(machine, points);
  terminal.write(new TextEncoder().encode(LINES));
  const end = machine.now + SECONDS * 1e9;
  const met: string[] = [];
  while (machine.now < end) {
    const outcome = await machine.advance(
      breaker === null ? { horizon: end } : { horizon: end, stopWhen: breaker.hit },
    );
    if (outcome !== 'stopped') break;
    expect(breaker?.told(0)).toBeNull();
    const stop = breaker?.told(machine.trace.nextSeq);
    const event = machine.trace.events[(stop?.seq ?? 0) - machine.trace.firstSeq];
    met.push(`${stop?.breakpoint} ${event?.kind}`);
  }
  return { met, digest: machine.trace.digest() };
}

test('call, program and condition, each met once, and the history stays the same', async () => {
  const { met, digest } = await stops([
    { kind: 'call', method: 'RunPodSandbox', failed: false },
    { kind: 'process', name: 'pause', moment: 'exec' },
    { kind: 'condition', expression: 'pods.exists(p, p.state == "Ready")' },
  ]);
  expect(met.map((text) => text.split(' ')[0])).toEqual(['1', '2', '3']);
  expect(met.slice(0, 2)).toEqual(['1 rpc.request', '2 process.exec']);
  expect(digest).toBe((await stops([])).digest);
});

test('nothing to stop at costs nothing', async () => {
  const machine = await Machine.boot({ scenario: 'bare', seed: 3 }, 'login');
  const rule: BreakRule = { kind: 'layer', layer: 'cri' };
  expect(await breakerOf(machine, [{ id: 1, on: false, rule }])).toBeNull();
});
