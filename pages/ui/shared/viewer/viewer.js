// Two panes, of one radiograph or of two, that zoom and move together. Opacity, invert, layout and zoom work in the visitor's
// browser. Only the opacity is sent to the server, when the slider comes to rest, for the download.
const LARGEST = 8;
const STEP = 1.25;
const NARROW = 540; // pixels: below this two pictures side by side are too small to read
const KEYS = { "+": "in", "=": "in", "-": "out", "0": "reset" };
const MOVES = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };

const viewers = new WeakMap(); // one for each mount: a rerun updates it and keeps what the visitor set

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".viewer");
  if (!viewers.has(root)) viewers.set(root, new Viewer(root, data.opacity));
  viewers.get(root).update(data, (opacity) => setStateValue("opacity", opacity));
}

class Viewer {
  constructor(root, opacity) {
    this.root = root;
    this.view = { scale: 1, x: 0, y: 0 }; // x and y: the picture's offset, in stage widths and heights
    this.stages = [...root.querySelectorAll(".stage")];
    this.slider = root.querySelector("input");
    this.pointers = new Map();
    this.layout = null; // until the visitor chooses, the width decides
    this.slider.value = Math.round(opacity * 100);
    this.listen();
    this.fit();
    this.showOpacity();
  }

  listen() {
    this.root.addEventListener("click", (event) => {
      const action = event.target.closest("button")?.dataset.action;
      if (action) this.act(action);
    });
    this.slider.addEventListener("input", () => this.showOpacity());
    this.slider.addEventListener("change", () => this.report(this.slider.value / 100));
    for (const stage of this.stages) this.listenOn(stage);
    new ResizeObserver(() => this.fit()).observe(this.root);
    const listening = new AbortController(); // keys pressed anywhere on the Analyze page; see keyboard.js
    const onKey = ({ detail }) => (this.root.isConnected ? this.act(detail) : listening.abort());
    document.addEventListener("analyze-key", onKey, { signal: listening.signal });
  }

  listenOn(stage) {
    stage.addEventListener("wheel", (event) => this.onWheel(stage, event), { passive: false });
    stage.addEventListener("keydown", (event) => this.onKey(event));
    stage.addEventListener("dblclick", (event) => this.zoomAt(stage, event, this.view.scale > 1 ? 0 : 2));
    stage.addEventListener("pointerdown", (event) => {
      if (this.view.scale > 1 || this.pointers.size) stage.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, event);
      stage.focus({ preventScroll: true });
    });
    stage.addEventListener("pointermove", (event) => this.onMove(stage, event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      stage.addEventListener(end, (event) => this.pointers.delete(event.pointerId));
    }
  }

  // Two films to compare, each with its evidence; or one film, without its evidence on the left and with it on the right.
  update(data, report) {
    this.report = report;
    this.isSimple = data.simple;
    this.isComparison = Boolean(data.beside);
    this.root.dataset.simple = String(data.simple);
    this.root.dataset.compare = String(this.isComparison);
    const right = data.beside ?? data.film;
    const pair = `${data.film.key} ${right.key}`;
    if (pair !== this.pair) this.view = { scale: 1, x: 0, y: 0 }; // another window keeps the zoom
    this.pair = pair;
    const [plain, overlay] = this.root.querySelectorAll(".pane");
    this.showFilm(plain, data.film, this.isComparison);
    this.showFilm(overlay, right, true);
    this.showLegend(data);
    this.root.querySelector('[data-action="lungs"]').hidden = !data.film.lungs.length;
    this.showNote(data.note);
    this.showView();
    this.fit();
  }

  showFilm(pane, film, hasEvidence) {
    const image = pane.querySelector(".film");
    if (image.getAttribute("src") !== film.radiograph) image.src = film.radiograph;
    image.alt = `Radiograph ${film.name}`;
    pane.style.setProperty("--shape", film.width / film.height);
    this.showLungs(pane, film.lungs);
    this.showEvidence(pane.querySelector(".evidence"), hasEvidence ? film : { evidence: null, sentence: "" });
    const found = film.evidence ? `Evidence for ${film.target}` : `No evidence for ${film.target}`;
    pane.querySelector(".what").textContent = hasEvidence ? found : "Radiograph";
    const kind = hasEvidence ? `Overlay. ${film.sentence}` : "Radiograph.";
    pane.querySelector(".stage").setAttribute("aria-label", `${kind} Plus and minus zoom, arrow keys move, 0 resets.`);
  }

  showEvidence(image, { evidence, sentence }) {
    image.hidden = !evidence;
    if (evidence && evidence !== image.src) for (const fade of image.getAnimations()) fade.play(); // from its start
    if (evidence) image.src = evidence;
    else image.removeAttribute("src");
    image.alt = sentence;
  }

  showLegend({ film, beside, legend }) {
    const bar = this.root.querySelector(".legend");
    bar.hidden = !film.evidence && !beside?.evidence;
    bar.querySelector("i").style.backgroundImage = `linear-gradient(to right, ${legend.join(", ")})`;
  }

  // lungs: outlines as points in shares of the picture.
  showLungs(pane, lungs) {
    pane.querySelector(".lungs").replaceChildren(
      ...lungs.map((line) => {
        const shape = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
        shape.setAttribute("points", line.map((point) => point.join(",")).join(" "));
        return shape;
      }),
    );
  }

  showNote(sentence) {
    const note = this.root.querySelector(".note");
    note.hidden = !sentence;
    note.textContent = sentence;
  }

  act(action) {
    if (action === "pair" || action === "single") this.layout = action;
    if (action === "invert") this.root.dataset.invert = String(this.root.dataset.invert !== "true");
    if (action === "lungs") this.root.dataset.lungs = String(this.root.dataset.lungs !== "true");
    if (action === "layout") this.layout = this.root.dataset.layout === "pair" ? "single" : "pair";
    if (action === "overlay") this.toggle();
    if (action === "in") this.zoom(STEP);
    if (action === "out") this.zoom(1 / STEP);
    if (action === "reset") this.zoom(0);
    this.fit();
  }

  fit() {
    const narrow = this.root.clientWidth < NARROW;
    this.root.dataset.narrow = String(narrow);
    this.root.dataset.chosen = this.layout ?? "";
    const usual = narrow || this.isSimple ? "single" : "pair";
    this.root.dataset.layout = this.isComparison ? "pair" : this.layout ?? usual;
    for (const action of ["pair", "single"]) this.press(action, this.root.dataset.layout === action);
    for (const action of ["invert", "lungs"]) this.press(action, this.root.dataset[action] === "true");
  }

  press(action, on) {
    this.root.querySelector(`[data-action="${action}"]`).setAttribute("aria-pressed", String(on));
  }

  // The evidence off, and on again as strong as it was.
  toggle() {
    const value = Number(this.slider.value);
    if (value) this.before = value;
    this.slider.value = value ? 0 : this.before ?? 100;
    this.showOpacity();
    this.report(this.slider.value / 100);
  }

  showOpacity() {
    for (const evidence of this.root.querySelectorAll(".evidence")) evidence.style.opacity = this.slider.value / 100;
    this.root.querySelector("output").textContent = `${this.slider.value} %`;
  }

  showView() {
    const { scale, x, y } = this.view;
    for (const stage of this.stages) {
      stage.classList.toggle("zoomed", scale > 1);
      stage.querySelector(".layers").style.transform = `translate(${x * 100}%, ${y * 100}%) scale(${scale})`;
    }
    this.root.dataset.zoom = scale.toFixed(2);
    this.root.querySelector('[data-action="reset"]').textContent = `${Math.round(scale * 100)} %`;
  }

  // factor 0: back to the whole picture. at: the point that stays where it is, in shares of the stage.
  zoom(factor, at = { x: 0.5, y: 0.5 }) {
    const before = this.view.scale;
    const scale = factor === 0 ? 1 : Math.min(LARGEST, Math.max(1, before * factor));
    this.view.x = at.x - ((at.x - this.view.x) * scale) / before;
    this.view.y = at.y - ((at.y - this.view.y) * scale) / before;
    this.view.scale = scale;
    this.move(0, 0);
  }

  zoomAt(stage, event, factor) {
    this.zoom(factor, this.place(stage, event));
  }

  move(dx, dy) {
    const least = 1 - this.view.scale; // the picture always fills the stage
    this.view.x = Math.min(0, Math.max(least, this.view.x + dx));
    this.view.y = Math.min(0, Math.max(least, this.view.y + dy));
    this.showView();
  }

  place(stage, event) {
    const box = stage.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  // The wheel scrolls the page unless the visitor clicked the picture first; a pinch on a touchpad comes with ctrlKey.
  onWheel(stage, event) {
    if (!event.ctrlKey && stage.getRootNode().activeElement !== stage) return;
    event.preventDefault();
    this.zoomAt(stage, event, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)));
  }

  onKey(event) {
    const action = KEYS[event.key];
    const step = MOVES[event.key];
    if (!action && !(step && this.view.scale > 1)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (action) this.act(action);
    else this.move(...step);
  }

  onMove(stage, event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.pointers.values()].filter((other) => other.pointerId !== event.pointerId);
    if (others.length) this.pinch(stage, others[0], before, event);
    else if (this.view.scale > 1) {
      const [from, to] = [this.place(stage, before), this.place(stage, event)];
      this.move(to.x - from.x, to.y - from.y);
    }
    this.pointers.set(event.pointerId, event);
  }

  pinch(stage, still, before, after) {
    const gap = (event) => Math.hypot(event.clientX - still.clientX, event.clientY - still.clientY);
    if (gap(before) > 0) this.zoomAt(stage, after, gap(after) / gap(before));
  }
}
