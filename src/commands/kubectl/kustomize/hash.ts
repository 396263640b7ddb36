/** @models kustomize api/hasher/hasher.go @fidelity full */
import { marshalJson } from '../../../go/json.ts';
import type { JsonObject } from '../../../protocols/kube/json.ts';
import { digestHex, digestOf } from '../../../protocols/oci/digest.ts';
import { type Item, nameOf, renameReferences } from './items.ts';

const LETTERS: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

/** Generated objects end in a hash of their content, so that a change of it rolls out. */
export function withHashes(items: readonly Item[]): Item[] {
  return renameReferences(items, ({ object, hashed }) =>
    hashed ? `${nameOf(object)}-${hashOf(object)}` : nameOf(object),
  );
}

function hashOf(object: JsonObject): string {
  const content = {
    kind: object.kind,
    // Its author looks the name up where it is not: it does not count.
    name: '',
    data: object.data ?? '',
    ...(object.kind === 'Secret' ? { type: object.type } : {}),
    ...(object.binaryData === undefined ? {} : { binaryData: object.binaryData }),
  };
  const hex = digestHex(digestOf(marshalJson(content as never, { sortKeys: true })));
  return [...hex.slice(0, 10)].map((letter) => LETTERS[letter] ?? letter).join('');
}
