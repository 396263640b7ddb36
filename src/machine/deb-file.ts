/** A Debian package as a file. @models deb(5) @fidelity partial: its members are not compressed */
import { Rope } from '../linux/rope.ts';
import { tarEntry, writeTar } from '../protocols/oci/tar.ts';
import { type ArchiveFile, type ArchivePackage, controlFields, maintainerScripts, textContent } from './deb-package.ts';

function tar(files: readonly ArchiveFile[]): Rope {
  const directories = new Set<string>();
  for (const { path } of files) {
    const parts = path.split('/').slice(1, -1);
    for (let i = 1; i <= parts.length; i++) directories.add(parts.slice(0, i).join('/'));
  }
  return writeTar([
    ...[...directories].sort().map((name) => tarEntry({ name, type: 'directory', mode: 0o755 })),
    ...files.map(({ path, content, mode }) => tarEntry({ name: path.slice(1), type: 'file', mode, content })),
  ]);
}

/** An `ar` archive of three members. */
export function debFile(p: ArchivePackage): Rope {
  const member = (name: string, content: Rope): Rope => {
    const head = `${name.padEnd(16)}${'1795251600'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.length).padEnd(10)}\`\n`;
    return Rope.concat([Rope.text(head), content, content.length % 2 === 0 ? Rope.empty : Rope.text('\n')]);
  };
  const control = [
    textContent('/control', controlFields(p)),
    ...(p.conffiles === undefined ? [] : [textContent('/conffiles', p.conffiles.map((path) => `${path}\n`).join(''))]),
    ...maintainerScripts(p),
  ];
  return Rope.concat([
    Rope.text('!<arch>\n'),
    member('debian-binary', Rope.text('2.0\n')),
    member('control.tar', tar(control)),
    member('data.tar', tar(p.files())),
  ]);
}
