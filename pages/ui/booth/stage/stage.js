// Scenes in turns, all in the browser: the server is asked nothing while nobody is here. A click on a scene shows the
// next one; where less motion is wanted, only that does.
const SECONDS = { phantom: 8, run: 14, best: 8 };
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [640, 380, 64, 44]; // of the chart, and of its axes' labels
const AGAIN = 2000; // milliseconds
const SVG = "http://www.w3.org/2000/svg";

const stages = new WeakMap(); // one for each mount: a rerun updates it

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".stage");
  if (!stages.has(root)) stages.set(root, new Stage(root));
  stages.get(root).update(data, setTriggerValue);
}

class Stage {
  constructor(root) {
    this.root = root;
    this.number = 0;
    this.find = (selector) => root.querySelector(selector);
    this.find(".scene").addEventListener("click", () => this.next());
    this.find(".try").addEventListener("click", () => this.try());
  }

  update(data, send) {
    this.send = send;
    const known = JSON.stringify(data);
    if (known === this.known) return;
    this.known = known;
    this.data = data;
    this.find(".title").textContent = data.title;
    this.find(".notice").textContent = data.notice;
    this.showAddress(data.qr);
    this.find(".dots").replaceChildren(...data.scenes.map(() => make("i")));
    this.show();
  }

  showAddress(qr) {
    this.find(".qr").hidden = !qr;
    if (!qr) return;
    this.find(".qr img").src = qr.picture;
    this.find(".qr img").alt = `QR code of ${qr.address}`;
    this.find(".qr b").textContent = qr.address;
  }

  next() {
    this.number = (this.number + 1) % this.data.scenes.length;
    this.show();
  }

  show() {
    const scene = this.data.scenes[this.number % this.data.scenes.length];
    this.find(".scene").replaceChildren(...SCENES[scene.kind](scene));
    this.root.dataset.scene = scene.kind;
    [...this.find(".dots").children].forEach((dot, at) => dot.classList.toggle("on", at === this.number));
    clearTimeout(this.clock);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.clock = setTimeout(() => this.root.isConnected && this.next(), SECONDS[scene.kind] * 1000);
  }

  // Sent again until the other page comes: a message may be lost while a run ends.
  try() {
    const scene = this.root.dataset.scene;
    clearTimeout(this.clock);
    this.find(".try").disabled = true;
    this.send("try", scene);
    const again = setInterval(() => (this.root.isConnected ? this.send("try", scene) : clearInterval(again)), AGAIN);
  }
}

const SCENES = {
  phantom(scene) {
    const film = make("div", "film");
    film.append(picture(scene.picture, scene.name));
    if (scene.evidence) film.append(picture(scene.evidence, scene.where, "evidence"));
    const bar = make("div", "scale");
    bar.append(make("i"));
    bar.firstChild.style.width = `${scene.share}%`;
    const value = make("div");
    value.append("Probability of pneumonia", make("div", "value", scene.value));
    return [film, words(make("h2", "", scene.headline), value, bar, make("p", "", scene.sentence), caption(scene))];
  },

  run(scene) {
    const drawing = make("div", "words");
    const key = make("ul", "key");
    key.append(...scene.curves.map(keyOf));
    drawing.append(chart(scene), key);
    const maps = make("div", "maps");
    maps.append(...scene.maps.map(captioned));
    const said = scene.sentences.map((sentence) => make("p", "", sentence));
    return [drawing, words(make("h2", "", scene.headline), ...said, maps, caption(scene))];
  },

  best(scene) {
    const table = make("table");
    const head = make("tr");
    head.append(...scene.columns.map((title) => make("th", "", title)));
    const rows = scene.rows.map((row) => {
      const line = make("tr");
      line.append(...row.map((cell) => make("td", "", cell)));
      return line;
    });
    table.append(head, ...rows);
    const film = make("div", "film");
    film.append(picture(scene.picture, scene.name));
    const found = scene.rows.length ? table : make("p", "", scene.nobody);
    return [film, words(make("h2", "", scene.headline), make("p", "", scene.sentence), found, caption(scene))];
  },
};

function chart({ curves, low, alt, across, up }) {
  const epochs = Math.max(...curves.flatMap((curve) => curve.values.map((_, at) => at)));
  const x = (epoch) => LEFT + ((WIDTH - LEFT - 12) * epoch) / epochs;
  const y = (value) => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - 32) * (value - low)) / (1 - low);
  const drawing = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": alt });
  const ticks = [low, (1 + low) / 2, 1];
  for (const value of ticks) {
    drawing.append(draw("line", { x1: LEFT, x2: WIDTH - 12, y1: y(value), y2: y(value) }));
    drawing.append(label(`${Math.round(value * 100)} %`, LEFT - 8, y(value) + 6, "end"));
  }
  drawing.append(label(up, LEFT, 16, "start"), label(across, WIDTH - 12, HEIGHT - 8, "end"));
  const lines = draw("g", { class: "curves" });
  for (const curve of curves) {
    const points = curve.values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    lines.append(draw("polyline", { points, ...styleOf(curve) }));
  }
  drawing.append(lines);
  return drawing;
}

function keyOf(curve) {
  const item = make("li");
  const sample = draw("svg", { viewBox: "0 0 60 16", "aria-hidden": "true" });
  sample.append(draw("line", { x1: 0, x2: 60, y1: 8, y2: 8, "stroke-width": 5, ...styleOf(curve) }));
  item.append(sample, curve.name);
  return item;
}

function styleOf({ colour, dashed }) {
  return { style: `stroke: var(--${colour})`, ...(dashed && { "stroke-dasharray": "10 7" }) };
}

function captioned({ picture: source, title, alt }) {
  const figure = make("figure");
  figure.append(picture(source, alt), make("figcaption", "", title));
  return figure;
}

function words(...parts) {
  const box = make("div", "words");
  box.append(...parts);
  return box;
}

function caption(scene) {
  return make("p", "caption", scene.caption);
}

function picture(source, alt, className = "") {
  const image = make("img", className);
  image.src = source;
  image.alt = alt;
  return image;
}

function label(text, x, y, anchor) {
  const found = draw("text", { x, y, "text-anchor": anchor });
  found.textContent = text;
  return found;
}

function draw(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
