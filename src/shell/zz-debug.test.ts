import { test } from 'vitest';
import { testKernel } from '/work/main/src/testing/kernel.ts';
import corpus from '/work/main/src/shell/bash-corpus.json' with { type: 'json' };
import { testPrograms } from '/work/main/src/shell/test-programs.ts';
const steady = (text: string): string => text.replace(/(line \d+: +)\d+( +(?:Killed|Terminated))/g, '$1PID$2');
test('all', async () => {
  let bad = 0;
  for (const c of corpus) {
    let r;
    try {
    const rig = testKernel({ programs: testPrograms });
    await rig.act((ctx) => ctx.sys.mkdir(ctx, '/tmp/t'));
    r = await rig.exec(['bash', '-c', c.script], { path: '/usr/bin/bash', cwd: '/tmp/t', env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'] } as object);
    } catch (e) { r = { stdout: '', stderr: 'CRASH ' + (e?.stack ?? String(e) + JSON.stringify(e)).slice(0, 600), exitCode: -1 }; }
    if (steady(r.stdout) === steady(c.stdout) && steady(r.stderr) === steady(c.stderr) && r.exitCode === c.exitCode) continue;
    bad++;
    let o = `##### ${c.script}\n`;
    if (r.stdout !== c.stdout) o += `-- want stdout: ${JSON.stringify(c.stdout)}\n--  got stdout: ${JSON.stringify(r.stdout)}\n`;
    if (steady(r.stderr) !== steady(c.stderr)) o += `-- want stderr: ${JSON.stringify(c.stderr)}\n--  got stderr: ${JSON.stringify(r.stderr)}\n`;
    if (r.exitCode !== c.exitCode) o += `-- want ${c.exitCode} got ${r.exitCode}\n`;
    process.stderr.write(o);
  }
  process.stderr.write(`BAD ${bad} of ${corpus.length}\n`);
}, 120000);
