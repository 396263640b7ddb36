/** A control plane and three workers: their runtimes, the network between them, ssh, and what happens when one is lost. */
import { describe, expect, test } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { boot } from '../testing/boot.ts';
import { ScriptSession } from './session.ts';

const overrides = (spec: object): string => `--overrides='${JSON.stringify({ spec })}'`;

test('each class runs on the node that is set up for it; pods reach each other and resolve names', {
  timeout: 60_000,
}, async () => {
  const { run } = await boot({ scenario: 'cluster' });
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await run(line);
    return stdout + stderr;
  };
  expect(await out('kubectl get nodes -L runtime --no-headers | tr -s " " | cut -d" " -f1-3,6')).toBe(
    'node-1 Ready control-plane \nnode-2 Ready <none> runc\nnode-3 Ready <none> kata\nnode-4 Ready <none> gvisor\n',
  );
  for (const name of ['runc', 'kata', 'gvisor'])
    await run(`kubectl run ${name} --image=busybox ${overrides({ runtimeClassName: name })} -- sleep 1000`);
  await run('kubectl run web --image=nginx:alpine --port=80 --expose');
  expect(await out('kubectl wait --for=condition=Ready pod --all')).toContain('pod/web condition met');
  expect(
    await out("kubectl get pods -o custom-columns=N:.metadata.name,H:.spec.nodeName --no-headers | tr -s ' '"),
  ).toMatch(/gvisor node-4\nkata node-3\nrunc node-2\nweb node-\d\n/);
  expect(await out('for p in runc kata gvisor; do kubectl exec $p -- uname -r; done')).toBe(
    '6.12.48+deb13-amd64\n6.18.35\n4.19.0-gvisor\n',
  );
  const ip = (await out("kubectl get pod web -o jsonpath='{.status.podIP}'")).trim();
  for (const pod of ['runc', 'kata', 'gvisor']) {
    expect(await out(`kubectl exec ${pod} -- wget -qO- http://${ip} | grep title`)).toContain('Welcome to nginx!');
    expect(await out(`kubectl exec ${pod} -- wget -qO- http://web | grep title`)).toContain('Welcome to nginx!');
  }
});

describe('ssh', () => {
  test('commands, their streams and exit codes; names, keys and ports that are wrong', {
    timeout: 60_000,
  }, async () => {
    const { run } = await boot({ scenario: 'cluster' });
    expect(await run('ssh node-2 "hostname; echo oops >&2; exit 3"')).toMatchObject({
      stdout: 'node-2\n',
      stderr: 'oops\n',
      exitCode: 3,
    });
    expect(await run('echo typed | ssh root@192.168.1.12 "cat; hostname"')).toMatchObject({
      stdout: 'typed\nnode-3\n',
    });
    expect(await run('ssh node-2 ssh node-4 hostname')).toMatchObject({ stdout: 'node-4\n', exitCode: 0 });
    expect(await run('ssh node-9 true')).toMatchObject({
      stderr: 'ssh: Could not resolve hostname node-9: Name or service not known\r\n',
      exitCode: 255,
    });
    expect(await run('ssh -p 23 node-2 true')).toMatchObject({
      stderr: 'ssh: connect to host node-2 port 23: Connection refused\r\n',
      exitCode: 255,
    });
    await run('ssh node-2 "sed -i s/root@node-1/nobody/ .ssh/authorized_keys; sed -i /nobody/d .ssh/authorized_keys"');
    expect(await run('ssh node-2 true')).toMatchObject({
      stderr: 'root@node-2: Permission denied (publickey).\r\n',
      exitCode: 255,
    });
    await run('> .ssh/known_hosts');
    expect(await run('ssh node-3 true')).toMatchObject({ stderr: 'Host key verification failed.\r\n', exitCode: 255 });
    expect(await run('ssh -o StrictHostKeyChecking=accept-new node-3 hostname')).toMatchObject({
      stdout: 'node-3\n',
      stderr: "Warning: Permanently added 'node-3' (ED25519) to the list of known hosts.\r\n",
    });
    expect(await run('ssh node-3 hostname')).toMatchObject({ stdout: 'node-3\n', stderr: '' });
  });

  test('a terminal elsewhere: prompt, size, job control, logout', { timeout: 60_000 }, async () => {
    const machine = await Machine.boot({ scenario: 'cluster', seed: 1 });
    const port = machine.openTerminal({ columns: 90, rows: 20 });
    let screen = '';
    port.onData((bytes) => {
      screen += new TextDecoder().decode(bytes);
    });
    const type = async (text: string, until: RegExp): Promise<void> => {
      screen = '';
      port.write(new TextEncoder().encode(text));
      await machine.advance({ horizon: machine.now + 60e9, stopWhen: () => until.test(screen) });
      expect(screen).toMatch(until);
    };
    await type('ssh node-4\r', /root@node-4:~# $/);
    await type('tty; stty size\r', /\/dev\/pts\/0\r\n20 90\r\n/);
    port.resize(70, 12);
    await type('stty size\r', /12 70\r\n/);
    await type('sleep 1000\r', /sleep 1000\r\n/);
    await machine.advance({ horizon: machine.now + 1e9 });
    await type('\x03', /root@node-4:~# $/);
    await type('exit\r', /Connection to node-4 closed\.\r\n.*root@node-1:~# $/s);
  });
});

describe('losing a node', () => {
  const script = async (lines: readonly string[]): Promise<string[]> => {
    const machine = await Machine.boot({ scenario: 'cluster', seed: 1 });
    const outcomes = await new ScriptSession(machine).run(lines.join('\n'));
    expect(machine.defects).toEqual([]);
    return outcomes.map(({ stdout, stderr }) => stdout + stderr);
  };

  test('a drained node is emptied; a cordoned one gets nothing new', { timeout: 60_000 }, async () => {
    const said = await script([
      'kubectl create deployment web --image=nginx:alpine --replicas=4',
      'kubectl rollout status deployment web',
      'kubectl drain node-3 --ignore-daemonsets',
      'kubectl rollout status deployment web',
      'kubectl get pods -l app=web -o jsonpath="{.items[*].spec.nodeName}"',
      'kubectl get node node-3 --no-headers | tr -s " " | cut -d" " -f2',
      'kubectl uncordon node-3',
    ]);
    expect(said[2]).toMatch(/^node\/node-3 cordoned\n/);
    expect(said[2]).toMatch(/node\/node-3 drained\n/);
    expect(said[4]).not.toContain('node-3');
    expect(said[4]?.split(' ')).toHaveLength(4);
    expect(said.slice(5)).toEqual(['Ready,SchedulingDisabled\n', 'node/node-3 uncordoned\n']);
  });

  test('one that is switched off is NotReady after 50 s, and its pods are replaced after 300 s more', {
    timeout: 60_000,
  }, async () => {
    const said = await script([
      'kubectl create deployment web --image=nginx:alpine --replicas=1',
      'kubectl rollout status deployment web',
      'N=$(kubectl get pod -l app=web -o jsonpath="{.items[0].spec.nodeName}")',
      'ssh $N poweroff',
      'sleep 35; kubectl get node $N --no-headers | tr -s " " | cut -d" " -f2',
      'sleep 25; kubectl get node $N --no-headers | tr -s " " | cut -d" " -f2',
      'kubectl get node $N -o jsonpath="{.spec.taints[*].key} {.spec.taints[*].effect}"',
      'kubectl logs -l app=web',
      'sleep 310; kubectl get pods -l app=web --no-headers | tr -s " " | cut -d" " -f3 | sort',
      'ssh $N true',
    ]);
    expect(said[3]).toBe('');
    expect(said[4]).toBe('Ready\n');
    expect(said[5]).toBe('NotReady\n');
    expect(said[6]).toBe('node.kubernetes.io/unreachable node.kubernetes.io/unreachable NoSchedule NoExecute');
    expect(said[7]).toMatch(/dial tcp 192\.168\.1\.\d+:10250: connect: no route to host/);
    expect(said[8]).toBe('Running\nTerminating\n');
    expect(said[9]).toMatch(/^ssh: connect to host node-\d port 22: No route to host\r\n$/);
  });

  test('one that is rebooted comes back with its pods restarted; so does the one that is logged in to', {
    timeout: 60_000,
  }, async () => {
    const said = await script([
      'ssh node-3 reboot',
      'sleep 60; kubectl get node node-3 --no-headers | tr -s " " | cut -d" " -f2',
      'kubectl get pods -n kube-system -l k8s-app=kube-proxy --field-selector spec.nodeName=node-3 --no-headers | tr -s " " | cut -d" " -f2-4',
      'reboot; sleep 60',
      'kubectl get nodes --no-headers | tr -s " " | cut -d" " -f2',
      'kubectl get pod etcd-node-1 -n kube-system --no-headers | tr -s " " | cut -d" " -f2-4',
    ]);
    expect(said[1]).toBe('Ready\n');
    expect(said[2]).toBe('1/1 Running 1\n');
    expect(said[4]).toBe('Ready\nReady\nReady\nReady\n');
    expect(said[5]).toBe('1/1 Running 1\n');
  });
});
