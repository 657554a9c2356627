import { recall, remember } from "./memory.js";

const THEMES = ["auto", "light", "dark"];

/** A button that goes through auto (follow the system), light and dark. The choice stays in this browser. */
class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.#show(recall("theme") || "auto");
    this.addEventListener("click", () => this.#choose(THEMES[(THEMES.indexOf(this.#theme) + 1) % THEMES.length]));
  }

  get #theme() {
    return document.documentElement.dataset.theme ?? "auto";
  }

  #choose(theme) {
    remember("theme", theme === "auto" ? "" : theme);
    this.#show(theme);
  }

  #show(theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    this.querySelector("button").textContent = `Theme: ${theme}`;
  }
}

customElements.define("theme-switch", ThemeSwitch);
