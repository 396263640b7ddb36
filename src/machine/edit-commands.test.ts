/** kubectl edit and systemctl edit as they are typed: the editor opens on the terminal, keys change the file, and what was saved takes effect, or does not. */
import { expect, test } from 'vitest';
import { type BootedNode, boot } from '../testing/boot.ts';

const ESC = '\x1b';
const [CTRL_O, CTRL_X] = ['\x0f', '\x18'];

/** A terminal of the node: types keys, waits a while, gives what was shown since. */
function terminalOf(node: BootedNode): (keys: string, seconds?: number) => Promise<string> {
  const port = node.machine.openTerminal({ columns: 120, rows: 40 });
  let shown = '';
  const decoder = new TextDecoder();
  port.onData((bytes) => {
    shown += decoder.decode(bytes, { stream: true });
  });
  return async (keys, seconds = 2) => {
    shown = '';
    // An arrow is one key.
    for (const key of keys.match(/\x1b\[[A-Z]|[\s\S]/g) ?? []) {
      port.write(new TextEncoder().encode(key));
      await node.machine.advance({ horizon: node.machine.now + 20_000_000 });
    }
    await node.machine.advance({ horizon: node.machine.now + seconds * 1e9 });
    return shown.replace(/\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]/g, '');
  };
}

test('kubectl edit: changed, left alone, wrong and given up, in vi', { timeout: 120_000 }, async () => {
  const node = await boot({ seed: 1, scenario: 'containerd' });
  await node.run('kubectl create configmap colours --from-literal=sky=blue');
  const type = terminalOf(node);
  await type('', 5);
  expect(await type('kubectl edit configmap colours\r', 5)).toContain('sky: blue');
  expect(await type(`:%s/blue/grey/\r:wq\r`, 5)).toContain('configmap/colours edited');
  expect((await node.run("kubectl get configmap colours -o jsonpath='{.data.sky}'")).stdout).toBe('grey');

  await type('kubectl edit configmap colours\r', 5);
  expect(await type(':q!\r', 3)).toContain('Edit cancelled, no changes made.');

  // An object that the server refuses comes back with the reason on top.
  await type('kubectl edit configmap colours\r', 5);
  expect(await type(`:%s/name: colours/name: others/\r:wq\r`, 5)).toContain('# * metadata.name may not be changed');
  expect(await type(':q!\r', 3)).toContain('Edit cancelled, no valid changes were saved.');

  await type('kubectl edit configmap colours\r', 5);
  expect(await type(`Gosky: [${ESC}:wq\r`, 5)).toContain('The edited file had a syntax error');
  await type(':q!\r', 3);
  expect((await node.run('ls /tmp/kubectl-edit-*.yaml | wc -l')).stdout).toBe('2\n');

  // An editor that fails leaves everything as it was.
  expect(await type('KUBE_EDITOR=false kubectl edit configmap colours\r', 3)).toContain(
    'error: there was a problem with the editor "false"',
  );
  expect((await node.run("kubectl get configmap colours -o jsonpath='{.data.sky}'")).stdout).toBe('grey');
});

test('kubectl edit in nano', { timeout: 120_000 }, async () => {
  const node = await boot({ seed: 1, scenario: 'containerd' });
  await node.run('kubectl create configmap colours --from-literal=sky=blue');
  const type = terminalOf(node);
  await type('', 5);
  expect(await type('KUBE_EDITOR=nano kubectl edit configmap colours\r', 5)).toContain('sky: blue');
  // Down to the value, to its end, and one more letter.
  const down = `${ESC}[B`;
  await type(`${down.repeat(6)}${ESC}[F`, 1);
  expect(await type(`ish${CTRL_O}\r${CTRL_X}`, 5)).toContain('configmap/colours edited');
  expect((await node.run("kubectl get configmap colours -o jsonpath='{.data.sky}'")).stdout).toBe('blueish');
});

test('systemctl edit writes a drop-in that takes effect, or nothing', { timeout: 120_000 }, async () => {
  const node = await boot({ seed: 1, scenario: 'bare' });
  const type = terminalOf(node);
  await type('', 3);
  expect(await type('EDITOR=vi systemctl edit containerd\r', 4)).toContain(
    '### Editing /etc/systemd/system/containerd.service.d/override.conf',
  );
  await type(`jo[Service]\rEnvironment=PROBE=1${ESC}`, 1);
  expect(await type(':wq\r', 4)).toContain('Successfully installed edited file');
  expect(
    (await node.run('systemctl show -p Environment containerd; systemctl cat containerd | tail -2')).stdout,
  ).toContain('Environment=PROBE=1');
  await node.run('systemctl revert containerd');
  await type('EDITOR=vi systemctl edit containerd\r', 4);
  expect(await type(':q!\r', 4)).toMatch(/edited file is empty|not writing|cancelled/i);
  expect((await node.run('ls /etc/systemd/system/containerd.service.d 2>&1')).exitCode).not.toBe(0);
});
