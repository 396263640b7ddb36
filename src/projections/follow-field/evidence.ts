/** What really went over the wire and lies in files: fetched once for a container, whichever field is then followed. */
import { parseYaml } from '../../go/yaml-in.ts';
import { NODE_KERNEL } from '../../sim/trace.ts';
import type { PayloadRef } from '../trace-index.ts';
import type { Sent, Trail, Written } from './trail.ts';
import { linesAt, type Message, type Path, type Tree, treeOfJson, treeOfMessage } from './tree.ts';

/** Whoever can look into the machine, at the moment that is looked at. Null: it is not there (any more). */
export type Reader = {
  payload(ref: PayloadRef): Promise<Message | null>;
  /** Text of a file that is kept somewhere, as the process sees it. */
  file(pid: number, path: string): Promise<string | null>;
  /** What the kernel would say. */
  made(pid: number, path: string): Promise<string | null>;
  /** What is in a directory. */
  names(pid: number, directory: string): Promise<readonly string[]>;
};

/** A message; without a tree its bytes have been evicted. */
export type Doc = { readonly sent: Sent; readonly tree: Tree | null };
/** A file; without a tree it is not there at this moment. */
export type FileDoc = Written & { readonly tree: Tree | null };

export type Evidence = {
  readonly trail: Trail;
  /** The Pod as a file that kubelet reads. */
  readonly staticPod: FileDoc | null;
  /** What was written of the Pod to the API server, oldest first, with what it then had. */
  readonly podWrites: readonly { readonly sent: Doc; readonly stored: Doc }[];
  readonly sandbox: Doc | null;
  readonly create: Doc | null;
  readonly updates: readonly Doc[];
  readonly taskUpdates: readonly Doc[];
  readonly stops: readonly Doc[];
  /** The specification that a guest's agent was given. */
  readonly agent: Doc | null;
  readonly spec: FileDoc | null;
  readonly sandboxSpec: FileDoc | null;
  readonly unit: readonly (Written & { readonly text: string | null })[];
};

/** Messages that may be about a container are opened to see; of so many the last. */
const OPENED_MAX = 60;
export const INIT = 1;
const KUBELET_CONFIG = '/var/lib/kubelet/config.yaml';

export async function gather(trail: Trail, reader: Reader): Promise<Evidence> {
  const open = async (sent: Sent): Promise<Doc> => ({ sent, tree: await messageTree(reader, sent.request) });
  const opened = async (calls: readonly Sent[], id: string): Promise<Doc[]> => {
    const docs: Doc[] = [];
    for (const sent of calls.slice(-OPENED_MAX)) docs.push(await open(sent));
    return docs.filter(({ tree }) => tree !== null && textAt(tree, [id]) === trail.id);
  };
  const sandbox = trail.runSandbox === null ? null : await open(trail.runSandbox);
  const uid = textAt(sandbox?.tree, ['config', 'metadata', 'uid']);
  const source = textAt(sandbox?.tree, ['config', 'annotations', { key: 'kubernetes.io/config.source' }]);
  const agents = trail.kernel === NODE_KERNEL ? [] : await opened(trail.agentCreates, 'container_id');
  const file = async (written: Written | null): Promise<FileDoc | null> =>
    written === null ? null : { ...written, tree: documentTree(await reader.file(INIT, written.path)) };
  const unit: { seq: number; path: string; text: string | null }[] = [];
  for (const written of unitsOf(trail)) unit.push({ ...written, text: await reader.file(INIT, written.path) });
  return {
    trail,
    staticPod: source === 'file' ? await staticPod(trail, reader) : null,
    podWrites: source === 'api' && uid !== undefined ? await podWrites(trail, reader, uid) : [],
    sandbox,
    create: trail.create === null ? null : await open(trail.create),
    updates: await opened(trail.updates, 'container_id'),
    taskUpdates: (await opened(trail.taskUpdates, 'id')).map(({ sent, tree }) => ({
      sent,
      tree: inside(tree, ['resources', 'value'], 'resources'),
    })),
    stops: await opened(trail.stops, 'container_id'),
    agent: agents[0] === undefined ? null : { ...agents[0], tree: inside(agents[0].tree, ['OCI'], null) },
    spec: await file(trail.spec),
    sandboxSpec: await file(trail.sandboxSpec),
    unit,
  };
}

export function textAt(tree: Tree | null | undefined, path: Path): string | undefined {
  return tree == null ? undefined : linesAt(tree, path)[0]?.value;
}

async function messageTree(reader: Reader, ref: PayloadRef): Promise<Tree | null> {
  const message = await reader.payload(ref);
  if (message === null) return null;
  return message.fields.length > 0 ? treeOfMessage(message) : documentTree(new TextDecoder().decode(message.bytes));
}

/** JSON or YAML. */
function documentTree(text: string | null): Tree | null {
  if (text === null) return null;
  try {
    return treeOfJson(JSON.parse(text));
  } catch {
    const parsed = parseYaml(text);
    return treeOfJson(parsed.ok ? parsed.value : text);
  }
}

/** A document that a message carries as bytes. */
function inside(tree: Tree | null, path: Path, name: string | null): Tree | null {
  const text = textAt(tree, path);
  if (text === undefined) return null;
  const document = documentTree(text);
  return document === null || name === null
    ? document
    : { name: '', index: null, text: null, children: [{ ...document, name }] };
}

/** Writes of this very Pod: one of the same name may have been there before. */
async function podWrites(trail: Trail, reader: Reader, uid: string): Promise<Evidence['podWrites']> {
  const found: { sent: Doc; stored: Doc }[] = [];
  for (const sent of trail.podWrites.slice(-OPENED_MAX)) {
    const path = sent.method.split('?')[0] ?? '';
    if (!sent.ok || sent.response === null || !(path.endsWith('/pods') || path.includes(`/pods/${trail.podName}`)))
      continue;
    const stored = await messageTree(reader, sent.response);
    if (stored !== null && textAt(stored, ['metadata', 'uid']) !== uid) continue;
    found.push({ sent: { sent, tree: await messageTree(reader, sent.request) }, stored: { sent, tree: stored } });
  }
  return found;
}

/** Kubelet gives a static Pod the node's name for an ending. */
async function staticPod(trail: Trail, reader: Reader): Promise<FileDoc | null> {
  const config = documentTree(await reader.file(INIT, KUBELET_CONFIG));
  const directory = textAt(config, ['staticPodPath']);
  if (directory === undefined) return null;
  for (const name of await reader.names(INIT, directory)) {
    const path = `${directory}/${name}`;
    const tree = documentTree(await reader.file(INIT, path));
    const pod = textAt(tree, ['metadata', 'name']);
    if (pod !== undefined && trail.podName.startsWith(`${pod}-`)) return { seq: -1, path, tree };
  }
  return null;
}

/** Those of the unit that its cgroup belongs to: a monitor's scope has the container's id in its name as well. */
function unitsOf({ unit, cgroup }: Trail): Written[] {
  const names = (cgroup?.path ?? '').split('/');
  return unit.filter(({ path }) => path.split('/').some((part) => names.includes(part.replace(/\.d$/, ''))));
}
