import { expect, test } from 'vitest';
import { boot } from '../../../testing/boot.ts';

const POD = '{"metadata":{"name":"r","namespace":"default","uid":"u"},"log_directory":"/tmp","linux":{}}';
const CONTAINER =
  '{"metadata":{"name":"redis"},"image":{"image":"redis"},"log_path":"redis.log","linux":{"security_context":{"namespace_options":{"pid":1}}}}';

test('redis from its image: it logs, answers, keeps types apart, and saves when it is stopped', async () => {
  const node = await boot();
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  await run(`echo '${POD}' > p.json; echo '${CONTAINER}' > c.json; crictl pull redis`);
  await run(
    'P=$(crictl runp p.json 2>/dev/null); C=$(crictl create $P c.json p.json 2>/dev/null); crictl start $C; sleep 1',
  );
  expect(await run('crictl logs $C')).toContain('* Ready to accept connections tcp\n');
  const cli = (words: string) => run(`crictl exec $C redis-cli ${words}`);
  expect(await cli('ping')).toBe('PONG\n');
  expect(await cli('--no-raw set greeting "hello"')).toBe('OK\n');
  expect(await cli('--no-raw get greeting')).toBe('"hello"\n');
  expect(await cli('--no-raw incr greeting')).toBe('(error) ERR value is not an integer or out of range\n');
  expect(await cli('--no-raw lpush greeting x')).toBe(
    '(error) WRONGTYPE Operation against a key holding the wrong kind of value\n',
  );
  expect(await cli('--no-raw rpush l a b c')).toBe('(integer) 3\n');
  expect(await cli('--no-raw lrange l 0 -1')).toBe('1) "a"\n2) "b"\n3) "c"\n');
  expect(await cli('--no-raw nosuch a')).toBe("(error) ERR unknown command 'nosuch', with args beginning with: 'a' \n");
  expect(await cli('--no-raw get')).toBe("(error) ERR wrong number of arguments for 'get' command\n");
  expect(await cli('set short x px 500; sleep 1')).toContain('OK');
  expect(await cli('--no-raw get short')).toBe('(nil)\n');
  expect(await run('ps -o user:12,args -C redis-server --no-headers')).toMatch(/^999 +redis-server/);
  await run('crictl stop -t 5 $C');
  expect(await run('crictl logs $C')).toContain('* DB saved on disk\n');
  expect(await run("crictl inspect $C | jq -r '.status.exitCode, .status.reason'")).toBe('0\nCompleted\n');
});
