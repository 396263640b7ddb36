import { expect, test } from 'vitest';
import { editDistance, parseCobra } from './cobra.ts';
import { cobraHelp } from './cobra-help.ts';
import type { CobraApp } from './cobra-types.ts';

const app: CobraApp<string> = {
  root: {
    name: 'tool',
    short: 'a tool',
    subcommands: [
      {
        name: 'get',
        aliases: ['g'],
        use: 'NAME',
        short: 'Get it',
        group: 'Main',
        action: 'get',
        flags: [
          { name: 'output', short: 'o', kind: 'string', usage: 'how' },
          { name: 'all', short: 'A', kind: 'bool', usage: 'all' },
          { name: 'dry-run', kind: 'string', value: 'none', bare: 'unchanged', usage: 'try' },
          { name: 'label', short: 'l', kind: 'stringSlice', usage: 'labels' },
          { name: 'image', kind: 'string', usage: 'image', required: true },
        ],
      },
      { name: 'logs', short: 'Logs', action: 'logs' },
    ],
  },
  globalFlags: [{ name: 'namespace', short: 'n', kind: 'string', usage: 'where' }],
  groups: ['Main', 'Other'],
};

function parse(line: string) {
  const result = parseCobra(
    app,
    line.split(' ').filter((word) => word !== ''),
  );
  if (result.kind !== 'run') return 'error' in result ? result.error : result.kind;
  const { context: c } = result;
  return [c.path.join(' '), c.string('namespace'), c.args.join(','), c.argsBeforeDash];
}

test('flags stand anywhere before --', () => {
  expect(parse('-n x logs a -- -b')).toEqual(['tool logs', 'x', 'a,-b', 1]);
  const result = parseCobra(app, ['g', '-Aoyaml', '--dry-run', 'p', '-l', 'a,b', '--label=c', '--image=i']);
  if (result.kind !== 'run') throw new Error(result.kind);
  const { context: c } = result;
  expect([c.bool('all'), c.string('output'), c.string('dry-run'), c.strings('label'), c.args]).toEqual([
    true,
    'yaml',
    'unchanged',
    ['a', 'b', 'c'],
    ['p'],
  ]);
});

test('faults have the words of cobra and pflag', () => {
  expect(parse('bogus')).toBe('unknown command "bogus" for "tool"\n\nDid you mean this?\n\tlogs\n');
  expect(parse('zzzzzz')).toBe('unknown command "zzzzzz" for "tool"');
  expect(parse('get --bogus')).toBe('unknown flag: --bogus');
  expect(parse('get -Az')).toBe("unknown shorthand flag: 'z' in -z");
  expect(parse('get -o')).toBe("flag needs an argument: 'o' in -o");
  expect(parse('get --all=maybe')).toBe(
    'invalid argument "maybe" for "-A, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
  );
  expect(parse('get x')).toBe('required flag(s) "image" not set');
  expect(parse('get -h')).toBe('help');
});

test('a help page', () => {
  const [get] = app.root.subcommands ?? [];
  if (get === undefined) throw new Error('no get');
  expect(cobraHelp(app, [app.root, get])).toBe(`Get it

Aliases:
get, g

Options:
    -A, --all=false:
\tall

    --dry-run='none':
\ttry

    --image='':
\timage

    -l, --label=[]:
\tlabels

    -o, --output='':
\thow

Usage:
  tool get NAME [options]

Use "tool options" for a list of global command-line options (applies to all commands).
`);
});

test('distance', () => {
  expect(editDistance('bogus', 'logs')).toBe(2);
  expect(editDistance('gte', 'get')).toBe(2);
});
