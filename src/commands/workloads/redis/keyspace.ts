/** The data of a redis server: one database of keys with values and expiry times. @models redis 7.4 src/db.c, t_*.c */
export type Value =
  | { type: 'string'; text: string }
  | { type: 'list'; items: string[] }
  | { type: 'hash'; fields: Map<string, string> }
  | { type: 'set'; members: Set<string> };
export type ValueType = Value['type'];

export class WrongType extends Error {}

export class Keyspace {
  private readonly values = new Map<string, Value>();
  /** Milliseconds of the wall clock. */
  private readonly expiries = new Map<string, number>();
  private readonly nowMs: () => number;
  /** Changes since the last save. */
  dirty = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  get(key: string): Value | undefined {
    const expiry = this.expiries.get(key);
    if (expiry !== undefined && expiry <= this.nowMs()) {
      this.values.delete(key);
      this.expiries.delete(key);
    }
    return this.values.get(key);
  }

  /** @throws WrongType */
  of<T extends ValueType>(key: string, type: T): Extract<Value, { type: T }> | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (value.type !== type) throw new WrongType();
    return value as Extract<Value, { type: T }>;
  }

  set(key: string, value: Value, keepExpiry = false): void {
    this.values.set(key, value);
    if (!keepExpiry) this.expiries.delete(key);
    this.dirty++;
  }

  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    this.values.delete(key);
    this.expiries.delete(key);
    this.dirty++;
    return true;
  }

  expireAt(key: string, timeMs: number | null): void {
    if (timeMs === null) this.expiries.delete(key);
    else this.expiries.set(key, timeMs);
    this.dirty++;
  }

  /** Milliseconds left; -1 without an expiry, -2 without the key. */
  left(key: string): number {
    if (this.get(key) === undefined) return -2;
    const expiry = this.expiries.get(key);
    return expiry === undefined ? -1 : expiry - this.nowMs();
  }

  keys(): string[] {
    return [...this.values.keys()].filter((key) => this.get(key) !== undefined);
  }

  get volatile(): number {
    return this.keys().filter((key) => this.expiries.has(key)).length;
  }

  clear(): void {
    this.dirty += this.values.size;
    this.values.clear();
    this.expiries.clear();
  }

  /** What a snapshot file holds. */
  dump(): string {
    const rows = this.keys().map((key) => {
      const value = this.values.get(key) as Value;
      const data =
        value.type === 'string'
          ? value.text
          : value.type === 'list'
            ? value.items
            : value.type === 'hash'
              ? [...value.fields]
              : [...value.members];
      return { key, type: value.type, data, expiry: this.expiries.get(key) ?? null };
    });
    return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  }

  load(text: string): void {
    for (const line of text.split('\n').filter((l) => l !== '')) {
      const { key, type, data, expiry } = JSON.parse(line) as {
        key: string;
        type: ValueType;
        data: never;
        expiry: number | null;
      };
      const value: Value =
        type === 'string'
          ? { type, text: data }
          : type === 'list'
            ? { type, items: data }
            : type === 'hash'
              ? { type, fields: new Map(data) }
              : { type, members: new Set(data) };
      this.values.set(key, value);
      if (expiry !== null) this.expiries.set(key, expiry);
    }
    this.dirty = 0;
  }
}
