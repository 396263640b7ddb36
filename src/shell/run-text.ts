/** Runs text in the current shell: eval, traps, source, scripts. Reports its syntax errors as bash does. */
import type { Context } from '../linux/context.ts';
import { AbandonControl, ExpansionError, InterruptControl } from './control.ts';
import { runStatements } from './evaluate.ts';
import { ashWords, complain, report } from './messages.ts';
import { type CompleteCommand, completeCommands, type SyntaxProblem } from './parse.ts';
import { NO_NAMES, type Shell } from './shell.ts';

/** `where` goes between the shell's name and the line: `-c`, `eval`, or nothing. */
export async function reportSyntax(ctx: Context, sh: Shell, problem: SyntaxProblem, where: string): Promise<void> {
  const name = sh.name;
  const infix = where === '' ? '' : `${where}: `;
  const start = sh.interactive && where === '' ? `${name}: ` : `${name}: ${infix}line ${problem.line}: `;
  if (sh.flavour === 'ash') {
    await complain(ctx, (await ashWords()).syntaxFailed(sh, problem));
    return;
  }
  if (problem.looking !== null) {
    await complain(ctx, `${start}unexpected EOF while looking for matching \`${problem.looking}'\n`);
  } else if (problem.token === null) {
    await complain(ctx, `${start}syntax error: unexpected end of file\n`);
  } else {
    await complain(ctx, `${start}syntax error near unexpected token \`${problem.token}'\n`);
    if (!(sh.interactive && where === '')) await complain(ctx, `${start}\`${problem.lineText}'\n`);
  }
}

/** One complete command; failed expansions end it (interactive) or the shell (scripts). */
export async function runComplete(
  ctx: Context,
  sh: Shell,
  command: Extract<CompleteCommand, { kind: 'command' }>,
  options: { lastOfAll?: boolean; heldAliases?: ReadonlySet<string> } = {},
): Promise<void> {
  const { source: saved, aliasesRead, aliasesHeld } = sh;
  sh.source = command.source;
  sh.aliasesRead = sh.aliases;
  sh.aliasesHeld = options.heldAliases ?? NO_NAMES;
  if (command.heredocWarning !== null && sh.flavour !== 'ash') {
    const { delimiter, line, end } = command.heredocWarning;
    await complain(
      ctx,
      `${sh.interactive ? `${sh.name}: ` : `${sh.name}: line ${end}: `}warning: here-document at line ${line} delimited by end-of-file (wanted \`${delimiter}')\n`,
    );
  }
  try {
    if (sh.flavour === 'ash') {
      const refused = (await ashWords()).refusal(sh, command.statements);
      if (refused !== null) {
        await complain(ctx, refused);
        throw new AbandonControl(2);
      }
    }
    if (sh.option('noexec') && !sh.interactive) return;
    await runStatements(ctx, sh, command.statements, options.lastOfAll === true);
  } catch (error) {
    if (error instanceof ExpansionError) {
      await report(ctx, sh, error.message);
      sh.status = error.status;
      throw new AbandonControl(error.status, error.fatal);
    }
    throw error;
  } finally {
    sh.source = saved;
    sh.aliasesRead = aliasesRead;
    sh.aliasesHeld = aliasesHeld;
  }
}

/** After a complete command that was abandoned: whether the next one is run. */
export function goesOn(sh: Shell, { status, fatal }: AbandonControl): boolean {
  sh.status = sh.flavour === 'ash' ? 2 : status;
  if (fatal || sh.subshell > 0) return false;
  if (sh.interactive) return true;
  return sh.flavour === 'bash' && !sh.option('errexit');
}

/** Runs all of `text` here; returns the last status. Control flow passes through. */
export async function runText(
  ctx: Context,
  sh: Shell,
  text: string,
  options: { firstLine?: number; where?: string; ownLines?: boolean; heldAliases?: ReadonlySet<string> } = {},
): Promise<number> {
  const first = options.firstLine ?? (options.ownLines ? 1 : sh.line);
  const commands = completeCommands(text, first);
  let any = false;
  for (const command of commands) {
    if (command.kind === 'error') {
      await reportSyntax(ctx, sh, command.problem, options.where ?? '');
      sh.status = 2;
      return 2;
    }
    any = true;
    try {
      await runComplete(
        ctx,
        sh,
        command,
        options.heldAliases === undefined ? {} : { heldAliases: options.heldAliases },
      );
    } catch (error) {
      if (error instanceof AbandonControl && goesOn(sh, error)) continue;
      throw error;
    }
  }
  if (!any) sh.status = 0;
  return sh.status;
}

/** Runs a whole script as the shell's own input. `tailExec`: the last command may replace the shell's process. */
export async function runScript(
  ctx: Context,
  sh: Shell,
  text: string,
  options: { where: string; tailExec: boolean },
): Promise<number> {
  const commands = completeCommands(text)[Symbol.iterator]();
  // Whether a command is the last is known when there is no other.
  for (let next = commands.next(); next.done !== true; ) {
    const command = next.value;
    next = commands.next();
    if (command.kind === 'error') {
      await reportSyntax(ctx, sh, command.problem, options.where);
      sh.status = 2;
      break;
    }
    if (sh.option('verbose')) await complain(ctx, `${command.text}\n`);
    try {
      await runComplete(ctx, sh, command, { lastOfAll: next.done === true && options.tailExec });
    } catch (error) {
      if (error instanceof InterruptControl) sh.status = 130;
      else if (!(error instanceof AbandonControl && goesOn(sh, error))) throw error;
    }
  }
  return sh.status;
}
