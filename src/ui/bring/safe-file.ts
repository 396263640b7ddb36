/**
 * Which files a node is given, under which name, and what is sensible to do with one there. Names come from anywhere:
 * what is left of one can neither leave the directory nor mean anything to a shell or a terminal.
 */
import type { ScenarioName } from '../../machine/scenarios/names.ts';

export const EXTENSIONS = ['.yaml', '.yml', '.json', '.toml', '.conf', '.tar', '.txt'] as const;
/** Room for a small image; a file of this size still fits into what a session keeps of itself. */
export const FILE_BYTES_MAX = 8 << 20;
/** Of all that is brought to one node. */
export const TOTAL_BYTES_MAX = 11 << 20;
/** With more than this a browser does not keep a session, or take it along when a file of it is opened. */
export const KEPT_BYTES_MAX = 2 << 20;
export const FILES_AT_ONCE_MAX = 20;
/** Code points: of what `isFileName` takes at most. */
const NAME_LENGTH_MAX = 60;

/** Null: nothing is left of it, or it is of a kind that nobody on the node would read. */
export function safeName(name: string): string | null {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  const plain = base
    .normalize('NFC')
    .replace(/\p{C}/gu, '')
    .replace(/[^\p{L}\p{N}._+-]+/gu, '-');
  const extension = EXTENSIONS.find((each) => plain.toLowerCase().endsWith(each));
  if (extension === undefined) return null;
  const stem = plain.slice(0, plain.length - extension.length).replace(/^[-.+]+|-+$/g, '');
  if (stem === '') return null;
  return [...stem].slice(0, NAME_LENGTH_MAX - extension.length).join('') + extension;
}

/** Names that differed before they were made safe differ after it. */
export function distinct(name: string, taken: ReadonlySet<string>): string {
  const dot = name.lastIndexOf('.');
  for (let n = 1; ; n++) {
    const tail = n === 1 ? '' : `-${n}`;
    const stem = [...name.slice(0, dot)].slice(0, NAME_LENGTH_MAX - tail.length - (name.length - dot)).join('');
    const next = `${stem}${tail}${name.slice(dot)}`;
    if (!taken.has(next)) return next;
  }
}

/** A line for the prompt, which is only typed. `path` is where it lies; `text` is its beginning. */
export function nextLine(path: string, text: string, scenario: ScenarioName | string): string {
  const kind = path.slice(path.lastIndexOf('.'));
  const kubernetes = scenario !== 'bare';
  const crio = scenario === 'crio';
  const object = /^\s*"?kind"?\s*:/m.test(text) || /[{,]\s*"kind"\s*:/.test(text);
  switch (kind) {
    case '.yaml':
    case '.yml':
      if (object && kubernetes) return `kubectl apply -f ${path}`;
      return /^\s*metadata\s*:/m.test(text) && !object ? criLine(path, text) : `cat ${path}`;
    case '.json':
      if (object && kubernetes) return `kubectl apply -f ${path}`;
      if (/"cniVersion"/.test(text)) return `cp ${path} /etc/cni/net.d/`;
      return /"metadata"/.test(text) && !object ? criLine(path, text) : `jq . ${path}`;
    case '.toml':
      return crio ? `cp ${path} /etc/crio/crio.conf.d/` : `cp ${path} /etc/containerd/config.toml`;
    case '.conf':
      if (/"cniVersion"/.test(text)) return `cp ${path} /etc/cni/net.d/`;
      return crio && /^\s*\[crio/m.test(text) ? `cp ${path} /etc/crio/crio.conf.d/` : `cat ${path}`;
    case '.tar':
      if (scenario === 'docker') return `docker load -i ${path}`;
      return crio ? `tar -tf ${path}` : `ctr -n k8s.io images import ${path}`;
    default:
      return `cat ${path}`;
  }
}

/** A container's configuration names an image; it is created in a sandbox that exists. */
function criLine(path: string, text: string): string {
  return /"?image"?\s*:/.test(text) ? `crictl create POD ${path} pod.json` : `crictl runp ${path}`;
}
