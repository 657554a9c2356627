/**
 * A parameter with the button that empties it, for an empty one is not sent, and one that writes an example into it.
 * What is wrong with it comes from the server, into its note, and is passed on to those who cannot see colours.
 */
class ParameterControl extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => this.#clicked(event.target.closest("button")));
    this.addEventListener("htmx:oobBeforeSwap", (event) => this.#mark(event.detail.fragment));
  }

  #clicked(button) {
    if (button?.dataset.example) this.#write(button.dataset.example);
    else if (button) this.#write("");
  }

  #write(value) {
    this.#field.value = value;
    this.#field.dispatchEvent(new Event("input", { bubbles: true }));
    this.#field.dispatchEvent(new Event("change", { bubbles: true }));
    this.#field.focus();
  }

  #mark(note) {
    if (note.querySelector(".field-error")) this.#field.setAttribute("aria-invalid", "true");
    else this.#field.removeAttribute("aria-invalid");
  }

  get #field() {
    return this.querySelector("input, select, textarea");
  }
}

customElements.define("parameter-control", ParameterControl);
