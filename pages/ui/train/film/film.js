// The film of the learning. It shows the newest epoch until the visitor goes back to an earlier one, which works in the
// browser alone.
const FRAME_MS = 350;
const films = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".film");
  if (!films.has(root)) films.set(root, new Film(root));
  films.get(root).update(data);
}

function make(tag, className, parent) {
  const element = document.createElement(tag);
  element.className = className;
  parent.append(element);
  return element;
}

class Film {
  constructor(root) {
    this.root = root;
    this.follows = true;
    this.at = 0;
    this.slider = root.querySelector("input");
    this.button = root.querySelector(".play");
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value) - 1));
    this.button.addEventListener("click", () => (this.timer ? this.stop() : this.play()));
  }

  update(data) {
    const isSame = this.data && this.data.images.length === data.images.length && this.data.images[0]?.src === data.images[0]?.src;
    this.data = data;
    if (!isSame) this.build();
    const last = data.epochs.length - 1;
    this.slider.max = Math.max(1, last + 1);
    this.slider.disabled = this.button.disabled = last < 1;
    if (this.follows || this.at > last) this.at = last;
    this.draw();
  }

  build() {
    const holder = this.root.querySelector(".shots");
    holder.replaceChildren();
    holder.style.setProperty("--count", this.data.images.length);
    this.shots = this.data.images.map(({ src, label }) => {
      const shot = make("div", "shot", holder);
      shot.setAttribute("role", "listitem");
      const stage = make("div", "stage", shot);
      const film = make("img", "", stage);
      film.src = src;
      film.alt = `Validation image, truly ${label}`;
      const canvas = make("canvas", "", stage);
      const line = make("div", "line", shot);
      const value = make("span", "value", line);
      make("span", "truth", line).textContent = `truly ${label}`;
      const trace = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      trace.setAttribute("class", "trace");
      trace.setAttribute("viewBox", "0 0 100 100");
      trace.setAttribute("preserveAspectRatio", "none");
      trace.setAttribute("aria-hidden", "true");
      trace.innerHTML = '<line class="half" x1="0" x2="100" y1="50" y2="50"/><polyline/><line class="now" y1="0" y2="100"/>';
      shot.append(trace);
      return { canvas, value, trace };
    });
  }

  go(index) {
    this.at = index;
    this.follows = index === this.data.epochs.length - 1;
    this.draw();
  }

  play() {
    this.at = this.at >= this.data.epochs.length - 1 ? -1 : this.at;
    this.button.textContent = "❚❚";
    this.timer = setInterval(() => {
      if (this.at + 1 >= this.data.epochs.length || !this.root.isConnected) return this.stop();
      this.go(this.at + 1);
    }, FRAME_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.button.textContent = "▶";
  }

  draw() {
    const record = this.data.epochs[this.at];
    const point = record?.epoch ? `Epoch ${record.epoch} · ${record.phase}` : "Before the first step";
    const label = record ? point : "Waiting for the first point";
    this.root.querySelector(".at").textContent = label;
    this.slider.value = this.at + 1;
    this.slider.setAttribute("aria-valuetext", label);
    this.shots.forEach((parts, index) => this.drawShot(parts, index, record));
  }

  drawShot({ canvas, value, trace }, index, record) {
    const shot = record?.shots.find(({ image }) => image === index);
    value.textContent = shot ? shot.percent : "–";
    if (!shot) return;
    this.drawMap(canvas, shot);
    const path = this.data.epochs.map(({ shots }) => shots.find(({ image }) => image === index)?.probability ?? 0.5);
    const x = (epoch) => (path.length < 2 ? 0 : (epoch / (path.length - 1)) * 100);
    trace.querySelector("polyline").setAttribute("points", path.map((p, epoch) => `${x(epoch)},${(1 - p) * 100}`).join(" "));
    for (const end of ["x1", "x2"]) trace.querySelector(".now").setAttribute(end, x(this.at));
  }

  drawMap(canvas, { shape: [height, width], levels }) {
    canvas.height = height;
    canvas.width = width;
    const context = canvas.getContext("2d");
    const picture = context.createImageData(width, height);
    const bytes = atob(levels);
    for (let cell = 0; cell < bytes.length; cell++) picture.data.set(this.data.ramp[bytes.charCodeAt(cell)], cell * 4);
    context.putImageData(picture, 0, 0); // the browser smooths the cells as it enlarges them
  }
}
