/** Simple commands: expansion, assignments, redirections, then function, builtin or program. @models bash 5.2 execute_cmd.c */
import type { Assignment, Command, Redirection } from 'unbash';
import type { Context } from '../linux/context.ts';
import { type Errno, isErrno } from '../linux/errno.ts';
import { LATENCY } from '../sim/latency.ts';
import { type Expansion, expandAlias } from './alias.ts';
import { assign, expandArray } from './assign.ts';
import { type Builtin, type BuiltinArrays, builtinFor } from './builtins/table.ts';
import { AbandonControl, ExpansionError, ReturnControl } from './control.ts';
import { type RunOptions, runCommandNode } from './evaluate.ts';
import { expandToString, expandWordInto } from './expand.ts';
import { forkShell } from './fork.ts';
import { addJob, finishForeground } from './jobs.ts';
import { builtinError, complain, report } from './messages.ts';
import { valueOf } from './parameters.ts';
import { quoteIfNeeded, traceQuote } from './quote.ts';
import { keepRedirections, RedirectionFailed, redirect, type Undo, undoRedirections } from './redirect.ts';
import { runText } from './run-text.ts';
import { NO_NAMES, NO_TRAPS, type Shell, type ShellFunction } from './shell.ts';
import { closeSubstitutions } from './substitution.ts';
import { checkSignals } from './traps.ts';
import { environment, newVariable, resolveName, Scope, variable } from './variables.ts';

const DECLARATIONS = new Set(['declare', 'typeset', 'local', 'export', 'readonly']);

type Expanded = { argv: string[]; arrays: BuiltinArrays };

export async function runSimple(ctx: Context, sh: Shell, node: Command, options: RunOptions): Promise<void> {
  sh.line = sh.source.line(node.pos);
  if (!sh.exitOnInterrupt || sh.pending.length > 0) await checkSignals(ctx, sh);
  await ctx.cpu(LATENCY.shellCommandNs);
  const alias = expandAlias(sh, node);
  if (alias !== null) {
    await runAlias(ctx, sh, alias, options);
    return;
  }
  sh.substitutionStatus = null;
  const substitutions = sh.substitutionDescriptors.length;
  try {
    const expanded = await expandCommand(ctx, sh, node);
    await dispatch(ctx, sh, node, expanded, options);
  } finally {
    await closeSubstitutions(ctx, sh, substitutions);
  }
}

async function runAlias(ctx: Context, sh: Shell, { held, instead }: Expansion, options: RunOptions): Promise<void> {
  const before = sh.aliasesHeld;
  sh.aliasesHeld = held;
  try {
    if (typeof instead === 'string') await runText(ctx, sh, instead, { heldAliases: held });
    else await runSimple(ctx, sh, instead, options);
  } finally {
    sh.aliasesHeld = before;
  }
}

async function expandCommand(ctx: Context, sh: Shell, node: Command): Promise<Expanded> {
  const argv: string[] = [];
  const arrays: BuiltinArrays = new Map();
  if (node.name !== undefined) await expandWordInto(ctx, sh, node.name, argv);
  const declares = argv.length > 0 && DECLARATIONS.has(argv[0] as string);
  for (const argument of node.args) {
    if (argument.type === 'Word') {
      if (declares && /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/.test(argument.text))
        argv.push(await expandToString(ctx, sh, argument, true));
      else await expandWordInto(ctx, sh, argument, argv);
      continue;
    }
    const operator = argument.append ? '+=' : '=';
    if (argument.value.type === 'ArrayValue') {
      arrays.set(argv.length, { items: await expandArray(ctx, sh, argument.value), append: argument.append === true });
      argv.push(`${argument.name}${operator}`);
    } else {
      const index = argument.index === undefined ? '' : `[${await expandToString(ctx, sh, argument.index)}]`;
      argv.push(`${argument.name}${index}${operator}${await expandToString(ctx, sh, argument.value, true)}`);
    }
  }
  return { argv, arrays };
}

/** Chooses only: of the functions that wait for a command there are many already. */
function dispatch(ctx: Context, sh: Shell, node: Command, expanded: Expanded, options: RunOptions): Promise<void> {
  const { argv } = expanded;
  const assignments = node.prefix.filter((p): p is Assignment => p.type === 'Assignment');
  const { redirects } = node;
  const name = argv[0];
  if (name === undefined) return assignmentsOnly(ctx, sh, assignments, redirects);
  const fn = sh.functions.get(name);
  if (fn !== undefined) {
    return withRedirections(ctx, sh, redirects, () =>
      withTemporary(ctx, sh, assignments, async () => {
        await trace(ctx, sh, argv);
        await callFunction(ctx, sh, fn, argv);
      }),
    );
  }
  const builtin = builtinFor(sh, name);
  const run =
    builtin === undefined
      ? runProgram(ctx, sh, node, argv, assignments, redirects, options)
      : withRedirections(
          ctx,
          sh,
          redirects,
          () => withTemporary(ctx, sh, assignments, () => runBuiltin(ctx, sh, builtin, expanded)),
          name === 'exec' && argv.length === 1,
        );
  return run.then(() => {
    sh.lastArgument = argv[argv.length - 1] ?? '';
  });
}

async function runBuiltin(ctx: Context, sh: Shell, builtin: Builtin, { argv, arrays }: Expanded): Promise<void> {
  await trace(ctx, sh, argv);
  try {
    sh.status = await builtin(ctx, sh, argv, arrays);
  } catch (error) {
    if (error instanceof ExpansionError) {
      await report(ctx, sh, error.message);
      sh.status = error.status;
    } else if (isErrno(error)) {
      await builtinError(ctx, sh, argv[0] as string, `write error: ${error.libc}`);
      sh.status = 1;
    } else throw error;
  }
}

async function trace(ctx: Context, sh: Shell, argv: readonly string[]): Promise<void> {
  if (sh.option('xtrace')) await complain(ctx, `${valueOf(sh, 'PS4') || '+ '}${argv.map(traceQuote).join(' ')}\n`);
}

async function assignmentsOnly(
  ctx: Context,
  sh: Shell,
  assignments: readonly Assignment[],
  redirects: readonly Redirection[],
): Promise<void> {
  sh.substitutionStatus = null;
  await assignAll(ctx, sh, assignments);
  const status: number | null = sh.substitutionStatus;
  sh.status = status ?? 0;
  if (redirects.length > 0) await withRedirections(ctx, sh, redirects, async () => {});
}

async function assignAll(ctx: Context, sh: Shell, assignments: readonly Assignment[]): Promise<void> {
  for (const node of assignments) {
    try {
      await assign(ctx, sh, node);
    } catch (error) {
      if (error instanceof ExpansionError) {
        await report(ctx, sh, error.message);
        throw new AbandonControl(error.status, error.fatal);
      }
      throw error;
    }
    if (sh.option('xtrace')) {
      const shown =
        node.value.type === 'ArrayValue'
          ? node.text
          : `${node.name}${node.append ? '+=' : '='}${quoteIfNeeded(valueOf(sh, node.name))}`;
      await complain(ctx, `${valueOf(sh, 'PS4') || '+ '}${shown}\n`);
    }
  }
}

/** `x=1 f`: variables that exist, exported, for the length of the call. */
function withTemporary(
  ctx: Context,
  sh: Shell,
  assignments: readonly Assignment[],
  body: () => Promise<void>,
): Promise<void> {
  return assignments.length === 0 ? body() : withVariables(ctx, sh, assignments, body);
}

async function withVariables(
  ctx: Context,
  sh: Shell,
  assignments: readonly Assignment[],
  body: () => Promise<void>,
): Promise<void> {
  const scope = new Scope();
  for (const node of assignments) {
    const old = variable(sh, node.name);
    scope.set(resolveName(sh, node.name), {
      ...newVariable(),
      value: node.append ? old?.value : undefined,
      exported: true,
    });
  }
  sh.scopes.push(scope);
  try {
    await assignAll(ctx, sh, assignments);
    await body();
  } finally {
    sh.scopes = sh.scopes.filter((s) => s !== scope);
  }
}

function withRedirections(
  ctx: Context,
  sh: Shell,
  redirects: readonly Redirection[],
  body: () => Promise<void>,
  keep = false,
): Promise<void> {
  return redirects.length === 0 ? body() : redirected(ctx, sh, redirects, body, keep);
}

async function redirected(
  ctx: Context,
  sh: Shell,
  redirects: readonly Redirection[],
  body: () => Promise<void>,
  keep: boolean,
): Promise<void> {
  const undo: Undo = [];
  try {
    await redirect(ctx, sh, redirects, undo);
  } catch (error) {
    await undoRedirections(ctx, sh, undo);
    if (!(error instanceof RedirectionFailed)) throw error;
    sh.status = 1;
    return;
  }
  if (keep) {
    await keepRedirections(ctx, sh, undo);
    return body();
  }
  try {
    await body();
  } finally {
    await undoRedirections(ctx, sh, undo);
  }
}

const FUNCTION_DEPTH_MAX = 1000;

export async function callFunction(ctx: Context, sh: Shell, fn: ShellFunction, argv: readonly string[]): Promise<void> {
  if (sh.callStack.length >= FUNCTION_DEPTH_MAX) {
    throw new ExpansionError(`${argv[0] ?? ''}: maximum function nesting level exceeded (${FUNCTION_DEPTH_MAX})`);
  }
  const positional = sh.positional;
  const { source, loopDepth, aliasesRead, aliasesHeld } = sh;
  const scope = new Scope();
  sh.aliasesRead = fn.aliases;
  sh.aliasesHeld = NO_NAMES;
  sh.positional = argv.slice(1);
  sh.callStack.push(argv[0] ?? '');
  sh.scopes.push(scope);
  sh.source = fn.source;
  sh.loopDepth = 0;
  sh.returnDepth++;
  // A function does not have its caller's, unless `set -E` says so; one of its own stays.
  const onError = sh.option('errtrace') ? undefined : sh.traps.get('ERR');
  if (onError !== undefined) sh.setTrap('ERR', null);
  try {
    if (fn.body.type === 'CompoundList') sh.status = 0;
    else await runCommandNode(ctx, sh, fn.body, {});
  } catch (error) {
    if (!(error instanceof ReturnControl)) throw error;
    sh.status = error.status;
  } finally {
    sh.positional = positional;
    sh.callStack.pop();
    sh.scopes = sh.scopes.filter((s) => s !== scope);
    sh.source = source;
    sh.loopDepth = loopDepth;
    sh.aliasesRead = aliasesRead;
    sh.aliasesHeld = aliasesHeld;
    sh.returnDepth--;
    if (onError !== undefined && !sh.traps.has('ERR')) sh.setTrap('ERR', onError);
  }
}

async function runProgram(
  ctx: Context,
  sh: Shell,
  node: Command,
  argv: string[],
  assignments: readonly Assignment[],
  redirects: readonly Redirection[],
  options: RunOptions,
): Promise<void> {
  const found = await findProgram(ctx, sh, argv[0] as string);
  const run = async (c: Context, child: Shell): Promise<number> => {
    try {
      await redirect(c, child, redirects, null);
    } catch (error) {
      if (error instanceof RedirectionFailed) return 1;
      throw error;
    }
    if (assignments.length > 0) {
      const scope = new Scope();
      for (const a of assignments)
        scope.set(a.name, {
          ...newVariable(),
          value: a.append ? variable(child, a.name)?.value : undefined,
          exported: true,
        });
      child.scopes.push(scope);
      await assignAll(c, child, assignments);
    }
    await trace(c, child, argv);
    return execute(c, child, argv, found, child.subshell > 0 || !child.interactive);
  };
  if (options.replace) {
    sh.status = await run(ctx, sh);
    return;
  }
  const plan = sh.jobControl ? { group: 0, foreground: true } : {};
  const pid = await forkShell(ctx, sh, { keepErrexit: true, ...plan }, run);
  const text = sh.source.text.slice(node.pos, node.end).split('\n')[0] ?? '';
  const job = addJob(sh, [{ pid, text }], text, true);
  const [status] = await finishForeground(ctx, sh, job);
  sh.status = status ?? 0;
  await checkSignals(ctx, sh);
}

/** A shell asks for each program that it does not know, and PATH is nearly always what it was. */
let lastPath = '';
let lastDirectories: readonly string[] = [''];

function directoriesOf(path: string): readonly string[] {
  if (path !== lastPath) {
    lastPath = path;
    lastDirectories = path.split(':');
  }
  return lastDirectories;
}

/** Where the program is: PATH search, remembered as `hash` shows. null when nothing was found. */
export async function findProgram(ctx: Context, sh: Shell, name: string): Promise<string | null> {
  if (name.includes('/')) return name;
  const known = sh.hashed.get(name);
  if (known !== undefined) {
    known.hits++;
    return known.path;
  }
  let fallback: string | null = null;
  for (const directory of directoriesOf(valueOf(sh, 'PATH'))) {
    const path = `${directory === '' ? '.' : directory}/${name}`;
    try {
      const stat = await ctx.sys.stat(ctx, path);
      if (stat.type !== 'file') {
        // ash remembers that it was denied something, such as what a masked path shows.
        if (sh.flavour === 'ash') fallback ??= path;
        continue;
      }
      if ((stat.mode & 0o111) === 0) {
        fallback ??= path;
        continue;
      }
    } catch (error) {
      if (isErrno(error)) continue;
      throw error;
    }
    sh.setHashed(name, { path, hits: 1 });
    return path;
  }
  return fallback;
}

/** Replaces this process by the program; returns only when that fails, with the message printed. */
export async function execute(
  ctx: Context,
  sh: Shell,
  argv: readonly string[],
  path: string | null,
  mayInterpret: boolean,
  builtin = '',
): Promise<number> {
  const name = argv[0] ?? '';
  const say = (message: string): Promise<void> =>
    builtin === '' ? report(ctx, sh, message) : builtinError(ctx, sh, builtin, message);
  if (path === null) {
    await say(
      builtin !== ''
        ? `${name}: not found`
        : sh.flavour === 'ash'
          ? `${name}: not found`
          : `${name}: command not found`,
    );
    return 127;
  }
  try {
    return await ctx.sys.execve(ctx, path, argv, environment(sh));
  } catch (error) {
    if (!isErrno(error)) throw error;
    return executionFailed(ctx, sh, name, path, argv, error, mayInterpret, say);
  }
}

async function executionFailed(
  ctx: Context,
  sh: Shell,
  name: string,
  path: string,
  argv: readonly string[],
  error: Errno,
  mayInterpret: boolean,
  say: (m: string) => Promise<void>,
): Promise<number> {
  const shown = name.includes('/') || sh.flavour === 'ash' ? name : path;
  if (error.code === 'ENOEXEC' && mayInterpret) {
    const head = await readHead(ctx, path);
    if (head !== null && !head.subarray(0, 80).includes(0)) return interpret(ctx, sh, path, argv);
    await say(
      sh.flavour === 'ash' ? `${shown}: Exec format error` : `${shown}: cannot execute binary file: Exec format error`,
    );
    return 126;
  }
  if (error.code === 'ENOENT') {
    const interpreter = await missingInterpreter(ctx, path);
    if (interpreter !== null)
      await say(sh.flavour === 'ash' ? `${shown}: not found` : `${shown}: cannot execute: required file not found`);
    else await say(sh.flavour === 'ash' ? `${shown}: not found` : `${shown}: No such file or directory`);
    return 127;
  }
  if (error.code === 'EACCES' && (await isDirectory(ctx, path))) {
    await say(sh.flavour === 'ash' ? `${shown}: Permission denied` : `${shown}: Is a directory`);
    return 126;
  }
  await say(`${shown}: ${error.libc}`);
  return error.code === 'ENOTDIR' ? 126 : 126;
}

async function isDirectory(ctx: Context, path: string): Promise<boolean> {
  try {
    return (await ctx.sys.stat(ctx, path)).type === 'directory';
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function readHead(ctx: Context, path: string): Promise<Uint8Array | null> {
  try {
    const fd = await ctx.sys.open(ctx, path, { read: true });
    const bytes = await ctx.sys.read(ctx, fd, 128);
    await ctx.sys.close(ctx, fd);
    return bytes;
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

async function missingInterpreter(ctx: Context, path: string): Promise<string | null> {
  const head = await readHead(ctx, path);
  if (head === null || head[0] !== 0x23 || head[1] !== 0x21) return null;
  return new TextDecoder().decode(head).slice(2).trim().split(/\s/)[0] ?? null;
}

/** A text file without `#!`: this very process reads it as a script. */
async function interpret(ctx: Context, sh: Shell, path: string, argv: readonly string[]): Promise<number> {
  const fd = await ctx.sys.open(ctx, path, { read: true });
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = await ctx.sys.read(ctx, fd, 65_536);
    if (part.length === 0) break;
    parts.push(part);
  }
  await ctx.sys.close(ctx, fd);
  const decoder = new TextDecoder();
  const text = parts.map((p) => decoder.decode(p, { stream: true })).join('');
  sh.name = argv[0] ?? sh.name;
  sh.positional = argv.slice(1);
  sh.interactive = false;
  sh.commandString = false;
  sh.functions = new Map();
  sh.aliases = new Map();
  sh.traps = NO_TRAPS;
  return runText(ctx, sh, text, { ownLines: true });
}
