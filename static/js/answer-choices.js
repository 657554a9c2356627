/** The answers after the first while they are being written, each in a section of its own. Their text is plain until the end. */
class AnswerChoices extends HTMLElement {
  // [the element it belongs into, text] of what came since the last frame.
  #pending = [];
  #frame = 0;

  disconnectedCallback() {
    cancelAnimationFrame(this.#frame);
  }

  /** A piece of one of them, as it came from the server. Calls are shown at the end. */
  hear({ choice, text, reasoning }) {
    const section = this.#section(choice + 1);
    if (text) this.#pending.push([section.querySelector("[data-is='text']"), text]);
    if (reasoning) this.#pending.push([section.querySelector("[data-is='reasoning']"), reasoning]);
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    this.#frame = 0;
    for (const [part, text] of this.#pending) {
      part.closest("details")?.removeAttribute("hidden");
      part.append(text);
    }
    this.#pending = [];
  }

  #section(place) {
    const sections = this.querySelectorAll(":scope > section");
    const number = (section) => Number(section.querySelector("[data-is='place']").textContent);
    const standing = [...sections].find((section) => number(section) === place);
    if (standing) return standing;
    const section = this.querySelector("template").content.cloneNode(true).querySelector("section");
    section.querySelector("[data-is='place']").textContent = place;
    const next = [...sections].find((other) => number(other) > place) ?? this.querySelector("template");
    next.before(section);
    return section;
  }
}

customElements.define("answer-choices", AnswerChoices);
