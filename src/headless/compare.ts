/** `cutaway compare`: the same lines on two or more machines, where their time went, and the first thing that differs. */
import { configurationFiles } from '../machine/configuration-files.ts';
import { Machine } from '../machine/machine.ts';
import { causalTrees } from '../projections/causal-tree.ts';
import { type Breakdown, breakdownOf, sideBySide } from '../projections/comparison/breakdown.ts';
import { type ComparedMachine, type Comparison, compareMachines } from '../projections/comparison/first-difference.ts';
import { english } from '../projections/comparison/phrases.ts';
import { comparisonWords, differenceWords } from '../projections/comparison/words.ts';
import { splitCommands } from '../shell/parse.ts';
import { machineFlags, machineOptions, parseFlags, UsageError } from './arguments.ts';
import { column, milliseconds } from './columns.ts';
import { scriptOf } from './run.ts';
import { type CommandOutcome, ScriptSession } from './session.ts';

const flags = {
  scenario: { type: 'string', multiple: true },
  seed: { type: 'string', multiple: true },
  first: { type: 'string', multiple: true },
  name: { type: 'string', multiple: true },
  file: machineFlags.file,
  settle: { type: 'string' },
  json: { type: 'boolean' },
  command: { type: 'string', short: 'c' },
} as const;

/** Virtual time that the nodes go on for after the last line, so that what it set in motion is seen. */
const SETTLE_SECONDS = 10;
const MACHINES_MAX = 8;
/** Parts of a command's time that are smaller are told together. */
const PART_MIN = 0.005;

export type MachineRun = ComparedMachine & {
  readonly name: string;
  readonly outcomes: readonly CommandOutcome[];
  readonly breakdowns: readonly Breakdown[];
};

export async function compare(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  const script = scriptOf(values.command, positionals);
  const settle = settleSeconds(values.settle);
  const [scenarios = [], seeds = [], firsts = [], names = []] = [
    values.scenario,
    values.seed,
    values.first,
    values.name,
  ];
  const count = Math.max(2, scenarios.length, seeds.length, firsts.length, names.length);
  if (count > MACHINES_MAX) throw new UsageError(`at most ${MACHINES_MAX} machines can be compared`);
  const runs: MachineRun[] = [];
  for (let i = 0; i < count; i++) {
    // What is said once holds for all.
    const scenario = scenarios.length === 1 ? scenarios[0] : scenarios[i];
    const seed = seeds.length === 1 ? seeds[0] : seeds[i];
    const options = machineOptions({ scenario, seed, file: values.file });
    const name = names[i] ?? (scenarios.length > 1 ? options.scenario : (firsts[i] ?? `${'ABCDEFGH'[i]}`));
    const notice = (text: string): void => void process.stderr.write(`cutaway compare: ${name}: ${text}\n`);
    runs.push(await runMachine(options, name, firsts[i] ?? '', script, settle, notice));
  }
  const [base, ...others] = runs as [MachineRun, ...MachineRun[]];
  const comparisons = others.map((other) => ({ other, comparison: compareMachines(base, withFiles(base, other)) }));
  process.stdout.write(values.json ? json(runs, base, comparisons) : text(runs, base, comparisons));
  return 0;
}

function settleSeconds(text: string | undefined): number {
  if (text === undefined) return SETTLE_SECONDS;
  if (!/^\d{1,4}$/.test(text)) throw new UsageError(`--settle wants a whole number of seconds, not "${text}"`);
  return Number(text);
}

/** Nodes of different kinds are set up differently everywhere: only those of one kind are compared in that. */
function withFiles(base: MachineRun, other: MachineRun): MachineRun {
  if (base.files?.size === other.files?.size) return other;
  const { files: _, ...rest } = other;
  return rest;
}

/** @param first lines that only this machine is told, before the others */
export async function runMachine(
  options: Parameters<typeof Machine.boot>[0],
  name: string,
  first: string,
  script: string,
  settleS: number,
  notice: (text: string) => void,
): Promise<MachineRun> {
  const machine = await Machine.boot(options);
  const files = configurationFiles(machine.kernel);
  const session = new ScriptSession(machine, { notice });
  const outcomes = await session.run(first === '' ? script : `${first}\n${script}`);
  await machine.advance({ horizon: machine.now + settleS * 1e9 });
  const { events } = machine.trace;
  const sharedFrom = first === '' ? 0 : splitCommands(first).length;
  const trees = causalTrees(events, machine.kernel.options.bootWallTime).slice(sharedFrom);
  return {
    name,
    events,
    sharedFrom,
    files,
    outputs: outcomes.map((outcome) => outcome.stdout + outcome.stderr),
    outcomes: outcomes.slice(sharedFrom),
    breakdowns: trees.map((tree) => breakdownOf(tree.root, events)),
  };
}

type Compared = { other: MachineRun; comparison: Comparison };

function text(runs: readonly MachineRun[], base: MachineRun, compared: readonly Compared[]): string {
  const out: string[] = [];
  base.outcomes.forEach((outcome, at) => {
    out.push(`$ ${outcome.command}`);
    out.push(...timeTable(runs, at));
    out.push('');
  });
  for (const { other, comparison } of compared) {
    out.push(`${base.name} | ${other.name}`, ...comparisonWords(comparison, [base.name, other.name], english), '');
  }
  return `${out.join('\n').trimEnd()}\n`;
}

const COLUMN_MIN = 12;

/** The steps of one command line on all machines, a column for each. */
export function timeTable(runs: readonly MachineRun[], at: number): string[] {
  const shown = runs.filter((run) => run.breakdowns[at] !== undefined);
  const breakdowns = shown.map((run) => run.breakdowns[at] as Breakdown);
  const widths = shown.map((run) => Math.max(COLUMN_MIN, run.name.length + 2));
  const line = (cells: readonly string[], layer: string, label: string): string =>
    `${cells.map((cell, i) => column(cell, widths[i] as number)).join('')}  ${layer.padEnd(13)} ${label}`.trimEnd();
  const rows = sideBySide(breakdowns);
  const isLarge = (ns: number | null, i: number): boolean =>
    ns !== null && ns >= (breakdowns[i] as Breakdown).totalNs * PART_MIN;
  const large = rows.filter((row) => row.ns.some(isLarge));
  const cells = (ns: readonly (number | null)[]): string[] => ns.map((n) => (n === null ? '' : milliseconds(n)));
  const rest = breakdowns.map(({ totalNs }, i) => totalNs - large.reduce((sum, row) => sum + (row.ns[i] ?? 0), 0));
  const layers = [...new Set(breakdowns.flatMap(({ byLayer }) => byLayer.map(({ layer }) => layer)))];
  return [
    line(
      shown.map((run) => run.name),
      '',
      '',
    ),
    line(cells(breakdowns.map(({ totalNs }) => totalNs)), 'in all', ''),
    ...layers.map((layer) =>
      line(
        cells(breakdowns.map(({ byLayer }) => byLayer.find((part) => part.layer === layer)?.ns ?? null)),
        layer ?? '',
        'in all',
      ),
    ),
    ...large.map((row) => line(cells(row.ns), row.layer ?? '', row.label)),
    ...(rest.some((ns) => ns > 0) ? [line(cells(rest), '', '(smaller steps)')] : []),
  ];
}

function json(runs: readonly MachineRun[], base: MachineRun, compared: readonly Compared[]): string {
  const told = {
    machines: runs.map((run) => ({
      name: run.name,
      commands: run.outcomes.map((outcome, i) => ({ ...outcome, ...run.breakdowns[i] })),
    })),
    comparisons: compared.map(({ other, comparison }) => ({
      left: base.name,
      right: other.name,
      ...comparison,
      words: comparison.first === null ? null : differenceWords(comparison.first, english),
    })),
  };
  return `${JSON.stringify(told, null, 2)}\n`;
}
