/** Checks: CEL expressions over the state view. The evaluator interprets; nothing is compiled to code. */
import { Environment } from '@marcbachmann/cel-js';
import type { CommandView, ContainerView, ImageView, PodView, ProcessView, StateView } from './state-view.ts';

const AST_NODES_MAX = 2_000;

// CEL wants a constructor for each type: with one, a misspelt field is found before a learner meets it.
class Pod {}
class Container {}
class Image {}
class Process {}
class Command {}

type FieldTypes<T> = { [K in keyof T]: T[K] extends bigint ? 'int' : T[K] extends string ? 'string' : 'list<string>' };

const POD: FieldTypes<PodView> = {
  id: 'string',
  name: 'string',
  namespace: 'string',
  state: 'string',
  ip: 'string',
  handler: 'string',
};
const CONTAINER: FieldTypes<ContainerView> = {
  id: 'string',
  name: 'string',
  image: 'string',
  state: 'string',
  pod: 'string',
  podId: 'string',
  pid: 'int',
  exitCode: 'int',
};
const IMAGE: FieldTypes<ImageView> = { name: 'string' };
const PROCESS: FieldTypes<ProcessView> = {
  pid: 'int',
  ppid: 'int',
  comm: 'string',
  args: 'string',
  cgroup: 'string',
  netns: 'int',
};
const COMMAND: FieldTypes<CommandView> = {
  line: 'string',
  exitCode: 'int',
  cri: 'list<string>',
  programs: 'list<string>',
};

const environment = new Environment({ limits: { maxAstNodes: AST_NODES_MAX } })
  .registerType('Pod', { ctor: Pod, fields: POD })
  .registerType('Container', { ctor: Container, fields: CONTAINER })
  .registerType('Image', { ctor: Image, fields: IMAGE })
  .registerType('Process', { ctor: Process, fields: PROCESS })
  .registerType('Command', { ctor: Command, fields: COMMAND })
  .registerVariable('pods', 'list<Pod>')
  .registerVariable('containers', 'list<Container>')
  .registerVariable('images', 'list<Image>')
  .registerVariable('processes', 'list<Process>')
  .registerVariable('commands', 'list<Command>');

export type CompiledCheck = { holds(view: StateView): boolean; problem: string | null };

/** `problem` says what is wrong with the expression, or is null; a wrong one never holds. */
export function compileCheck(expression: string): CompiledCheck {
  try {
    const program = environment.parse(expression);
    const { valid, type, error } = program.check();
    if (!valid) return { holds: () => false, problem: firstLine(error?.message ?? 'not valid CEL') };
    if (type !== 'bool') return { holds: () => false, problem: `must give a bool, not ${type}` };
    return { holds: (view) => program(typed(view)) === true, problem: null };
  } catch (error) {
    return { holds: () => false, problem: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}

function typed(view: StateView): Record<string, unknown> {
  const as = (constructor: new () => object, values: readonly object[]): object[] =>
    values.map((value) => Object.assign(new constructor(), value));
  return {
    pods: as(Pod, view.pods),
    containers: as(Container, view.containers),
    images: as(Image, view.images),
    processes: as(Process, view.processes),
    commands: as(Command, view.commands),
  };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
