const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/**
 * Tokens by how likely they were. What might have stood in the place of one is told while it is pointed at or focused;
 * it is read from the table below, which says the same. One stop for the Tab key, and arrows between the tokens.
 */
class TokenProbabilities extends HTMLElement {
  #tokens = [];

  connectedCallback() {
    this.#tokens = [...this.querySelectorAll(".tokens > .token")];
    this.#tokens.forEach((token, place) => (token.tabIndex = place ? -1 : 0));
    this.addEventListener("pointerover", ({ target }) => this.#tell(target));
    this.addEventListener("focusin", ({ target }) => this.#tell(target));
    this.addEventListener("keydown", (event) => this.#move(event));
  }

  #tell(target) {
    const place = this.#tokens.indexOf(target);
    if (place < 0) return;
    const [token, probability, likeliest] = this.querySelector("tbody").rows[place].cells;
    const panel = this.querySelector(".token-panel");
    panel.replaceChildren(token.querySelector("code").cloneNode(true), ` ${probability.textContent.trim()}. Likeliest: `);
    panel.append(...[...likeliest.childNodes].map((node) => node.cloneNode(true)));
  }

  #move(event) {
    const place = this.#tokens.indexOf(event.target);
    const step = STEPS[event.key];
    if (place < 0 || !step) return;
    event.preventDefault();
    const next = this.#tokens[Math.min(Math.max(place + step, 0), this.#tokens.length - 1)];
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}

customElements.define("token-probabilities", TokenProbabilities);
