/** What every object of `ip` is handed, and how it fails. */
import type { Context } from '../../linux/context.ts';
import type { NetLink } from '../../linux/syscalls.ts';
import type { Output } from '../common/streams.ts';

export type IpCall = {
  ctx: Context;
  out: Output;
  brief: boolean;
  oneLine: boolean;
  statistics: boolean;
  details: boolean;
  json: boolean;
  family: 0 | 4 | 6 | null;
};

export class IpFault extends Error {
  readonly code: number;
  constructor(message: string, code = 255) {
    super(message);
    this.code = code;
  }
}

/** Whether `word` is `full` or a beginning of it. */
export function matches(word: string | undefined, ...full: string[]): boolean {
  return word !== undefined && word !== '' && full.some((f) => f.startsWith(word));
}

export async function linkNamed(call: IpCall, name: string): Promise<NetLink> {
  const link = (await call.ctx.sys.netLinks(call.ctx)).find((l) => l.name === name);
  if (link === undefined) throw new IpFault(`Cannot find device "${name}"`, 1);
  return link;
}

/** The value of a keyword. */
export function valueOf(words: string[], keyword: string): string {
  const value = words.shift();
  if (value === undefined)
    throw new IpFault(`Command line is not complete. Try option "help"${keyword === '' ? '' : ''}`);
  return value;
}
