/** In a task of its own, so that what waits is seen to first. */
export function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
