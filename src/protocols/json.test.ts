import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from './base64.ts';
import { TaskExit } from './containerd/events/generated.ts';
import { Envelope } from './containerd/types/generated.ts';
import {
  ContainerConfig,
  ContainerStats,
  ExecSyncResponse,
  ListPodSandboxResponse,
  NamespaceMode,
  PodSandboxConfig,
  PodSandboxMetadata,
} from './cri/generated.ts';
import { fromGoJson, toGoJson } from './go-json.ts';
import { timestampText, toProtoJson } from './protojson.ts';
import { toProtoText } from './prototext.ts';

describe('toProtoJson', () => {
  it('prints what `crictl pods -o json` prints', () => {
    const response = ListPodSandboxResponse.create({
      items: [
        {
          id: '8516d262',
          metadata: { name: 'crun-pod', uid: 'crun-uid-1', namespace: 'default' },
          createdAt: 1795454733416255342n,
          labels: { tier: 'x', app: 'crun' },
          runtimeHandler: 'crun',
        },
      ],
    });
    expect(toProtoJson(ListPodSandboxResponse, response)).toBe(`{
  "items": [
    {
      "id": "8516d262",
      "metadata": {
        "name": "crun-pod",
        "uid": "crun-uid-1",
        "namespace": "default",
        "attempt": 0
      },
      "state": "SANDBOX_READY",
      "createdAt": "1795454733416255342",
      "labels": {
        "app": "crun",
        "tier": "x"
      },
      "annotations": {},
      "runtimeHandler": "crun"
    }
  ]
}`);
  });

  it('leaves unset messages out and prints empty lists', () => {
    const stats = ContainerStats.create({ memory: { timestamp: 5n, usageBytes: {} } });
    expect(JSON.parse(toProtoJson(ContainerStats, stats))).toEqual({
      memory: { timestamp: '5', usageBytes: { value: '0' } },
    });
    expect(toProtoJson(ListPodSandboxResponse, ListPodSandboxResponse.create())).toBe('{\n  "items": []\n}');
    expect(toProtoJson(ListPodSandboxResponse, ListPodSandboxResponse.create(), { emitDefaultValues: false })).toBe(
      '{}',
    );
  });

  it('prints an event with its Any resolved', () => {
    const exit = TaskExit.encode({ containerId: 'c', pid: 7, exitedAt: { seconds: 1795454733n, nanos: 120_000_000 } });
    const envelope = Envelope.create({
      namespace: 'k8s.io',
      topic: '/tasks/exit',
      event: { typeUrl: 'containerd.events.TaskExit', value: exit },
    });
    const text = toProtoJson(Envelope, envelope, { indent: '', emitDefaultValues: false, resolve: () => TaskExit });
    expect(text).toBe(
      '{"namespace":"k8s.io","topic":"/tasks/exit","event":{"@type":"containerd.events.TaskExit","containerId":"c","pid":7,"exitedAt":"2026-11-23T17:25:33.120Z"}}',
    );
    expect(() => toProtoJson(Envelope, envelope)).toThrow('unable to resolve "containerd.events.TaskExit": not found');
  });

  it('prints times without help of a calendar', () => {
    for (const millis of [0, 951782400000, 951868800000, 4107542399999, -1, -2208988800000, 253402300799000]) {
      const seconds = Math.floor(millis / 1000);
      const expected = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
      expect(timestampText(BigInt(seconds), 0)).toBe(expected);
    }
    expect(timestampText(1n, 120)).toBe('1970-01-01T00:00:01.000000120Z');
  });

  it('prints bytes as base64', () => {
    for (const text of ['', 'a', 'ab', 'abc', 'abcd\u00ff']) {
      const bytes = new TextEncoder().encode(text);
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }
    expect(() => fromBase64('<base64>')).toThrow('illegal base64 data at input byte 0');
    expect(() => fromBase64('YQ')).toThrow('illegal base64 data at input byte 0');
    const response = ExecSyncResponse.create({ stdout: new TextEncoder().encode('hi\n') });
    expect(JSON.parse(toProtoJson(ExecSyncResponse, response))).toEqual({ stdout: 'aGkK', stderr: '', exitCode: 0 });
  });
});

describe('fromGoJson', () => {
  it('reads names as in the .proto text and ignores others', () => {
    const config = fromGoJson(PodSandboxConfig, {
      metadata: { name: 'a', attempt: 1 },
      log_directory: '/tmp',
      logDirectory: '/ignored',
      HOSTNAME: 'upper',
      bogus_field: 1,
      linux: { security_context: { namespace_options: { network: 2 } } },
      labels: { a: 'b' },
    });
    expect(config).toMatchObject({
      logDirectory: '/tmp',
      hostname: 'upper',
      metadata: { name: 'a', attempt: 1, uid: '' },
      labels: { a: 'b' },
    });
    expect(config.linux?.securityContext?.namespaceOptions?.network).toBe(NamespaceMode.NODE);
    expect(fromGoJson(PodSandboxConfig, null).metadata).toBeUndefined();
  });

  it('turns bare numbers and booleans into strings where a string is wanted', () => {
    expect(fromGoJson(ContainerConfig, { command: ['sleep', 3600, true], log_path: 5 })).toMatchObject({
      command: ['sleep', '3600', 'true'],
      logPath: '5',
    });
  });

  it('fails in words of Go', () => {
    const failures: [unknown, string][] = [
      [
        { metadata: { attempt: 'x' } },
        'string into Go struct field PodSandboxMetadata.metadata.attempt of type uint32',
      ],
      [
        { metadata: { attempt: -1 } },
        'number -1 into Go struct field PodSandboxMetadata.metadata.attempt of type uint32',
      ],
      [{ metadata: 'x' }, 'string into Go struct field PodSandboxConfig.metadata of type v1.PodSandboxMetadata'],
      [{ labels: ['x'] }, 'array into Go struct field PodSandboxConfig.labels of type map[string]string'],
      [{ port_mappings: {} }, 'object into Go struct field PodSandboxConfig.port_mappings of type []*v1.PortMapping'],
      [
        { linux: { security_context: { namespace_options: { network: 'NODE' } } } },
        'string into Go struct field NamespaceOption.linux.security_context.namespace_options.network of type v1.NamespaceMode',
      ],
      [
        { linux: { security_context: { privileged: 1 } } },
        'number into Go struct field LinuxSandboxSecurityContext.linux.security_context.privileged of type bool',
      ],
      [[], 'array into Go value of type v1.PodSandboxConfig'],
    ];
    for (const [value, text] of failures) {
      expect(() => fromGoJson(PodSandboxConfig, value)).toThrow(`json: cannot unmarshal ${text}`);
    }
  });
});

it('toGoJson prints what containerd puts into a status info', () => {
  const config = ContainerConfig.create({
    metadata: { name: 'busybox' },
    image: { image: 'busybox', userSpecifiedImage: 'busybox' },
    command: ['top', '<&>'],
    logPath: 'busybox.log',
    envs: [{ key: 'A', value: new TextEncoder().encode('b') }],
    linux: {},
  });
  expect(toGoJson(ContainerConfig, config)).toBe(
    '{"metadata":{"name":"busybox"},"image":{"image":"busybox","user_specified_image":"busybox"},' +
      '"command":["top","\\u003c\\u0026\\u003e"],"envs":[{"key":"A","value":"Yg=="}],"log_path":"busybox.log","linux":{}}',
  );
});

it('toProtoText prints what crictl puts into an error', () => {
  const metadata = PodSandboxMetadata.create({ uid: '3365147b', namespace: 'default' });
  expect(toProtoText(PodSandboxMetadata, metadata)).toBe('uid:"3365147b" namespace:"default"');
  const config = PodSandboxConfig.create({
    metadata: { name: 'a"\n' },
    labels: { b: '2', a: '1' },
    linux: { securityContext: { namespaceOptions: { pid: 1 } } },
  });
  expect(toProtoText(PodSandboxConfig, config)).toBe(
    'metadata:{name:"a\\"\\n"} labels:{key:"a" value:"1"} labels:{key:"b" value:"2"} linux:{security_context:{namespace_options:{pid:CONTAINER}}}',
  );
});
