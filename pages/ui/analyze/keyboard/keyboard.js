// Listens on the whole document while the Analyze page is open. Keys become "analyze-key" events, which viewer.js and
// worklist.js listen to; files go into the upload widget's own input, as if they had been chosen there.
const INPUT = '[class*="st-key-uploads-"] input[type="file"]';
const KEYS = {
  " ": "overlay", "+": "in", "=": "in", "-": "out", "0": "reset", "i": "invert", "l": "lungs", "s": "layout",
  "ArrowLeft": "previous", "ArrowRight": "next", "o": "open", "?": "help",
};
const TYPING = ["text", "search", "number", "email", "url", "password", "tel", "date", "time"].map((kind) => `input[type="${kind}"]`);
const TYPED_IN = ["textarea", "select", "input:not([type])", '[contenteditable]:not([contenteditable="false"])', ...TYPING].join();
// What has a use of its own for a key keeps it.
const roles = (...names) => names.map((name) => `[role="${name}"]`).join();
const PRESSED = `button, a[href], summary, input, ${roles("button", "radio", "checkbox", "switch", "option", "tab", "menuitem")}`;
const MOVED = `input, canvas, ${roles("slider", "radio", "radiogroup", "tab", "listbox", "option", "combobox", "menu", "menuitem", "grid")}`;
const OWN = { " ": PRESSED, "ArrowLeft": MOVED, "ArrowRight": MOVED };
const SHOWN_MS = 6000;

export default function ({ parentElement }) {
  const root = parentElement.querySelector(".keyboard");
  root.page ??= new Keyboard(root);
  const listening = root.page.listen();
  return () => listening.abort(); // only its own: Streamlit may clean up after the next call has begun to listen
}

class Keyboard {
  constructor(root) {
    this.dialog = root.querySelector("dialog");
    this.target = root.querySelector(".drop");
    this.said = root.querySelector(".said");
    root.querySelector(".open").addEventListener("click", () => this.dialog.showModal());
  }

  listen() {
    this.listening?.abort();
    this.listening = new AbortController();
    const on = (name, act) => document.addEventListener(name, (event) => act.call(this, event), { signal: this.listening.signal });
    on("keydown", this.onKey);
    on("paste", this.onPaste);
    on("dragover", this.onDrag);
    on("dragleave", (event) => { if (!event.relatedTarget) this.target.hidden = true; });
    on("drop", this.onDrop);
    return this.listening;
  }

  onKey(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = KEYS[key];
    if (!action || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.composedPath()[0];
    if (isWithin(at, TYPED_IN) || (OWN[key] && isWithin(at, OWN[key])) || document.querySelector('[role="dialog"]')) return;
    if (this.dialog.open && action !== "help") return;
    event.preventDefault();
    if (action === "help") this.dialog.open ? this.dialog.close() : this.dialog.showModal();
    else if (action === "open") document.querySelector(INPUT)?.click();
    else document.dispatchEvent(new CustomEvent("analyze-key", { detail: action }));
  }

  onPaste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || isWithin(event.composedPath()[0], TYPED_IN)) return;
    event.preventDefault();
    this.hand(files);
  }

  onDrag(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // else the browser would open the file in the page's place
    this.target.hidden = false;
  }

  onDrop(event) {
    this.target.hidden = true;
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return; // the upload widget took it
    event.preventDefault();
    const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const files = items.filter((item) => !item.webkitGetAsEntry?.()?.isDirectory).map((item) => item.getAsFile());
    if (files.length < items.length) this.say("A folder cannot be opened. Drop its files, or a ZIP archive of them.");
    if (files.length) this.hand(files);
  }

  hand(files) {
    const input = document.querySelector(INPUT);
    if (!input) return;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  say(sentence) {
    this.said.textContent = sentence;
    setTimeout(() => (this.said.textContent = ""), SHOWN_MS);
  }
}

// Whether the element lies in one that fits, also across the border of a component.
function isWithin(element, selector) {
  for (let at = element; at?.closest; at = at.getRootNode().host) if (at.closest(selector)) return true;
  return false;
}
