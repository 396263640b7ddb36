/** url.PathUnescape: `%41` is A; null when an escape is none, or does not give UTF-8. */
export function unescapeUrl(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
