/**
 * man, whatis: pages in our own words, made of what each program says with --help.
 * @models man-db 2.13 @fidelity partial: section 1 and 8 only; a page is the program's own help text under man's headings
 */
import type { Context } from '../../linux/context.ts';
import { lookPath, print, printError, runCommand } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { isTerminal } from '../common/streams.ts';
import { decode } from '../common/text.ts';
import { installedCommands } from '../installed.ts';
import { installedTools } from '../installed-tools.ts';
import { page } from '../pager/page.ts';

const WIDTH = 78;
const NO_ENTRY = 16;

const documented = new Map(
  [...installedCommands, ...installedTools].map(([path]) => [
    path.replace(/^.*\//, ''),
    path.startsWith('/usr/sbin/') ? '8' : '1',
  ]),
);
documented.set('bash', '1');
documented.set('awk', '1');

/** The help text of a program, null if there is no page about it. */
async function helpOf(ctx: Context, name: string): Promise<string | null> {
  if (!documented.has(name)) return null;
  const path = await lookPath(ctx, name);
  if (path === null) return null;
  const run = await runCommand(ctx, [name, '--help'], { path, env: ctx.process.env });
  const text = decode(run.stdout) || decode(run.stderr);
  return text.trim() === '' ? null : text;
}

/** The sentence that says what a program is for. */
function summaryOf(help: string): string {
  const line = help.split('\n').find((l) => l !== '' && !/^(usage|\s|try)/i.test(l));
  return (line ?? '').replace(/\.$/, '');
}

function layOut(name: string, section: string, help: string): string {
  const title = `${name.toUpperCase()}(${section})`;
  const middle = section === '8' ? 'System Administration' : 'User Commands';
  const gap = Math.max(1, Math.floor((WIDTH - 2 * title.length - middle.length) / 2));
  const head = `${title}${' '.repeat(gap)}${middle}${' '.repeat(gap)}${title}`;
  const lines = help.replace(/\n+$/, '').split('\n');
  const usage = lines.filter((l) => /^(Usage:| {2}or:)/.test(l)).map((l) => l.replace(/^(Usage:| {2}or:)\s*/, ''));
  const rest = lines.filter((l) => !/^(Usage:| {2}or:)/.test(l));
  const indent = (text: readonly string[]): string => text.map((l) => (l === '' ? '' : `       ${l}`)).join('\n');
  const summary = summaryOf(help);
  return `${head}\n\nNAME\n       ${name}${summary === '' ? '' : ` - ${summary}`}\n\n${usage.length > 0 ? `SYNOPSIS\n${indent(usage)}\n\n` : ''}DESCRIPTION\n${indent(rest)}\n`;
}

export const man: Program = {
  name: 'man',
  async main(ctx, argv) {
    const operands = argv.slice(1).filter((a) => !a.startsWith('-'));
    const options = argv.slice(1).filter((a) => a.startsWith('-'));
    if (options.includes('--help')) {
      await print(
        ctx,
        'Usage: man [OPTION...] [SECTION] PAGE...\nShow the page of the manual about a program.\n\n  -f, --whatis   only one line about each\n  -k, --apropos  search the lines for a word\n',
      );
      return 0;
    }
    if (options.includes('-f') || options.includes('--whatis')) return whatis.main(ctx, ['whatis', ...operands]);
    if (options.includes('-k') || options.includes('--apropos')) return apropos.main(ctx, ['apropos', ...operands]);
    const sections =
      operands.length > 1 && /^[1-9]\w*$/.test(operands[0] as string) ? [operands.shift() as string] : [];
    if (operands.length === 0) {
      await printError(ctx, "What manual page do you want?\nFor example, try 'man man'.\n");
      return 1;
    }
    let status = 0;
    for (const name of operands) {
      const section = documented.get(name);
      const help =
        section !== undefined && (sections.length === 0 || sections[0] === section) ? await helpOf(ctx, name) : null;
      if (help === null || section === undefined) {
        await printError(
          ctx,
          `No manual entry for ${name}${sections.length > 0 ? ` in section ${sections[0]}` : ''}\n`,
        );
        status = NO_ENTRY;
        continue;
      }
      const text = layOut(name, section, help);
      if (await isTerminal(ctx, 1)) await page(ctx, text, { always: true, name: ` Manual page ${name}(${section})` });
      else await print(ctx, text);
    }
    return status;
  },
};

export const whatis: Program = {
  name: 'whatis',
  async main(ctx, argv) {
    const names = argv.slice(1).filter((a) => !a.startsWith('-'));
    if (names.length === 0) {
      await printError(ctx, 'whatis what?\n');
      return 1;
    }
    let status = 0;
    for (const name of names) {
      const help = await helpOf(ctx, name);
      if (help === null) {
        await printError(ctx, `${name}: nothing appropriate.\n`);
        status = NO_ENTRY;
      } else await print(ctx, `${`${name} (${documented.get(name)})`.padEnd(20)} - ${summaryOf(help)}\n`);
    }
    return status;
  },
};

export const apropos: Program = {
  name: 'apropos',
  async main(ctx, argv) {
    const words = argv.slice(1).filter((a) => !a.startsWith('-'));
    if (words.length === 0) {
      await printError(ctx, 'apropos what?\n');
      return 1;
    }
    let found = false;
    for (const name of [...documented.keys()].sort()) {
      const help = await helpOf(ctx, name);
      if (help === null || help.startsWith('man')) continue;
      const line = `${`${name} (${documented.get(name)})`.padEnd(20)} - ${summaryOf(help)}`;
      if (!words.some((word) => line.toLowerCase().includes(word.toLowerCase()))) continue;
      found = true;
      await print(ctx, `${line}\n`);
    }
    if (!found) for (const word of words) await printError(ctx, `${word}: nothing appropriate.\n`);
    return found ? 0 : NO_ENTRY;
  },
};
