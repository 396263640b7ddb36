/**
 * awk, as Debian has it: mawk.
 * @models mawk 1.3.4
 * @fidelity partial: alternation in regular expressions takes the first branch that matches; arrays are walked in the
 * order of insertion; a few of gawk's functions exist too
 */
import { isErrno } from '../../linux/errno.ts';
import { print, printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { RegexError } from '../common/regex.ts';
import { Input, Output, WriteError } from '../common/streams.ts';
import { AwkError, Interpreter } from './interpreter.ts';
import { Streams } from './io.ts';
import { AwkSyntax, unescapeAwk } from './lexer.ts';
import { type AwkProgram, parseAwk } from './parser.ts';

const USAGE = [
  'Usage: mawk [Options] [Program] [file ...]',
  '',
  'Program:',
  '    The text of the program, unless -f names files to take it from.',
  '',
  'Options:',
  '    -f program-file  take the program from a file; may be given more than once',
  '    -F value         split records into fields at value',
  '    -v var=value     set a variable before the program begins',
  '    --               no more options',
  '    -W version       print the version',
  '    -W help          print this',
  '',
].join('\n');

const TROUBLE = 2;

export const awk: Program = {
  name: 'awk',
  rssBytes: 2_400_000,
  main: async (ctx, argv) => {
    const name = argv[0] ?? 'awk';
    const fail = async (text: string): Promise<number> => {
      await printError(ctx, `${name}: ${text}\n`);
      return TROUBLE;
    };
    const args = argv.slice(1);
    const sources: string[] = [];
    const assignments: [string, string][] = [];
    let separator: string | null = null;
    while (args[0]?.startsWith('-') && args[0] !== '-') {
      const arg = args.shift() as string;
      if (arg === '--') break;
      const letter = arg[1] as string;
      if (arg === '--version' || arg === '--help' || letter === 'W') {
        const what = letter === 'W' ? arg.slice(2) || (args.shift() ?? '') : arg.slice(2);
        if (/^v/.test(what)) await print(ctx, 'mawk 1.3.4 20250131\n');
        else await print(ctx, USAGE);
        return 0;
      }
      if (!'Ffv'.includes(letter)) return fail(`not an option: ${arg}`);
      const value = arg.length > 2 ? arg.slice(2) : args.shift();
      if (value === undefined) return fail(`option -${letter} lacks argument`);
      if (letter === 'F') separator = value === 't' ? '\t' : unescapeAwk(value);
      else if (letter === 'v') {
        const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(value);
        if (match === null) return fail(`improper assignment: -v ${value}`);
        assignments.push([match[1] as string, unescapeAwk(match[2] as string)]);
      } else {
        try {
          sources.push(await readFile(ctx, value === '-' ? '/dev/stdin' : value));
        } catch (error) {
          if (!isErrno(error)) throw error;
          return fail(`cannot open ${value} (${error.libc})`);
        }
      }
    }
    if (sources.length === 0) {
      const source = args.shift();
      if (source === undefined) {
        await printError(ctx, USAGE);
        return TROUBLE;
      }
      sources.push(source);
    }
    let program: AwkProgram;
    try {
      program = parseAwk(sources.join('\n'));
    } catch (error) {
      if (!(error instanceof AwkSyntax)) throw error;
      return fail(`line ${error.line}: ${error.message}`);
    }
    const out = new Output(ctx);
    const streams = new Streams(ctx, new Input(ctx, 0), out);
    const interpreter = new Interpreter(ctx, program, streams, name, args);
    try {
      if (separator !== null) interpreter.set('FS', separator);
      for (const [key, value] of assignments) interpreter.assignText(key, value);
      return await interpreter.run();
    } catch (error) {
      if (error instanceof WriteError) return fail(`write failure (${error.errno.libc})`);
      if (!(error instanceof AwkError) && !(error instanceof RegexError)) throw error;
      await out.flush();
      if (/^cannot open|never defined$/.test(error.message)) return fail(error.message);
      const where = ['FILENAME', 'FNR', 'NR'].map((key) => (key === 'FILENAME' ? `FILENAME="${interpreter.textOf(key)}"` : `${key}=${interpreter.textOf(key)}`)).join(' ');
      return fail(`run time error: ${error.message}\n\t${where}`);
    }
  },
};
