/** The browser has no room for more. Firefox has another name for it in its older storage. */
export function isFull(error: unknown): boolean {
  return error instanceof DOMException && /^(QuotaExceededError|NS_ERROR_DOM_QUOTA_REACHED)$/.test(error.name);
}
