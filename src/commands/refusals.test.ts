import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';

test('what says that it is not simulated is an event, and what is merely wrong is none', async () => {
  const { machine, run } = await boot();
  for (const line of [
    'tcpdump',
    'ctr images convert a b',
    'systemctl frobnicate',
    'ctr images frob',
    'kmod frob',
    'nc -u a 1',
  ])
    await run(line);
  const refusals = machine.trace.events.flatMap((event) => (event.kind === 'refusal' ? [event.what] : []));
  expect(refusals).toEqual([
    'tcpdump: known, but not simulated here (Debian package tcpdump)',
    'ctr: convert: not simulated',
    'nc: not simulated: UDP',
  ]);
});
