/**
 * jq: the real program compiled to WebAssembly does the work; here are its command line, files and exit codes.
 * @models jq 1.8 src/main.c (Debian 13 has 1.7.1)
 * @fidelity partial: white space around the whole output is lost; no --stream, --seq, modules
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, readAll, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { utf8 } from '../../linux/rope.ts';

/** What the library offers: what jq wrote and its exit code. */
export type JqLibrary = {
  raw(input: string, filter: string, flags: string[]): Promise<{ stdout: string; stderr: string; exitCode: number }>;
};

/** Measured with jq 1.6 on a two-core machine: `jq -n 1` takes 21 ms (it compiles its own library), 2.8 MB 43 ms more. */
const START_NS = 21_000_000;
const NS_PER_BYTE = 15;

/** Flags that take no value, with their short letters. */
const SWITCHES: Readonly<Record<string, string>> = {
  r: '--raw-output',
  c: '--compact-output',
  e: '--exit-status',
  n: '--null-input',
  s: '--slurp',
  S: '--sort-keys',
  j: '--join-output',
  a: '--ascii-output',
  R: '--raw-input',
  C: '--color-output',
  M: '--monochrome-output',
};
const LONG_ONLY = ['--tab'];
const VALUES: Readonly<Record<string, number>> = { '--arg': 2, '--argjson': 2, '--indent': 1 };

const USAGE = `Usage:\tjq [OPTIONS] FILTER [FILES...]
\tjq [OPTIONS] -n FILTER
`;

type Call = { flags: string[]; operands: string[]; problem: string | null; help: boolean; version: boolean };

function parse(args: readonly string[]): Call {
  const call: Call = { flags: [], operands: [], problem: null, help: false, version: false };
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (word === '-h' || word === '--help') call.help = true;
    else if (word === '-V' || word === '--version') call.version = true;
    else if (Object.hasOwn(VALUES, word)) {
      const count = VALUES[word] as number;
      const values = args.slice(i + 1, i + 1 + count);
      if (values.length < count)
        call.problem ??= `${word} takes ${count === 1 ? 'one parameter' : 'two parameters (e.g. --arg varname value)'}`;
      call.flags.push(word, ...values);
      i += count;
    } else if (Object.values(SWITCHES).includes(word) || LONG_ONLY.includes(word)) call.flags.push(word);
    else if (/^-[a-zA-Z]+$/.test(word)) {
      for (const letter of word.slice(1)) {
        const flag = SWITCHES[letter];
        if (flag === undefined) call.problem ??= `Unknown arguments: ${word}`;
        else call.flags.push(flag);
      }
    } else if (word.startsWith('--')) call.problem ??= `Unknown arguments: ${word}`;
    else call.operands.push(word);
  }
  return call;
}

async function readInputs(ctx: Context, files: readonly string[]): Promise<{ text: string; failed: boolean }> {
  if (files.length === 0) return { text: utf8(await readAll(ctx, 0)), failed: false };
  let text = '';
  let failed = false;
  for (const file of files) {
    try {
      text += await readFile(ctx, file);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `jq: error: Could not open file ${file}: ${error.libc}\n`);
      failed = true;
    }
  }
  return { text, failed };
}

export function makeJq(load: () => Promise<JqLibrary>): Program {
  return {
    name: 'jq',
    rssBytes: 4_000_000,
    main: async (ctx, argv) => {
      const call = parse(argv.slice(1));
      if (call.version) {
        await print(ctx, 'jq-1.8.2\n');
        return 0;
      }
      const [filter, ...files] = call.operands;
      if (call.help) {
        await print(ctx, USAGE);
        return 0;
      }
      if (call.problem !== null || filter === undefined) {
        await printError(ctx, `${call.problem === null ? '' : `jq: error: ${call.problem}\n`}${USAGE}`);
        return 2;
      }
      const nullInput = call.flags.includes('--null-input');
      const { text, failed } = nullInput ? { text: '', failed: false } : await readInputs(ctx, files);
      const colours =
        (await ctx.sys.isTty(ctx, 1)) && !call.flags.includes('--monochrome-output') ? ['--color-output'] : [];
      if (text.trim() === '' && !nullInput && !call.flags.includes('--slurp') && !call.flags.includes('--raw-input'))
        return failed ? 2 : 0;
      await ctx.cpu(START_NS + text.length * NS_PER_BYTE);
      // Awaiting the library holds the virtual clock: it takes real time and no time of the machine.
      const { stdout, stderr, exitCode } = await (await load()).raw(text, filter, [...colours, ...call.flags]);
      const joined = call.flags.includes('--join-output');
      await print(ctx, stdout === '' || joined ? stdout : `${stdout}\n`);
      if (stderr !== '') await printError(ctx, `${stderr.replaceAll('/dev/stdin', '<stdin>')}\n`);
      return exitCode === 0 && failed ? 2 : exitCode;
    },
  };
}
