// Rows of images. Opening one is marked at once and then told to the server, so that an arrow key held down goes on.
const lists = new WeakMap(); // one for each mount

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".worklist");
  if (!lists.has(root)) lists.set(root, new Worklist(root));
  lists.get(root).update(data, (key) => setTriggerValue("open", key));
}

class Worklist {
  constructor(root) {
    this.root = root;
    this.rows = root.querySelector(".rows");
    this.template = root.querySelector("template");
    root.addEventListener("click", ({ target, detail }) => {
      const step = target.closest("[data-step]");
      const row = target.closest(".row");
      if (detail) (step ?? row)?.blur(); // pressed with a mouse: the space bar is for the picture again
      if (step) this.step(Number(step.dataset.step));
      else if (row) this.open(row.dataset.key);
    });
    const listening = new AbortController(); // arrow keys, pressed anywhere on the page; see keyboard.js
    const onKey = ({ detail }) => {
      if (!root.isConnected) listening.abort();
      else if (detail === "next" || detail === "previous") this.step(detail === "next" ? 1 : -1);
    };
    document.addEventListener("analyze-key", onKey, { signal: listening.signal });
  }

  update({ rows, opened }, report) {
    this.report = report;
    const same = JSON.stringify(rows) === this.drawn;
    this.drawn = JSON.stringify(rows);
    if (!same) this.rows.replaceChildren(...rows.map((row) => this.draw(row)));
    this.keys = rows.map((row) => row.key);
    this.root.querySelector(".none").hidden = rows.length > 0;
    this.mark(opened);
  }

  draw(row) {
    const item = this.template.content.cloneNode(true).firstElementChild;
    const [name, share] = item.querySelectorAll("b");
    item.querySelector(".row").dataset.key = row.key;
    item.querySelector(".row").title = [row.name, row.unlike].filter(Boolean).join("\n");
    item.querySelector("img").src = row.picture;
    name.textContent = row.name;
    share.textContent = row.percent;
    const what = item.querySelector(".what span");
    what.textContent = [row.label, row.unsure && "not sure", row.place].filter(Boolean).join(", ");
    if (row.unlike) what.prepend(sign(row.unlike));
    item.querySelector("u").style.width = `${row.share * 100}%`;
    return item;
  }

  mark(opened) {
    this.opened = opened;
    const at = this.keys.indexOf(opened);
    this.root.querySelector(".at").textContent = at < 0 ? `${this.keys.length} images` : `Image ${at + 1} of ${this.keys.length}`;
    [...this.rows.children].forEach((item, place) => item.firstElementChild.setAttribute("aria-current", String(place === at)));
    for (const button of this.root.querySelectorAll("[data-step]")) button.disabled = this.beside(Number(button.dataset.step)) === undefined;
    this.reveal(this.rows.children[at]);
  }

  // Scrolls the list, and never the page.
  reveal(item) {
    if (!item) return;
    const [top, height] = [item.offsetTop - this.rows.offsetTop, this.rows.clientHeight];
    if (top < this.rows.scrollTop) this.rows.scrollTop = top;
    if (top + item.offsetHeight > this.rows.scrollTop + height) this.rows.scrollTop = top + item.offsetHeight - height;
  }

  // The key of the row so many places on; from an image that is not listed, the first.
  beside(step) {
    const at = this.keys.indexOf(this.opened);
    return this.keys[at < 0 ? 0 : at + step];
  }

  step(step) {
    const key = this.beside(step);
    if (key !== undefined) this.open(key);
  }

  open(key) {
    this.mark(key);
    this.report(key);
  }
}

function sign(words) {
  const mark = document.createElement("i");
  mark.textContent = "⚠ ";
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", words);
  return mark;
}
