/**
 * What is said of a Debian package. @models deb-control(5) @fidelity partial: its scripts enable and start services and nothing else
 */
import { programFile } from '../linux/program.ts';
import { Rope } from '../linux/rope.ts';

export type ArchiveFile = { readonly path: string; readonly content: Rope; readonly mode: number };

export type ArchivePackage = {
  readonly name: string;
  readonly version: string;
  readonly section: string;
  readonly summary: string;
  readonly depends: readonly string[];
  readonly installedKb: number;
  readonly files: () => readonly ArchiveFile[];
  /** Services that its scripts enable and start, in this order. */
  readonly services?: readonly string[];
  readonly conffiles?: readonly string[];
};

export const programContent = (path: string, program: string, size: number): ArchiveFile => ({
  path,
  content: programFile(program, size),
  mode: 0o755,
});
export const textContent = (path: string, text: string): ArchiveFile => ({
  path,
  content: Rope.text(text),
  mode: 0o644,
});

/** The fields of a package, without those of an index. */
export function controlFields(p: Omit<ArchivePackage, 'files'>): string {
  return `Package: ${p.name}
Version: ${p.version}
Architecture: amd64
Maintainer: Debian Maintainers <debian-devel@lists.debian.org>
Installed-Size: ${p.installedKb}
${p.depends.length === 0 ? '' : `Depends: ${p.depends.join(', ')}\n`}Section: ${p.section}
Priority: optional
Description: ${p.summary}
`;
}

/** What the package runs when it comes and goes. */
export function maintainerScripts(p: Pick<ArchivePackage, 'services'>): ArchiveFile[] {
  if (p.services === undefined) return [];
  const all = p.services.join(' ');
  const script = (path: string, body: string): ArchiveFile => ({
    path,
    content: Rope.text(`#!/bin/sh\nset -e\n${body}`),
    mode: 0o755,
  });
  return [
    script(
      '/postinst',
      `if [ "$1" = configure ] && [ -d /run/systemd ]; then\n  systemctl daemon-reload\n  systemctl enable ${all}\n  systemctl start ${all}\nfi\n`,
    ),
    script(
      '/prerm',
      `if [ "$1" = remove ] && [ -d /run/systemd ]; then\n  systemctl stop ${[...p.services].reverse().join(' ')}\n  systemctl disable ${all}\nfi\n`,
    ),
    script('/postrm', 'if [ -d /run/systemd ]; then\n  systemctl daemon-reload\nfi\n'),
  ];
}

export const poolPath = (p: ArchivePackage): string =>
  `pool/main/${p.name.startsWith('lib') ? p.name.slice(0, 4) : p.name[0]}/${p.name}/${p.name}_${p.version.replace(/^\d+:/, '')}_amd64.deb`;

/** `Filename` and `Size` stand in the index only. */
export function indexOf(packages: readonly ArchivePackage[], sizes: ReadonlyMap<string, number>): string {
  return packages
    .map((p) => `${controlFields(p)}Filename: ${poolPath(p)}\nSize: ${sizes.get(p.name) ?? 0}\n\n`)
    .join('');
}
