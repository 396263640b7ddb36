/** Flags that several commands share. */
import type { CliFlag } from '../../go/cli-types.ts';

type StringFlag = Extract<CliFlag, { kind: 'string' }>;

export function OUTPUT(formats: string): StringFlag {
  return { name: 'output', aliases: ['o'], kind: 'string', usage: `Format of the output: ${formats}` };
}

export const TEMPLATE: CliFlag = {
  name: 'template',
  kind: 'string',
  usage: 'Go template for the output format go-template',
};

export const QUIET_STATUS: CliFlag = {
  name: 'quiet',
  aliases: ['q'],
  kind: 'bool',
  usage: "Leave out the runtime's own details",
};

export const LABEL: CliFlag = { name: 'label', kind: 'stringSlice', usage: 'Only with this label, key=value' };

export const NO_TRUNC: CliFlag = { name: 'no-trunc', kind: 'bool', usage: 'Print IDs in full' };

export const SAMPLE_SECONDS: CliFlag = {
  name: 'seconds',
  aliases: ['s'],
  kind: 'int',
  value: 1,
  usage: 'How long to sample CPU usage, in seconds',
};

export const WATCH: CliFlag = { name: 'watch', aliases: ['w'], kind: 'bool', usage: 'Refresh until interrupted' };

export const IMAGE_FILTER: CliFlag = {
  name: 'filter',
  aliases: ['f'],
  kind: 'stringSlice',
  usage:
    'Only images that meet a condition.\nConditions: \n* dangling=(boolean - true or false)\n' +
    '* reference=/regular expression/\n* before=<image-name>[:<tag>]|<image id>|<image@digest>\n' +
    '* since=<image-name>[:<tag>]|<image id>|<image@digest>\nSeveral must all hold.',
};

export const TLS: readonly CliFlag[] = [
  { name: 'tls-ca', kind: 'string', usage: 'CA certificate file for TLS streaming' },
  { name: 'tls-cert', kind: 'string', usage: 'Certificate file for TLS streaming' },
  { name: 'tls-key', kind: 'string', usage: 'Key file for TLS streaming' },
  {
    name: 'tls-sni',
    aliases: ['tls-server-name'],
    kind: 'string',
    value: 'localhost',
    usage: "Name to check the streaming server's certificate against",
  },
];

export const TRANSPORT: CliFlag = {
  name: 'transport',
  aliases: ['r'],
  kind: 'string',
  value: 'spdy',
  usage: 'Streaming protocol: spdy|websocket',
};

/** Filters of inspect, inspectp and their like, by what they list. */
export function selectors(what: 'container' | 'pod'): { latest: CliFlag; last: CliFlag; state: CliFlag } {
  const states = what === 'container' ? ', whatever its state' : '';
  return {
    latest: { name: 'latest', aliases: ['l'], kind: 'bool', usage: `Only the ${what} created last${states}` },
    last: { name: 'last', aliases: ['n'], kind: 'int', usage: `Only the n ${what}s created last, 0 for all` },
    state: { name: 'state', aliases: ['s'], kind: 'string', usage: `Only ${what}s in this state` },
  };
}
