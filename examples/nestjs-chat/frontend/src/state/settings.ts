/** What people have set on this machine. Browsers may refuse to keep it, and the app works all the same. */
export function readSetting(name: 'language' | 'theme'): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function saveSetting(name: 'language' | 'theme', value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // It holds until the page is closed.
  }
}
