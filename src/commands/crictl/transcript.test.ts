/**
 * The recorded walk, replayed on a booted node. What a node makes up for itself (IDs, times, pids, digests, sizes) is
 * numbered or blanked in both texts; all else must be equal to the letter.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type BootedNode, boot } from '../../testing/boot.ts';
import { parseTranscript, shown } from '../../testing/transcript.ts';

/** IDs by order of appearance, so that a wrong one shows. */
function newNormaliser(): (text: string) => string {
  const ids = new Map<string, string>();
  const nameOf = (id: string): string => {
    const key = id.slice(0, 13);
    if (!ids.has(key)) ids.set(key, `id${ids.size + 1}`);
    return `<${ids.get(key)}${id.length === 13 ? ' short' : ''}>`;
  };
  return (text) =>
    text
      .replace(/\b[0-9a-f]{64}\b|\b[0-9a-f]{13}\b/g, nameOf)
      .replace(/time="[^"]*"/g, 'time="T"')
      .replace(/^([EI])\d{4} [\d:.]{15} +\d+ /gm, '$1STAMP ')
      .replace(/^\d{4}\/\d\d\/\d\d [\d:]{8} /gm, 'DATE ')
      .replace(/\b(?:Less than a second|\d+ seconds?|About a minute|\d+ minutes) ago +/g, 'AGE ')
      .replace(/CREATED +/g, 'CREATED ')
      .replace(/\b\d+(?:\.\d+)?[kMG]?B$/gm, 'SIZE');
}

async function replay(node: BootedNode, file: string): Promise<void> {
  const steps = parseTranscript(readFileSync(new URL(`transcripts/${file}`, import.meta.url), 'utf8'));
  expect(steps.length).toBeGreaterThan(50);
  const [recorded, played] = [newNormaliser(), newNormaliser()];
  for (const { command, expected } of steps) {
    const result = await node.run(command);
    expect(`$ ${command}\n${played(shown(result))}`).toBe(`$ ${command}\n${recorded(expected)}`);
  }
}

test('the walk on containerd', async () => {
  const node = await boot({ seed: 1 });
  await node.run('sleep 5');
  await replay(node, 'walk.transcript');
}, 60_000);

test('the walk on CRI-O', async () => {
  const node = await boot({ scenario: 'crio', seed: 1 });
  // The kubelet would take away what it has not made.
  await node.run('systemctl stop kubelet; crictl rmp -fa; crictl rmi --all');
  await replay(node, 'crio.transcript');
}, 60_000);
