/** Lists, pipelines and compound commands. @models bash 5.2 execute_cmd.c @fidelity partial: no coproc */
import type {
  AndOr,
  ArithmeticExpression,
  CommandNode,
  CompoundCommand,
  CompoundList,
  For,
  Pipeline,
  PipelineNode,
  Redirected,
  Select,
  Statement,
} from 'unbash';
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { runSimple } from './command.ts';
import { evaluateCondition } from './conditional.ts';
import { ExitControl, ExpansionError, LoopControl } from './control.ts';
import { expandArithmetic, expandToPattern, expandToString, expandWords } from './expand.ts';
import { forkShell } from './fork.ts';
import { addJob, finishForeground, type Job } from './jobs.ts';
import { complain, report } from './messages.ts';
import { valueOf } from './parameters.ts';
import { matches } from './pattern.ts';
import { readLine } from './read-line.ts';
import { RedirectionFailed, redirect, type Undo, undoRedirections } from './redirect.ts';
import type { Shell } from './shell.ts';
import { closeSubstitutions, moveDescriptor } from './substitution.ts';
import { printTimes, timesNow } from './times.ts';
import { checkSignals, runPseudoTrap } from './traps.ts';
import { isName, setScalar } from './variables.ts';

/** What a node may do differently: `replace` lets an external command take over this process (exec without fork). */
export type RunOptions = { replace?: boolean };

export async function runStatements(
  ctx: Context,
  sh: Shell,
  statements: readonly Statement[],
  tail = false,
): Promise<number> {
  const list = statements.length > 1;
  if (list) sh.executingList++;
  try {
    for (let i = 0; i < statements.length; i++) {
      const last = tail && i === statements.length - 1 && sh.traps.size === 0;
      await runStatement(ctx, sh, statements[i] as Statement, { replace: last });
    }
  } finally {
    if (list) sh.executingList--;
  }
  return sh.status;
}

const runList = (ctx: Context, sh: Shell, list: CompoundList): Promise<number> => runStatements(ctx, sh, list.commands);

// A shell that waits for a program is as deep in functions that wait: those that only choose one are none of them.
export function runStatement(ctx: Context, sh: Shell, statement: Statement, options: RunOptions): Promise<void> {
  return statement.background ? runBackground(ctx, sh, statement) : runNode(ctx, sh, statement.command, options);
}

function textOf(sh: Shell, node: { pos: number; end: number }): string {
  const text = sh.source.text.slice(node.pos, node.end).trim();
  return text.includes('\n') ? text.replace(/\s*\n\s*/g, '; ') : text;
}

async function runBackground(ctx: Context, sh: Shell, statement: Statement): Promise<void> {
  const text = textOf(sh, { pos: statement.pos, end: statement.command.end });
  const node = statement.command;
  if (node.type === 'Pipeline' && node.commands.length > 1) {
    const processes = await forkPipeline(ctx, sh, node, { background: true });
    finishBackground(ctx, sh, processes, text);
  } else {
    const pid = await forkShell(
      ctx,
      sh,
      { background: true, keepErrexit: true, ...(sh.jobControl ? { group: 0 } : {}) },
      async (c, child) => {
        if (!sh.jobControl) await nullInput(c);
        await runNode(c, child, node, { replace: true });
        return child.status;
      },
    );
    finishBackground(ctx, sh, [{ pid, text }], text);
  }
  const job = sh.jobs[sh.jobs.length - 1] as Job;
  if (sh.interactive && sh.subshell === 0) await complain(ctx, `[${job.id}] ${sh.lastBackground}\n`);
  sh.status = 0;
}

function finishBackground(_ctx: Context, sh: Shell, processes: { pid: number; text: string }[], text: string): void {
  addJob(sh, processes, text, false);
  sh.lastBackground = processes[processes.length - 1]?.pid ?? 0;
}

async function nullInput(ctx: Context): Promise<void> {
  try {
    await moveDescriptor(ctx, await ctx.sys.open(ctx, '/dev/null', { read: true }), 0);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

export function runNode(ctx: Context, sh: Shell, node: Statement['command'], options: RunOptions): Promise<void> {
  return node.type === 'AndOr' ? runAndOr(ctx, sh, node, options) : runPipelineNode(ctx, sh, node, options);
}

async function runAndOr(ctx: Context, sh: Shell, node: AndOr, options: RunOptions): Promise<void> {
  sh.executingList++;
  try {
    for (let i = 0; i < node.commands.length; i++) {
      const operator = node.operators[i - 1];
      if (operator === '&&' && sh.status !== 0) continue;
      if (operator === '||' && sh.status === 0) continue;
      const last = i === node.commands.length - 1;
      if (last) await runPipelineNode(ctx, sh, node.commands[i] as PipelineNode, options);
      else await tested(sh, () => runPipelineNode(ctx, sh, node.commands[i] as PipelineNode, {}));
    }
  } finally {
    sh.executingList--;
  }
}

/** Runs something whose status is about to be tested: -e does not apply to it. */
async function tested<T>(sh: Shell, body: () => Promise<T>): Promise<T> {
  sh.conditionDepth++;
  try {
    return await body();
  } finally {
    sh.conditionDepth--;
  }
}

function runPipelineNode(ctx: Context, sh: Shell, node: PipelineNode, options: RunOptions): Promise<void> {
  return node.type === 'Pipeline' ? runPipelines(ctx, sh, node) : runAlone(ctx, sh, node, options);
}

function runAlone(ctx: Context, sh: Shell, node: CommandNode, options: RunOptions): Promise<void> {
  const trapped = sh.traps.has('ERR');
  const run = runCommandNode(ctx, sh, node, options);
  const hasStatus =
    node.type === 'Command' ||
    node.type === 'Subshell' ||
    node.type === 'ArithmeticCommand' ||
    node.type === 'TestCommand';
  if (!hasStatus) return run;
  return run.then(() => {
    sh.pipeStatus = [sh.status];
    return errorExit(ctx, sh, trapped);
  });
}

async function runPipelines(ctx: Context, sh: Shell, node: Pipeline): Promise<void> {
  const negated = node.prefixes.filter((p) => p.type === 'Negation').length % 2 === 1;
  const time = node.prefixes.find((p) => p.type === 'Time');
  const start = time === undefined ? null : timesNow(ctx);
  const trapped = sh.traps.has('ERR');
  const run = async (): Promise<void> => {
    if (node.commands.length === 0) sh.status = 0;
    else if (node.commands.length === 1) {
      await runCommandNode(ctx, sh, node.commands[0] as CommandNode, {});
      sh.pipeStatus = [sh.status];
    } else await runPipeline(ctx, sh, node);
  };
  if (negated) {
    await tested(sh, run);
    sh.status = sh.status === 0 ? 1 : 0;
  } else await run();
  if (time?.type === 'Time' && start !== null)
    await printTimes(ctx, start, time.posix === undefined ? sh.flavour : 'posix');
  if (!negated) await errorExit(ctx, sh, trapped);
}

/** `trapped`: there was a trap before the command; one that it has set itself is not for its own end. */
async function errorExit(ctx: Context, sh: Shell, trapped = true): Promise<void> {
  if (sh.status === 0 || sh.conditionDepth > 0) return;
  if (trapped && sh.traps.size > 0) await runPseudoTrap(ctx, sh, 'ERR');
  if (sh.option('errexit')) throw new ExitControl(sh.status);
}

type PipelinePlan = { background: boolean };

async function forkPipeline(
  ctx: Context,
  sh: Shell,
  node: Pipeline,
  plan: PipelinePlan,
): Promise<{ pid: number; text: string }[]> {
  const processes: { pid: number; text: string }[] = [];
  let input = -1;
  let group = 0;
  for (let i = 0; i < node.commands.length; i++) {
    const command = node.commands[i] as CommandNode;
    const last = i === node.commands.length - 1;
    const [readEnd, writeEnd] = last ? [-1, -1] : await ctx.sys.pipe(ctx);
    const stdin = input;
    const withErrors = node.operators[i] === '|&';
    const first = i === 0;
    const forkPlan = {
      background: plan.background,
      keepErrexit: true,
      ...(sh.jobControl ? { group, foreground: !plan.background } : {}),
    };
    const forked = forkShell(ctx, sh, forkPlan, async (c, child) => {
      if (readEnd >= 0) await c.sys.close(c, readEnd);
      if (stdin >= 0) await moveDescriptor(c, stdin, 0);
      else if (first && plan.background && !sh.jobControl) await nullInput(c);
      if (writeEnd >= 0) {
        await moveDescriptor(c, writeEnd, 1);
        if (withErrors) await c.sys.dup2(c, 1, 2);
      }
      await runCommandNode(c, child, command, { replace: true });
      return child.status;
    });
    try {
      const pid = await forked;
      if (group === 0) group = pid;
      processes.push({ pid, text: textOf(sh, command) });
      input = readEnd;
    } finally {
      // Its neighbours see the end of what has not come to be.
      for (const fd of [stdin, writeEnd, input === readEnd ? -1 : readEnd]) if (fd >= 0) await ctx.sys.close(ctx, fd);
    }
  }
  return processes;
}

async function runPipeline(ctx: Context, sh: Shell, node: Pipeline): Promise<void> {
  const processes = await forkPipeline(ctx, sh, node, { background: false });
  const job = addJob(sh, processes, textOf(sh, node), true);
  const statuses = await finishForeground(ctx, sh, job);
  sh.pipeStatus = statuses;
  sh.status = statuses[statuses.length - 1] ?? 0;
  if (sh.option('pipefail')) for (const status of statuses) if (status !== 0) sh.status = status;
  await checkSignals(ctx, sh);
}

export function runCommandNode(ctx: Context, sh: Shell, node: CommandNode, options: RunOptions): Promise<void> {
  switch (node.type) {
    case 'Command':
      return sh.traps.has('DEBUG')
        ? debugTrap(ctx, sh, node.pos).then(() => runSimple(ctx, sh, node, options))
        : runSimple(ctx, sh, node, options);
    case 'Function':
      defineFunction(sh, node);
      return Promise.resolve();
    case 'Redirected':
      return runRedirected(ctx, sh, node, options);
    case 'Coproc':
      return refuseCoproc(ctx, sh);
    default:
      return runCompound(ctx, sh, node, options);
  }
}

async function refuseCoproc(ctx: Context, sh: Shell): Promise<void> {
  await report(ctx, sh, 'coproc: not simulated');
  sh.status = 1;
}

/** Before what is not made of other commands: functions inherit it with `set -T` only. */
async function debugTrap(ctx: Context, sh: Shell, pos: number): Promise<void> {
  if (!sh.traps.has('DEBUG') || ((sh.callStack.length > 0 || sh.subshell > 0) && !sh.option('functrace'))) return;
  sh.line = sh.source.line(pos);
  await runPseudoTrap(ctx, sh, 'DEBUG');
}

function defineFunction(sh: Shell, node: Extract<CommandNode, { type: 'Function' }>): void {
  sh.setFunction(node.name.value, {
    body: node.body,
    source: sh.source,
    text: sh.source.text.slice(node.body.pos, node.body.end),
    aliases: sh.aliasesRead,
  });
  sh.status = 0;
}

async function runRedirected(ctx: Context, sh: Shell, node: Redirected, options: RunOptions): Promise<void> {
  sh.line = sh.source.line(node.pos);
  if (node.command.type === 'Subshell') {
    await runSubshell(ctx, sh, node.command.body, node, options);
    return;
  }
  const undo: Undo = [];
  const substitutions = sh.substitutionDescriptors.length;
  try {
    await redirect(ctx, sh, node.redirects, undo);
  } catch (error) {
    await undoRedirections(ctx, sh, undo);
    if (!(error instanceof RedirectionFailed)) throw error;
    sh.status = 1;
    await errorExit(ctx, sh);
    return;
  }
  try {
    await runCompound(ctx, sh, node.command, {});
  } finally {
    await undoRedirections(ctx, sh, undo);
    await closeSubstitutions(ctx, sh, substitutions);
  }
}

async function runSubshell(
  ctx: Context,
  sh: Shell,
  body: CompoundList,
  redirected: Redirected | null,
  options: RunOptions,
): Promise<void> {
  const run = async (c: Context, child: Shell): Promise<number> => {
    if (redirected !== null) {
      try {
        await redirect(c, child, redirected.redirects, null);
      } catch (error) {
        if (error instanceof RedirectionFailed) return 1;
        throw error;
      }
    }
    return runStatements(c, child, body.commands, true);
  };
  if (options.replace && sh.subshell > 0 && sh.traps.size === 0) {
    sh.subshell++;
    sh.status = await run(ctx, sh);
    return;
  }
  const text = textOf(sh, redirected ?? body);
  const pid = await forkShell(
    ctx,
    sh,
    { keepErrexit: true, ...(sh.jobControl ? { group: 0, foreground: true } : {}) },
    run,
  );
  const job = addJob(sh, [{ pid, text }], redirected === null ? `( ${text} )` : text, true);
  const [status] = await finishForeground(ctx, sh, job);
  sh.status = status ?? 0;
  await checkSignals(ctx, sh);
}

async function runCompound(ctx: Context, sh: Shell, node: CompoundCommand, options: RunOptions): Promise<void> {
  if (node.type === 'ArithmeticCommand' || node.type === 'TestCommand' || node.type === 'Case' || node.type === 'For')
    await debugTrap(ctx, sh, node.pos);
  switch (node.type) {
    case 'BraceGroup':
      await runList(ctx, sh, node.body);
      return;
    case 'Subshell':
      await runSubshell(ctx, sh, node.body, null, options);
      return;
    case 'If': {
      if ((await tested(sh, () => runList(ctx, sh, node.clause))) === 0) {
        await runList(ctx, sh, node.then);
        return;
      }
      for (const elif of node.elif) {
        if ((await tested(sh, () => runList(ctx, sh, elif.clause))) === 0) {
          await runList(ctx, sh, elif.then);
          return;
        }
      }
      if (node.else !== undefined) await runList(ctx, sh, node.else);
      else sh.status = 0;
      return;
    }
    case 'While': {
      let status = 0;
      await loop(sh, async (iterate) => {
        for (;;) {
          await checkSignals(ctx, sh);
          const test = await iterate(() => tested(sh, () => runList(ctx, sh, node.clause)));
          if (test === 'break') return;
          if (test === 'continue') continue;
          if ((sh.status === 0) !== (node.kind === 'while')) break;
          const done = await iterate(() => runList(ctx, sh, node.body));
          status = sh.status;
          if (done === 'break') return;
        }
        sh.status = status;
      });
      return;
    }
    case 'For':
      await runFor(ctx, sh, node);
      return;
    case 'ArithmeticFor': {
      const value = (e: ArithmeticExpression | undefined): Promise<bigint> =>
        e === undefined ? Promise.resolve(1n) : expandArithmetic(ctx, sh, sh.source.text.slice(e.pos, e.end));
      let status = 0;
      await value(node.initialize);
      await loop(sh, async (iterate) => {
        while ((await value(node.test)) !== 0n) {
          await checkSignals(ctx, sh);
          const done = await iterate(() => runList(ctx, sh, node.body));
          status = sh.status;
          if (done === 'break') return;
          await value(node.update);
        }
        sh.status = status;
      });
      return;
    }
    case 'Select':
      await runSelect(ctx, sh, node);
      return;
    case 'Case': {
      const subject = await expandToString(ctx, sh, node.word);
      const ignoreCase = sh.shopts.has('nocasematch');
      sh.status = 0;
      let falling = false;
      for (const item of node.items) {
        let hit = falling;
        for (const pattern of item.pattern) {
          if (hit) break;
          hit = matches(await expandToPattern(ctx, sh, pattern), subject, { ignoreCase });
        }
        if (!hit) continue;
        await runList(ctx, sh, item.body);
        if (item.terminator === ';&') falling = true;
        else if (item.terminator === ';;&') falling = false;
        else return;
      }
      return;
    }
    case 'TestCommand':
      sh.line = sh.source.line(node.pos);
      sh.status = await evaluateCondition(ctx, sh, node.expression);
      return;
    case 'ArithmeticCommand':
      sh.line = sh.source.line(node.pos);
      try {
        sh.status = (await expandArithmetic(ctx, sh, node.body)) !== 0n ? 0 : 1;
      } catch (error) {
        if (!(error instanceof ExpansionError)) throw error;
        await report(ctx, sh, `((: ${error.message}`);
        sh.status = 1;
      }
  }
}

type Iterate = (body: () => Promise<unknown>) => Promise<'done' | 'break' | 'continue'>;

/** Counts the loop's depth and turns break and continue into values, for the levels that are meant. */
async function loop(sh: Shell, body: (iterate: Iterate) => Promise<void>): Promise<void> {
  sh.loopDepth++;
  try {
    await body(async (step) => {
      try {
        await step();
        return 'done';
      } catch (error) {
        if (!(error instanceof LoopControl)) throw error;
        if (error.levels > 1 && sh.loopDepth > 1) {
          error.levels--;
          throw error;
        }
        return error.kind;
      }
    });
  } finally {
    sh.loopDepth--;
  }
}

async function runFor(ctx: Context, sh: Shell, node: For): Promise<void> {
  const name = node.name.value;
  if (!isName(name)) {
    sh.line = sh.source.line(node.pos);
    await report(ctx, sh, `\`${name}': not a valid identifier`);
    sh.status = 1;
    return;
  }
  sh.line = sh.source.line(node.pos);
  const words = node.wordlist === undefined ? [...sh.positional] : await expandWords(ctx, sh, node.wordlist);
  if (words.length === 0) sh.status = 0;
  await loop(sh, async (iterate) => {
    for (const word of words) {
      await checkSignals(ctx, sh);
      setScalar(sh, name, word);
      if ((await iterate(() => runList(ctx, sh, node.body))) === 'break') return;
    }
  });
}

async function runSelect(ctx: Context, sh: Shell, node: Select): Promise<void> {
  const words = node.wordlist === undefined ? [...sh.positional] : await expandWords(ctx, sh, node.wordlist);
  if (words.length === 0) return;
  const menu = words.map((w, i) => `${String(i + 1).padStart(String(words.length).length)}) ${w}\n`).join('');
  await loop(sh, async (iterate) => {
    let show = true;
    for (;;) {
      await checkSignals(ctx, sh);
      await complain(ctx, `${show ? menu : ''}${valueOf(sh, 'PS3') || '#? '}`);
      const line = await readLine(ctx, 0);
      if (line === null) {
        sh.status = 1;
        return;
      }
      show = line.trim() === '';
      if (show) continue;
      setScalar(sh, 'REPLY', line);
      setScalar(sh, node.name.value, words[Number(line.trim()) - 1] ?? '');
      if ((await iterate(() => runList(ctx, sh, node.body))) === 'break') return;
    }
  });
}
