/** `cutaway compare` as its users see it: what it prints, and how it refuses. */
import { describe, expect, it, vi } from 'vitest';
import { compare } from './compare.ts';

async function printed(args: string[]): Promise<string> {
  let out = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  try {
    expect(await compare(args)).toBe(0);
  } finally {
    write.mockRestore();
  }
  return out;
}

const POD = `echo '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}' > pod.json`;

describe('cutaway compare', () => {
  it('prints the steps side by side and the first difference in words', async () => {
    const out = await printed([
      ...['--scenario', 'bare', '--settle', '1', '--name', 'whole', '--name', 'broken'],
      ...['--first', ':', '--first', 'rm /usr/bin/runc', '-c', `${POD}\ncrictl runp pod.json`],
    ]);
    const lines = out.split('\n');
    const at = lines.indexOf('$ crictl runp pod.json');
    expect(lines[at + 1]).toMatch(/^ +whole +broken$/);
    expect(lines[at + 2]).toMatch(/^ +\d+\.\d ms +\d+\.\d ms {2}in all$/);
    expect(out).toMatch(/^ +[\d.]+ ms {14,}oci-runtime {3}runc start$/m);
    expect(out.slice(out.indexOf('whole | broken')).split('\n').slice(0, 4).join('\n')).toMatch(
      new RegExp(
        [
          /^whole \| broken/,
          /First difference\. After `crictl runp pod\.json`, in crictl runp › RunPodSandbox › NewTask › Create:/,
          / {2}whole: containerd-shim-runc-v2 starts runc create → runc init; pause; after that Forward/,
          / {2}broken: nothing of the kind; it fails: .*exec: "runc": executable file not found in \$PATH$/,
        ]
          .map((line) => line.source)
          .join('\n'),
      ),
    );
  });

  it('says that two machines do not differ, as JSON too', async () => {
    const args = ['--scenario', 'bare', '--settle', '0', '--seed', '1', '--seed', '2', '--json'];
    const told = JSON.parse(await printed([...args, '-c', 'crictl version'])) as {
      machines: { name: string; commands: { command: string; totalNs: number; virtualMs: number }[] }[];
      comparisons: { first: unknown; words: unknown; commands: number }[];
    };
    expect(told.machines.map(({ name }) => name)).toEqual(['A', 'B']);
    const [command] = told.machines[0]?.commands ?? [];
    expect(command?.command).toBe('crictl version');
    expect((command?.totalNs ?? 0) / 1e6).toBeCloseTo(command?.virtualMs ?? -1, 0);
    expect(told.comparisons).toMatchObject([{ first: null, words: null, commands: 1 }]);
  });

  it('refuses what it does not understand', async () => {
    await expect(compare(['--settle', 'x', '-c', ':'])).rejects.toThrow('--settle wants a whole number of seconds');
    await expect(compare(['--scenario', 'nowhere', '-c', ':'])).rejects.toThrow('unknown scenario "nowhere"');
    await expect(compare(Array.from({ length: 9 }, () => '--seed=1').concat('-c', ':'))).rejects.toThrow(
      'at most 8 machines',
    );
    await expect(compare([])).rejects.toThrow('wants either -c LINE or one SCRIPT');
  });
});
