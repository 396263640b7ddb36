/**
 * A booted node for tests:
 *   const node = await boot({ seed: 1 });
 *   await node.run('crictl ps')   // { stdout, stderr, exitCode, virtualMs }
 */
import type { MemoryFileSystem } from '../linux/vfs/memory-fs.ts';
import { DiskImage } from '../machine/disk-image.ts';
import { Machine } from '../machine/machine.ts';
import type { SessionEvent } from '../machine/ports.ts';
import type { Scenario, ScenarioName } from '../machine/scenarios/index.ts';

export type RunResult = { command: string; stdout: string; stderr: string; exitCode: number; virtualMs: number };

/** Virtual time a command may take before the test gives up. */
const COMMAND_NS_MAX = 3_600_000_000_000;

export type BootedNode = {
  machine: Machine;
  run(line: string): Promise<RunResult>;
  /** Puts a file on the node's disk, past all its programs. */
  put(path: string, content: Uint8Array): void;
};

export async function boot(
  options: {
    scenario?: ScenarioName;
    seed?: number;
    files?: Record<string, Uint8Array>;
    instead?: Scenario;
    forgetful?: boolean;
  } = {},
): Promise<BootedNode> {
  const machine = await Machine.boot({
    scenario: options.scenario ?? 'bare',
    seed: options.seed ?? 1,
    ...(options.files ? { files: options.files } : {}),
    ...(options.instead ? { instead: options.instead } : {}),
    forgetful: options.forgetful ?? false,
  });
  const session = machine.openSession();
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  let ended: Extract<SessionEvent, { event: 'end' }> | null = null;
  session.onStdout((bytes) => void out.push(bytes));
  session.onStderr((bytes) => void err.push(bytes));
  session.onEvent((event) => {
    if (event.event === 'end') ended = event;
    else if (event.event === 'lost') ended ??= { event: 'end', command: '', exitCode: 255 };
  });
  const text = (parts: Uint8Array[]): string => {
    const decoder = new TextDecoder();
    return parts
      .splice(0)
      .map((p) => decoder.decode(p, { stream: true }))
      .join('');
  };
  return {
    machine,
    put(path, content) {
      const { kernel } = machine;
      new DiskImage(kernel.rootFileSystem as MemoryFileSystem, kernel.wallTime()).file(path, content);
    },
    async run(line) {
      if (session.away) {
        await machine.untilBack(session);
        // What its client and the new login had to say belongs to no command.
        out.length = err.length = 0;
      }
      ended = null;
      const start = machine.now;
      session.write(`${line}\n`);
      const outcome = await machine.advance({
        horizon: machine.now + COMMAND_NS_MAX,
        stopWhen: () => ended !== null || session.closed,
      });
      if (ended === null && !session.closed)
        throw new Error(`\`${line}\` did not end (${outcome}): ${text(out)}${text(err)}`);
      const [defect] = machine.defects;
      if (defect !== undefined) throw defect.error;
      const exitCode = (ended as { exitCode: number } | null)?.exitCode ?? 0;
      return { command: line, stdout: text(out), stderr: text(err), exitCode, virtualMs: (machine.now - start) / 1e6 };
    },
  };
}
