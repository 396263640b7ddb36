/** Calling another plugin, as bridge calls its IPAM plugin: same environment, same stdin. @models containernetworking/cni pkg/invoke @fidelity full */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, runCommand } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { CniCommand, CniError, CniResult } from '../../../protocols/cni/types.ts';
import { type CniCall, CniFault } from './skel.ts';

export async function delegate(
  ctx: Context,
  type: string,
  command: CniCommand,
  call: CniCall,
): Promise<CniResult | null> {
  const path = await findPlugin(ctx, type, call.path);
  const env = [...ctx.process.env.filter((entry) => !entry.startsWith('CNI_COMMAND=')), `CNI_COMMAND=${command}`];
  let result: Awaited<ReturnType<typeof runCommand>>;
  try {
    result = await runCommand(ctx, [path], { stdin: call.stdinText, env });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new CniFault(`netplugin failed: fork/exec ${path}: ${error.go}`);
  }
  const text = utf8(result.stdout);
  if (result.status.exitCode !== 0 || result.status.signal !== null) throw faultOf(text, utf8(result.stderr));
  return text === '' ? null : (JSON.parse(text) as CniResult);
}

function faultOf(stdout: string, stderr: string): CniFault {
  if (stdout === '')
    return new CniFault(stderr === '' ? 'netplugin failed with no error message' : `netplugin failed: "${stderr}"`);
  try {
    const error = JSON.parse(stdout) as CniError;
    return new CniFault(error.msg, error.code, error.details ?? '');
  } catch {
    return new CniFault(`netplugin failed but error parsing its diagnostic message "${stdout}"`);
  }
}

async function findPlugin(ctx: Context, type: string, paths: string): Promise<string> {
  if (type.includes('/')) throw new CniFault(`invalid plugin name: ${type}`);
  for (const directory of paths.split(':')) {
    if (directory !== '' && (await exists(ctx, `${directory}/${type}`))) return `${directory}/${type}`;
  }
  throw new CniFault(`failed to find plugin "${type}" in path [${paths.split(':').join(' ')}]`);
}
