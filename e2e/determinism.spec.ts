import { expect, test } from '@playwright/test';
import { Machine, type Savepoint } from '../src/machine/machine.ts';
import { openPage } from './page.ts';

test('what was typed in the browser gives the same history in Node, to the last byte', async ({ page }) => {
  await openPage(page);
  const run = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
  await run('crictl pull busybox; crictl images');
  await run(`echo '{"metadata":{"name":"web","namespace":"default","uid":"u"},"log_directory":"/tmp"}' > p.json`);
  await run('POD=$(crictl runp p.json); crictl pods; ps -ef; echo $RANDOM');
  const saved = (await page.evaluate(() => window.cutaway.savepoint())) as Savepoint & { digest: string };
  expect(saved.inputs.length).toBeGreaterThan(3);
  const { machine } = await Machine.replay(saved);
  expect(machine.now).toBe(saved.time);
  expect(machine.trace.digest()).toBe(saved.digest);
});

test('window.cutaway.run tells output from errors', async ({ page }) => {
  const { errors } = await openPage(page);
  const run = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
  expect(await run('echo out; echo err >&2; (exit 3)')).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 3 });
  expect(await run('crictl inspect deadbeef')).toMatchObject({ stdout: '', exitCode: 1 });
  expect((await run('ls /nosuch')).stderr).toBe("ls: cannot access '/nosuch': No such file or directory\n");
  expect(errors).toEqual([]);
});
