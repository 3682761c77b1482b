// Tells the server that somebody touched the screen, now and then, and that nobody did for a while, once.
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"];
const TICK = 250; // milliseconds
const TELL_AGAIN = 3000; // until the server clears the visit: a message may be lost while a run ends

const watches = new WeakMap(); // one for each mount: a rerun updates it

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".rest");
  if (!watches.has(root)) watches.set(root, new Watch(root));
  watches.get(root).update(data, setTriggerValue);
}

class Watch {
  constructor(root) {
    this.root = root;
    this.box = root.querySelector(".countdown");
    this.touched = this.told = performance.now();
    this.leaving = false;
    this.gone = -Infinity;
    this.listening = new AbortController();
    const options = { capture: true, passive: true, signal: this.listening.signal };
    for (const sign of SIGNS) window.addEventListener(sign, () => this.touch(), options);
    root.querySelector(".back").addEventListener("click", () => {
      this.leaving = true;
      this.tick();
    });
    this.clock = setInterval(() => this.tick(), TICK);
  }

  update(data, send) {
    if (data.visit !== this.data?.visit) {
      this.leaving = false;
      this.touched = performance.now();
    }
    this.data = data;
    this.send = send;
  }

  touch() {
    const now = performance.now();
    this.touched = now;
    this.box.hidden = true;
    if (now - this.told < (this.data.rest / 4) * 1000) return; // well before the server's own clock runs out
    this.told = now;
    this.send("touched", Date.now());
  }

  tick() {
    if (!this.root.isConnected) {
      clearInterval(this.clock);
      this.listening.abort();
      return;
    }
    if (this.leaving) this.leave();
    const left = this.data.rest - (performance.now() - this.touched) / 1000;
    this.box.hidden = left > this.data.countdown;
    if (this.box.hidden) return;
    this.root.querySelector("output").textContent = `${Math.max(0, Math.ceil(left))} s`;
    this.root.querySelector(".left").style.width = `${Math.min(100, 100 * (1 - left / this.data.countdown))}%`;
    if (left <= 0) this.leaving = true;
  }

  leave() {
    const now = performance.now();
    if (now - this.gone < TELL_AGAIN) return;
    this.gone = now;
    this.send("gone", Date.now());
  }
}
