// A contact sheet: the original, the draws, and a closer look at one of them. Choosing a draw, wiping between before and
// after, and the difference work in the visitor's browser; the server hears nothing of it.
const FULL_COLOUR = 128; // grey levels of difference that are drawn at full strength
const BRIGHTER = [255, 154, 46];
const DARKER = [74, 168, 255]; // orange and blue: distinct for every kind of colour vision

const sheets = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".sheet");
  if (!sheets.has(root)) sheets.set(root, new Sheet(root, data.layout));
  sheets.get(root).update(data);
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  if (text) element.textContent = text;
  return element;
}

function layers({ src, evidence }, name) {
  const film = make("img", "film");
  film.src = src;
  film.alt = name;
  if (!evidence) return [film];
  const map = make("img", "evidence");
  map.src = evidence;
  map.alt = "";
  return [film, map];
}

class Sheet {
  constructor(root, layout) {
    this.root = root;
    this.chosen = 1;
    this.find = (selector) => root.querySelector(selector);
    root.dataset.layout = layout;
    if (layout === "grid") this.listen();
    else this.find(".closer").remove();
  }

  listen() {
    const slider = this.find(".wipe input");
    slider.addEventListener("input", () => this.find(".wipe").style.setProperty("--share", `${slider.value}%`));
    this.find(".head .group").addEventListener("click", (event) => {
      const step = Number(event.target.closest("button")?.dataset.step ?? 0);
      const draws = this.data.pictures.length - 1;
      if (step) this.choose(((this.chosen - 1 + step + draws) % draws) + 1);
    });
  }

  update(data) {
    this.data = data;
    this.find(".tiles").replaceChildren(...data.pictures.map((picture, index) => this.tile(picture, index)));
    if (data.layout !== "grid") {
      this.find(".tiles").tabIndex = 0; // it scrolls: with the arrow keys, too
      return;
    }
    this.find(".closer").hidden = false;
    this.choose(Math.min(this.chosen, data.pictures.length - 1));
  }

  tile(picture, index) {
    const isGrid = this.data.layout === "grid";
    const isOriginal = isGrid && index === 0;
    const tile = make("div", isOriginal ? "tile original" : "tile");
    tile.setAttribute("role", "listitem");
    tile.dataset.testid = isOriginal ? "original" : "draw";
    const frame = make(isGrid && !isOriginal ? "button" : "div", "frame");
    frame.append(...layers(picture, `${picture.title}. ${picture.words.join(", ")}`));
    if (frame.tagName === "BUTTON") {
      frame.type = "button";
      frame.addEventListener("click", () => this.open(index));
    }
    tile.append(frame, ...this.opinion(picture, isOriginal));
    if (picture.words.length) tile.append(make("p", "words", picture.words.join(", ")));
    if (picture.doubt) tile.append(make("p", "doubt", picture.doubt));
    if (isOriginal && this.data.summary) tile.append(...this.spread());
    return tile;
  }

  opinion({ title, probability, percent, turned }, isOriginal) {
    const line = make("div", "line");
    line.append(make("b", "", title));
    if (percent === undefined) return [line];
    line.append(make("span", "value", percent));
    const scale = make("div", "scale");
    const [bar, mark] = [make("i", ""), make("s", "")];
    bar.style.width = `${probability * 100}%`;
    mark.style.left = `${this.data.threshold * 100}%`;
    scale.append(bar, mark);
    if (isOriginal) return [line];
    return turned ? [line, scale, make("span", "flip", `⇄ ${turned}`)] : [line, scale];
  }

  spread() {
    const box = make("div", "spread");
    const limit = make("i", "limit");
    limit.style.left = `${this.data.threshold * 100}%`;
    box.append(make("i", "axis"), limit);
    const [first, ...draws] = this.data.pictures;
    for (const picture of [...draws, first]) {
      const dot = make("i", picture === first ? "dot first" : picture.turned ? "dot turned" : "dot");
      dot.style.left = `${picture.probability * 100}%`;
      box.append(dot);
    }
    box.append(make("span", "left", "0 %"), make("span", "right", "100 %"), this.limitLabel());
    const key = make("p", "key");
    for (const [kind, text] of [["first", "original"], ["", "draw"], ["turned", "draw that changes the decision"]]) {
      const entry = make("span", "");
      entry.append(make("i", `dot ${kind}`), text);
      key.append(entry);
    }
    return [box, key, make("p", "summary", this.data.summary)];
  }

  limitLabel() {
    const label = make("span", "at", "threshold");
    label.style.left = `${Math.min(80, Math.max(20, this.data.threshold * 100))}%`;
    return label;
  }

  open(index) {
    this.choose(index);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.find(".closer").scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }

  choose(index) {
    this.chosen = index;
    const [original, picture] = [this.data.pictures[0], this.data.pictures[index]];
    [...this.find(".tiles").children].forEach((tile, i) => tile.setAttribute("aria-current", String(i === index)));
    this.find(".title").textContent = `A closer look: ${picture.title.toLowerCase()}`;
    this.find(".before").replaceChildren(...layers(original, "Original"));
    this.find(".after").replaceChildren(...layers(picture, picture.title));
    this.find(".opinion").textContent = picture.opinion ?? "";
    this.find(".said .doubt").textContent = picture.doubt;
    this.find(".said .words").replaceChildren(...picture.words.map((word) => make("li", "", word)));
    this.drawDifference(original, picture);
  }

  async drawDifference(original, picture) {
    const canvas = this.find("canvas");
    const [before, after] = await Promise.all([original, picture].map(pixels));
    if (this.data.pictures[this.chosen] !== picture) return; // another one was chosen meanwhile
    [canvas.width, canvas.height] = [after.width, after.height];
    const image = new ImageData(after.width, after.height);
    for (let i = 0; i < after.data.length; i += 4) {
      const change = after.data[i] - before.data[i];
      const colour = change > 0 ? BRIGHTER : DARKER;
      const strength = Math.min(1, Math.abs(change) / FULL_COLOUR);
      for (let c = 0; c < 3; c++) image.data[i + c] = colour[c] * strength;
      image.data[i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    canvas.dataset.shows = picture.title;
  }
}

async function pixels({ src }) {
  const film = new Image();
  film.src = src;
  await film.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [film.naturalWidth, film.naturalHeight];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(film, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
