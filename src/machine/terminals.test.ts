/** Several terminals on one machine: what each shows, how one goes away, and what becomes of them when the node does. */
import { expect, test } from 'vitest';
import { Machine } from './machine.ts';
import type { TerminalPort } from './ports.ts';

const SIZE = { columns: 100, rows: 30 };
const SECOND_NS = 1e9;

function screenOf(port: TerminalPort): () => string {
  let text = '';
  const decoder = new TextDecoder();
  port.onData((bytes) => {
    text += decoder.decode(bytes, { stream: true });
  });
  return () => text;
}

const keys = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One waits in a command while the other works; then the waiting one's window is closed. */
async function history(): Promise<{ machine: Machine; screens: string[]; left: string }> {
  const machine = await Machine.boot({ scenario: 'bare', seed: 5 });
  const first = machine.openTerminal(SIZE);
  const second = await new Promise<TerminalPort>((resolve) => machine.openAnother(SIZE, resolve));
  const screens = [screenOf(first), screenOf(second)];
  await machine.advance({ horizon: machine.now + SECOND_NS });
  first.write(keys('sleep 600\r'));
  second.write(keys('tty; ps -o tty=,args= -C sleep,bash\r'));
  await machine.advance({ horizon: machine.now + SECOND_NS });
  first.end();
  await machine.advance({ horizon: machine.now + SECOND_NS });
  expect([first.closed, second.closed]).toEqual([true, false]);
  second.write(keys('clear; ps -o tty=,args= -C sleep,bash; who; echo /dev/pts/*\r'));
  await machine.advance({ horizon: machine.now + SECOND_NS });
  const shown = screens.map((screen) => screen());
  return { machine, screens: shown, left: shown[1]?.split('\u001b[2J').at(-1) ?? '' };
}

test('each shows its own, and a window that is closed takes what runs in it along', async () => {
  const { machine, screens, left } = await history();
  expect(screens[0]).toContain('sleep 600');
  expect(screens[1]).toContain('/dev/pts/1\r\npts/0    -bash\r\npts/1    -bash\r\npts/0    sleep 600\r\n');
  expect(left).toContain('pts/1    -bash\r\nroot     pts/1');
  expect(left).not.toContain('pts/0');
  expect(left).toContain('/dev/pts/1 /dev/pts/ptmx\r\n');
  const typed = machine.trace.events.filter((event) => event.kind === 'input' && event.source === 'keys');
  expect(typed.map((event) => event.kind === 'input' && event.terminal)).toEqual([0, 1, 1]);
  const ends = machine.trace.events.filter((event) => event.kind === 'command.end');
  expect(ends).toHaveLength(3);
});

test('their history is made again as it was', async () => {
  const { machine, screens } = await history();
  const again: (() => string)[] = [];
  const replay = await Machine.replay(machine.savepoint(), { onTerminal: (port) => void again.push(screenOf(port)) });
  expect(replay.machine.trace.digest()).toBe(machine.trace.digest());
  expect(again.map((screen) => screen())).toEqual(screens);
  expect(replay.terminals.map(({ number, closed }) => [number, closed])).toEqual([
    [0, true],
    [1, false],
  ]);
});

test('a node that goes down ends the command of each; all but those that were closed log in again', async () => {
  const machine = await Machine.boot({ scenario: 'bare', seed: 5 });
  const ports = [machine.openTerminal(SIZE), machine.openTerminal(SIZE), machine.openTerminal(SIZE)] as const;
  const screens = ports.map(screenOf);
  await machine.advance({ horizon: machine.now + SECOND_NS });
  ports[0].write(keys('sleep 600\r'));
  ports[1].write(keys('systemctl reboot; sleep 600\r'));
  await machine.advance({ stopWhen: () => machine.power.away });
  ports[2].end();
  await machine.advance({ horizon: machine.now + 120 * SECOND_NS });
  const ends = machine.trace.events.filter((event) => event.kind === 'command.end');
  expect(ends.map((event) => event.kind === 'command.end' && event.exitCode)).toEqual([255, 255]);
  expect(ports.map((port) => port.closed)).toEqual([false, false, true]);
  expect(screens.map((screen) => screen().split('closed by remote host').length - 1)).toEqual([1, 1, 0]);
  ports[0].write(keys('tty\r'));
  await machine.advance({ horizon: machine.now + SECOND_NS });
  expect(screens[0]?.()).toContain('/dev/pts/');
});
