/**
 * The Oils spec cases that bash passes, in this shell. OILS_REPO is a checkout of oils-for-unix/oils; without it there is
 * nothing to do. OILS_REPORT, if set, takes every case where the two differ. Needs bash and python3.
 */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { everyAdministration } from '../../commands/every-administration.ts';
import { everyCommand } from '../../commands/every-command.ts';
import { everyTool } from '../../commands/every-tool.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, print, printError } from '../../linux/io.ts';
import type { Main, Program } from '../../linux/program.ts';
import { ashProgram, bashProgram } from '../../shell/program.ts';
import { testKernel } from '../kernel.ts';
import { agrees, type CaseOutcome, type OilsCase, oilsCases } from '../oils-spec.ts';

const REPO = process.env['OILS_REPO'];
const SHARE_AGREED = 0.85;
const PATIENCE_SECONDS = 5;
const STEPS_MAX = 400_000;

/** The helpers of spec/bin, for the real shell: those there want another Python. */
const HELPERS: Readonly<Record<string, string>> = {
  'argv.py':
    'import sys,os\nprint([a for a in sys.argv[1:]] if all(x.isprintable() for x in sys.argv[1:]) and all(ord(c)<128 for a in sys.argv[1:] for c in a) else "[" + ", ".join(repr(os.fsencode(a))[1:] for a in sys.argv[1:]) + "]")',
  'printenv.py': 'import sys,os\nfor n in sys.argv[1:]: print(os.environ.get(n))',
  'read_from_fd.py':
    'import os,sys\nfor a in sys.argv[1:]:\n  fd=int(a)\n  try: s=os.read(fd,1024)\n  except OSError as e: print("FATAL: Error reading from fd %d: %s"%(fd,e),file=sys.stderr); sys.exit(1)\n  sys.stdout.write("%d: "%fd); sys.stdout.flush(); os.write(1,s)',
  'stdout_stderr.py':
    'import sys\na=sys.argv\nprint(a[1] if len(a)>1 else "STDOUT")\nprint(a[2] if len(a)>2 else "STDERR",file=sys.stderr)\nsys.exit(int(a[3]) if len(a)>3 else 0)',
};

/** Python 2's repr of a list of byte strings. */
function listText(words: readonly string[]): string {
  const one = (word: string): string => {
    let body = '';
    for (const byte of Buffer.from(word, 'utf8')) {
      const letter = String.fromCharCode(byte);
      if (letter === '\\') body += '\\\\';
      else if (letter === '\n') body += '\\n';
      else if (letter === '\t') body += '\\t';
      else if (letter === '\r') body += '\\r';
      else body += byte < 32 || byte > 126 ? `\\x${byte.toString(16).padStart(2, '0')}` : letter;
    }
    return word.includes("'") && !word.includes('"') ? `"${body}"` : `'${body.replaceAll("'", "\\'")}'`;
  };
  return `[${words.map(one).join(', ')}]`;
}

const helper = (name: string, main: Main): Program => ({ name, main });
const helpers: Program[] = [
  helper('argv.py', async (ctx, argv) => {
    await print(ctx, `${listText(argv.slice(1))}\n`);
    return 0;
  }),
  helper('printenv.py', async (ctx, argv) => {
    for (const name of argv.slice(1)) await print(ctx, `${getenv(ctx, name) ?? 'None'}\n`);
    return 0;
  }),
  helper('read_from_fd.py', async (ctx, argv) => {
    for (const fd of argv.slice(1)) {
      try {
        const bytes = await ctx.sys.read(ctx, Number(fd), 1024);
        await print(ctx, `${fd}: `);
        await print(ctx, bytes);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await printError(ctx, `FATAL: Error reading from fd ${fd}: [Errno 9] ${error.libc}\n`);
        return 1;
      }
    }
    return 0;
  }),
  helper('stdout_stderr.py', async (ctx, argv) => {
    await print(ctx, `${argv[1] ?? 'STDOUT'}\n`);
    await printError(ctx, `${argv[2] ?? 'STDERR'}\n`);
    return Number(argv[3] ?? 0);
  }),
];

const SEARCH = 'PATH=/oils/bin:/usr/bin:/bin';
const VARIABLES = ['LANG=C.UTF-8', 'SH=bash'];

function inReality(one: OilsCase, repo: string, bin: string): CaseOutcome {
  const directory = mkdtempSync(join(tmpdir(), 'oils-'));
  const env = {
    PATH: `${bin}:${repo}/spec/bin:/usr/bin:/bin`,
    LANG: 'C.UTF-8',
    SH: '/usr/bin/bash',
    TMP: directory,
    REPO_ROOT: repo,
  };
  const run = spawnSync('timeout', ['-s', 'KILL', String(PATIENCE_SECONDS), '/usr/bin/bash'], {
    cwd: directory,
    env,
    input: one.script,
    timeout: 2000 * PATIENCE_SECONDS,
    killSignal: 'SIGKILL',
  });
  rmSync(directory, { recursive: true, force: true });
  return { stdout: run.stdout.toString(), stderr: run.stderr.toString(), status: run.status ?? 137 };
}

function testData(repo: string): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  const walk = (path: string): void => {
    for (const name of readdirSync(path)) {
      const full = join(path, name);
      if (statSync(full).isDirectory()) walk(full);
      else files[`/oils/${relative(repo, full)}`] = readFileSync(full);
    }
  };
  walk(join(repo, 'spec/testdata'));
  return files;
}

const programs = [
  ...new Map(
    [...everyCommand, ...everyTool, ...everyAdministration, ...helpers, bashProgram, ashProgram].map((p) => [
      p.name,
      p,
    ]),
  ).values(),
];

async function inSimulation(one: OilsCase, data: Record<string, Uint8Array>): Promise<CaseOutcome> {
  const rig = testKernel({ programs, files: data, stepsMax: STEPS_MAX });
  rig.disk.link('/usr/bin/sh', 'bash');
  rig.disk.file('/usr/bin/foo=bar', '#!/bin/sh\necho HI\n', 0o755);
  await rig.act((ctx) => ctx.sys.mkdir(ctx, '/tmp/case'));
  const { stdout, stderr, exitCode } = await rig.exec(
    ['timeout', '--foreground', '-s', 'KILL', String(PATIENCE_SECONDS), 'bash'],
    {
      path: '/usr/bin/timeout',
      cwd: '/tmp/case',
      env: [SEARCH, ...VARIABLES, 'TMP=/tmp/case', 'REPO_ROOT=/oils'],
      stdin: one.script,
    } as object,
  );
  return { stdout, stderr, status: exitCode };
}

test.skipIf(REPO === undefined)('Oils spec cases', async () => {
  const repo = REPO as string;
  const bin = mkdtempSync(join(tmpdir(), 'oils-bin-'));
  mkdirSync(bin, { recursive: true });
  for (const [name, text] of Object.entries(HELPERS))
    writeFileSync(join(bin, name), `#!/usr/bin/python3 -SE\n${text}\n`, { mode: 0o755 });
  const data = testData(repo);
  const only = process.env['OILS_ONLY'];
  const trace = process.env['OILS_TRACE'];
  const byFile = new Map<string, { agreed: number; of: number }>();
  const differing: { case: OilsCase; bash: CaseOutcome; here: CaseOutcome | string }[] = [];
  let total = 0;
  let passed = 0;
  for (const file of readdirSync(join(repo, 'spec'))
    .filter((n) => n.endsWith('.test.sh'))
    .sort()) {
    if (only !== undefined && !only.split(',').includes(file.replace('.test.sh', ''))) continue;
    for (const one of oilsCases(file, readFileSync(join(repo, 'spec', file), 'utf8'))) {
      total++;
      if (trace !== undefined) appendFileSync(trace, `${one.file}: ${one.name}\n`);
      const real = inReality(one, repo, bin);
      if (!agrees(one, real)) continue;
      passed++;
      const count = byFile.get(file) ?? { agreed: 0, of: 0 };
      byFile.set(file, count);
      count.of++;
      let here: CaseOutcome | string;
      if (trace !== undefined) appendFileSync(trace, '  here\n');
      try {
        here = await inSimulation(one, data);
      } catch (error) {
        here = String(error);
      }
      if (typeof here !== 'string' && agrees(one, here)) count.agreed++;
      else differing.push({ case: one, bash: real, here });
    }
  }
  rmSync(bin, { recursive: true, force: true });
  const agreed = passed - differing.length;
  const lines = [...byFile].map(([file, { agreed: a, of }]) => `${file}: ${a} of ${of}`);
  const rest = differing.map(({ case: { file, name } }) => `  ${file}: ${name}`);
  console.log(
    `${lines.join('\n')}\n${total} cases, bash passes ${passed}, this shell ${agreed} of those (${((agreed * 100) / passed).toFixed(1)} %)\n${rest.join('\n')}`,
  );
  const report = process.env['OILS_REPORT'];
  if (report !== undefined) writeFileSync(report, `${differing.map((d) => JSON.stringify(d)).join('\n')}\n`);
  if (only === undefined) expect(agreed / passed).toBeGreaterThanOrEqual(SHARE_AGREED);
});
