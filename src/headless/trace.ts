/** `cutaway trace`: what one command line caused, as a tree in one of four formats. */
import { Machine } from '../machine/machine.ts';
import { type CausalTree, causalTrees } from '../projections/causal-tree.ts';
import { jsonTrace } from '../projections/trace-formats/json.ts';
import { otlpTrace } from '../projections/trace-formats/otlp.ts';
import { perfettoTrace } from '../projections/trace-formats/perfetto.ts';
import { textTrace } from '../projections/trace-formats/text.ts';
import { machineFlags, machineOptions, parseFlags, UsageError } from './arguments.ts';
import { ScriptSession } from './session.ts';

const FORMATS: Readonly<Record<string, (trees: CausalTree[]) => string>> = {
  text: textTrace,
  json: jsonTrace,
  perfetto: perfettoTrace,
  otlp: otlpTrace,
};

const flags = { ...machineFlags, format: { type: 'string' }, command: { type: 'string', short: 'c' } } as const;

export async function trace(args: string[]): Promise<number> {
  const { values } = parseFlags(args, flags, false);
  const name = values.format ?? 'text';
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (format === undefined)
    throw new UsageError(`unknown format "${name}"; there are: ${Object.keys(FORMATS).join(', ')}`);
  if (values.command === undefined) throw new UsageError('wants -c LINE');
  const machine = await Machine.boot(machineOptions(values));
  const session = new ScriptSession(machine, {
    notice: (text) => void process.stderr.write(`cutaway trace: ${text}\n`),
  });
  const outcomes = await session.run(values.command);
  process.stdout.write(format(causalTrees(machine.trace.events, machine.kernel.options.bootWallTime)));
  return outcomes.at(-1)?.exitCode ?? 0;
}
