/** The packages of Debian 13, from their table: those that a node has carry its programs, the others only their names. */
import { installedCommands } from '../commands/installed.ts';
import { installedAdministration } from '../commands/installed-administration.ts';
import { installedTools } from '../commands/installed-tools.ts';
import { notSimulated } from '../commands/not-simulated.ts';
import { type ArchiveFile, type ArchivePackage, programContent } from './deb-package.ts';
import { trixiePackages } from './trixie-packages.ts';

const SMALLEST = 4096;

/** Which program a path holds on a node; those that it does not have say that they are not simulated. */
const programs = new Map(
  [...installedCommands, ...installedTools, ...installedAdministration].map(([path, , name]) => [path, name]),
);
const known = new Set(notSimulated.map(([path]) => path));
const NOT_SIMULATED = 'not-simulated';
/** Of packages that are not there at first. */
const later = new Map([
  ['/usr/bin/podman', 'podman'],
  ['/usr/bin/skopeo', 'skopeo'],
  ['/usr/bin/etcdctl', 'etcdctl-3.5.16'],
  ['/usr/bin/crun', 'crun'],
  ['/usr/sbin/conmon', 'conmon'],
  ['/usr/lib/podman/netavark', 'netavark'],
]);

export type TrixiePackage = ArchivePackage & { readonly isInstalled: boolean; readonly paths: readonly string[] };

export const trixieArchive: readonly TrixiePackage[] = trixiePackages
  .trim()
  .split('\n')
  .map((line) => {
    const [mark, name = '', version = '', section = '', kb = '0', bytes = '0', depends = '', names = '', summary = ''] =
      line.split('|');
    const paths = names
      .split(' ')
      .filter((one) => one !== '')
      .map((one) =>
        one.startsWith('/') ? one : one.startsWith('s:') ? `/usr/sbin/${one.slice(2)}` : `/usr/bin/${one}`,
      );
    const size = Math.max(SMALLEST, Math.floor(Number(bytes) / Math.max(1, paths.length)));
    return {
      name,
      version,
      section,
      summary,
      depends: depends.split(' ').filter((one) => one !== ''),
      installedKb: Number(kb),
      isInstalled: mark === '+',
      paths,
      files: (): ArchiveFile[] =>
        paths.map((path) =>
          programContent(
            path,
            programs.get(path) ??
              later.get(path) ??
              (known.has(path) || mark === '-' ? NOT_SIMULATED : (path.split('/').at(-1) ?? '')),
            size,
          ),
        ),
    };
  });
