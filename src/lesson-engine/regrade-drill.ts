/** Runs a candidate's log of a drill again and grades where it ends. Scores that a file holds are not read. */
import type { LoggedInput, Savepoint } from '../machine/machine.ts';
import { type DrillGrade, gradeDrill } from './grade-drill.ts';
import type { Drill } from './lesson.ts';
import { rerun } from './rerun.ts';

/** A line as the node saw it: `virtualMs` from the first prompt; -1 as exit code if it did not end. */
export type RerunCommand = { line: string; exitCode: number; virtualMs: number };

export type DrillRegrade = DrillGrade & {
  commands: readonly RerunCommand[];
  /** From the first prompt to the end of the log, by the node's clock. */
  virtualMs: number;
  /** Tab keys in the log: what shows that completion was used, whatever the file says. */
  tabs: number;
};

const COMMANDS_MAX = 1000;

/** A reason instead if the log is not one of this drill, variant and seed. */
export async function regradeDrill(
  drill: Drill,
  variant: number,
  seed: number,
  savepoint: Savepoint,
): Promise<DrillRegrade | string> {
  const chosen = drill.variants[variant];
  if (chosen === undefined) return 'no such variant';
  const stand = { scenario: drill.scenario, seed, setup: [...drill.setup, ...chosen.setup] };
  const prepared = await rerun(stand, savepoint);
  if (typeof prepared === 'string') return prepared;
  const { machine } = prepared;
  const opened = machine.inputs.find((input) => input.kind === 'open-terminal')?.time ?? machine.now;
  const commands = commandsSince(machine.trace.since(0), opened).slice(0, COMMANDS_MAX);
  const virtualMs = Math.round((machine.now - opened) / 1e6);
  // The grader types, too; what it types is nobody's.
  const tabs = tabsIn(machine.inputs);
  const grade = await gradeDrill(drill, prepared);
  return { ...grade, commands, virtualMs, tabs };
}

function commandsSince(
  events: readonly { kind: string; time: number; command?: number; line?: string; exitCode?: number }[],
  from: number,
): RerunCommand[] {
  const found = new Map<number, RerunCommand>();
  for (const event of events) {
    if (event.time < from || event.command === undefined) continue;
    if (event.kind === 'command.start')
      found.set(event.command, {
        line: event.line ?? '',
        exitCode: -1,
        virtualMs: Math.round((event.time - from) / 1e6),
      });
    const begun = found.get(event.command);
    if (event.kind === 'command.end' && begun !== undefined) begun.exitCode = event.exitCode ?? -1;
  }
  return [...found.values()];
}

function tabsIn(inputs: readonly LoggedInput[]): number {
  return inputs.filter((input) => input.kind === 'keys' && input.text === '\t').length;
}
