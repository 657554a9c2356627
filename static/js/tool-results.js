import { recall, remember } from "./memory.js";

/**
 * What the calls of a reply came to. What is written is kept in this browser until it was sent, so neither an error nor a
 * closed tab loses it.
 */
class ToolResults extends HTMLElement {
  connectedCallback() {
    this.#restore();
    this.addEventListener("input", () => this.#keep());
    this.addEventListener("change", () => this.#keep());
    this.addEventListener("htmx:afterRequest", ({ detail }) => this.#sent(detail));
  }

  #restore() {
    const draft = recall(this.#draft);
    // What the server sends back after a problem is as new as the draft, or newer.
    if (!draft || this.querySelector("[role=alert]")) return;
    const written = JSON.parse(draft);
    for (const field of this.#fields) {
      const [value, isChecked] = written[field.name] ?? [field.value, field.checked];
      field.value = value;
      field.checked = isChecked;
    }
  }

  #keep() {
    const written = [...this.#fields].map((field) => [field.name, [field.value, field.checked]]);
    remember(this.#draft, JSON.stringify(Object.fromEntries(written)));
  }

  #sent({ elt, xhr }) {
    if (elt === this.#form && xhr.status < 300) remember(this.#draft, "");
  }

  get #draft() {
    return `results ${this.dataset.message}`;
  }

  get #form() {
    return this.querySelector("form");
  }

  get #fields() {
    return this.querySelectorAll("textarea, select, input[type=checkbox]");
  }
}

customElements.define("tool-results", ToolResults);
