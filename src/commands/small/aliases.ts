/** Programs that are another one with options in front: egrep, fgrep, dir, vdir, zgrep. @models grep 3.11, coreutils 9.7 src/ls-dir.c, gzip 1.13 zgrep.in */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError, runCommand } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { execStatus, execvp } from '../common/exec.ts';

function alias(name: string, words: readonly string[]): Program {
  return {
    name,
    async main(ctx, argv) {
      const error = await execvp(ctx, [...words, ...argv.slice(1)]);
      await printError(ctx, `${name}: ${words[0]}: ${error.libc}\n`);
      return execStatus(error);
    },
  };
}

export const egrep = alias('egrep', ['grep', '-E']);
export const fgrep = alias('fgrep', ['grep', '-F']);
export const rgrep = alias('rgrep', ['grep', '-r']);
export const dir = alias('dir', ['ls', '-C', '-b']);
export const vdir = alias('vdir', ['ls', '-l', '-b']);

/** Options of grep that take a value in the next word. */
const VALUED = /^-[ABCDdefm]$|^--(regexp|file|max-count|context|after-context|before-context|label)$/;

async function zgrepMain(ctx: Context, argv: string[]): Promise<number> {
  const options: string[] = [];
  const words: string[] = [];
  let pattern = false;
  const args = argv.slice(1);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg.startsWith('-') && arg !== '-') {
      options.push(arg);
      pattern ||= /^-e|^-f|^--regexp|^--file/.test(arg);
      if (VALUED.test(arg)) options.push(args[++i] ?? '');
    } else if (!pattern) {
      options.push('-e', arg);
      pattern = true;
    } else words.push(arg);
  }
  if (!pattern) {
    await printError(ctx, 'Usage: zgrep [OPTION]... [-e] PATTERN [FILE]...\nLook for PATTERN in compressed FILEs.\n');
    return 2;
  }
  const files = words.length === 0 ? ['-'] : words;
  let status = 1;
  for (const path of files) {
    try {
      const {
        stdout,
        stderr,
        status: ended,
      } = await runCommand(ctx, ['/usr/bin/gzip', '-cdfq', ...(path === '-' ? [] : ['--', path])], {
        env: ctx.process.env,
      });
      if (ended.exitCode > 1 || (ended.exitCode === 1 && stdout.length === 0)) {
        await printError(ctx, stderr);
        status = 2;
        continue;
      }
      const label = files.length > 1 ? ['-H', `--label=${path}`] : [`--label=${path}`];
      const found = await runCommand(ctx, ['/usr/bin/grep', ...label, ...options], {
        stdin: stdout,
        env: ctx.process.env,
      });
      await ctx.sys.write(ctx, 1, found.stdout);
      await printError(ctx, found.stderr);
      if (found.status.exitCode === 0) status = Math.min(status, 0);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `zgrep: ${error.libc}\n`);
      return 2;
    }
  }
  return status;
}

export const zgrep: Program = { name: 'zgrep', main: zgrepMain };
