/** A parameter and the button that empties it: an empty parameter is not sent. */
class ParameterControl extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", () => this.#reset());
  }

  #reset() {
    const field = this.querySelector("input");
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
}

customElements.define("parameter-control", ParameterControl);
