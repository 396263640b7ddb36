/**
 * What BusyBox's shell says and refuses where bash does neither: fetched when one has something to say.
 * @models busybox 1.37 shell/ash.c, shell/math.c, coreutils/{printf,test}.c, procps/kill.c
 * @fidelity partial: `(expecting "done")` is left out; a bash-only expansion in a branch that does not run ends the line, too, as there
 */
import type {
  ArithmeticFor,
  ArrayValue,
  CaseItem,
  HereString,
  ParameterExpansionPart,
  Pipeline,
  Redirect,
  Select,
  Statement,
} from 'unbash';
import type { Context } from '../linux/context.ts';
import { AbandonControl } from './control.ts';
import { complain, prefix } from './messages.ts';
import type { SyntaxProblem } from './parse.ts';
import type { Shell } from './shell.ts';

/** What a script is made of: nodes within nodes. */
type Foreign =
  | ArrayValue
  | HereString
  | Redirect
  | ArithmeticFor
  | Select
  | Pipeline
  | CaseItem
  | ParameterExpansionPart;
type Rule = readonly [of: RegExp, is: string];

/** What ends an interactive command and any other shell: an error of ash is raised. */
const RAISED_STATUS = 2;

const EXPANSIONS: readonly Rule[] = [
  [/^(.*): unbound variable$/, '$1: parameter not set'],
  [/^(.*): parameter null or not set$/, '$1: parameter not set or null'],
  [/^(\w+): readonly variable$/, '$1: is read only'],
  [/^unset: (\w+): cannot unset: readonly variable$/, 'unset: line $LINE: $1: is read only'],
  [/^xrealloc: cannot allocate/, 'out of memory'],
  [/(: bad substitution|: invalid indirect expansion)$/, 'syntax error: bad substitution'],
  [/: division by 0 \(error token is/, 'divide by zero'],
  [/\(error token is ".*"\)$/s, 'arithmetic syntax error'],
];

/** An expansion's failure. */
export function expansionFailed(sh: Shell, message: string): string {
  for (const [of, is] of EXPANSIONS) {
    const match = of.exec(message);
    if (match === null) continue;
    const text = is.includes('$1') ? message.replace(of, is) : is;
    return `${prefix(sh)}${text.replace('$LINE', String(lineOf(sh)))}\n`;
  }
  return `${prefix(sh)}${message}\n`;
}

/** Special builtins whose errors end the shell that is not interactive. */
const RAISING: readonly RegExp[] = [
  /^(\.|source): can't open /,
  /^(export|readonly|local|unset): .*: (bad variable name|is read only)$/,
  /^local: not in a function$/,
  /^set: illegal option -[^o]/,
  /^shift: /,
];

/** By builtin; `''` is any. Those of one that is an applet as well have the applet's form: no builtin, no line. */
const BUILTINS: Readonly<Record<string, readonly Rule[]>> = {
  '': [
    [/^-(.): invalid option$/, 'illegal option -$1'],
    [/^`?([^=']*)(=.*)?': not a valid identifier$/s, '$1: bad variable name'],
  ],
  local: [[/^can only be used in a function$/, 'not in a function']],
  set: [[/^(.*): invalid option name$/, 'illegal option -o $1']],
  fg: [[/^no job control$/, 'No current job']],
  bg: [[/^no job control$/, 'No current job']],
  umask: [[/^(.*): octal number out of range$/, 'illegal mode: $1']],
};

const APPLETS: Readonly<Record<string, readonly Rule[]>> = {
  kill: [
    [/^(can't kill pid .*)$/, '$1'],
    [/^(.*): arguments must be process or job IDs$/, "invalid number '$1'"],
    [/^(?:SIG)?(.*): invalid signal specification$/, "bad signal name '$1'"],
  ],
  printf: [
    [/^(.*): invalid number$/, "invalid number '$1'"],
    [/^.*missing format character$/s, '%: invalid format'],
  ],
  test: [
    [/^(.*): integer expression expected$/, '$1: bad number'],
    [/^(.*): binary operator expected$/, '$1: unknown operand'],
  ],
  '[': [
    [/^(.*): integer expression expected$/, '$1: bad number'],
    [/^(.*): binary operator expected$/, '$1: unknown operand'],
    [/^missing `\]'$/, 'missing ]'],
  ],
};

/** A builtin's failure. @throws AbandonControl where ash raises an error */
export async function builtinFailed(ctx: Context, sh: Shell, builtin: string, message: string): Promise<void> {
  if (builtin === 'wait' && message.endsWith('is not a child of this shell')) return;
  if ((builtin === 'alias' || builtin === 'unalias') && message.endsWith(': not found')) {
    await complain(ctx, `${builtin}: ${message.replace(': not found', ' not found')}\n`);
    return;
  }
  const applet = APPLETS[builtin]?.find(([of]) => of.test(message));
  if (applet !== undefined) {
    await complain(ctx, `${sh.name}: ${message.replace(applet[0], applet[1])}\n`);
    return;
  }
  const rule = [...(BUILTINS[builtin] ?? []), ...(BUILTINS[''] ?? [])].find(([of]) => of.test(message));
  const text = rule === undefined ? message : message.replace(rule[0], rule[1]);
  await complain(ctx, `${sh.name}: ${builtin}: ${sh.interactive ? '' : `line ${lineOf(sh)}: `}${text}\n`);
  if (RAISING.some((raising) => raising.test(`${builtin}: ${text}`))) throw new AbandonControl(RAISED_STATUS);
}

/** The lines of `-c` are counted from 0. */
function lineOf(sh: Shell): number {
  return sh.commandString ? Math.max(0, sh.line - 1) : sh.line;
}

/** `sh: syntax error: unexpected "done"`, with the line in a script's file. */
export function syntaxFailed(sh: Shell, problem: Pick<SyntaxProblem, 'token' | 'looking' | 'line'>): string {
  const what =
    problem.looking === '}'
      ? "missing '}'"
      : problem.looking === ')'
        ? 'unexpected end of file (expecting ")")'
        : problem.looking !== null
          ? 'unterminated quoted string'
          : problem.token === null
            ? 'unexpected end of file'
            : `unexpected "${problem.token}"`;
  return syntaxError(sh, problem.line, what);
}

function syntaxError(sh: Shell, line: number, what: string): string {
  const where = sh.interactive || sh.commandString || sh.readingStdin ? '' : `line ${line}: `;
  return `${sh.name}: ${where}syntax error: ${what}\n`;
}

const known = new WeakMap<readonly Statement[], { what: string; pos: number } | 'none'>();

/** Refuses what bash reads and ash does not. Returns the message, null if there is nothing of the kind. */
export function refusal(sh: Shell, statements: readonly Statement[]): string | null {
  let found = known.get(statements);
  if (found === undefined) {
    found = 'none';
    for (const statement of statements) {
      const first = foreign(statement);
      if (first === null) continue;
      found = first;
      break;
    }
    known.set(statements, found);
  }
  return found === 'none' ? null : syntaxError(sh, sh.source.line(found.pos), found.what);
}

/** Read when they are asked for: no properties of the node's own. */
const LATER = ['parts', 'script', 'value', 'redirects'];

function foreign(node: object): { what: string; pos: number } | null {
  const what = foreignWords(node as Foreign);
  if (what !== null) return { what, pos: (node as Foreign).pos };
  const read = node as Record<string, unknown>;
  const children = [...Object.values(node), ...LATER.map((key) => read[key])];
  for (const child of children) {
    if (typeof child !== 'object' || child === null) continue;
    const found = foreign(child);
    if (found !== null) return found;
  }
  return null;
}

function foreignWords(node: Foreign): string | null {
  switch (node.type) {
    case 'ArrayValue':
      return 'unexpected "("';
    case 'HereString':
      return 'unexpected redirection';
    case 'Redirect':
      return node.operator === '&>>' ? 'unexpected redirection' : null;
    case 'ArithmeticFor':
      return 'bad for loop variable';
    case 'Select':
      return 'unexpected "do"';
    case 'Pipeline':
      return node.operators.includes('|&') ? 'unexpected "&"' : null;
    case 'CaseItem':
      return node.terminator !== undefined && node.terminator !== ';;' ? 'unexpected "&"' : null;
    case 'ParameterExpansion': {
      const { index, operation, prefix: before } = node;
      const isBash =
        operation !== undefined && ['CaseModification', 'Transform', 'Names', 'Unknown'].includes(operation.type);
      return isBash || index !== undefined || before === '!' ? 'bad substitution' : null;
    }
    default:
      return null;
  }
}
