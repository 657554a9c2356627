import { recall, remember } from "./memory.js";
import "./tool-form.js";
import { freeName, nameOf, placesIn, readTools, writeTools } from "./tool-json.js";

// How this browser remembers that somebody likes the form better.
const AS_FORM = "tools as a form";

/**
 * The parameter `tools`: JSON in its field, which is what is sent, and the same as a form. The form writes into the JSON
 * with each change, and touches nothing there that it does not show.
 */
class ToolList extends HTMLElement {
  #tools = [];
  #removed = null;

  connectedCallback() {
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("tool-changed", () => this.#write());
    // As an example, a reset, or by hand while the form was open.
    this.#field.addEventListener("input", (event) => event.detail !== this && this.#isForm && this.#show());
    if (recall(AS_FORM) && this.#field.value.trim()) this.#show();
  }

  #clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    // The control around it takes every other button for the one that empties the field.
    event.stopPropagation();
    const number = [...this.#forms.children].indexOf(button.closest("tool-form")?.parentElement);
    switch (button.dataset.do) {
      case "switch":
        return this.#switch();
      case "add":
        return this.#add(JSON.parse(button.dataset.tool), button);
      case "duplicate":
        return this.#insert(number + 1, structuredClone(this.#tools[number]));
      case "remove":
        return this.#remove(number);
      case "undo":
        return this.#undo();
      case "add-property":
      case "remove-property":
        return this.#changed();
    }
  }

  #switch() {
    remember(AS_FORM, this.#isForm ? "" : "yes");
    if (this.#isForm) this.#hide();
    else this.#show();
  }

  #add(tool, button) {
    button.closest("details").open = false;
    if (!this.#isForm && !this.#show()) return;
    this.#insert(this.#tools.length, tool);
  }

  #insert(number, tool) {
    const holder = placesIn(tool)?.holder;
    if (holder) holder.name = freeName(holder.name ?? "tool", this.#tools.map(nameOf));
    this.#tools.splice(number, 0, tool);
    this.#draw();
    this.#changed();
    this.#forms.children[number].querySelector("input")?.focus();
  }

  #remove(number) {
    const [tool] = this.#tools.splice(number, 1);
    this.#removed = [number, tool];
    this.#draw();
    this.#changed();
    this.#part("removed").hidden = false;
    this.#part("removed").querySelector("span").textContent = `${nameOf(tool)} was removed.`;
    this.#part("removed").querySelector("button").focus();
  }

  #undo() {
    const [number, tool] = this.#removed;
    this.#part("removed").hidden = true;
    this.#insert(Math.min(number, this.#tools.length), tool);
  }

  /** Show the JSON as a form; false where it is none that could be shown. */
  #show() {
    const tools = readTools(this.#field.value);
    this.#part("unreadable").hidden = tools !== null;
    if (tools === null) {
      this.#hide();
      return false;
    }
    this.#tools = tools;
    this.#draw();
    this.#toggle(true);
    return true;
  }

  #hide() {
    this.#toggle(false);
  }

  #toggle(isForm) {
    this.#forms.hidden = !isForm;
    this.#field.hidden = isForm;
    this.querySelector("[data-do=switch]").textContent = isForm ? "Edit as JSON" : "Edit as a form";
  }

  #draw() {
    const template = this.querySelector(":scope > template").content;
    this.#forms.replaceChildren(...this.#tools.map(() => document.importNode(template, true)));
    this.#tools.forEach((tool, number) => this.#forms.children[number].querySelector("tool-form").show(tool));
  }

  #write() {
    this.#field.value = writeTools(this.#tools);
    this.#field.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: this }));
  }

  /** After a press of a button: a field that somebody leaves tells of its change itself. */
  #changed() {
    this.#write();
    this.#field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  get #isForm() {
    return !this.#forms.hidden;
  }

  get #forms() {
    return this.#part("forms");
  }

  get #field() {
    return this.querySelector(":scope > textarea");
  }

  #part(name) {
    return this.querySelector(`:scope > [data-part="${name}"]`);
  }
}

customElements.define("tool-list", ToolList);
