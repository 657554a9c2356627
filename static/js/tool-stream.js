/** The calls that a model is making, growing while they come: plain text, added once per painted frame. */
class ToolStream extends HTMLElement {
  #pending = [];
  #frame = 0;

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
  }

  /** A piece of a call: those of one position belong together. */
  receive(piece) {
    this.#pending.push(piece);
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#frame = 0;
    for (const { position, name, arguments: written } of this.#pending) {
      const call = this.querySelector(`[data-position="${position}"]`) ?? this.#begun(position);
      if (name) call.querySelector("code").textContent = name;
      call.querySelector("pre").append(written);
    }
    this.#pending = [];
  }

  #begun(position) {
    const call = this.querySelector("template").content.firstElementChild.cloneNode(true);
    call.dataset.position = position;
    this.append(call);
    return call;
  }
}

customElements.define("tool-stream", ToolStream);
