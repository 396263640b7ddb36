/** Checks: CEL expressions over the state view. The evaluator interprets; nothing is compiled to code. */
import { Environment } from '@marcbachmann/cel-js';
import type {
  BlobView,
  CommandView,
  ContainerView,
  ImageView,
  Lists,
  ObjectView,
  PodView,
  ProcessView,
  RecordView,
  StateView,
  TaskView,
  UnitView,
} from './state-view.ts';

const AST_NODES_MAX = 2_000;

// CEL wants a constructor for each type: with one, a misspelt field is found before a learner meets it.
class Pod {}
class Container {}
class Image {}
class Record {}
class Task {}
class Blob {}
class Process {}
class Unit {}
class KubeObject {}
class Command {}
class Before {}

type FieldTypes<T> = {
  [K in keyof T]: T[K] extends bigint
    ? 'int'
    : T[K] extends string
      ? 'string'
      : T[K] extends boolean
        ? 'bool'
        : T[K] extends string[]
          ? 'list<string>'
          : 'dyn';
};

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
const IMAGE: FieldTypes<ImageView> = { name: 'string', namespace: 'string', target: 'string' };
const RECORD: FieldTypes<RecordView> = {
  id: 'string',
  namespace: 'string',
  image: 'string',
  runtime: 'string',
  snapshot: 'string',
};
const TASK: FieldTypes<TaskView> = { id: 'string', namespace: 'string', status: 'string' };
const BLOB: FieldTypes<BlobView> = { digest: 'string', namespace: 'string', size: 'int' };
const PROCESS: FieldTypes<ProcessView> = {
  pid: 'int',
  ppid: 'int',
  comm: 'string',
  args: 'string',
  uid: 'int',
  state: 'string',
  cgroup: 'string',
  netns: 'int',
  pidns: 'int',
  mntns: 'int',
  utsns: 'int',
  ipcns: 'int',
  userns: 'int',
  hostname: 'string',
  pidInside: 'int',
  started: 'int',
};
const UNIT: FieldTypes<UnitView> = { name: 'string', active: 'string', sub: 'string', mainPid: 'int' };
const OBJECT: FieldTypes<ObjectView> = {
  kind: 'string',
  namespace: 'string',
  name: 'string',
  uid: 'string',
  ready: 'bool',
  metadata: 'dyn',
  spec: 'dyn',
  status: 'dyn',
  body: 'dyn',
};
const COMMAND: FieldTypes<CommandView> = {
  line: 'string',
  exitCode: 'int',
  cri: 'list<string>',
  programs: 'list<string>',
};

const LISTS: { [K in keyof Lists]: [name: string, constructor: new () => object] } = {
  pods: ['Pod', Pod],
  containers: ['Container', Container],
  images: ['Image', Image],
  records: ['Record', Record],
  tasks: ['Task', Task],
  blobs: ['Blob', Blob],
  processes: ['Process', Process],
  units: ['Unit', Unit],
  objects: ['KubeObject', KubeObject],
};
const LIST_NAMES = Object.keys(LISTS) as (keyof Lists)[];

/** What the functions of an expression look at while it is evaluated. */
let current: StateView | null = null;

const environment = new Environment({ limits: { maxAstNodes: AST_NODES_MAX } })
  .registerType('Pod', { ctor: Pod, fields: POD })
  .registerType('Container', { ctor: Container, fields: CONTAINER })
  .registerType('Image', { ctor: Image, fields: IMAGE })
  .registerType('Record', { ctor: Record, fields: RECORD })
  .registerType('Task', { ctor: Task, fields: TASK })
  .registerType('Blob', { ctor: Blob, fields: BLOB })
  .registerType('Process', { ctor: Process, fields: PROCESS })
  .registerType('Unit', { ctor: Unit, fields: UNIT })
  .registerType('KubeObject', { ctor: KubeObject, fields: OBJECT })
  .registerType('Command', { ctor: Command, fields: COMMAND })
  .registerType('Before', {
    ctor: Before,
    fields: Object.fromEntries(LIST_NAMES.map((list) => [list, `list<${LISTS[list][0]}>`])),
  })
  .registerVariable('commands', 'list<Command>')
  .registerVariable('before', 'Before')
  .registerVariable('hostname', 'string')
  .registerVariable('config', 'dyn')
  .registerFunction('file(string): string', (path: string) => current?.file(path) ?? '')
  .registerFunction('exists(string): bool', (path: string) => current?.exists(path) ?? false)
  .registerFunction('names(string): list<string>', (path: string) => current?.names(path) ?? [])
  .registerFunction('mode(string): int', (path: string) => current?.mode(path) ?? 0n);
for (const list of LIST_NAMES) environment.registerVariable(list, `list<${LISTS[list][0]}>`);

export type CompiledCheck = { holds(view: StateView): boolean; problem: string | null };

/** `problem` says what is wrong with the expression, or is null; a wrong one never holds. */
export function compileCheck(expression: string): CompiledCheck {
  try {
    const program = environment.parse(expression);
    const { valid, type, error } = program.check();
    if (!valid) return { holds: () => false, problem: firstLine(error?.message ?? 'not valid CEL') };
    if (type !== 'bool') return { holds: () => false, problem: `must give a bool, not ${type}` };
    const holds = (view: StateView): boolean => {
      current = view;
      try {
        return program(typed(view)) === true;
      } catch {
        // A field that an object does not have (yet): whatever is asked about it is not so.
        return false;
      } finally {
        current = null;
      }
    };
    return { holds, problem: null };
  } catch (error) {
    return { holds: () => false, problem: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}

const typedViews = new WeakMap<StateView, { [name: string]: unknown }>();

function typed(view: StateView): { [name: string]: unknown } {
  const known = typedViews.get(view);
  if (known !== undefined) return known;
  const made = {
    ...typedLists(view),
    commands: instances(Command, view.commands),
    before: Object.assign(new Before(), typedLists(view.before)),
    hostname: view.hostname,
    config: view.config,
  };
  typedViews.set(view, made);
  return made;
}

function typedLists(lists: Lists): { [name: string]: unknown } {
  return Object.fromEntries(LIST_NAMES.map((list) => [list, instances(LISTS[list][1], lists[list])]));
}

function instances(constructor: new () => object, values: readonly object[]): object[] {
  return values.map((value) => Object.assign(new constructor(), value));
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
