/**
 * What the mirror of Debian serves: indices and packages. @models Debian's repository format
 * @fidelity partial: indices carry neither digests nor signatures; translations and other architectures are left out
 */
import { print } from '../linux/io.ts';
import type { Program } from '../linux/program.ts';
import { Rope } from '../linux/rope.ts';
import { bullseyeArchive } from './bullseye-archive.ts';
import { debFile } from './deb-file.ts';
import { type ArchivePackage, indexOf, poolPath } from './deb-package.ts';
import { trixieArchive } from './trixie-archive.ts';

const RELEASE_DATE = 'Sat, 21 Nov 2026 09:00:00 UTC';

const SUITES: readonly { codename: string; suite: string; version: string; packages: readonly ArchivePackage[] }[] = [
  { codename: 'trixie', suite: 'stable', version: '13.2', packages: trixieArchive },
  { codename: 'bullseye', suite: 'oldoldstable', version: '11.11', packages: bullseyeArchive },
];

function release(codename: string, suite: string, version: string, label: string): string {
  return `Origin: Debian\nLabel: ${label}\nSuite: ${suite}\n${version === '' ? '' : `Version: ${version}\n`}Codename: ${codename}\nDate: ${RELEASE_DATE}\nArchitectures: amd64\nComponents: main\nDescription: packages of the simulation\n`;
}

/** A path of the mirror: `/debian/dists/trixie/InRelease`. */
function fileAt(path: string): Rope | null {
  for (const { codename, suite, version, packages } of SUITES) {
    const dists = `/debian/dists/${codename}`;
    if (path === `${dists}/InRelease`) return Rope.text(release(codename, suite, version, 'Debian'));
    if (path === `${dists}/main/binary-amd64/Packages`)
      return Rope.text(indexOf(packages, new Map(packages.map((p) => [p.name, debFile(p).length]))));
    for (const [place, name, label] of [
      ['debian', `${codename}-updates`, 'Debian'],
      ['debian-security', `${codename}-security`, 'Debian-Security'],
    ] as const) {
      const empty = `/${place}/dists/${name}`;
      if (path === `${empty}/InRelease`)
        return Rope.text(release(name, `${suite}-${name.replace(/^.*-/, '')}`, '', label));
      if (path === `${empty}/main/binary-amd64/Packages`) return Rope.empty;
    }
    const found = packages.find((p) => path === `/debian/${poolPath(p)}`);
    if (found !== undefined) return debFile(found);
  }
  return null;
}

export const debMirror: Program = {
  name: 'deb-mirror',
  main: async (ctx, argv) => {
    const content = fileAt(argv[1] ?? '');
    if (content === null) return 1;
    await print(ctx, content);
    return 0;
  },
};
