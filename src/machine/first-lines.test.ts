/**
 * What people type first at a strange prompt. Each line ends, none is told that it is not simulated, and what fails on a
 * real node fails here with the same status.
 */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';
import type { ScenarioName } from './scenarios/index.ts';

/** Lines, and the exit status on a real node; null where it depends on the node. */
const LINES: readonly (readonly [line: string, exitCode: number | null])[] = [
  ['help', 0],
  ['docker ps', 127],
  ['sudo -i true', 0],
  ['sudo su', 0],
  ['man crictl', 16],
  ['man ls', 0],
  ['clear', null],
  ['ls -la', 0],
  ['kubectl get po -A', null],
  ['crictl', 0],
  ['cd ..', 0],
  ['pwd', 0],
  ['whoami', 0],
  ['id', 0],
  ['uname -a', 0],
  ['hostname', 0],
  ['date', 0],
  ['uptime', 0],
  ['w', 0],
  ['top -b -n 1', 0],
  ['htop', 127],
  ['ps aux', 0],
  ['free -h', 0],
  ['df -h', 0],
  ['cat /etc/os-release', 0],
  ['ip a', 0],
  ['ifconfig', 127],
  ['netstat -tlnp', 127],
  ['ss -tlnp', 0],
  ['history', 0],
  ['echo hello', 0],
  ['sl', 127],
  ['cls', 127],
  ['kubectl', 0],
  ['kubectl get nodes', null],
  ['kubect get pods', 127],
  ['crictl ps', 0],
  ['crictl pods', 0],
  ['crictl images', 0],
  ['critctl ps', 127],
  ['ctr', 0],
  ['ctr images ls', 0],
  ['nerdctl ps', 0],
  ['podman ps', 127],
  ['runc list', 0],
  ['containerd --version', 0],
  ['systemctl status containerd', 0],
  ['systemctl status kubelet', null],
  ['journalctl -n 5', 0],
  ['dmesg', 0],
  ['env', 0],
  ['alias', 0],
  ['curl google.com', 6],
  ['vim --version', 0],
  ['nano --version', 0],
  ['vi', 1],
  ['nano', 1],
  ['python', 127],
  ['git --version', 127],
  ['node -v', 127],
  ['which docker', 1],
  ['find / -maxdepth 1 -name "*.sock"', 0],
  ['tree', 127],
  ['mount', 0],
  ['ll', null],
  [':q', 127],
  ['quit', 127],
  ['helm ls', 127],
  ['docker run hello-world', 127],
  ['tail -f /var/log/syslog', 1],
  ['hello', 127],
  ['strace ls', 0],
];

test.each<ScenarioName>(['bare', 'containerd'])('the first lines on %s', { timeout: 120_000 }, async (scenario) => {
  const node = await boot({ scenario });
  const wrong: string[] = [];
  expect(LINES.length).toBeGreaterThanOrEqual(60);
  for (const [line, exitCode] of LINES) {
    // Nobody types more to a program that asks for more.
    const result = await node.run(`( ${line} ) </dev/null`);
    const text = result.stdout + result.stderr;
    if (/not simulated/.test(text)) wrong.push(`${line}: ${text}`);
    if (exitCode !== null && result.exitCode !== exitCode)
      wrong.push(`${line}: ${result.exitCode}, not ${exitCode}: ${text}`);
    if (exitCode === 127 && !/command not found/.test(text)) wrong.push(`${line}: ${text}`);
  }
  expect(wrong).toEqual([]);
});
