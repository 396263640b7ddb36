import { test } from 'vitest';
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { boot } from './testing/boot.ts';
test('try', async () => {
  const node = await boot({ seed: 1, scenario: (process.env['SC'] ?? 'bare') as never });
  for (const line of readFileSync('/tmp/ned-lines.txt', 'utf8').split('\n')) {
    if (line === '') continue;
    const t = setTimeout(() => {
      const s = new Session();
      s.connect();
      s.post('Profiler.enable');
      s.post('Profiler.start');
      setTimeout(() => {
        s.post('Profiler.stop', (_e, { profile }) => {
          const self = new Map<string, number>();
          for (const n of profile.nodes) {
            const k = `${n.callFrame.functionName} ${n.callFrame.url.split('/src/').at(-1)}:${n.callFrame.lineNumber}`;
            self.set(k, (self.get(k) ?? 0) + (n.hitCount ?? 0));
          }
          const top = [...self].sort((a, b) => b[1] - a[1]).slice(0, 25);
          process.stdout.write(`HANG ${node.machine.now}\n${top.map(([k, v]) => `${v} ${k}`).join('\n')}\n`);
          process.exit(1);
        });
      }, 1500);
    }, 9_000);
    const r = await node.run(line);
    clearTimeout(t);
    process.stdout.write(`$ ${line}\n${r.stdout}${r.stderr}[${r.exitCode}] ${r.virtualMs.toFixed(0)}ms\n`);
  }
}, 300_000);
