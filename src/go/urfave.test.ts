import { expect, test } from 'vitest';
import type { CliApp, CliResult } from './cli-types.ts';
import { appHelp, commandHelp, completionWords, parseCli } from './urfave.ts';

const PS_FLAGS = [
  { name: 'all', aliases: ['a'], kind: 'bool', usage: 'include stopped ones' },
  { name: 'label', kind: 'stringSlice', usage: 'only this label' },
  { name: 'last', aliases: ['n'], kind: 'int', usage: 'only the newest' },
  { name: 'output', aliases: ['o'], kind: 'string', value: 'table', usage: 'format' },
  { name: 'quiet', aliases: ['q'], kind: 'bool', usage: 'only IDs' },
] as const;

const app: CliApp<string> = {
  name: 'crictl',
  usage: 'talk to a runtime',
  version: '1.36.0',
  flags: [
    {
      name: 'config',
      aliases: ['c'],
      kind: 'string',
      value: '/etc/crictl.yaml',
      usage: 'settings',
      env: ['CRI_CONFIG_FILE'],
    },
    { name: 'timeout', aliases: ['t'], kind: 'duration', value: 2e9, usage: 'how long to wait', env: ['WAIT'] },
    { name: 'secret', kind: 'bool', usage: 'x', hidden: true },
  ],
  commands: [
    { name: 'images', aliases: ['image', 'img'], usage: 'images', action: 'images' },
    { name: 'ps', usage: 'containers', flags: PS_FLAGS, shortOptions: true, action: 'ps' },
    {
      name: 'run',
      usage: 'run one',
      argsUsage: 'container-config.[json|yaml] pod-config.[json|yaml]',
      flags: [{ name: 'auth', kind: 'string', usage: 'log in with `AUTH_STRING`' }],
      subcommands: [{ name: 'jsonschema', aliases: ['js'], usage: 'the schema', action: 'schema' }],
      action: 'run',
    },
    { name: 'group', usage: 'more', subcommands: [{ name: 'ls', usage: 'list', action: 'ls' }] },
    { name: 'strict', usage: 's', flags: [{ name: 'need', kind: 'string', usage: 'n', required: true }], action: 's' },
  ],
};

const parse = (line: string, env: Record<string, string> = {}): CliResult<string> =>
  parseCli(app, line === '' ? [] : line.split(' '), new Map(Object.entries(env)));

const APP_HELP = `NAME:
   crictl - talk to a runtime

USAGE:
   crictl [global options] command [command options]

VERSION:
   1.36.0

COMMANDS:
   images, image, img  images
   ps                  containers
   run                 run one
   group               more
   strict              s
   help, h             List the commands, or explain one of them

GLOBAL OPTIONS:
   --config value, -c value   settings (default: "/etc/crictl.yaml") [$CRI_CONFIG_FILE]
   --timeout value, -t value  how long to wait (default: 2s) [$WAIT]
   --help, -h                 show help
   --version, -v              print the version
`;

const PS_OPTIONS = `OPTIONS:
   --all, -a                        include stopped ones (default: false)
   --label value [ --label value ]  only this label
   --last value, -n value           only the newest (default: 0)
   --output value, -o value         format (default: "table")
   --quiet, -q                      only IDs (default: false)
   --help, -h                       show help
`;

const PS_HEAD = 'NAME:\n   crictl ps - containers\n\nUSAGE:\n   crictl ps [command options]\n\n';
const PS_COMMANDS = 'COMMANDS:\n   help, h  List the commands, or explain one of them\n\n';

test('the program itself: no command, help, -h', () => {
  for (const line of ['', 'help', 'h', '-h', '--help', '-help']) {
    expect(parse(line)).toMatchObject({ kind: 'help', exitCode: 0, text: APP_HELP });
  }
  expect(appHelp(app)).toBe(APP_HELP);
  expect(parse('-v')).toMatchObject({ kind: 'version', text: 'crictl version 1.36.0\n' });
});

test('help on a command leaves out its commands when help is the only one', () => {
  for (const line of ['help ps', 'ps --help', 'ps -h', 'ps help', '--help ps']) {
    expect(parse(line)).toMatchObject({ kind: 'help', text: PS_HEAD + PS_OPTIONS });
  }
  expect(commandHelp(app, 'ps')).toBe(PS_HEAD + PS_OPTIONS);
  const run = parse('run -h');
  expect(run.kind === 'help' && run.text).toBe(
    'NAME:\n   crictl run - run one\n\nUSAGE:\n   crictl run [command options] container-config.[json|yaml] pod-config.[json|yaml]\n\n' +
      'COMMANDS:\n   jsonschema, js  the schema\n   help, h         List the commands, or explain one of them\n\n' +
      'OPTIONS:\n   --auth AUTH_STRING  log in with AUTH_STRING\n   --help, -h          show help\n',
  );
});

test('an action that dislikes its arguments prints the longer page', () => {
  const result = parse('ps extra');
  expect(result.kind === 'run' && result.help()).toBe(PS_HEAD + PS_COMMANDS + PS_OPTIONS);
});

test('usage errors: complaint and help on stdout, the error for the program to report', () => {
  expect(parse('ps --bogus')).toMatchObject({
    kind: 'usage-error',
    stdout: `Incorrect Usage: flag provided but not defined: -bogus\n\n${PS_HEAD}${PS_COMMANDS}${PS_OPTIONS}`,
    error: 'flag provided but not defined: -bogus',
  });
  const errors = [
    '--bogus ps',
    'ps -az',
    'ps -n x',
    'ps --all=maybe',
    'ps -o',
    'ps ---x',
    '-t 5 ps',
    'ps -a --all',
    'strict',
  ].map((line) => {
    const result = parse(line);
    return result.kind === 'usage-error' ? result.error : result.kind;
  });
  expect(errors).toEqual([
    'flag provided but not defined: -bogus',
    'flag provided but not defined: -az',
    'invalid value "x" for flag -n: parse error',
    'invalid boolean value "maybe" for -all: parse error',
    'flag needs an argument: -o',
    'bad flag syntax: ---x',
    'invalid value "5" for flag -t: parse error',
    'Cannot use two forms of the same flag: a all',
    'Required flag "need" not set',
  ]);
});

test('unknown commands', () => {
  for (const line of ['bogus', 'help bogus', 'group bogus', 'ps help bogus']) {
    expect(parse(line)).toMatchObject({ kind: 'exit', message: "No help topic for 'bogus'", exitCode: 3 });
  }
});

test('values, in every spelling, and where they come from', () => {
  const result = parse('-t=5s ps -aq --label a=b,c -label=d -n 0x10 -- -x y', { CRI_CONFIG_FILE: '/x', WAIT: '9s' });
  if (result.kind !== 'run') throw new Error(result.kind);
  const { context } = result;
  expect([context.bool('a'), context.bool('quiet'), context.number('last'), context.string('output')]).toEqual([
    true,
    true,
    16,
    'table',
  ]);
  expect([context.strings('label'), context.args, context.path]).toEqual([
    ['a=b', 'c', 'd'],
    ['-x', 'y'],
    ['crictl', 'ps'],
  ]);
  expect([context.string('config'), context.duration('t'), context.isSet('c'), context.isSet('output')]).toEqual([
    '/x',
    5e9,
    true,
    false,
  ]);
  expect(result.action).toBe('ps');
  expect(result.entered.map((level) => level.path.join(' '))).toEqual(['crictl', 'crictl ps']);
});

test('the first argument ends the flags', () => {
  const result = parse('ps abc -a');
  expect(result.kind === 'run' && [result.context.args, result.context.bool('all')]).toEqual([['abc', '-a'], false]);
});

test('a bad environment is a usage error; Before ran on the levels above the fault only', () => {
  expect(parse('ps', { WAIT: 'soon' })).toMatchObject({
    error:
      'could not parse "soon" as duration value from environment variable "WAIT" for flag timeout: time: invalid duration "soon"',
    entered: [],
  });
  expect(parse('ps --bogus').entered).toHaveLength(1);
});

test('version 1: flags may follow arguments, other frame', () => {
  const runc: CliApp<string> = {
    name: 'runc',
    dialect: 1,
    usage: 'u',
    version: '1',
    flags: [{ name: 'root', kind: 'string', value: '/run/runc', usage: 'where' }],
    commands: [
      {
        name: 'delete',
        usage: 'd',
        argsUsage: '<id>',
        flags: [{ name: 'force', aliases: ['f'], kind: 'bool', usage: 'even if running' }],
        action: 'd',
      },
      { name: 'exec', usage: 'e', keepArgumentOrder: true, action: 'e' },
    ],
  };
  expect(commandHelp(runc, 'delete')).toBe(
    'NAME:\n   runc delete - d\n\nUSAGE:\n   runc delete [command options] <id>\n\nOPTIONS:\n   --force, -f  even if running\n   \n',
  );
  const late = parseCli(runc, ['delete', 'c1', '-f'], new Map());
  expect(late.kind === 'run' && [late.context.bool('force'), late.context.args]).toEqual([true, ['c1']]);
  const kept = parseCli(runc, ['exec', 'c1', '-l'], new Map());
  expect(kept.kind === 'run' && kept.context.args).toEqual(['c1', '-l']);
  const fault = parseCli(runc, ['--bogus'], new Map());
  expect(fault.kind === 'usage-error' && fault.stdout).toContain(
    'Incorrect Usage. flag provided but not defined: -bogus\n\nNAME:\n',
  );
});

test('words to complete', () => {
  expect(completionWords(app, ['group'])).toEqual({ commands: ['ls', 'help', 'h'], flags: ['--help', '-h'] });
  expect(completionWords(app, []).flags).toEqual([
    '--config',
    '-c',
    '--timeout',
    '-t',
    '--help',
    '-h',
    '--version',
    '-v',
  ]);
});
