/** Flags that every command takes. @models etcd 3.6 etcdctl/ctlv3 ctl.go @fidelity full */
import type { Pflag } from '../../go/cobra-types.ts';

const SECOND_NS = 1_000_000_000;

export const GLOBAL_FLAGS: readonly Pflag[] = [
  { name: 'endpoints', kind: 'stringSlice', value: ['127.0.0.1:2379'], usage: 'addresses of members to ask' },
  { name: 'debug', kind: 'bool', usage: "tell what the client's libraries do" },
  {
    name: 'write-out',
    short: 'w',
    kind: 'string',
    value: 'simple',
    usage: 'form of the output: fields, json, protobuf, simple or table',
  },
  { name: 'hex', kind: 'bool', usage: 'print keys and values as hexadecimal bytes' },
  { name: 'dial-timeout', kind: 'duration', value: 2 * SECOND_NS, usage: 'how long a connection may take' },
  {
    name: 'command-timeout',
    kind: 'duration',
    value: 5 * SECOND_NS,
    usage: 'how long a short command may take, without its connection',
  },
  { name: 'keepalive-time', kind: 'duration', value: 2 * SECOND_NS, usage: 'how often a sign of life is asked for' },
  {
    name: 'keepalive-timeout',
    kind: 'duration',
    value: 6 * SECOND_NS,
    usage: 'how long to wait for a sign of life',
  },
  { name: 'insecure-transport', kind: 'bool', value: true, usage: 'no TLS unless something asks for it' },
  {
    name: 'insecure-discovery',
    kind: 'bool',
    value: true,
    usage: 'believe SRV records that name endpoints without TLS',
  },
  {
    name: 'insecure-skip-tls-verify',
    kind: 'bool',
    usage: "do not check the server's certificate (for tests only)",
  },
  { name: 'cert', kind: 'string', usage: "file with the client's certificate" },
  { name: 'key', kind: 'string', usage: "file with the key to the client's certificate" },
  { name: 'cacert', kind: 'string', usage: "file with the authorities that may have signed the servers' certificates" },
  { name: 'user', kind: 'string', usage: 'who asks, as name[:password] (asks for what is missing)' },
  { name: 'password', kind: 'string', usage: 'the password that belongs to --user' },
  { name: 'discovery-srv', short: 'd', kind: 'string', usage: 'domain whose SRV records name the endpoints' },
  { name: 'discovery-srv-name', kind: 'string', usage: 'name of the service in those SRV records' },
];

/** The message sizes came with 3.6. */
export const FLAGS_36: readonly Pflag[] = [
  { name: 'max-request-bytes', kind: 'int', usage: 'largest request that is sent (0 stands for 2 MiB)' },
  { name: 'max-recv-bytes', kind: 'int', usage: 'largest answer that is taken (0 stands for 2 GiB)' },
];
