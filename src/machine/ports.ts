/** The ways into a machine from outside, as whoever opened one holds it. */

export type TerminalPort = {
  /** In the order in which the machine's terminals were opened, from 0. */
  readonly number: number;
  write(bytes: Uint8Array): void;
  /** The client goes away, as a window is closed. */
  end(): void;
  onData(listener: (bytes: Uint8Array) => void): void;
  /** What programs wrote to the terminal, with the descriptor (1 output, 2 error) and before newline translation. */
  onWrite(listener: (fd: number, bytes: Uint8Array) => void): void;
  resize(columns: number, rows: number): void;
  readonly closed: boolean;
};

export type SessionPort = {
  /** Sends text to the shell's standard input. */
  write(text: string): void;
  end(): void;
  onStdout(listener: (bytes: Uint8Array) => void): void;
  onStderr(listener: (bytes: Uint8Array) => void): void;
  onEvent(listener: (event: SessionEvent) => void): void;
  /** The process that serves it, as sshd has one for each connection. */
  readonly pid: number;
  /** The node is going down, is off or is coming up again: nobody hears what is typed. */
  readonly away: boolean;
  /** A program waits for more input. */
  readonly awaited: boolean;
  readonly closed: boolean;
};

/** One connection from outside to a socket of the node. */
export type ConnectionPort = {
  write(bytes: Uint8Array): void;
  /** The client sends nothing more. */
  end(): void;
  /** The client is gone. */
  hangUp(): void;
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Told when the host has passed on everything that it was given. */
  drained(): void;
  /** Bytes that the node has not taken yet. */
  readonly pendingBytes: number;
  readonly closed: boolean;
};

/** A file on its way to the node. */
export type UploadPort = {
  /** `lost`: the node is down, or could not keep it (its disk is full). */
  readonly state: 'going' | 'there' | 'lost';
};

export type SessionEvent =
  | { event: 'start'; command: string }
  | { event: 'end'; command: string; exitCode: number }
  /** The node went down under it; whatever was running will not end. */
  | { event: 'lost' };
