/** A column that becomes a popover on narrow screens. The browser opens and closes it; this moves the focus along. */
class SideDrawer extends HTMLElement {
  #listeners = new AbortController();
  #width = 0;

  connectedCallback() {
    const { signal } = this.#listeners;
    this.addEventListener("toggle", (event) => event.newState === "open" && this.#opened(), { signal });
    window.addEventListener("resize", () => this.#closeInAnotherLayout(), { signal });
  }

  disconnectedCallback() {
    this.#listeners.abort();
  }

  #opened() {
    this.#width = innerWidth;
    this.querySelector("button").focus();
  }

  #closeInAnotherLayout() {
    // Open while the window grows it would float over its own column. A phone's keyboard changes only the height.
    if (this.matches(":popover-open") && innerWidth !== this.#width) this.hidePopover();
  }
}

customElements.define("side-drawer", SideDrawer);
