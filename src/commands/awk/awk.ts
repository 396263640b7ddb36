/** awk. @models mawk 1.3.4-20250131 @fidelity partial: no -W dump, exec or random */
import { isErrno } from '../../linux/errno.ts';
import { print, printError, readFile } from '../../linux/io.ts';
import type { Main, Program } from '../../linux/program.ts';
import { WriteError } from '../common/streams.ts';
import { Interpreter } from './interpret.ts';
import { AwkError, unescape } from './lex.ts';
import { bytesText } from './operators.ts';
import { parse } from './parse.ts';
import { type AwkArray, Input } from './values.ts';

const VERSION = `mawk 1.3.4 20250131
Copyright 2008-2024,2025, Thomas E. Dickey
Copyright 1991-1996,2014, Michael D. Brennan
`;

const USAGE = `Usage: mawk [Options] [Program] [file ...]

Program:
    Text of a program. With -f it is in a file, and the first argument is
    already a file to read.

Options:
    -f file          take the program from file; may be given several times
    -F value         set FS, the field separator
    -v name=value    set a variable before the program begins
    --               no more options

    -W version       show the version and stop
    -W help, usage   show this text and stop
`;

const main: Main = async (ctx, argv) => {
  const fail = async (text: string, status = 2): Promise<number> => {
    await printError(ctx, `mawk: ${text}\n`);
    return status;
  };
  const files: string[] = [];
  const assignments: [string, string][] = [];
  let separator: string | null = null;
  let at = 1;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    if (arg === '--') {
      at++;
      break;
    }
    if (!arg.startsWith('-') || arg === '-') break;
    if (arg === '--version' || arg === '-Wv' || arg === '-Wversion') {
      await print(ctx, VERSION);
      return 0;
    }
    if (arg === '--help' || arg === '-Whelp' || arg === '-Wusage') {
      await print(ctx, USAGE);
      return 0;
    }
    const letter = arg[1] as string;
    if (!'FfvW'.includes(letter)) return fail(`not an option: ${arg}`);
    const value = arg.length > 2 ? arg.slice(2) : argv[++at];
    if (value === undefined) return fail(`option ${arg} lacks argument`);
    if (letter === 'F') separator = value;
    else if (letter === 'f') files.push(value);
    else if (letter === 'v') {
      const equals = value.indexOf('=');
      if (!/^[A-Za-z_]\w*=/.test(value)) return fail(`improper assignment: -v ${value}`);
      assignments.push([value.slice(0, equals), value.slice(equals + 1)]);
    } else if (/^v/.test(value)) {
      await print(ctx, VERSION);
      return 0;
    } else if (/^[hu]/.test(value)) {
      await print(ctx, USAGE);
      return 0;
    }
  }
  try {
    let source = '';
    for (const file of files) {
      try {
        source += `${await readFile(ctx, file === '-' ? '/dev/stdin' : file)}\n`;
      } catch (error) {
        if (!isErrno(error)) throw error;
        return await fail(`cannot open ${file} (${error.libc})`);
      }
    }
    if (files.length === 0) {
      const text = argv[at++];
      if (text === undefined) {
        await printError(ctx, USAGE);
        return 2;
      }
      source = text;
    }
    const awk = new Interpreter(ctx, parse(bytesText(source)));
    if (separator !== null) awk.globals.set('FS', separator === 't' ? '\t' : bytesText(unescape(separator)));
    for (const [name, value] of assignments) awk.set(name, new Input(unescape(bytesText(value))));
    const args: AwkArray = new Map([['0', argv[0] ?? 'awk']]);
    argv.slice(at).forEach((arg, i) => {
      args.set(String(i + 1), new Input(bytesText(arg)));
    });
    awk.globals.set('ARGV', args);
    awk.globals.set('ARGC', args.size);
    awk.globals.set(
      'ENVIRON',
      new Map(
        ctx.process.env.map((entry) => {
          const equals = entry.indexOf('=');
          return [bytesText(entry.slice(0, equals)), new Input(bytesText(entry.slice(equals + 1)))] as const;
        }),
      ),
    );
    try {
      return await awk.start();
    } catch (error) {
      if (error instanceof AwkError) await awk.flushAll();
      throw error;
    }
  } catch (error) {
    if (error instanceof AwkError) return fail(error.message);
    if (error instanceof WriteError)
      return fail(`write failure (${error.errno.libc})\nmawk: close failure on file /dev/stdout`);
    if (isErrno(error)) return fail(error.libc);
    throw error;
  }
};

export const awk: Program = { name: 'awk', main, rssBytes: 1_600_000 };
