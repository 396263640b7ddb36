/** A small project from up to down, on one machine. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

const COMPOSE = `services:
  web:
    image: nginx:alpine
    ports: ["8080:80"]
    depends_on: [db]
    volumes: ["data:/data", "./site:/site"]
    deploy: {resources: {limits: {memory: 64M, cpus: "0.5"}}}
  db:
    image: busybox
    command: sh -c "echo ready; sleep 1000"
    stop_grace_period: 1s
    expose: [6379]
  talk:
    image: busybox
    command: sh -c "for i in 1 2; do echo line $$i; sleep 1; done"
    environment: {GREETING: "hi \${WHO:-you}"}
volumes: {data: }`;

let node: BootedNode;
const out = async (line: string): Promise<string> => (await node.run(`cd /srv/shop; ${line}`)).stdout;
const err = async (line: string): Promise<string> =>
  (await node.run(`cd /srv/shop; ${line}`)).stderr
    .replace(/^time="[^"]*" /gm, '')
    .replace(/\b[0-9a-f]{64}\b/g, 'ID64')
    .replace(/compose-\d+/g, 'compose-N');

beforeAll(async () => {
  node = await boot({ scenario: 'bare' });
  node.put('/srv/shop/compose.yaml', new TextEncoder().encode(`${COMPOSE}\n`));
  await node.run('nerdctl pull -q nginx:alpine; nerdctl pull -q busybox');
}, 60_000);

test('up makes the network, the volume and the containers, each after what it needs', async () => {
  const told = await err('nerdctl compose up -d');
  expect(told.replace(/msg="Running .*/g, 'msg="Running"')).toBe(`level=info msg="Creating network shop_default"
level=info msg="Creating volume shop_data"
level=warning msg="Ignoring: service db: [Expose]"
level=warning msg="Ignoring: service web: depends_on: db: [Required]"
level=info msg="Ensuring image busybox"
level=info msg="Ensuring image busybox"
level=info msg="Ensuring image nginx:alpine"
level=info msg="Creating container shop-db-1"
level=info msg="Running"
level=info msg="Creating container shop-talk-1"
level=info msg="Running"
level=info msg="Creating container shop-web-1"
level=info msg="Running"
`);
  expect(told).toContain(
    'Running [/usr/local/bin/nerdctl run --cidfile=/tmp/compose-N/cid -l=com.docker.compose.project=shop ' +
      '-l=com.docker.compose.service=web -l=com.docker.compose.config-hash=ID64 -d --name=shop-web-1 --pull=never ' +
      '--cpus=0.50 -m=67108864 --net=shop_default --hostname=web -p=8080:80/tcp --restart=no -v=shop_data:/data ' +
      '-v=/srv/shop/site:/site nginx:alpine]',
  );
  expect(await out('curl -s localhost:8080 | grep -c Welcome')).toMatch(/^\d/);
  expect(await out('cat /sys/fs/cgroup/system.slice/nerdctl-*/memory.max | grep 67108864')).toBe('67108864\n');
  expect(await out('nerdctl compose ps --services | sort')).toBe('db\ntalk\nweb\n');
  expect(await out('nerdctl network inspect shop_default | grep compose.network')).toContain('default');
}, 30_000);

test('services know one another by name; exec passes output and code', async () => {
  expect(await out('nerdctl compose exec -T web ping -c1 db')).toContain('1 packets received');
  const failed = await node.run('cd /srv/shop; nerdctl compose exec -T db sh -c "echo in; exit 4"');
  expect(failed.stdout).toBe('in\n');
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain('exec failed with exit code 4');
  expect(await err('nerdctl compose exec -T nope true')).toBe(
    'level=fatal msg="no running containers from service nope"\n',
  );
}, 30_000);

test('logs bear the names', async () => {
  await node.run('sleep 3');
  expect((await out('nerdctl compose logs db talk')).split('\n').sort()).toEqual([
    '',
    'db-1   |ready',
    'talk-1 |line 1',
    'talk-1 |line 2',
  ]);
  expect(await out('nerdctl compose ps -a --status exited --format json')).toContain(
    '"Name":"shop-talk-1","Image":"docker.io/library/busybox:latest"',
  );
}, 30_000);

test('what has not changed is only started, what has is made anew', async () => {
  expect(await err('nerdctl compose up -d talk')).toContain('Running [/usr/local/bin/nerdctl start ID64]');
  expect(await err('WHO=me nerdctl compose up -d talk')).toContain('Re-creating container shop-talk-1');
  expect(await out('nerdctl inspect -f "{{.Config.Env}}" shop-talk-1')).toContain('GREETING=hi me');
}, 30_000);

test('port, images, top, cp, pause, stop, start, scale', async () => {
  expect(await out('nerdctl compose port web 80')).toBe('0.0.0.0:8080\n');
  expect(await err('nerdctl compose port web 81')).toContain('no public port 81/tcp published for');
  expect(await out('nerdctl compose images web | grep -c nginx')).toBe('1\n');
  expect(await out('nerdctl compose top db | grep -c sleep')).toBe('1\n');
  expect(await err('nerdctl compose cp web:/etc/hostname h')).toContain('copy shop-web-1:/etc/hostname to h');
  expect(await out('cat h; nerdctl compose pause db; nerdctl compose unpause db')).toBe('web\nshop-db-1\nshop-db-1\n');
  expect(await err('nerdctl compose stop -t 1 web')).toBe(
    'level=info msg="Stopping container shop-web-1"\nlevel=info msg="Stopping container shop-db-1"\n',
  );
  expect(await out('nerdctl compose start web')).toBe('Container shop-db-1 started\nContainer shop-web-1 started\n');
  await node.run('cd /srv/shop; nerdctl compose up -d --scale db=2 db');
  expect(await out('nerdctl compose ps -a db | grep -c shop-db-')).toBe('2\n');
}, 60_000);

test('run takes another command; up in front shows the logs and stops at Ctrl-C', async () => {
  expect(await out('nerdctl compose run -i=false --no-deps --rm talk echo once')).toMatch(/^talk-run-\w{12} \|once$/m);
  const { stdout, stderr } = await node.run(
    'cd /srv/shop; (sleep 3; pkill -INT -f "compose up$") & nerdctl compose up',
  );
  expect(stdout).toContain('db-1   |ready\n');
  expect(stderr).toContain('level=info msg="Stopping containers (forcibly)"');
}, 60_000);

test('down leaves nothing; what is not there is told', async () => {
  expect(await err('nerdctl compose down -v')).toContain('Removing volume shop_data');
  expect(await out('nerdctl ps -aq; nerdctl volume ls -q; nerdctl network ls | grep shop')).toBe('');
  expect(await err('nerdctl compose up nope')).toContain('level=fatal msg="no such service: nope"');
  expect(await err('cd /; nerdctl compose ps')).toContain('no configuration file provided: not found');
  expect(await err('nerdctl compose ls')).toContain('unknown subcommand \\"ls\\" for \\"compose\\"');
  await node.run("printf 'services: {app: {build: .}}' > /srv/shop/build.yaml");
  const built = await node.run('cd /srv/shop; nerdctl compose -f build.yaml up -d');
  expect(built.stderr).toContain('not simulated: BuildKit');
  expect(built.exitCode).toBe(1);
}, 30_000);
