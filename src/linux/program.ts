/**
 * Programs. A file is executable because its first bytes name a registered program:
 * an ELF-looking header whose note says `cutaway-program:NAME`. The kernel finds NAME in its registry at execve.
 */
import type { Layer } from '../sim/trace.ts';
import type { Context } from './context.ts';
import { printRefusal } from './io.ts';
import { type ByteSource, Rope } from './rope.ts';

/** `argv[0]` is the name it was called by. Resolves to the exit code; a thrown value that is not caught is our bug. */
export type Main = (ctx: Context, argv: string[]) => Promise<number>;

export type Program = {
  readonly name: string;
  readonly main: Main;
  /** Which stratum of the drawing its processes belong to; default `workload` inside a container, else `client`. */
  readonly layer?: Layer;
  /** Virtual CPU ns between execve and main: loading, linking, the Go runtime's start. */
  readonly startCpuNs?: number;
  /** Resident memory in bytes and threads, for ps and cgroup accounting. */
  readonly rssBytes?: number;
  /** How much of it is the program's own text, which all its processes share. */
  readonly fileBytes?: number;
  readonly threads?: number;
};

/**
 * A program whose code is fetched when it is first executed (a lazy chunk). Fetching takes real time and no virtual
 * time: the strand that executes it awaits a foreign promise, which holds the whole machine.
 */
export type LazyProgram = { readonly name: string; readonly load: () => Promise<Program> };

export type ProgramRegistry = ReadonlyMap<string, Program | LazyProgram>;

/** What runs of an executable that nobody has made a model of: it says so, so that nothing else is believed of it. */
export function unmodelled(name: string): Program {
  return {
    name,
    async main(ctx) {
      const text = `${name}: not simulated here: its file is real, but there is no model of what the program does\n`;
      await printRefusal(ctx, text);
      return NOT_SIMULATED_EXIT;
    },
  };
}

/** "Found, but cannot be run", as a shell has it. */
const NOT_SIMULATED_EXIT = 126;

const NOTE = 'cutaway-program:';
const HEADER_LENGTH = 128;
const ELF = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0];

/** The contents of an executable file naming `program`, `length` bytes long (at least the header). */
export function programFile(program: string, length = 16_384): Rope {
  const header = new Uint8Array(HEADER_LENGTH);
  header.set(ELF);
  header.set(new TextEncoder().encode(`${NOTE}${program}\n`), 16);
  if (length <= HEADER_LENGTH) return Rope.of(header);
  return Rope.of(header).concat(Rope.from(pseudoRandomSource(`elf:${program}`, length - HEADER_LENGTH)));
}

/** The program an executable's first bytes name, or null. */
export function programNameOf(head: Uint8Array): string | null {
  if (!ELF.every((byte, i) => head[i] === byte)) return null;
  const text = new TextDecoder().decode(head.subarray(16, HEADER_LENGTH));
  const end = text.indexOf('\n');
  return text.startsWith(NOTE) && end > 0 ? text.slice(NOTE.length, end) : null;
}

/** Endless-looking, reproducible bytes for bulk content whose meaning does not matter. */
export function pseudoRandomSource(id: string, length: number): ByteSource {
  let seed = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) seed = Math.imul(seed ^ id.charCodeAt(i), 0x01000193);
  return {
    id: `prng:${id}`,
    length,
    fill(out, start) {
      for (let i = 0; i < out.length; ) {
        const at = start + i;
        let z = Math.imul((at >>> 2) + 1, 0x9e3779b9) ^ seed;
        z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
        z ^= z >>> 13;
        for (let k = at & 3; k < 4 && i < out.length; k++, i++) out[i] = (z >>> (k * 8)) & 255;
      }
    },
  };
}
