/** What this browser remembers between pages. Storage may be blocked or full: then nothing is remembered. */

export function recall(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

export function remember(name, text) {
  try {
    if (text) localStorage.setItem(name, text);
    else localStorage.removeItem(name);
  } catch {
    // Without storage a draft lives as long as its page.
  }
}
