/** `cutaway run`: command lines on a freshly booted node, in one shell session. */
import { Machine } from '../machine/machine.ts';
import type { ScenarioName } from '../machine/scenarios/index.ts';
import {
  type FaultRequest,
  faultFlags,
  faultsOf,
  hostFile,
  machineFlags,
  machineOptions,
  outFiles,
  parseFlags,
  UsageError,
} from './arguments.ts';
import { copyOut } from './out-file.ts';
import { ScriptSession } from './session.ts';

const flags = {
  ...machineFlags,
  ...faultFlags,
  out: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  command: { type: 'string', short: 'c' },
} as const;

/** Nobody reads the past of such a run. */
const TRACED = { eventsMax: 1024, payloadBytesMax: 0 };

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  const script = scriptOf(values.command, positionals);
  const outs = outFiles(values.out ?? []);
  const options = machineOptions(values);
  const faults = faultsOf(values.fault ?? [], options.scenario);
  const machine = await Machine.boot({ ...options, traced: TRACED });
  for (const request of faults) beginFault(machine, request);
  const session = new ScriptSession(machine, {
    ...(values.json
      ? {}
      : {
          stdout: (bytes) => void process.stdout.write(bytes),
          stderr: (bytes) => void process.stderr.write(bytes),
        }),
    notice: (text) => void process.stderr.write(`cutaway run: ${text}\n`),
  });
  const outcomes = await session.run(script);
  if (values.json) process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
  const exitCode = outcomes.at(-1)?.exitCode ?? 0;
  const problems = outs.flatMap((out) => copyOut(machine, out) ?? []);
  for (const problem of problems) process.stderr.write(`cutaway run: ${problem}\n`);
  return exitCode === 0 && problems.length > 0 ? 1 : exitCode;
}

/** Typed in a session of its own, which waits until it is time. */
function beginFault(machine: Machine, { fault, argument, afterSeconds }: FaultRequest): void {
  const wait = afterSeconds === 0 ? '' : `sleep ${afterSeconds}; `;
  machine.openSession().write(`${wait}${fault.begin(machine.scenario.name as ScenarioName, argument)}\n`);
}

export function scriptOf(line: string | undefined, positionals: readonly string[]): string {
  if (line !== undefined && positionals.length === 0) return line;
  const [path, ...rest] = positionals;
  if (line === undefined && path !== undefined && rest.length === 0) return new TextDecoder().decode(hostFile(path));
  throw new UsageError('wants either -c LINE or one SCRIPT');
}
