const PREFIX = "synaxis.";

/** Keeps a value in the browser, where that is allowed; null forgets it. */
export function remember(storage: Storage, name: string, value: string | null): void {
  try {
    if (value === null) storage.removeItem(PREFIX + name);
    else storage.setItem(PREFIX + name, value);
  } catch {
    // Storage is blocked or full: the page works without.
  }
}

/** Returns a value that was kept, or null. */
export function recall(storage: Storage, name: string): string | null {
  try {
    return storage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}
