/** The shell's patterns for the names of packages. */
export function globPattern(word: string): RegExp {
  const source = word
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
