/** Random command lines: nerdctl answers, whatever it is told. */
import { expect, test } from 'vitest';
import { Random } from '../../sim/random.ts';
import { boot } from '../../testing/boot.ts';
import { nerdctlApp } from './app.ts';
import type { Command } from './run.ts';

const LINES = 160;
const WORDS = [
  'busybox',
  'c1',
  'c2',
  'nope',
  '-',
  '--',
  '',
  'a=b',
  '1',
  '-1',
  '64m',
  '/tmp',
  'c1:/x',
  '{{.}}',
  '{{.ID',
  '{{json .}}',
  'host',
  'net',
  '8080:80',
  ':',
  '0',
  'true',
  'all',
  'é',
  '%s',
  'status=running',
  'bridge',
];
const FOLLOW = ['events', 'stats', 'attach', 'wait'];

function paths(command: Command, prefix: readonly string[]): { words: readonly string[]; command: Command }[] {
  return [
    { words: prefix, command },
    ...(command.subcommands ?? []).flatMap((child) => paths(child, [...prefix, child.name])),
  ];
}

const quoted = (word: string): string => `'${word.replaceAll("'", '')}'`;

test('random command lines end, and never by a fault of ours', async () => {
  const node = await boot({ seed: 7 });
  await node.run(
    'nerdctl pull -q busybox; nerdctl run -d --name c1 busybox sleep 100000; nerdctl create --name c2 busybox',
  );
  const random = new Random(20_261_128);
  const all = paths(nerdctlApp.root, []);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
  for (let i = 0; i < LINES; i++) {
    const { words, command } = pick(all);
    const flags = [...(command.flags ?? []), ...nerdctlApp.globalFlags].filter(({ name }) => name !== 'follow');
    const line = ['nerdctl', ...words];
    for (let k = random.below(4); k > 0; k--) {
      const flag = pick(flags);
      line.push(flag.kind === 'bool' ? `--${flag.name}` : quoted(`--${flag.name}=${pick(WORDS)}`));
    }
    for (let k = random.below(4); k > 0; k--) line.push(quoted(pick(WORDS)));
    const isEndless = FOLLOW.some((name) => words.includes(name));
    const { exitCode } = await node.run(`${isEndless ? 'timeout 2 ' : ''}${line.join(' ')} </dev/null >/dev/null 2>&1`);
    expect(exitCode, line.join(' ')).toBeGreaterThanOrEqual(0);
  }
}, 120_000);
