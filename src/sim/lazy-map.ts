/**
 * Maps and sets that are there only once something is in them. An engine makes room for four entries in each new one, and
 * most of those that a container, a namespace or a connection has never get any.
 */

const NO_ENTRIES = new Map<never, never>();
const NO_MEMBERS = new Set<never>();

export class LazyMap<K, V> implements Iterable<[K, V]> {
  private map: Map<K, V> | null = null;

  private get there(): ReadonlyMap<K, V> {
    return this.map ?? (NO_ENTRIES as unknown as ReadonlyMap<K, V>);
  }

  get size(): number {
    return this.there.size;
  }

  get(key: K): V | undefined {
    return this.map?.get(key);
  }

  has(key: K): boolean {
    return this.map?.has(key) ?? false;
  }

  set(key: K, value: V): this {
    this.map ??= new Map();
    this.map.set(key, value);
    return this;
  }

  delete(key: K): boolean {
    return this.map?.delete(key) ?? false;
  }

  clear(): void {
    this.map?.clear();
  }

  keys(): MapIterator<K> {
    return this.there.keys();
  }

  values(): MapIterator<V> {
    return this.there.values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.there[Symbol.iterator]();
  }
}

export class LazySet<T> implements Iterable<T> {
  private set: Set<T> | null = null;

  get size(): number {
    return this.set?.size ?? 0;
  }

  has(member: T): boolean {
    return this.set?.has(member) ?? false;
  }

  add(member: T): this {
    this.set ??= new Set();
    this.set.add(member);
    return this;
  }

  delete(member: T): boolean {
    return this.set?.delete(member) ?? false;
  }

  [Symbol.iterator](): SetIterator<T> {
    return (this.set ?? (NO_MEMBERS as unknown as ReadonlySet<T>))[Symbol.iterator]();
  }
}
