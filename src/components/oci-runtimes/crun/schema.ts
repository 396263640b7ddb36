/**
 * config.json as the generated parser takes it: a field of the wrong type is as good as none, and some have to be there.
 * @models containers/libocispec, runtime-spec schema @fidelity partial: wrong types of the fields that crun itself reads first
 */
import type { Process, Spec } from '../../../protocols/oci-runtime/types.ts';
import { failure } from './failure.ts';

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
const tree = (value: unknown): Tree => (isTree(value) ? value : {});
const list = (value: unknown): Tree[] => (Array.isArray(value) ? value.map(tree) : []);

function need(where: Tree, ...names: string[]): void {
  for (const name of names)
    if (where[name] === undefined || where[name] === null) throw failure(`Required field '${name}' not present`);
}

const NAMESPACES = new Set(['mount', 'cgroup', 'network', 'ipc', 'pid', 'uts', 'user', 'time']);
const ACTIONS = new Set(
  'ALLOW ERRNO KILL KILL_PROCESS KILL_THREAD LOG NOTIFY TRACE TRAP'.split(' ').map((name) => `SCMP_ACT_${name}`),
);

/** What crun finds out when it uses a field. */
export function checkSpec(spec: Spec): void {
  for (const { type } of spec.linux?.namespaces ?? [])
    if (!NAMESPACES.has(type)) throw failure(`invalid namespace type: \`${type}\``);
  const seccomp = spec.linux?.seccomp;
  if (seccomp === undefined) return;
  for (const action of [seccomp.defaultAction, ...(seccomp.syscalls ?? []).map((rule) => rule.action)])
    if (!ACTIONS.has(action)) throw failure(`seccomp get action \`${action}\``);
}

const HOOK_STAGES = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'];

/** Throws the parser's words for a field that is missing. */
export function specOf(document: unknown): Spec {
  const root = tree(document);
  for (const stage of HOOK_STAGES) for (const hook of list(tree(root['hooks'])[stage])) need(hook, 'path');
  for (const mount of list(root['mounts'])) need(mount, 'destination');
  if (isTree(root['root'])) need(root['root'], 'path');
  const process = isTree(root['process']) ? processOf(root['process']) : undefined;
  const linux = tree(root['linux']);
  for (const key of ['uidMappings', 'gidMappings'])
    for (const map of list(linux[key])) need(map, 'containerID', 'hostID', 'size');
  for (const namespace of list(linux['namespaces'])) need(namespace, 'type');
  for (const device of list(linux['devices'])) need(device, 'type', 'path');
  if (isTree(linux['seccomp'])) need(linux['seccomp'], 'defaultAction');
  need(root, 'ociVersion');
  const memory = tree(tree(linux['resources'])['memory']);
  for (const [name, value] of Object.entries(memory)) if (typeof value === 'string') delete memory[name];
  return {
    ...(root as unknown as Spec),
    ...(typeof root['hostname'] === 'string' ? {} : { hostname: '' }),
    ...(process === undefined ? {} : { process }),
  };
}

export function processOf(document: unknown): Process {
  const process = tree(document);
  for (const limit of list(process['rlimits'])) need(limit, 'type', 'soft', 'hard');
  need(process, 'cwd');
  const { args, terminal, user, ...rest } = process;
  return {
    ...(rest as unknown as Process),
    ...(Array.isArray(args) ? { args: args as string[] } : {}),
    terminal: terminal === true,
    user: { uid: 0, gid: 0, ...tree(user) },
  };
}
