/** ctr as recorded, replayed on a booted node; times, pids, digests and sizes are blanked in both texts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';
import { parseTranscript, shown } from '../../testing/transcript.ts';

function normalise(text: string): string {
  return text
    .replace(/time="[^"]*"/g, 'time="T"')
    .replace(/\b[0-9a-f]{64}\b/g, 'DIGEST')
    .replace(/^(PID|\d+) {4,}(?=INFO|-|exec_id)/gm, 'PID  ');
}

test('ctr, line by line', async () => {
  const node = await boot();
  await node.run('ctr -n default images pull docker.io/library/busybox:latest > /dev/null');
  const steps = parseTranscript(readFileSync(new URL('transcripts/ctr.transcript', import.meta.url), 'utf8'));
  expect(steps.length).toBeGreaterThan(60);
  for (const { command, expected } of steps) {
    const result = await node.run(command);
    if (command === 'ctr ns create demo env=test')
      await node.run('ctr -n demo images pull docker.io/library/busybox:latest > /dev/null');
    expect.soft(`$ ${command}\n${normalise(shown(result))}`).toBe(`$ ${command}\n${normalise(expected)}`);
  }
}, 60_000);
