/**
 * Objects by id, where any unique beginning of an id will do.
 * @models containerd 2.1 internal/truncindex, internal/cri/store
 * @fidelity full
 */
import { classed, failure, notFound } from '../../shared/errors.ts';

export class IdStore<T> {
  private readonly items = new Map<string, T>();

  add(id: string, item: T): void {
    if (this.items.has(id)) throw classed('AlreadyExists');
    this.items.set(id, item);
  }

  find(id: string): T | undefined {
    return this.items.get(id);
  }

  /** Throws NotFound, or says that the prefix is ambiguous. */
  get(prefix: string): T {
    const exact = this.items.get(prefix);
    if (exact !== undefined) return exact;
    if (prefix === '') throw failure("prefix can't be empty");
    let found: T | undefined;
    for (const [id, item] of this.items) {
      if (!id.startsWith(prefix)) continue;
      if (found !== undefined) throw failure(`Multiple IDs found with provided prefix: ${prefix}`);
      found = item;
    }
    if (found === undefined) throw notFound();
    return found;
  }

  delete(id: string): void {
    this.items.delete(id);
  }

  list(): T[] {
    return [...this.items.values()];
  }
}

/** Names that may be held by one id at a time. @models containerd 2.1 internal/registrar @fidelity full */
export class NameIndex {
  private readonly idByName = new Map<string, string>();

  /** @returns null, or the id that holds the name already. */
  reserve(name: string, id: string): string | null {
    const holder = this.idByName.get(name);
    if (holder !== undefined && holder !== id) return holder;
    this.idByName.set(name, id);
    return null;
  }

  releaseByName(name: string): void {
    this.idByName.delete(name);
  }

  releaseById(id: string): void {
    for (const [name, holder] of this.idByName) if (holder === id) this.idByName.delete(name);
  }
}
