import { expect, it } from 'vitest';
import { isFileName } from '../../machine/moments/moment.ts';
import { distinct, nextLine, safeName } from './safe-file.ts';

it.each([
  ['pod.yaml', 'pod.yaml'],
  ['../../etc/passwd.txt', 'passwd.txt'],
  ['C:\\Users\\me\\pod.json', 'pod.json'],
  ['my pod (1).yaml', 'my-pod-1.yaml'],
  ['-rf.txt', 'rf.txt'],
  ['$(reboot).yml', 'reboot.yml'],
  ['a\u001b[2J\u202e;x.conf', 'a-2J-x.conf'],
  ['教程.YAML', '教程.yaml'],
  [`${'好'.repeat(300)}.tar`, `${'好'.repeat(56)}.tar`],
  ['', null],
  ['..', null],
  ['.yaml', null],
  ['../.txt', null],
  ['\u0000.txt', null],
  ['x.exe', null],
  ['x.yaml.exe', null],
])('%j is kept as %j', (name, kept) => {
  expect(safeName(name)).toBe(kept);
  if (kept !== null) expect(isFileName(kept)).toBe(true);
});

it('two files of one name both stay', () => {
  expect(distinct('a.txt', new Set(['a.txt', 'a-2.txt']))).toBe('a-3.txt');
  const long = `${'x'.repeat(56)}.tar`;
  expect(isFileName(distinct(long, new Set([long])))).toBe(true);
});

it.each([
  ['a.yaml', 'apiVersion: v1\nkind: Pod\n', 'containerd', 'kubectl apply -f a.yaml'],
  ['a.yaml', 'metadata:\n  name: web\n', 'bare', 'crictl runp a.yaml'],
  ['a.json', '{"kind": "Pod", "metadata": {}}', 'crio', 'kubectl apply -f a.json'],
  ['a.json', '{"metadata": {"name": "web"}}', 'containerd', 'crictl runp a.json'],
  ['a.json', '{"metadata":{},"image":{"image":"busybox"}}', 'bare', 'crictl create POD a.json pod.json'],
  ['a.json', '{"a": 1}', 'bare', 'jq . a.json'],
  ['a.conf', '{"cniVersion": "1.0.0"}', 'bare', 'cp a.conf /etc/cni/net.d/'],
  ['a.conf', '[crio.runtime]\n', 'crio', 'cp a.conf /etc/crio/crio.conf.d/'],
  ['a.toml', 'version = 3\n', 'containerd', 'cp a.toml /etc/containerd/config.toml'],
  ['a.tar', '', 'bare', 'ctr -n k8s.io images import a.tar'],
  ['a.tar', '', 'docker', 'docker load -i a.tar'],
  ['a.txt', '', 'bare', 'cat a.txt'],
])('%s with %j on %s: %s', (path, text, scenario, line) => {
  expect(nextLine(path, text, scenario)).toBe(line);
});
