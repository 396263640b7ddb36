/** What compose-go 2.12.1 printed for the same files, in the same directory. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../../testing/boot.ts';

let node: BootedNode;

beforeAll(async () => {
  node = await boot({ scenario: 'bare' });
}, 60_000);

/** The files are laid in /srv/NAME, and `config` is called there. */
async function config(name: string, files: Readonly<Record<string, string>>, flags = ''): Promise<string> {
  for (const [path, text] of Object.entries(files))
    node.put(`/srv/${name}/${path}`, new TextEncoder().encode(`${text}\n`));
  const { stdout, stderr } = await node.run(`cd /srv/${name}; nerdctl compose config ${flags}`);
  return stdout + stderr.replace(/^time="[^"]*" /gm, '');
}

const SHOP = `services:
  web:
    image: nginx:\${TAG:-alpine}
    ports:
      - "8080:80"
      - 127.0.0.1:9000-9001:90-91/udp
      - target: 443
        published: 8443
    volumes:
      - data:/var/lib/x
      - ./conf:/etc/conf:ro
      - type: tmpfs
        target: /run/t
        tmpfs: {size: 1000000}
    environment:
      A: b
      B: 3
      C:
    env_file: web.env
    depends_on: [db]
    restart: always
    cap_add: [NET_ADMIN]
    labels: [a=b, c]
    command: sh -c "echo 'hi there' $$X"
    healthcheck:
      test: ["CMD", "curl", "-f", "x"]
      interval: 1m30s
      retries: 3
    deploy:
      replicas: 2
      resources:
        limits: {cpus: '0.50', memory: 50M}
    networks:
      default:
      back: {aliases: [w], ipv4_address: 10.5.0.5}
  db:
    image: redis
    entrypoint: []
    user: "1000"
    stop_grace_period: 20s
    ulimits: {nofile: 100, nproc: {soft: 10, hard: 20}}
    extra_hosts: ["a:1.2.3.4"]
    tmpfs: /x
    profiles: []
  dbg:
    image: busybox
    profiles: [debug]
networks:
  back:
    ipam: {config: [{subnet: 10.5.0.0/24}]}
    driver: bridge
    internal: true
volumes:
  data:
  ext: {external: true}`;

test('short forms become long, defaults and files of variables are filled in', async () => {
  const shown = await config('shop', { 'compose.yaml': SHOP, 'web.env': 'Q=1\nR="two $A"' });
  expect(shown).toBe(`name: shop
services:
    db:
        entrypoint: []
        extra_hosts:
            - a=1.2.3.4
        image: redis
        networks:
            default: null
        stop_grace_period: 20s
        tmpfs:
            - /x
        ulimits:
            nofile: 100
            nproc:
                soft: 10
                hard: 20
        user: "1000"
    web:
        cap_add:
            - NET_ADMIN
        command:
            - sh
            - -c
            - echo 'hi there' $X
        depends_on:
            db:
                condition: service_started
                required: true
        deploy:
            replicas: 2
            resources:
                limits:
                    cpus: 0.5
                    memory: "52428800"
        environment:
            A: b
            B: "3"
            C: null
            Q: "1"
            R: two b
        env_file:
            - path: /srv/shop/web.env
        healthcheck:
            test:
                - CMD
                - curl
                - -f
                - x
            interval: 1m30s
            retries: 3
        image: nginx:alpine
        labels:
            a: b
            c: ""
        networks:
            back:
                aliases:
                    - w
                ipv4_address: 10.5.0.5
            default: null
        ports:
            - mode: ingress
              target: 80
              published: "8080"
              protocol: tcp
            - mode: ingress
              host_ip: 127.0.0.1
              target: 90
              published: "9000"
              protocol: udp
            - mode: ingress
              host_ip: 127.0.0.1
              target: 91
              published: "9001"
              protocol: udp
            - mode: ingress
              target: 443
              published: "8443"
              protocol: tcp
        restart: always
        volumes:
            - type: volume
              source: data
              target: /var/lib/x
              volume: {}
            - type: bind
              source: /srv/shop/conf
              target: /etc/conf
              read_only: true
              bind: {}
            - type: tmpfs
              target: /run/t
              tmpfs:
                size: "1000000"
networks:
    back:
        name: shop_back
        driver: bridge
        ipam:
            config:
                - subnet: 10.5.0.0/24
        internal: true
    default:
        name: shop_default
volumes:
    data:
        name: shop_data
    ext:
        name: ext
        external: true
level=warning msg="Ignoring: [DisabledServices]"
`);
}, 30_000);

test('the hash of a service is that of its JSON', async () => {
  expect(await config('shop', { 'compose.yaml': SHOP, 'web.env': 'Q=1\nR="two $A"' }, '--hash db')).toContain(
    'db 12cbcf2150ec132bd04a6a5a20a514639d372cb96185a77552c6284c5e63e3ab\n',
  );
}, 30_000);

test('anchors, extends and override files', async () => {
  const compose = `x-common: &c
  image: x
  restart: always
services:
  a:
    <<: *c
    command: ["a"]
  b:
    <<: *c
    restart: "no"
    extends: {service: a}`;
  const over = 'services:\n  b:\n    environment: [A=1]\n    command: [c]';
  expect(await config('merged', { 'compose.yaml': compose, 'compose.override.yaml': over })).toContain(`
    b:
        command:
            - c
        environment:
            A: "1"
        image: x
        networks:
            default: null
        restart: "no"
`);
}, 30_000);

const service = (lines: string): string => `services:\n  web:\n    image: x\n${lines}`;

test.each([
  ['services: {web: {imagee: x}}', "validating FILE: services.web additional properties 'imagee' not allowed"],
  [service('    ports: 80'), 'validating FILE: services.web.ports must be a array'],
  [
    service('    environment: {A: [1]}'),
    'validating FILE: services.web.environment.A must be a boolean, null, number or string',
  ],
  [
    service('    volumes: [{type: foo, target: /x}]'),
    "validating FILE: services.web.volumes.0.type value must be one of 'bind', 'volume', 'tmpfs', 'cluster', 'npipe', 'image'",
  ],
  [service('    depends_on: [nope]'), 'service "web" depends on undefined service "nope": invalid compose project'],
  [service('    volumes: ["nope:/x"]'), 'service "web" refers to undefined volume nope: invalid compose project'],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
    service('    user: ${X:?need X}'),
    'error while interpolating services.web.user: required variable X is missing a value: need X',
  ],
  [service('    privileged: maybe'), 'failed to cast to expected type: invalid boolean: maybe'],
  [
    service('    deploy: {resources: {limits: {memory: 5Q}}}'),
    "'services[web].deploy.resources.limits.memory' invalid suffix: 'q'",
  ],
  [
    service('    env_file: nope.env'),
    'env file /srv/bad/nope.env not found: stat /srv/bad/nope.env: no such file or directory',
  ],
  [
    'services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}',
    'dependency cycle detected: a -> b -> a',
  ],
  [service('     ports: 1'), 'yaml: line 4, column 11: mapping values are not allowed in this context'],
  [
    service('    ports:\n      - "80"\n     - "81"'),
    'yaml: while parsing a block mapping at line 2, column 5: line 5, column 6: did not find expected key',
  ],
  [
    service('    foo\n    user: x'),
    "yaml: while scanning a simple key at line 4, column 5: line 5, column 5: could not find expected ':'",
  ],
  [
    service('    image: y'),
    'failed to parse FILE: yaml: construct errors:\n  line 1: line 4: mapping key "image" already defined at line 3',
  ],
  [
    'services:\n\tweb: 1',
    'yaml: while scanning for the next token at line 2: found character that cannot start any token',
  ],
])(
  '%j',
  async (text, error) => {
    const shown = await config('bad', { 'compose.yaml': text });
    const said = /msg="?(.*?)"?\n$/s.exec(shown)?.[1]?.replace(/\\"/g, '"').replaceAll('\\n', '\n') ?? '';
    expect(said).toContain(error.replace('FILE', '/srv/bad/compose.yaml'));
  },
  30_000,
);
