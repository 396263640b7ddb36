/** /proc/self/mountinfo. @models util-linux 2.41 libmount/src/tab_parse.c */
import type { Context } from '../../linux/context.ts';
import { readFile } from '../../linux/io.ts';

export type MountEntry = {
  id: number;
  parent: number;
  device: string;
  /** What of the filesystem is shown. */
  root: string;
  target: string;
  mountOptions: string;
  propagation: string;
  type: string;
  source: string;
  superOptions: string;
};

const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export async function readMounts(ctx: Context, path = '/proc/self/mountinfo'): Promise<MountEntry[]> {
  return (await readFile(ctx, path))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [head = '', tail = ''] = line.split(' - ');
      const [id, parent, device = '', root = '', target = '', mountOptions = '', ...optional] = head.split(' ');
      const [type = '', source = '', superOptions = ''] = tail.split(' ');
      const shared = optional.some((o) => o.startsWith('shared:')) ? 'shared' : 'private';
      const propagation = optional.some((o) => o.startsWith('master:')) ? `${shared},slave` : shared;
      return {
        id: Number(id),
        parent: Number(parent),
        device,
        root: unescape(root),
        target: unescape(target),
        mountOptions,
        propagation,
        type,
        source: unescape(source),
        superOptions,
      };
    });
}

/** Both sets of options as one: what is ro anywhere is ro. */
export function allOptions(entry: MountEntry): string {
  const words = [...entry.mountOptions.split(','), ...entry.superOptions.split(',')];
  const readOnly = words.includes('ro');
  return [readOnly ? 'ro' : 'rw', ...new Set(words.filter((w) => w !== 'ro' && w !== 'rw' && w !== ''))].join(',');
}

export function sourceText(entry: MountEntry): string {
  return entry.root === '/' || entry.root === '' ? entry.source : `${entry.source}[${entry.root}]`;
}

/** Absolute, without dots and doubled slashes; links are left alone. */
export function normalise(path: string, cwd: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
