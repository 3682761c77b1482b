// A round. Pointing and the slider stay in the browser; the server hears of an answer and of "next".
const START = 75; // per cent sure, at the beginning of each round
const STEP = 0.02; // of the picture, for an arrow key
const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const ANSWERS = { p: "PNEUMONIA", n: "NORMAL" };
const AGAIN = 3000; // milliseconds
const SURER = { "+": 5, "=": 5, "-": -5 };

const boards = new WeakMap(); // one for each mount: a rerun updates it

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".board");
  if (!boards.has(root)) boards.set(root, new Board(root));
  boards.get(root).update(data, setTriggerValue);
}

class Board {
  constructor(root) {
    this.root = root;
    this.find = (selector) => root.querySelector(selector);
    this.slider = this.find("input");
    this.stage = this.find(".stage");
    this.stage.addEventListener("click", (event) => this.point(event));
    this.slider.addEventListener("input", () => this.showSure());
    this.find(".answers").addEventListener("click", (event) => {
      const label = event.target.closest("button")?.dataset.label;
      if (label) this.answer(label);
    });
    this.find(".next").addEventListener("click", () => this.next());
    root.addEventListener("keydown", (event) => this.onKey(event));
  }

  update(data, send) {
    this.send = send;
    const at = `${data.round} ${Boolean(data.truth)}`;
    if (at === this.at) return;
    this.at = at;
    this.data = data;
    this.busy = false;
    clearInterval(this.again);
    if (data.round !== this.round) this.begin(data);
    this.round = data.round;
    this.find(".round").textContent = `Round ${data.round + 1} of ${data.rounds}`;
    this.find(".points").textContent = `${String(data.points).replace("-", "−")} points`;
    this.find(".hint").hidden = !data.hint || Boolean(data.truth);
    this.find(".hint").textContent = `This time the model goes first: ${data.hint}.`;
    this.find(".ask").hidden = Boolean(data.truth);
    this.find(".truth").hidden = !data.truth;
    this.root.dataset.open = String(Boolean(data.truth));
    this.showTruth(data.truth);
    for (const button of this.root.querySelectorAll("button")) button.disabled = false;
    this.root.focus({ preventScroll: true }); // so that the keys work at once
  }

  begin(data) {
    this.place = null;
    this.slider.value = START;
    this.showSure();
    this.find(".film").src = data.picture;
    this.showMark(".you", null);
  }

  showTruth(truth) {
    const evidence = this.find(".evidence");
    evidence.hidden = !truth?.evidence;
    if (truth?.evidence) evidence.src = truth.evidence;
    this.find(".outline").replaceChildren(...(truth?.outline ?? []).map(polygon));
    this.showMark(".model", truth?.players[1].place);
    if (!truth) return;
    this.find(".headline").textContent = `The truth: ${truth.headline}`;
    this.find(".drawn").hidden = !truth.outline.length;
    this.find(".evident").hidden = !truth.evidence;
    this.find(".players").replaceChildren(...truth.players.map(line));
    this.find(".next").textContent = this.data.round + 1 === this.data.rounds ? "Who won?" : "Next";
  }

  showSure() {
    const sure = this.slider.value / 100;
    this.find("output").textContent = `${this.slider.value} %`;
    this.find(".stake").textContent = `Right ${signed(1 - sure)}, wrong ${signed(sure)} points`;
  }

  showMark(selector, place) {
    const mark = this.find(selector);
    mark.hidden = !place;
    if (place) [mark.style.left, mark.style.top] = place.map((at) => `${at * 100}%`);
  }

  point(event) {
    const box = this.stage.getBoundingClientRect();
    this.put((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  put(...place) {
    if (this.data.truth) return;
    this.place = place.map((at) => Math.min(1, Math.max(0, at)));
    this.showMark(".you", this.place);
  }

  answer(label) {
    if (this.busy || this.data.truth) return;
    this.tell("answer", { round: this.round, label, sure: this.slider.value / 100, place: this.place });
  }

  next() {
    if (this.busy || !this.data.truth) return;
    this.tell("next", { round: this.round });
  }

  // Sent again until the server's next picture comes: a message may be lost while a run ends, and each counts once.
  tell(what, message) {
    this.busy = true;
    this.send(what, message);
    this.again = setInterval(() => this.root.isConnected ? this.send(what, message) : clearInterval(this.again), AGAIN);
    for (const button of this.root.querySelectorAll("button")) button.disabled = true;
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inSlider = event.composedPath()[0] === this.slider;
    const onButton = event.composedPath()[0].tagName === "BUTTON";
    const move = !inSlider && MOVES[event.key];
    const label = ANSWERS[event.key.toLowerCase()];
    if (event.key === "Enter" && this.data.truth && !onButton) this.next();
    else if (this.data.truth) return;
    else if (move) this.put(...(this.place ?? [0.5, 0.5]).map((at, axis) => at + move[axis]));
    else if (label) this.answer(label);
    else if (event.key in SURER) {
      this.slider.value = Number(this.slider.value) + SURER[event.key];
      this.showSure();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

// Points for an answer that is so far from the truth, in [0, 1]; see scoring.py.
function signed(far) {
  const points = Math.round(100 * (1 - 4 * far ** 2));
  return points < 0 ? `−${-points}` : `+${points}`;
}

function polygon(points) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
  shape.setAttribute("points", points.map((point) => point.join(",")).join(" "));
  return shape;
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function line({ name, words, right, said, points }) {
  const item = document.createElement("li");
  item.dataset.right = String(right);
  const shape = name === "You" ? "⊕" : "◇"; // as on the picture
  item.append(
    make("span", "who", `${shape} ${name}: ${right ? "right" : "wrong"}`),
    make("b", "worth", points),
    make("small", "", said ? `${words}; ${said}` : words),
  );
  return item;
}
