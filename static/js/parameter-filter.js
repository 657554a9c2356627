/** A field that leaves only those parameters of the panel whose name or description contains what is typed. */
class ParameterFilter extends HTMLElement {
  #wasOpen = new Map();

  connectedCallback() {
    this.querySelector("input").addEventListener("input", (event) => this.#filter(event.target.value));
  }

  #filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const controls = [...this.#panel.querySelectorAll("parameter-control")];
    for (const control of controls) control.hidden = !words.every((word) => this.#wordsOf(control).includes(word));
    for (const group of this.#panel.querySelectorAll("details")) this.#show(group, words.length > 0);
    this.querySelector(".hint").hidden = controls.some((control) => !control.hidden);
  }

  #show(group, isFiltering) {
    if (isFiltering && !this.#wasOpen.has(group)) this.#wasOpen.set(group, group.open);
    group.hidden = !group.querySelector("parameter-control:not([hidden])");
    group.open = isFiltering || (this.#wasOpen.get(group) ?? group.open);
    // As the person left it, once nothing is looked for.
    if (!isFiltering) this.#wasOpen.delete(group);
  }

  #wordsOf(control) {
    return `${control.querySelector("label").textContent} ${control.querySelector(".hint").textContent}`.toLowerCase();
  }

  get #panel() {
    return this.closest("section");
  }
}

customElements.define("parameter-filter", ParameterFilter);
