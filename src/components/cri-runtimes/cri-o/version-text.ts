/** What `crio version` tells of this build. */
import { COMMIT, VERSION } from './parts.ts';

const TAGS = [
  'libsqlite3',
  'containers_image_openpgp',
  'containers_image_ostree_stub',
  'exclude_graphdriver_btrfs',
  'seccomp',
  'apparmor',
  'selinux',
];

const FIELDS: readonly (readonly [key: string, value: string | readonly string[] | boolean])[] = [
  ['version', VERSION],
  ['gitCommit', COMMIT],
  ['gitCommitDate', 'unknown'],
  ['gitTreeState', 'clean'],
  ['buildDate', '2026-11-23T18:00:00Z'],
  ['goVersion', 'go1.27.3'],
  ['compiler', 'gc'],
  ['platform', 'linux/amd64'],
  ['linkmode', 'dynamic'],
  ['buildTags', TAGS],
  ['ldFlags', 'unknown'],
  ['seccompEnabled', true],
  ['appArmorEnabled', false],
];

function heading(key: string): string {
  const names: Readonly<Record<string, string>> = {
    ldFlags: 'LDFlags',
    seccompEnabled: 'SeccompEnabled',
    appArmorEnabled: 'AppArmorEnabled',
  };
  return names[key] ?? key.charAt(0).toUpperCase() + key.slice(1);
}

/** `indent` stands before every line but the first. */
function lines(indent: string, skipFirst: boolean): string {
  const width = skipFirst ? 18 : 16;
  return FIELDS.slice(skipFirst ? 1 : 0)
    .map(([key, value]) => {
      const title = `${heading(key)}:`;
      if (typeof value !== 'object')
        return `${indent}${title.padEnd(key.endsWith('s') || /Enabled$/.test(key) ? width : 16)}${value}`;
      return `${indent}${title}\n${value.map((tag) => `${indent}  ${tag}`).join('\n')}`;
    })
    .join('\n');
}

export const versionTable = `${lines('', false)}\n`;

/** As `crio --version` prints it, behind the program's name. */
export const longVersion = `${VERSION}\n${lines('   ', true)}`;

export const versionJson = JSON.stringify(Object.fromEntries(FIELDS), null, 2);
