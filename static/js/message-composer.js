import { recall, remember } from "./memory.js";

/**
 * Where a message is written, inside its form. Enter sends, Shift+Enter makes a new line. What is written is kept in this
 * browser until it was sent, so neither an error nor a closed tab loses it.
 */
class MessageComposer extends HTMLElement {
  #listeners = new AbortController();

  connectedCallback() {
    const { signal } = this.#listeners;
    // What was typed into this conversation is newer than the draft that its page brings; a new one may bring an example.
    const typed = recall(this.#draft);
    if (typed && (!this.#field.value || this.dataset.conversation !== "new")) this.#field.value = typed;
    this.#field.addEventListener("input", () => remember(this.#draft, this.#field.value), { signal });
    this.#field.addEventListener("keydown", (event) => this.#sendOnEnter(event), { signal });
    this.#form.addEventListener("htmx:beforeRequest", (event) => this.#lock(event, true), { signal });
    this.#form.addEventListener("htmx:afterRequest", (event) => this.#lock(event, false), { signal });
    this.#form.addEventListener("htmx:beforeSwap", (event) => this.#sent(event), { signal });
    document.addEventListener("click", (event) => this.#useExample(event), { signal });
  }

  disconnectedCallback() {
    this.#listeners.abort();
  }

  #sendOnEnter(event) {
    // An Enter that ends the composition of a character (keyCode 229 in Safari) is not meant to send.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    const hasContent = this.#field.value.trim() || this.#form.elements.namedItem("part");
    if (hasContent && !this.#field.readOnly && !this.#button.disabled) this.#form.requestSubmit();
  }

  #lock(event, isLocked) {
    // What is typed between click and answer would be lost with the old form.
    if (event.detail.elt === this.#form) this.#field.readOnly = isLocked;
  }

  #sent(event) {
    if (event.detail.elt !== this.#form || event.detail.xhr.status >= 300 || !event.detail.shouldSwap) return;
    remember(this.#draft, "");
    // A keyboard that covers half of the screen is not brought up again.
    if (matchMedia("(hover: hover)").matches) this.#field.focus();
    this.dispatchEvent(new CustomEvent("message-sent", { bubbles: true }));
  }

  #useExample(event) {
    const example = event.target.closest("button[name=prompt]");
    if (!example) return;
    event.preventDefault();
    this.#field.value = example.value;
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
    this.#field.focus();
  }

  get #draft() {
    return `draft ${this.dataset.conversation}`;
  }

  get #form() {
    return this.closest("form");
  }

  get #button() {
    return this.querySelector("button[type=submit]");
  }

  get #field() {
    return this.querySelector("textarea");
  }
}

customElements.define("message-composer", MessageComposer);
