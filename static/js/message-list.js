// Pixels from the end within which a reader counts as being there.
const NEAR = 64;

/** The scrolling conversation. It stays at the end while the reader is there, and never moves a reader who is not. */
class MessageList extends HTMLElement {
  #isAtEnd = true;
  #top = 0;
  #sizes = new ResizeObserver(() => this.#keepPlace());
  #sent = () => this.#goToEnd();

  connectedCallback() {
    this.#jump.addEventListener("click", () => this.#goToEnd());
    this.addEventListener("scroll", () => this.#lookWhereWeAre(), { passive: true });
    document.addEventListener("message-sent", this.#sent);
    this.#sizes.observe(this);
    this.#sizes.observe(this.querySelector("[role=log]"));
    this.#goToEnd();
  }

  disconnectedCallback() {
    document.removeEventListener("message-sent", this.#sent);
    this.#sizes.disconnect();
  }

  #lookWhereWeAre() {
    const isNear = this.scrollHeight - this.scrollTop - this.clientHeight < NEAR;
    // Only who moves up leaves the end: new text puts distance there too, before we have followed it.
    this.#isAtEnd = isNear || (this.#isAtEnd && this.scrollTop >= this.#top);
    this.#top = this.scrollTop;
    this.#jump.hidden = this.#isAtEnd;
  }

  #keepPlace() {
    if (this.#isAtEnd) this.#goToEnd();
    else this.#lookWhereWeAre();
  }

  #goToEnd() {
    this.#isAtEnd = true;
    this.#jump.hidden = true;
    this.scrollTop = this.scrollHeight;
    this.#top = this.scrollTop;
  }

  get #jump() {
    return this.querySelector(":scope > .jump");
  }
}

customElements.define("message-list", MessageList);
