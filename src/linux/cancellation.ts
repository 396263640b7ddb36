/**
 * That nobody waits for a result any more, told to those who work on it: a Go context's Done.
 */
export class Cancellation {
  private state = false;
  private listeners: Set<() => void> | null = null;
  private readonly parent: Cancellation | null;

  constructor(parent: Cancellation | null = null) {
    this.parent = parent;
  }

  get cancelled(): boolean {
    return this.state || this.parent?.cancelled === true;
  }

  cancel(): void {
    if (this.state) return;
    this.state = true;
    for (const listener of this.listeners ?? []) listener();
    this.listeners = null;
  }

  /** Calls once, not at all if that is past; returns how to have it left. The listener must not wait. */
  onCancel(listener: () => void): () => void {
    this.listeners ??= new Set();
    this.listeners.add(listener);
    const leave = this.parent?.onCancel(listener);
    return () => {
      this.listeners?.delete(listener);
      leave?.();
    };
  }
}
