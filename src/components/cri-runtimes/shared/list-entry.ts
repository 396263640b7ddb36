/** The lists that a kubelet asks for every second: written anew only where something has changed. */
import type { Input, MessageType } from '../../../protocols/proto/message-type.ts';
import { encodeOnce } from '../../../protocols/proto/recurring.ts';

type Written<T> = { readonly state: number; readonly createdAt: bigint; readonly entry: Input<T> };

/** `describe` depends on nothing that changes but the state and the time of creation. */
export function listEntries<Subject extends object, T>(
  type: MessageType<T>,
  describe: (subject: Subject, state: number, createdAt: bigint) => Input<T>,
): (subject: Subject, state: number, createdAt: bigint) => Input<T> {
  const written = new WeakMap<Subject, Written<T>>();
  return (subject, state, createdAt) => {
    const before = written.get(subject);
    if (before !== undefined && before.state === state && before.createdAt === createdAt) return before.entry;
    const entry = encodeOnce(type, describe(subject, state, createdAt));
    written.set(subject, { state, createdAt, entry });
    return entry;
  };
}

/** The whole list of one runtime, which `owner` stands for: the bytes of last time while all its entries are the same. */
export function wholeList<Entry, T>(
  type: MessageType<T>,
  listOf: (entries: readonly Entry[]) => Input<T>,
): (owner: object, entries: readonly Entry[]) => Input<T> {
  const written = new WeakMap<object, { readonly entries: readonly Entry[]; readonly list: Input<T> }>();
  return (owner, entries) => {
    const before = written.get(owner);
    if (before?.entries.length === entries.length && entries.every((one, at) => one === before.entries[at]))
      return before.list;
    const list = encodeOnce(type, listOf(entries));
    written.set(owner, { entries, list });
    return list;
  };
}
