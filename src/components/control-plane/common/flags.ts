/** `--name=value` and `--name value` as the components take them; a name alone is `true`. */
export function componentFlags(argv: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  argv.slice(1).forEach((word, i, words) => {
    if (!word.startsWith('--')) return;
    const equals = word.indexOf('=');
    const next = words[i + 1];
    if (equals > 0) flags.set(word.slice(2, equals), word.slice(equals + 1));
    else flags.set(word.slice(2), next === undefined || next.startsWith('--') ? 'true' : next);
  });
  return flags;
}
