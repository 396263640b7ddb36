/** The frame of a GNU-style program: options, --help, --version, usage errors, output that is flushed, write errors. */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError } from '../../linux/io.ts';
import type { Main, Program } from '../../linux/program.ts';
import { type Options, type OptionTable, optionHelp, parseOptions, UsageError } from './options.ts';
import { quoteIfNeeded } from './quoting.ts';
import { Output, WriteError } from './streams.ts';

export type Invocation = {
  ctx: Context;
  /** As called: the first word of every message. */
  name: string;
  options: Options;
  operands: string[];
  out: Output;
  /** `NAME: TEXT` on standard error, after what was written before. */
  complain: (text: string) => Promise<void>;
};

export type CommandSpec = {
  name: string;
  /** Usage lines after the name: `[OPTION]... [FILE]...` */
  usage: readonly string[];
  about: string;
  options: OptionTable;
  /** After the option list. */
  notes?: string;
  /** Exit status of usage errors. */
  trouble?: number;
  /** What --version says; default GNU coreutils. */
  version?: string;
  /** Options end at the first operand. */
  stopAtOperand?: boolean;
  /** Turns `-5` and the like into options before parsing. */
  rewrite?: (args: string[]) => string[];
  /** After an unknown option; default `Try 'NAME --help' for more information.` */
  hint?: (name: string) => string;
  rssBytes?: number;
};

const COREUTILS = 'GNU coreutils) 9.7';

/** Ends the program from anywhere inside it. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** How another family of tools (BusyBox) says the same things. */
export type Dialect = {
  /** A message without the program's name, in its words. */
  translate: (name: string, text: string) => string;
  /** After the first line of a usage error, and for --help; null where there is nothing to add. */
  usage: (spec: CommandSpec, name: string) => string;
  usageStatus: number;
};

type Run = (call: Invocation) => Promise<number>;
const sources = new WeakMap<Program, { spec: CommandSpec; run: Run }>();

/** The same program in another dialect; null if it does not use this frame. */
function inDialect(program: Program, dialect: Dialect): Main | null {
  const source = sources.get(program);
  return source === undefined ? null : commandMain(source.spec, source.run, dialect);
}

export function commandMain(spec: CommandSpec, run: Run, dialect: Dialect | null = null): Main {
  const table: OptionTable = {
    ...spec.options,
    ...(spec.options['help'] === undefined
      ? { help: 'show this text and stop', version: 'show the version and stop' }
      : {}),
  };
  return async (ctx, argv) => {
    const name = argv[0] ?? spec.name;
    const out = new Output(ctx);
    const complain = async (text: string): Promise<void> => {
      await out.flush();
      await printError(ctx, `${name}: ${dialect?.translate(name, text) ?? text}\n`);
    };
    try {
      const args = argv.slice(1);
      const { options, operands } = parseOptions(table, spec.rewrite?.(args) ?? args, {
        stopAtOperand: spec.stopAtOperand ?? false,
      });
      const asked = options.last('help', 'version');
      if (asked === 'help' && dialect !== null) {
        await printError(ctx, dialect.usage(spec, name));
        return 0;
      }
      if (asked === 'help') {
        const lines = spec.usage.map((usage, i) => `${i === 0 ? 'Usage: ' : '  or:  '}${name} ${usage}\n`);
        await print(
          ctx,
          `${lines.join('')}${spec.about}\n\n${optionHelp(table)}${spec.notes === undefined ? '' : `\n${spec.notes}\n`}`,
        );
        return 0;
      }
      if (asked === 'version') {
        await print(ctx, `${spec.name} (${spec.version ?? COREUTILS}\n`);
        return 0;
      }
      const code = await run({ ctx, name, options, operands, out, complain });
      await out.flush();
      return code;
    } catch (error) {
      if (error instanceof Exit) {
        await out.flush();
        return error.code;
      }
      if (error instanceof UsageError && dialect !== null) {
        await complain(error.message);
        await printError(ctx, dialect.usage(spec, name));
        return dialect.usageStatus;
      }
      if (error instanceof UsageError) {
        await complain(`${error.message}\n${spec.hint?.(name) ?? `Try '${name} --help' for more information.`}`);
        return spec.trouble ?? 1;
      }
      if (error instanceof WriteError) {
        await printError(ctx, `${name}: write error: ${error.errno.libc}\n`);
        return spec.trouble ?? 1;
      }
      if (isErrno(error)) {
        await complain(error.libc);
        return spec.trouble ?? 1;
      }
      throw error;
    }
  };
}

export function command(spec: CommandSpec, run: Run): Program {
  const program: Program = {
    name: spec.name,
    main: commandMain(spec, run),
    ...(spec.rssBytes === undefined ? {} : { rssBytes: spec.rssBytes }),
  };
  sources.set(program, { spec, run });
  return program;
}

/** Runs `body`; a system call's error becomes `NAME: PATH: MESSAGE` and false. */
export async function reporting(call: Invocation, path: string, body: () => Promise<void>): Promise<boolean> {
  try {
    await body();
    return true;
  } catch (error) {
    if (!isErrno(error)) throw error;
    await call.complain(`${quoteIfNeeded(path)}: ${error.libc}`);
    return false;
  }
}

function missingOperand(): UsageError {
  return new UsageError('missing operand');
}
