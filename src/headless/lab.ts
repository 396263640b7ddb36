/** `cutaway lab`: the same container under every handler of a node, and the same Pod on containerd and on CRI-O. */

import { configurationFiles } from '../machine/configuration-files.ts';
import { Machine } from '../machine/machine.ts';
import { compareMachines } from '../projections/comparison/first-difference.ts';
import { EXPOSURE, type LabFigures, labFigures, REAL_FIGURES } from '../projections/comparison/lab.ts';
import { ENGLISH_LAB_PHRASES, type LabPhraseKey } from '../projections/comparison/lab-phrases.ts';
import {
  handlersOf,
  LAB_CALLS,
  LAB_KERNEL,
  LAB_LINES,
  LAB_SCENARIO,
  LAB_START,
  labSetUp,
  POD_LINES,
} from '../projections/comparison/lab-script.ts';
import { english } from '../projections/comparison/phrases.ts';
import { comparisonWords } from '../projections/comparison/words.ts';
import { machineOptions, parseFlags, UsageError } from './arguments.ts';
import { column, mebibytes } from './columns.ts';
import { type MachineRun, runMachine, timeTable } from './compare.ts';

const flags = {
  seed: { type: 'string' },
  handler: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

const CONFIGURATION = '/etc/containerd/config.toml';

type LabRun = { run: MachineRun; figures: LabFigures; allowed: number | null };

export async function lab(args: string[]): Promise<number> {
  const { values } = parseFlags(args, flags, false);
  const options = machineOptions({ scenario: LAB_SCENARIO, seed: values.seed });
  const there = handlersOf(configurationFiles((await Machine.boot(options)).kernel).get(CONFIGURATION) ?? '');
  const handlers = values.handler ?? there;
  const unknown = handlers.find((handler) => !there.includes(handler));
  if (unknown !== undefined)
    throw new UsageError(`no handler "${unknown}" on the node; there are: ${there.join(', ')}`);
  const notice = (text: string): void => void process.stderr.write(`cutaway lab: ${text}\n`);
  const runs: LabRun[] = [];
  for (const handler of handlers) {
    const run = await runMachine(options, handler, labSetUp(handler), LAB_LINES.join('\n'), 0, notice);
    runs.push(measured(run));
  }
  const pods: MachineRun[] = [];
  for (const scenario of ['containerd', 'crio'])
    pods.push(
      await runMachine(machineOptions({ scenario, seed: values.seed }), scenario, '', POD_LINES.join('\n'), 2, notice),
    );
  process.stdout.write(values.json ? json(runs, pods) : text(runs, pods));
  return 0;
}

/** A node of another kind is set up differently everywhere, which is no news. */
function otherKind({ files: _, ...run }: MachineRun): MachineRun {
  return run;
}

function measured(run: MachineRun): LabRun {
  const starts = run.events.filter((event) => event.kind === 'command.start').slice(run.sharedFrom);
  const ends = run.events.filter((event) => event.kind === 'command.end').slice(run.sharedFrom);
  const figures = labFigures(run.events, starts[0]?.seq ?? 0, ends[LAB_KERNEL]?.seq ?? 0);
  const allowed = Number.parseInt(run.outcomes[LAB_CALLS]?.stdout ?? '', 10);
  return { run, figures, allowed: Number.isNaN(allowed) ? null : allowed };
}

function phrase(key: LabPhraseKey, values: Readonly<Record<string, string | number>> = {}): string {
  return ENGLISH_LAB_PHRASES[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function text(runs: readonly LabRun[], pods: readonly MachineRun[]): string {
  const out: string[] = [phrase('lab.start'), ''];
  for (let at = 0; at < LAB_START; at++)
    out.push(
      `$ ${LAB_LINES[at]}`,
      ...timeTable(
        runs.map(({ run }) => run),
        at,
      ),
      '',
    );
  out.push(phrase('lab.real'), '');
  for (const { run } of runs)
    for (const { what, ms, source } of REAL_FIGURES[run.name] ?? [])
      out.push(
        `  ${run.name.padEnd(6)} ${what.padEnd(28)} ${column(ms === null ? '' : `${ms} ms`, 14)}  ${phrase(source)}`,
      );
  out.push('');
  for (const lab of runs) out.push(...about(lab), '');
  const [base, ...others] = runs as [LabRun, ...LabRun[]];
  for (const other of others) {
    const comparison = compareMachines(base.run, { ...other.run, outputs: [] });
    out.push(
      `${base.run.name} | ${other.run.name}`,
      ...comparisonWords(comparison, [base.run.name, other.run.name], english, 0),
      '',
    );
  }
  const [left, right] = pods;
  if (left !== undefined && right !== undefined) {
    out.push(phrase('lab.pod'), '', `$ ${POD_LINES.join('; ')}`);
    const comparison = compareMachines(left, otherKind(right));
    out.push(...comparisonWords(comparison, [left.name, right.name], english, 3));
  }
  return `${out.join('\n').trimEnd()}\n`;
}

function about({ run, figures, allowed }: LabRun): string[] {
  const { added, memoryBytes, path, kernel, release } = figures;
  const { calls, source } = EXPOSURE[kernel];
  const said = phrase(`lab.calls.${kernel}`, { allowed: allowed ?? '?', count: calls });
  return [
    `${run.name}`,
    `  ${phrase('lab.added', { count: added.length, memory: mebibytes(memoryBytes) })}`,
    ...added.map((p) => `    ${column(String(p.pid), 6)}  ${p.name.padEnd(28)} ${column(mebibytes(p.rssBytes), 10)}`),
    `  ${phrase('lab.kernel', { release: run.outcomes[LAB_KERNEL]?.stdout.trim() ?? release })}`,
    `  ${phrase('lab.path')}: ${path.map((step) => phrase(`lab.path.${step.kind}`, { name: step.name, pid: step.pid ?? '', ns: step.ns ?? '' })).join(' → ')}`,
    `  ${phrase('lab.calls', { calls: said, source: phrase(source) })}`,
    `  ${phrase('lab.reach')}: ${phrase(`lab.reach.${kernel}`)}`,
  ];
}

function json(runs: readonly LabRun[], pods: readonly MachineRun[]): string {
  const [left, right] = pods;
  const told = {
    handlers: runs.map(({ run, figures, allowed }) => ({
      handler: run.name,
      start: run.breakdowns
        .slice(0, LAB_START)
        .map(({ totalNs, parts, byLayer }, i) => ({ line: LAB_LINES[i], totalNs, byLayer, parts })),
      ...figures,
      allowedByProfile: allowed,
      exposure: { ...EXPOSURE[figures.kernel], source: phrase(EXPOSURE[figures.kernel].source) },
      real: (REAL_FIGURES[run.name] ?? []).map((real) => ({ ...real, source: phrase(real.source) })),
    })),
    pod: left === undefined || right === undefined ? null : compareMachines(left, otherKind(right)),
  };
  return `${JSON.stringify(told, null, 2)}\n`;
}
