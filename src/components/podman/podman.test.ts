/** podman and skopeo on a node of CRI-O: they read and write the store that it uses. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../testing/boot.ts';

let node: BootedNode;

async function run(line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

beforeAll(async () => {
  node = await boot({ scenario: 'crio' });
  expect((await node.run('podman images')).exitCode).toBe(127);
  await run('apt-get update; apt-get install -y podman skopeo');
}, 60_000);

test('the images of CRI-O are those of podman', async () => {
  const images = await run('podman images');
  expect(images).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\n/);
  expect(images).toMatch(/^registry\.k8s\.io\/etcd +3\.6\.6-0 +[0-9a-f]{12} +\d+ months ago +62\.4 MB$/m);
  expect(await run('podman images -q --no-trunc | sort')).toBe(
    await run("crictl images -q --no-trunc | sed 's/^/sha256:/;s/sha256:sha256:/sha256:/' | sort"),
  );
});

test('its containers are not podman’s: only with --external', async () => {
  expect(await run('podman ps -a')).toMatch(/^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES\n$/);
  const external = (await run('podman ps -a --external --no-trunc -q')).trim().split('\n');
  expect(external).toEqual(expect.arrayContaining((await run('crictl ps -q')).trim().split('\n')));
  expect(await run('podman ps -a --external')).toMatch(/etcd:3\.6\.6-0 +storage +.* ago +Storage +k8s_etcd_/);
});

test('what one pulls or removes the other sees', async () => {
  expect(await run('podman pull alpine')).toMatch(
    /^[0-9a-f]{64}\nResolved "alpine" as an alias \(.*\)\nTrying to pull docker\.io\/library\/alpine:latest\.\.\.\nGetting image source signatures\nCopying blob sha256:.*\nCopying config sha256:.*\nWriting manifest to image destination\n$/,
  );
  expect(await run('crictl images | grep -c alpine')).toBe('1\n');
  await run('crictl pull busybox');
  expect(await run('podman image exists busybox; echo $?')).toBe('0\n');
  expect(await run("podman inspect --format '{{.Os}} {{index .RepoTags 0}}' busybox")).toBe(
    'linux docker.io/library/busybox:latest\n',
  );
  expect(await run('podman rmi alpine')).toMatch(
    /^Untagged: docker\.io\/library\/alpine:latest\nDeleted: [0-9a-f]{64}\n$/,
  );
  expect(await run('crictl images | grep -c alpine')).toBe('0\n');
  expect(await run('podman rmi registry.k8s.io/etcd:3.6.6-0')).toContain('image is in use by a container');
  expect(await run('podman rmi nosuch')).toBe('Error: nosuch: image not known\n');
});

test('skopeo looks at a registry', async () => {
  const inspected = JSON.parse(await run('skopeo inspect docker://busybox')) as Record<string, unknown>;
  expect(inspected).toMatchObject({ Name: 'docker.io/library/busybox', Architecture: 'amd64', Os: 'linux' });
  expect(inspected['RepoTags']).toContain('latest');
  expect(JSON.parse(await run('skopeo list-tags docker://busybox'))).toEqual({
    Repository: 'docker.io/library/busybox',
    Tags: inspected['RepoTags'],
  });
  expect(await run('skopeo inspect docker://nosuchimage')).toContain(
    'level=fatal msg="Error parsing image name \\"docker://nosuchimage\\": reading manifest latest in docker.io/library/nosuchimage: ',
  );
  expect(await run('skopeo inspect busybox')).toContain('expected colon-separated transport:reference');
});

test('skopeo copies into the store and into directories', async () => {
  expect(await run('skopeo copy docker://busybox containers-storage:docker.io/library/copied:1')).toMatch(
    /^Getting image source signatures\nCopying blob .*\nCopying config .*\nWriting manifest to image destination\n$/,
  );
  expect(await run('crictl inspecti docker.io/library/copied:1 | jq -r .status.id')).toBe(
    await run('crictl inspecti busybox | jq -r .status.id'),
  );
  const stored = JSON.parse(await run('skopeo inspect containers-storage:docker.io/library/copied:1')) as {
    Digest: string;
  };
  await run('skopeo copy docker://busybox oci:/tmp/oci:v1');
  expect(await run("skopeo inspect --format '{{.Digest}}' oci:/tmp/oci:v1")).toBe(`${stored.Digest}\n`);
  expect(
    await run('sha256sum /tmp/oci/blobs/sha256/* | while read sum file; do [ $sum = ${file##*/} ] || echo $file; done'),
  ).toBe('');
});

test('what is not there says so', async () => {
  expect(await run('podman build .')).toBe('Error: not simulated: podman build\n');
  expect(await run('podman kube play pod.yaml')).toBe('Error: not simulated: podman kube\n');
  expect(await run('podman container diff x')).toBe('Error: not simulated: podman container diff\n');
  expect(await run('skopeo sync a b')).toContain('not simulated: skopeo sync');
});

test('run: conmon and crun in scopes of their own, an address on podman0, and exit codes', async () => {
  expect(await run('podman run -q --rm busybox sh -c "hostname -i; cat /etc/hostname; exit 7"; echo $?')).toMatch(
    /^10\.88\.0\.2\n[0-9a-f]{12}\n7\n$/,
  );
  expect(await run('podman run --rm busybox nosuch 2>&1; echo $?')).toBe(
    'Error: crun: executable file `nosuch` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found\n127\n',
  );
  expect(await run('podman run --bogus busybox 2>&1; echo $?')).toBe(
    "Error: unknown flag: --bogus\nSee 'podman run --help'\n125\n",
  );
  expect(await run('podman run -d --name web nginx > /dev/null 2>&1; podman ps')).toMatch(
    /^CONTAINER ID .*\n[0-9a-f]{12} {2}docker\.io\/library\/nginx:latest {2}\/docker-entrypoin\.\.\. .* Up .* web\n$/,
  );
  await run('ID=$(podman ps -q --no-trunc); CONMON=$(podman inspect -f "{{.State.ConmonPid}}" web)');
  expect(await run('cat /proc/$CONMON/cgroup; crun list -q | grep -c $ID; crictl ps -aq | grep -c $ID')).toBe(
    `0::/machine.slice/libpod-conmon-${(await run('echo $ID')).trim()}.scope\n1\n0\n`,
  );
  expect(await run('curl -s $(podman inspect -f "{{.NetworkSettings.IPAddress}}" web) | grep -c "<h1>"')).toBe('1\n');
  expect(await run('podman exec web sh -c "exit 3"; echo $?; podman exec web nosuch 2>&1; echo $?')).toBe(
    '3\nError: crun: executable file `nosuch` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found\n127\n',
  );
  expect(
    await run('podman rm web 2>&1 | sed s/$ID/ID/; podman stop web; podman start web; podman kill web; sleep 1'),
  ).toBe(
    'Error: cannot remove container ID as it is running - running or paused containers cannot be removed without force: container state improper\nweb\nweb\nweb\n',
  );
  expect(await run('podman ps -a --format "{{.Status}}"')).toMatch(/^Exited \(137\)/);
  expect(await run('podman logs --tail 1 web 2>&1 | wc -l; podman rm web; podman rm web 2>&1; echo $?')).toBe(
    '1\nweb\nError: no container with ID or name "web" found: no such container\n1\n',
  );
  // Nothing is left of any of them.
  expect(
    await run('ls /run/netns | grep -c netns-; ip link show podman0 2>&1; ls /run/systemd/transient | grep -c libpod'),
  ).toBe('0\nDevice "podman0" does not exist.\n0\n');
});

test('ports, directories of the host, capabilities, logs that are followed', async () => {
  await run('mkdir -p /srv/d; echo data > /srv/d/x; podman pull -q busybox nginx:alpine');
  await run('podman run -d --name web -p 8080:80 nginx:alpine; sleep 1');
  expect(await run("podman ps --format '{{.Names}} {{.Ports}}'; curl -s localhost:8080 | head -1")).toBe(
    'web 0.0.0.0:8080->80/tcp\n<!DOCTYPE html>\n',
  );
  expect(await run('podman run --rm -p 8080:80 nginx:alpine; echo $?')).toBe(
    '126\nError: cannot listen on the TCP port: listen tcp4 :8080: bind: address already in use\n',
  );
  const started = await run("podman ps --format '{{.ID}}'; podman restart web > /dev/null; sleep 1");
  expect(await run("podman ps --format '{{.ID}}'; curl -s localhost:8080 | head -1")).toBe(
    `${started}<!DOCTYPE html>\n`,
  );
  expect(await run('podman run --rm -v /srv/d:/d:ro busybox sh -c "cat /d/x; touch /d/y"')).toBe(
    'data\ntouch: /d/y: Read-only file system\n',
  );
  expect(await run('podman run --rm -v /nosuch:/d busybox true')).toBe(
    'Error: statfs /nosuch: no such file or directory\n',
  );
  const effective = 'grep CapEff /proc/1/status';
  expect(await run(`podman run --rm --privileged busybox ${effective}`)).toBe('CapEff:\t000001ffffffffff\n');
  expect(await run(`podman run --rm --cap-drop all --cap-add net_raw busybox ${effective}`)).toBe(
    'CapEff:\t0000000000002000\n',
  );
  await run("podman run -d --name l busybox sh -c 'for i in 1 2 3; do echo $i; sleep 1; done'");
  expect(await run('podman logs -f l')).toBe('1\n2\n3\n');
  await run('podman rm -fa');
  expect(await run('podman ps -a -q; curl -s localhost:8080; echo $?')).toBe('7\n');
});

test('named volumes, labels, restarts, an image that goes with its containers', async () => {
  await run('podman pull -q alpine; podman volume create data');
  await run("podman run -d --name a -v data:/data --label app=x alpine sh -c 'echo hi > /data/f; sleep 100'");
  expect(await run('sleep 1; podman run --rm -v data:/d alpine cat /d/f')).toBe('hi\n');
  expect(await run("podman ps --filter label=app=x --format '{{.Names}}'; podman volume ls -q")).toBe('a\ndata\n');
  expect(await run('podman volume rm data; echo $?')).toMatch(/^2\nError: volume data is being used by /);
  await run("podman run -d --name r --restart on-failure:2 alpine sh -c 'sleep 1; exit 3'; sleep 8");
  expect(await run("podman inspect r --format '{{.RestartCount}} {{.State.ExitCode}}'")).toBe('2 3\n');
  const state = "podman inspect s --format '{{.RestartCount}} {{.State.Status}}'";
  await run('podman run -d --name s --restart always alpine sleep 2; sleep 5');
  // Each life lasts its two seconds, and the command that restarts takes its time.
  expect(await run(state)).toBe('2 running\n');
  await run('podman kill s; sleep 1');
  expect(await run(state)).toBe('3 running\n');
  await run('podman stop -t 0 s; sleep 3');
  expect(await run(state)).toBe('3 exited\n');
  expect(await run('podman rmi -f alpine')).toMatch(
    /^Untagged: docker\.io\/library\/alpine:latest\nDeleted: [0-9a-f]{64}\n$/,
  );
  expect(await run('podman ps -aq; podman volume prune -f; podman volume ls -q')).toBe('data\n');
});
