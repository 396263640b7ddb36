import { deflateSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../machine.ts';
import { checkOf, type Moment, readMoment, readSavepoint } from './moment.ts';
import { momentFile, readMomentFile } from './moment-file.ts';
import { cutAt, LINK_LENGTH_MAX, linkText, readLinkText } from './moment-link.ts';

let moment: Moment;

function type(machine: Machine, port: { write(bytes: Uint8Array): void }, text: string): Promise<unknown> {
  port.write(new TextEncoder().encode(text));
  return machine.advance({ horizon: machine.now + 120_000_000 });
}

beforeAll(async () => {
  const machine = await Machine.boot({ scenario: 'bare', seed: 7 });
  const port = machine.openTerminal({ columns: 120, rows: 12 });
  await machine.advance({ horizon: machine.now + 1_000_000_000 });
  port.resize(132, 20);
  for (const key of 'crictl images; echo “é” 中\r') await type(machine, port, key);
  machine.upload(
    'x.bin',
    Uint8Array.from({ length: 700 }, (_, i) => i),
  );
  await type(machine, port, 'sha256sum x.bin\r');
  await type(machine, port, 'ps -ef\r');
  const at = machine.trace.nextSeq - 20;
  const { events } = machine.trace;
  moment = {
    savepoint: machine.savepoint(),
    at,
    live: false,
    play: true,
    node: 1,
    course: { id: 'L01', variant: 1 },
    check: checkOf(events, at),
  };
});

const base64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const linkOf = (value: unknown): string =>
  `1.${base64Url(deflateSync(new TextEncoder().encode(JSON.stringify(value))))}`;

describe('a link', () => {
  it('gives back what was put in, and its log the same history', async () => {
    const text = linkText(moment) ?? '';
    expect(text).toMatch(/^1\.[\w-]+$/);
    const read = readLinkText(text);
    expect(read).toEqual(moment);
    const { machine } = await Machine.replay((read as Moment).savepoint);
    expect(checkOf(machine.trace.events, moment.at)).toBe(moment.check);
  });

  it('holds a session of a thousand keys, typed with irregular pauses', () => {
    const keys = Array.from({ length: 1000 }, (_, i) => ({
      kind: 'keys' as const,
      channel: 0,
      text: String.fromCharCode(97 + ((i * 7919) % 26)),
      step: 9000 + i * 37 + ((i * i) % 11),
      time: 5_000_000_000 + (i * 1300 + ((i * i * 31) % 900)) * 100_000,
    }));
    const inputs = [...moment.savepoint.inputs.slice(0, 1), ...keys];
    const text = linkText({ ...moment, savepoint: { ...moment.savepoint, inputs, time: 1e12 } }) ?? '';
    expect(text.length).toBeLessThan(LINK_LENGTH_MAX);
  });

  it('is none of what reached the node from outside of a page', () => {
    const { savepoint } = moment;
    const connection = { kind: 'hang-up' as const, channel: 0, step: 1e6, time: savepoint.time };
    expect(linkText({ ...moment, savepoint: { ...savepoint, inputs: [...savepoint.inputs, connection] } })).toBeNull();
  });

  it('leaves out what came after', () => {
    const { inputs } = moment.savepoint;
    const before = inputs.at(-1)?.time ?? 0;
    const cut = cutAt(moment.savepoint, before);
    expect(cut.inputs).toEqual(inputs.slice(0, -1));
    expect(cut.time).toBe(before);
    expect(cutAt(moment.savepoint, Number.POSITIVE_INFINITY)).toBe(moment.savepoint);
  });

  it.each([
    ['nothing', '', 'malformed'],
    ['no version', 'AAAA', 'malformed'],
    ['no base64', '1.<script>alert(1)</script>', 'malformed'],
    ['a length that base64 has not', '1.AAAAA', 'malformed'],
    ['no deflated bytes', '1._____w', 'malformed'],
    ['an older version', '0.AAAA', 'older'],
    ['a newer version', '2.AAAA', 'newer'],
    ['no object', linkOf(null), 'malformed'],
    ['a number', linkOf(7), 'malformed'],
    ['no log', linkOf({ savepoint: {} }), 'malformed'],
    [
      'columns that are none',
      linkOf({ savepoint: {}, log: { k: 'k', d: 1, s: [], c: [], n: [], x: '' } }),
      'malformed',
    ],
  ])('%s: a problem, not an error', (_, text, problem) => {
    expect(readLinkText(text)).toBe(problem);
  });

  it('says where it is malformed: which character, or which field', () => {
    const text = linkText(moment) ?? '';
    const place = (changed: string): unknown => {
      let told: unknown = null;
      expect(readLinkText(changed, (at) => void (told ??= at))).toBe('malformed');
      return told;
    };
    expect(place('')).toEqual({ endsAfter: 0 });
    expect(place('1')).toEqual({ endsAfter: 1 });
    expect(place('1.')).toEqual({ endsAfter: 2 });
    expect(place('AAAA')).toEqual({ character: 1, found: 'A' });
    expect(place('12345.A')).toEqual({ character: 5, found: '5' });
    expect(place(`${text.slice(0, 40)}\u{1f600}${text.slice(40)}`)).toEqual({ character: 41, found: '\u{1f600}' });
    expect(place(`${text}).`)).toEqual({ character: text.length + 1, found: ')' });
    for (const length of [3, 7, text.length >> 1, text.length - 2])
      expect(place(text.slice(0, length)), String(length)).toEqual({ endsAfter: length });
    // Not the changed character itself: the first that makes no sense after it.
    const { from } = place(`${text.slice(0, 60)}____${text.slice(64)}`) as { from: number };
    expect(from).toBeGreaterThan(60);
    expect(from).toBeLessThan(100);
    const log = { k: 'TkkX', d: [0, 0, 0, 0], s: [0, 0, 0, 0], c: [0, 0], n: [80, 24], x: 'ab' };
    const savepoint = { format: 1, scenario: 'bare', seed: 7, files: {}, time: 1 };
    expect(place(linkOf({ savepoint, log }))).toBe('savepoint.inputs[3]');
    expect(place(linkOf({ savepoint, log: { ...log, k: 'Tkk', c: [0, 9] } }))).toBe('savepoint.inputs[2]');
    expect(place(linkOf({ savepoint, log: { ...log, d: {} } }))).toBe('log.d');
    expect(place(linkOf({ savepoint: { ...savepoint, seed: -1 }, log: { ...log, k: 'Tkk' } }))).toBe('savepoint.seed');
    expect(place(linkOf({ savepoint, log: { ...log, k: 'Tkk' } }))).toBe('at');
    expect(place(`1.${base64Url(deflateSync(new TextEncoder().encode('{"a":}')))}`)).toMatch(/^JSON/);
  });

  it('that is cut off or changed in any place is a problem or another moment, never an error', () => {
    const text = linkText(moment) ?? '';
    for (let at = 2; at < text.length; at += 3) {
      expect(readLinkText(text.slice(0, at))).toMatch(/^(malformed|tooLarge)$/);
      const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
      const read = readLinkText(changed);
      if (typeof read !== 'string') expect(readMoment(read)).toEqual(read);
    }
  });

  it('that would unpack to more than anybody typed is refused early', () => {
    const bomb = `1.${base64Url(deflateSync(new Uint8Array(64 << 20), { level: 9 }))}`;
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(readLinkText(bomb)).toBe('tooLarge');
  });
});

describe('what is read', () => {
  const changed = (change: (copy: Moment & { savepoint: { inputs: object[] } }) => void): unknown => {
    const copy = structuredClone(moment);
    change(copy as never);
    return readMoment(copy);
  };
  const set = (target: object, values: object): void => void Object.assign(target, values);

  it.each([
    ['an unknown scenario', (m: Moment) => set(m.savepoint, { scenario: '<img src=x onerror=alert(1)>' }), 'scenario'],
    ['a scenario that is a property', (m: Moment) => set(m.savepoint, { scenario: 'constructor' }), 'scenario'],
    ['a newer log', (m: Moment) => set(m.savepoint, { format: 2 }), 'newer'],
    ['an older log', (m: Moment) => set(m.savepoint, { format: 0 }), 'older'],
    ['a seed that is none', (m: Moment) => set(m.savepoint, { seed: 1.5 }), 'malformed'],
    ['a time without end', (m: Moment) => set(m.savepoint, { time: 1e18 }), 'malformed'],
    ['files', (m: Moment) => set(m.savepoint, { files: { '/usr/bin/x': '00' } }), 'malformed'],
    ['an input from the future', (m: Moment) => set(m.savepoint, { time: 1 }), 'malformed'],
    [
      'a channel that was never opened',
      (m: Moment) => set(m.savepoint.inputs[2] as object, { channel: 9 }),
      'malformed',
    ],
    ['a connection', (m: Moment) => set(m.savepoint.inputs[2] as object, { kind: 'connect' }), 'input'],
    ['an input of a later kind', (m: Moment) => set(m.savepoint.inputs[2] as object, { kind: 'usb' }), 'input'],
    [
      'a file that is no bytes',
      (m: Moment) => set(m.savepoint.inputs[2] as object, { kind: 'upload', name: 'a', base64: '<b>=' }),
      'malformed',
    ],
    ['text that is none', (m: Moment) => set(m.savepoint.inputs[2] as object, { text: { length: 1e9 } }), 'malformed'],
    ['time that runs backwards', (m: Moment) => set(m.savepoint.inputs[3] as object, { time: 0 }), 'malformed'],
    ['a terminal a mile wide', (m: Moment) => set(m.savepoint.inputs[0] as object, { columns: 1e9 }), 'malformed'],
    ['too many inputs', (m: Moment) => set(m.savepoint, { inputs: new Array(300_000).fill({}) }), 'tooLarge'],
    ['a lesson that is markup', (m: Moment) => set(m, { course: { id: '<b>', variant: 1 } }), 'malformed'],
    ['a moment that is none', (m: Moment) => set(m, { at: -1 }), 'malformed'],
    ['a check that is none', (m: Moment) => set(m, { check: '</script>' }), 'malformed'],
  ])('%s', (_, change, problem) => {
    expect(changed(change)).toBe(problem);
  });

  it('has files only in the home', () => {
    for (const name of ['../x', '/etc/passwd', '..', '', 'a\u001b[2J', 'x'.repeat(300), 'a b', 7])
      expect(
        changed((m) => set(m.savepoint.inputs[2] as object, { kind: 'upload', name, base64: '' })),
        String(name),
      ).toBe('malformed');
    expect(
      changed((m) => set(m.savepoint.inputs[2] as object, { kind: 'upload', name: 'x', base64: '' })),
    ).toMatchObject({
      at: moment.at,
    });
  });

  it('has nothing that a moment has not', () => {
    const more = JSON.parse(`{"__proto__":{"polluted":1},"extra":1,${JSON.stringify(moment).slice(1)}`) as unknown;
    expect(Object.keys(readMoment(more))).toEqual(Object.keys(readMoment(moment)));
    expect(readSavepoint({ ...moment.savepoint, inputs: [{ ...moment.savepoint.inputs[0], extra: 1 }] })).toMatchObject(
      {
        inputs: [moment.savepoint.inputs[0]],
      },
    );
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('a file', () => {
  it('gives back what was put in', () => {
    expect(readMomentFile(momentFile(moment))).toMatchObject({ moment });
  });

  it('says where it is malformed', () => {
    const place = (text: string): string => {
      let told = '';
      expect(readMomentFile(text, (at) => void (told = String(at)))).toBe('malformed');
      return told;
    };
    const file = momentFile(moment);
    expect(place(file.slice(0, -9))).toMatch(/^JSON/);
    expect(place('{"format":"other"}')).toBe('format');
    expect(place(file.replace('"seed":', '"seed":-'))).toBe('savepoint.seed');
    expect(place(file.replace('"kind":"keys"', '"kind":"keys","text":7,"x":""').replace(/"text":"[^"]*",?/, ''))).toBe(
      `savepoint.inputs[${moment.savepoint.inputs.findIndex(({ kind }) => kind === 'keys')}]`,
    );
    expect(place(file.replace('"check":"', '"check":"?'))).toBe('check');
  });

  it('of a learner is opened where it ends', () => {
    const { savepoint } = moment;
    const file = JSON.stringify({
      format: 'cutaway-hand-in-1',
      number: '7',
      name: '<b>',
      lesson: 'L02',
      steps: 3,
      savepoint,
    });
    expect(readMomentFile(file)).toMatchObject({ moment: { live: true, course: { id: 'L02' }, savepoint } });
  });

  it.each([
    ['', 'malformed'],
    ['null', 'malformed'],
    ['[]', 'malformed'],
    ['{"format":{}}', 'malformed'],
    ['{"format":"cutaway-moment-1"}', 'malformed'],
    ['{"format":"cutaway-moment-2"}', 'newer'],
    ['{"format":"cutaway-hand-in-0"}', 'older'],
    ['{"format":"cutaway-interview-1"}', 'interview'],
  ])('%s: %s', (text, problem) => {
    expect(readMomentFile(text)).toBe(problem);
  });
});
