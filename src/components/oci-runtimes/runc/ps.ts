/** `runc ps`: the host's ps, cut down to the pids of the cgroup. @models runc ps.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { lookPath, print, runCommand } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { cgroupPids } from '../shared/cgroup.ts';
import { exitWords } from '../shared/hooks.ts';
import { cgroupOf, loadContainer } from './container.ts';
import type { RuncCall } from './program.ts';

export async function ps(ctx: Context, call: RuncCall): Promise<number> {
  const { cli } = call;
  const container = await loadContainer(ctx, call.root, cli.args[0] ?? '');
  const pids = await cgroupPids(ctx, cgroupOf(container));
  switch (cli.string('format')) {
    case 'table':
      break;
    case 'json':
      await print(ctx, `${pids.length === 0 ? 'null' : JSON.stringify(pids)}\n`);
      return 0;
    default:
      throw newError('invalid format option');
  }
  const own = cli.args.slice(1);
  const path = await lookPath(ctx, 'ps');
  if (path === null) throw newError(`exec: ${quote('ps')}: executable file not found in $PATH`);
  const result = await runCommand(ctx, ['ps', ...(own.length === 0 ? ['-ef'] : own)], { path });
  const failed = exitWords(result.status);
  if (failed !== null) throw newError(`${failed}: ${utf8(result.stdout)}${utf8(result.stderr)}`);
  const lines = utf8(result.stdout).split('\n');
  const column = (lines[0] ?? '').trim().split(/\s+/).indexOf('PID');
  if (column < 0) throw newError("couldn't find PID field in ps output");
  let out = `${lines[0]}\n`;
  for (const line of lines.slice(1)) {
    if (line === '') continue;
    if (pids.includes(Number(line.trim().split(/\s+/)[column]))) out += `${line}\n`;
  }
  await print(ctx, out);
  return 0;
}
