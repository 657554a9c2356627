import { announce } from "./announce.js";

// Milliseconds for which the button says that it worked.
const THANKS = 1500;

/** Copies the text of its message: what the model wrote as it wrote it, not as it is rendered. */
class CopyButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", () => this.#copy());
  }

  async #copy() {
    const source = this.closest("[data-copies], article").querySelector("[data-copy]");
    const text = (source.content ?? source).textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // The clipboard needs https or localhost; elsewhere the old way still works.
      this.#copyBySelection(text);
    }
    announce("Copied");
    const icon = this.querySelector(".icon");
    icon.classList.replace("icon-copy", "icon-check");
    setTimeout(() => icon.classList.replace("icon-check", "icon-copy"), THANKS);
  }

  #copyBySelection(text) {
    const field = document.createElement("textarea");
    field.value = text;
    this.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    this.querySelector("button").focus();
  }
}

customElements.define("copy-button", CopyButton);
