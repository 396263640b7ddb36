/** The list of builtins. Bash's and ash's differ little; what ash lacks is named at the end. */
import type { Context } from '../../linux/context.ts';
import type { ArrayItems } from '../assign.ts';
import type { Shell } from '../shell.ts';
import { directoryBuiltins } from './directories.ts';
import { flowBuiltins } from './flow.ts';
import { infoBuiltins } from './info.ts';
import { ioBuiltins } from './io.ts';
import { jobBuiltins } from './jobs.ts';
import { optionBuiltins } from './options.ts';
import { testBuiltins } from './test.ts';
import { variableBuiltins } from './variables.ts';

/** Array values among the arguments of declare and its kin, by argument number. */
export type BuiltinArrays = Map<number, { items: ArrayItems; append: boolean }>;

export type Builtin = (ctx: Context, sh: Shell, argv: string[], arrays: BuiltinArrays) => Promise<number>;

type Builtins = Readonly<Record<string, Builtin>>;

/** Seldom used ones: a page has its prompt sooner without them. */
const SELDOM: readonly (readonly [names: readonly string[], load: () => Promise<Builtins>])[] = [
  [['complete', 'compgen', 'compopt'], async () => (await import('./completion.ts')).completionBuiltins],
  [['enable', 'suspend', 'bind'], async () => (await import('./enable.ts')).enableBuiltins],
  [['fc'], async () => (await import('./fc.ts')).fcBuiltins],
  [['umask', 'ulimit'], async () => (await import('./limits.ts')).limitBuiltins],
  [['history', 'help', 'caller'], async () => (await import('./help.ts')).helpBuiltins],
];

function seldomUsed(): [string, Builtin][] {
  return SELDOM.flatMap(([names, load]) => {
    let fetched: Builtins | null = null;
    return names.map((name): [string, Builtin] => [
      name,
      async (ctx, sh, argv, arrays) => {
        fetched ??= await load();
        return (fetched[name] as Builtin)(ctx, sh, argv, arrays);
      },
    ]);
  });
}

let table: ReadonlyMap<string, Builtin> | null = null;

/** Built on first use: the modules of builtins and the evaluator import each other. */
function builtins(): ReadonlyMap<string, Builtin> {
  table ??= new Map([
    ...seldomUsed(),
    ...Object.entries(directoryBuiltins),
    ...Object.entries(flowBuiltins),
    ...Object.entries(infoBuiltins),
    ...Object.entries(ioBuiltins),
    ...Object.entries(jobBuiltins),
    ...Object.entries(optionBuiltins),
    ...Object.entries(testBuiltins),
    ...Object.entries(variableBuiltins),
  ]);
  return table;
}

const NOT_IN_ASH = new Set([
  'declare',
  'typeset',
  'mapfile',
  'readarray',
  'pushd',
  'popd',
  'dirs',
  'shopt',
  'disown',
  'builtin',
  'caller',
  'enable',
  'bind',
  'fc',
  'compgen',
  'complete',
  'compopt',
  'suspend',
]);

export function builtinFor(sh: Shell, name: string): Builtin | undefined {
  if (sh.disabled.has(name) || (sh.flavour === 'ash' && NOT_IN_ASH.has(name))) return undefined;
  return builtins().get(name);
}

/** Those that `enable -n` has put aside as well. */
export function everyBuiltinName(sh: Shell): string[] {
  return [...builtins().keys()].filter((name) => sh.flavour !== 'ash' || !NOT_IN_ASH.has(name)).sort();
}

export function builtinNames(sh: Shell): string[] {
  return [...builtins().keys()].filter((name) => builtinFor(sh, name) !== undefined).sort();
}
