/** The network's tools on a node: what they say of names, hosts, ports and rules. Formats as the real ones print them. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

async function bare() {
  const node = await boot({ seed: 1, scenario: 'bare' });
  return async (line: string): Promise<[string, string, number]> => {
    const { stdout, stderr, exitCode } = await node.run(line);
    return [stdout, stderr, exitCode];
  };
}

test('ping counts what comes back, what is refused and what is lost', async () => {
  const run = await bare();
  expect(await run('ping -c 2 127.0.0.1')).toEqual([
    `PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.030 ms
64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=0.030 ms

--- 127.0.0.1 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 1000ms
rtt min/avg/max/mdev = 0.030/0.030/0.030/0.000 ms
`,
    '',
    0,
  ]);
  // Both are on their way before the neighbour that does not answer has been given up.
  expect(await run('ping -c 2 192.168.1.77')).toEqual([
    `PING 192.168.1.77 (192.168.1.77) 56(84) bytes of data.
From 192.168.1.10 icmp_seq=1 Destination Host Unreachable
From 192.168.1.10 icmp_seq=2 Destination Host Unreachable

--- 192.168.1.77 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 1000ms
pipe 2
`,
    '',
    1,
  ]);
  expect((await run('ping -c 1 -W 1 198.51.100.9'))[0]).toContain(
    '1 packets transmitted, 0 received, 100% packet loss',
  );
  expect(await run('ping -c 1 nosuch.example')).toEqual(['', 'ping: nosuch.example: Name or service not known\n', 2]);
  await run('ip route del default');
  expect(await run('ping -c 1 198.51.100.9')).toEqual(['', 'ping: connect: Network is unreachable\n', 2]);
});

test('an interrupted ping still says what it has seen', async () => {
  const run = await bare();
  const [stdout, , exitCode] = await run('timeout -s INT 2.5 ping 127.0.0.1');
  expect(stdout).toContain('3 packets transmitted, 3 received, 0% packet loss, time 2000ms\n');
  expect(exitCode).toBe(124);
});

test('name servers are asked, and missed', async () => {
  const run = await bare();
  expect(await run('dig +short quay.io')).toEqual(['203.0.113.12\n', '', 0]);
  expect((await run('dig nosuch.example'))[0]).toContain('status: NXDOMAIN');
  expect(await run('host quay.io')).toEqual(['quay.io has address 203.0.113.12\n', '', 0]);
  expect(await run('host nosuch.example')).toEqual(['Host nosuch.example not found: 3(NXDOMAIN)\n', '', 1]);
  expect(await run('nslookup quay.io')).toEqual([
    'Server:\t\t203.0.113.53\nAddress:\t203.0.113.53#53\n\nNon-authoritative answer:\nName:\tquay.io\nAddress: 203.0.113.12\n\n',
    '',
    0,
  ]);
  await run('echo nameserver 127.0.0.1 > /etc/resolv.conf');
  const refused = ';; communications error to 127.0.0.1#53: connection refused\n'.repeat(3);
  expect(await run('dig +short quay.io')).toEqual([`${refused};; no servers could be reached\n`, '', 9]);
  expect(await run('ping -c 1 quay.io')).toEqual(['', 'ping: quay.io: Temporary failure in name resolution\n', 2]);
});

test('wget keeps what it has fetched, and its exit code tells what went wrong', async () => {
  const run = await bare();
  expect(await run('wget -qO- https://registry.k8s.io/v2/')).toEqual(['{}', '', 0]);
  expect((await run('wget -q http://127.0.0.1:9/'))[2]).toBe(4);
  expect((await run('wget -q https://registry.k8s.io/v2/nosuch/manifests/x'))[2]).toBe(8);
  await run(
    'wget -q https://registry.k8s.io/v2/ -O one; wget -q https://registry.k8s.io/v2/; wget -q https://registry.k8s.io/v2/',
  );
  expect(await run('cat one; ls index*')).toEqual(['{}index.html\nindex.html.1\n', '', 0]);
});

test('nc speaks both ways', async () => {
  const run = await bare();
  await run('(echo from the listener | nc -l -p 7000 > heard) &');
  await run('sleep 0.1');
  expect(await run('echo from the caller | nc -q 0 127.0.0.1 7000')).toEqual(['from the listener\n', '', 0]);
  await run('wait');
  expect(await run('cat heard')).toEqual(['from the caller\n', '', 0]);
  expect(await run('nc -zv 127.0.0.1 22')).toEqual(['', 'localhost [127.0.0.1] 22 (ssh) : Connection refused\n', 1]);
});

test('iptables shows the rules of a published port and of a Service, and adds those it can', async () => {
  const run = await bare();
  await run('nerdctl run -d --name web -p 8080:80 nginx:alpine');
  const [rules] = await run('iptables -t nat -S');
  expect(rules).toContain('-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT\n');
  expect(rules).toMatch(/-A CNI-DN-[0-9a-f]{21} -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10\.4\.0\.2:80\n/);
  expect((await run('curl -s -o /dev/null -w %{http_code} http://192.168.1.10:8081'))[0]).toBe('000');
  expect((await run('iptables -t nat -A OUTPUT -p tcp --dport 8081 -j DNAT --to-destination 10.4.0.2:80'))[2]).toBe(0);
  expect((await run('curl -s -o /dev/null -w %{http_code} http://192.168.1.10:8081'))[0]).toBe('200');
  expect((await run('iptables -t nat -D OUTPUT -p tcp --dport 8081 -j DNAT --to-destination 10.4.0.2:80'))[2]).toBe(0);
  expect((await run('curl -s -o /dev/null -w %{http_code} http://192.168.1.10:8081'))[0]).toBe('000');
  await run('nerdctl rm -f web');
  expect((await run('iptables -t nat -S'))[0]).not.toContain('CNI-DN');
});

test('chains of a Service have the names that kube-proxy gives them', async () => {
  const node = await boot({ seed: 1, scenario: 'containerd' });
  await node.run('kubeadm init phase addon kube-proxy; sleep 20');
  const { stdout } = await node.run('iptables-save -t nat');
  expect(stdout).toContain(
    '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y\n',
  );
});
