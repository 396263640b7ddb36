/** The environment of a container's process. @models runc libcontainer/env.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { getenvIn, readFile } from '../../../linux/io.ts';
import type { InitConfig } from './init-config.ts';

/** The last of equal names wins; HOME comes from the container's /etc/passwd. */
export async function prepareEnvironment(ctx: Context, init: Pick<InitConfig, 'env' | 'uid'>): Promise<string[]> {
  const seen = new Map<string, number>();
  const env: string[] = [];
  for (const entry of init.env) {
    const at = entry.indexOf('=');
    if (at < 0) throw newError(`invalid environment variable: missing '='`);
    if (at === 0) throw newError('invalid environment variable: name cannot be empty');
    const name = entry.slice(0, at);
    const index = seen.get(name);
    if (index === undefined) seen.set(name, env.push(entry) - 1);
    else env[index] = entry;
  }
  const home = getenvIn(env, 'HOME');
  if (home === undefined || home === '') {
    const value = `HOME=${await homeOf(ctx, init.uid)}`;
    const index = seen.get('HOME');
    if (index === undefined) env.push(value);
    else env[index] = value;
  }
  return env;
}

async function homeOf(ctx: Context, uid: number): Promise<string> {
  try {
    for (const line of (await readFile(ctx, '/etc/passwd')).split('\n')) {
      const fields = line.split(':');
      if (fields[2] === String(uid)) return fields[5] || '/';
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  return uid === 0 ? '/root' : '/';
}
