/**
 * Commands whose behaviour is the same as the GNU ones run through this: the same work, BusyBox's words.
 * @models busybox 1.37 @fidelity partial: options that only the GNU commands have are accepted
 */
import { Context } from '../../linux/context.ts';
import type { Main } from '../../linux/program.ts';
import { type Data, toBytes, utf8 } from '../../linux/rope.ts';
import type { Syscalls } from '../../linux/syscalls.ts';
import { type Usage, usageText } from './applet.ts';

type Rule = readonly [RegExp, string];

/** `NAME: ` is taken off before and put on again after. */
const RULES: Readonly<Record<string, readonly Rule[]>> = {
  cat: [
    [/^(?!read error)(.+): (?!Is a dir)(.+)$/, "can't open '$1': $2"],
    [/^.+: Is a directory$/, 'read error: Is a directory'],
  ],
  rm: [[/^cannot remove '(.+)': Is a directory$/, "'$1' is a directory"]],
  rmdir: [[/^failed to remove '(.+)': (.+)$/, "'$1': $2"]],
  head: [
    [/^cannot open '(.+)' for reading: (.+)$/, '$1: $2'],
    [/^error reading '(.+)': (.+)$/, '$1: $2'],
  ],
  tail: [[/^cannot open '(.+)' for reading: (.+)$/, "can't open '$1': $2"]],
  touch: [[/^cannot touch '(.+)': (.+)$/, '$1: $2']],
  chmod: [
    [/^cannot access '(.+)': (.+)$/, '$1: $2'],
    [/^invalid mode: '(.+)'$/, "invalid mode '$1'"],
  ],
  chown: [
    [/^cannot access '(.+)': (.+)$/, '$1: $2'],
    [/^invalid user: '(.+)'$/, 'unknown user $1'],
    [/^invalid group: '(.+)'$/, 'unknown group $1'],
  ],
  chgrp: [
    [/^cannot access '(.+)': (.+)$/, '$1: $2'],
    [/^invalid group: '(.+)'$/, 'unknown group $1'],
  ],
  mv: [[/^cannot stat '(.+)': (.+)$/, "can't rename '$1': $2"]],
  cp: [[/^-r not specified; omitting directory '(.+)'$/, "omitting directory '$1'"]],
  sleep: [[/^invalid time interval '(.+)'$/, "invalid number '$1'"]],
  sort: [[/^cannot read: (.+): (.+)$/, '$1: $2']],
  du: [[/^cannot access '(.+)': (.+)$/, '$1: $2']],
  find: [[/^'(.+)': (.+)$/, '$1: $2']],
  md5sum: [[/^(.+): (.+)$/, "can't open '$1': $2"]],
  sha256sum: [[/^(.+): (.+)$/, "can't open '$1': $2"]],
  stat: [[/^cannot statx '(.+)': (.+)$/, "can't stat '$1': $2"]],
  id: [[/^'(.+)': no such user$/, 'unknown user $1']],
  nohup: [[/^failed to run command '(.+)': (.+)$/, "can't execute '$1': $2"]],
  timeout: [[/^failed to run command '(.+)': (.+)$/, "can't execute '$1': $2"]],
  chroot: [
    [/^failed to run command '(.+)': (.+)$/, "can't execute '$1': $2"],
    [/^cannot change root directory to '(.+)': (.+)$/, "can't change root directory to '$1': $2"],
  ],
};

export function reword(name: string, text: string, usage: Usage): { text: string; isUsage: boolean } {
  let isUsage = false;
  const lines = text.replace(/[‘’]/g, "'").replace(/\n$/, '').split('\n');
  const kept: string[] = [];
  for (const line of lines) {
    if (line.startsWith(`Try '${name} --help'`)) {
      const before = kept.at(-1) ?? '';
      // BusyBox says nothing but its usage when operands are missing or too many, and shows none for wrong values.
      const isMissing = /^\S+: (missing|extra|too (few|many)|you must)/.test(before);
      if (isMissing) kept.pop();
      else if (!/: (invalid option --|unrecognized option|option requires)/.test(before)) continue;
      isUsage = true;
      kept.push(usageText(name, usage).replace(/\n$/, ''));
      continue;
    }
    if (!line.startsWith(`${name}: `)) {
      kept.push(name === 'dd' ? copied(line) : line);
      continue;
    }
    let message = line.slice(name.length + 2);
    const rule = RULES[name]?.find(([pattern]) => pattern.test(message));
    if (rule !== undefined && !/^(invalid option|unrecognized option|option requires)/.test(message))
      message = message.replace(rule[0], rule[1]);
    kept.push(
      `${name}: ${message.replace(/^cannot /, "can't ").replace(/^unrecognized option '--([^']*)'$/, 'unrecognized option: $1')}`,
    );
  }
  return { text: kept.length === 0 ? '' : `${kept.join('\n')}\n`, isUsage };
}

/** dd's last line: `3145728 bytes (3.0MB) copied, 0.001204 seconds, 2.4GB/s`. */
function copied(line: string): string {
  const [, bytes, seconds] = /^(\d+) bytes? (?:\(.*\) )?copied, ([-\d.e]+) s, /.exec(line) ?? [];
  if (bytes === undefined) return line;
  const rate = Number(seconds) === 0 ? 'inf' : human(Math.floor(Number(bytes) / Number(seconds)));
  return `${bytes} bytes (${human(Number(bytes))}B) copied, ${Number(seconds).toFixed(6)} seconds, ${rate}B/s`;
}

/** make_human_readable_str(): `512`, `3.0K`, `2.4G`. */
function human(value: number): string {
  let [whole, tenths, unit] = [value, 0, ''];
  for (const next of 'KMGTPE') {
    if (whole < 1024) break;
    tenths = Math.floor(((whole % 1024) * 10 + 512) / 1024);
    whole = Math.floor(whole / 1024);
    unit = next;
  }
  if (unit === '') return String(whole);
  return tenths >= 10 ? `${whole + 1}.0${unit}` : `${whole}.${tenths}${unit}`;
}

const USAGE_STATUS = 1;

export function reworded(main: Main, usage: Usage, statusMax = 255): Main {
  return (ctx, argv) => {
    const name = argv[0] ?? '';
    let failedUsage = false;
    const sys: Syscalls = Object.create(ctx.sys, {
      write: {
        value: async (inner: Context, fd: number, data: Data): Promise<number> => {
          if (fd !== 2) return ctx.sys.write(inner, fd, data);
          const { text, isUsage } = reword(name, utf8(toBytes(data)), usage);
          failedUsage ||= isUsage;
          await ctx.sys.write(inner, fd, text);
          return data.length;
        },
      },
    });
    const own = new Context(sys, ctx.process, ctx.group, ctx.scheduler, ctx.trace, ctx.span, ctx.deadline);
    return main(own, argv).then((code) => (failedUsage ? USAGE_STATUS : Math.min(code, statusMax)));
  };
}
