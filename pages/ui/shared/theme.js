// Streamlit 1.67 keeps a visitor's theme in localStorage, one entry for each address at which the app was loaded, and
// writes "System" there when no choice was made. Here: dark at the first visit, then one choice for all addresses.
const VISITED = "xray-theme-set";
const key = (path) => `stActiveTheme-${path}-v2`;

// The address at which the app was loaded: Streamlit goes on storing under it after a change of page.
const loadedPath = () => new URL(performance.getEntriesByType("navigation")[0]?.name ?? location.href).pathname;

function pagePaths(addresses) {
  const here = location.pathname.replace(/\/$/, "");
  const last = here.slice(here.lastIndexOf("/") + 1);
  const base = last && addresses.includes(last) ? here.slice(0, -last.length) : `${here}/`;
  return addresses.map((address) => base + address);
}

export default function ({ data }) {
  try {
    const loaded = key(loadedPath());
    const first = localStorage.getItem(VISITED) === null;
    const chosen = first ? '"Dark"' : localStorage.getItem(loaded);
    for (const path of pagePaths(data)) localStorage.setItem(key(path), chosen ?? '"Dark"');
    localStorage.setItem(VISITED, "yes");
    if (!first) return;
    localStorage.setItem(loaded, chosen);
    // On a system set to light, the page now shows the wrong theme: load it once more, before anything is uploaded.
    if (matchMedia("(prefers-color-scheme: light)").matches) location.reload();
  } catch {
    // Storage is refused (private window): the system's theme stays.
  }
}
