/** Options of the command line, read strictly: what is not understood is a usage error, never ignored. */
import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { FAULTS, type Fault } from '../machine/faults.ts';
import type { MachineOptions } from '../machine/machine.ts';
import { isScenario, type ScenarioName } from '../machine/scenarios/index.ts';
import { SCENARIO_NAMES } from '../machine/scenarios/names.ts';

export class UsageError extends Error {}

const DEFAULT_SEED = 1;
/** The first of these that exists. */
const DEFAULT_SCENARIOS = ['containerd', 'bare'];

export const machineFlags = {
  scenario: { type: 'string' },
  seed: { type: 'string' },
  file: { type: 'string', multiple: true },
} as const;

/** Faults, each `NAME[=ARGUMENT][@SECONDS]`. */
export const faultFlags = { fault: { type: 'string', multiple: true } } as const;

export type FaultRequest = { fault: Fault; argument: string; afterSeconds: number };

export function faultsOf(texts: readonly string[], scenario: ScenarioName): FaultRequest[] {
  return texts.map((text) => {
    const [, name = '', argument, seconds = '0'] = /^([^=@]+)(?:=([^@]*))?(?:@(\d+))?$/.exec(text) ?? [];
    const fault = FAULTS.find(({ id }) => id === name);
    const there = FAULTS.filter(({ scenarios }) => scenarios.includes(scenario)).map(({ id }) => id);
    if (fault === undefined) throw new UsageError(`unknown fault "${text}"; there are: ${there.join(', ')}`);
    if (!there.includes(fault.id))
      throw new UsageError(`the fault ${fault.id} is none of ${scenario}; there are: ${there.join(', ')}`);
    if (argument !== undefined && fault.argument === null)
      throw new UsageError(`the fault ${fault.id} takes no argument`);
    if (argument !== undefined && fault.argument !== null && !fault.argument.pattern.test(argument))
      throw new UsageError(`the fault ${fault.id} cannot take "${argument}"`);
    return { fault, argument: argument ?? fault.argument?.value ?? '', afterSeconds: Number(seconds) };
  });
}

export function parseFlags<T extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: T,
  allowPositionals: boolean,
) {
  try {
    return parseArgs({ args, options, allowPositionals, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function machineOptions(values: {
  scenario?: string | undefined;
  seed?: string | undefined;
  file?: string[] | undefined;
}): MachineOptions {
  return { scenario: scenarioOf(values.scenario), seed: seedOf(values.seed), files: filesOf(values.file ?? []) };
}

function scenarioOf(name: string | undefined): ScenarioName {
  const wanted = name ?? DEFAULT_SCENARIOS.find(isScenario) ?? '';
  if (isScenario(wanted)) return wanted;
  throw new UsageError(`unknown scenario "${wanted}"; there are: ${SCENARIO_NAMES.join(', ')}`);
}

function seedOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_SEED;
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed))
    throw new UsageError(`--seed wants a whole number, not "${text}"`);
  return seed;
}

function filesOf(pairs: readonly string[]): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const pair of pairs) {
    // A node path is absolute, so the last ":/" divides (host paths may hold colons).
    const colon = pair.lastIndexOf(':/');
    if (colon <= 0) throw new UsageError(`--file wants HOST_PATH:NODE_PATH with an absolute node path, not "${pair}"`);
    files[pair.slice(colon + 1)] = hostFile(pair.slice(0, colon));
  }
  return files;
}

export type OutFile = { nodePath: string; hostPath: string };

/** `--out NODE_PATH:HOST_PATH`: what is to be copied out of the node at the end. */
export function outFiles(pairs: readonly string[]): OutFile[] {
  return pairs.map((pair) => {
    // A host path may hold colons, a node path that does has to do without this flag.
    const colon = pair.indexOf(':');
    if (!pair.startsWith('/') || colon < 0 || colon === pair.length - 1)
      throw new UsageError(`--out wants NODE_PATH:HOST_PATH with an absolute node path, not "${pair}"`);
    return { nodePath: pair.slice(0, colon), hostPath: pair.slice(colon + 1) };
  });
}

export function hostFile(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}
