/** The controls of one model. What the server says of them when another model's have come instead is not shown. */
class ParameterList extends HTMLElement {
  connectedCallback() {
    this.addEventListener("htmx:beforeOnLoad", (event) => {
      if (!this.isConnected) event.preventDefault();
    });
  }
}

customElements.define("parameter-list", ParameterList);
