/**
 * The page's keys. An element that has one says so itself with `data-shortcut`: a field takes the focus, anything else is
 * clicked. `?` shows the list.
 */
class KeyboardHelp extends HTMLElement {
  #press = (event) => this.#act(event);

  connectedCallback() {
    document.addEventListener("keydown", this.#press);
    this.querySelector("button").addEventListener("click", () => this.#dialog.showModal());
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#press);
  }

  #act(event) {
    const { target, key } = event;
    const isWriting = target.matches("input, textarea, select") || target.isContentEditable;
    const isTaken = event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey;
    if (isTaken || document.querySelector("dialog[open], :popover-open")) return;
    if (key === "Escape" ? target.getAttribute("role") === "combobox" : isWriting) return;
    const element = key === "?" ? this.querySelector("button") : this.#elementFor(key);
    if (!element) return;
    event.preventDefault();
    if (element.matches("input, textarea")) element.focus();
    else element.click();
  }

  #elementFor(key) {
    // The last one: of several running replies Escape stops the newest.
    const marked = [...document.querySelectorAll("[data-shortcut]")].filter(({ dataset }) => dataset.shortcut === key).at(-1);
    return marked?.querySelector("[role=combobox]") ?? marked;
  }

  get #dialog() {
    return this.querySelector("dialog");
  }
}

customElements.define("keyboard-help", KeyboardHelp);
