/** Types complete command lines into a shell session of a machine, waiting for each to end. */
import type { Machine } from '../machine/machine.ts';
import type { SessionEvent, SessionPort } from '../machine/ports.ts';

const COMMAND_NS_MAX = 600_000_000_000;
/** What ssh ends with when the node goes down. */
const LOST_EXIT_CODE = 255;
const LOGOUT_NS_MAX = 10_000_000_000;

export type Typed = { line: string; output: string; exitCode: number };

export class Typist {
  private readonly machine: Machine;
  private readonly session: SessionPort;
  private ended: Extract<SessionEvent, { event: 'end' }> | null = null;
  private output = '';

  constructor(machine: Machine) {
    this.machine = machine;
    this.session = machine.openSession();
    const decoder = new TextDecoder();
    const append = (bytes: Uint8Array): void => {
      this.output += decoder.decode(bytes, { stream: true });
    };
    this.session.onStdout(append);
    this.session.onStderr(append);
    this.session.onEvent((event) => {
      if (event.event === 'end') this.ended = event;
      else if (event.event === 'lost') this.ended ??= { event: 'end', command: '', exitCode: LOST_EXIT_CODE };
    });
  }

  /** The exit code is -1 if the line did not end within ten virtual minutes. */
  async type(line: string): Promise<Typed> {
    await this.machine.untilBack(this.session);
    this.ended = null;
    this.output = '';
    this.session.write(`${line}\n`);
    const stopWhen = (): boolean => this.ended !== null || this.session.closed;
    await this.machine.advance({ horizon: this.machine.now + COMMAND_NS_MAX, stopWhen });
    const [defect] = this.machine.defects;
    if (defect !== undefined) throw defect.error;
    const { exitCode } = (this.ended as { exitCode: number } | null) ?? { exitCode: -1 };
    return { line, output: this.output, exitCode };
  }

  /** What a terminal would show of some lines. */
  async typeAll(lines: readonly string[]): Promise<string> {
    let transcript = '';
    for (const line of lines) {
      const { output, exitCode } = await this.type(line);
      transcript += `$ ${line}\n${output}${exitCode === 0 ? '' : `(exit code ${exitCode})\n`}`;
      if (exitCode === -1) break;
    }
    return transcript;
  }

  async logOut(): Promise<void> {
    this.session.end();
    await this.machine.advance({ horizon: this.machine.now + LOGOUT_NS_MAX, stopWhen: () => this.session.closed });
  }
}
