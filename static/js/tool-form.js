import { nameOf, placesIn } from "./tool-json.js";
import "./tool-schema.js";

/** One tool as a form. It writes into the tool that it shows, and says so. */
class ToolForm extends HTMLElement {
  #holder;

  show(tool) {
    const places = placesIn(tool);
    this.setAttribute("aria-label", `Tool ${nameOf(tool)}`);
    this.#part("foreign").hidden = places !== null;
    for (const name of ["name", "description"]) this.#part(name).hidden = !places;
    this.#part("schema").hidden = !places?.schema;
    this.#part("strict").hidden = !places?.isStrict;
    if (!places) this.#part("foreign").prepend(`${nameOf(tool)}: `);
    else this.#fill(places);
  }

  #fill({ holder, schema }) {
    this.#holder = holder;
    this.#bind("name", "value", holder.name ?? "", (value) => (holder.name = value));
    this.#bind("description", "value", holder.description ?? "", (value) => this.#set("description", value));
    this.#bind("strict", "checked", holder.strict === true, (isStrict) => this.#set("strict", isStrict));
    if (!schema) return;
    this.#part("schema").show(holder[schema]);
    this.#part("schema").addEventListener("schema-changed", ({ detail }) => {
      holder[schema] = detail;
      this.#tell();
    });
  }

  #bind(name, property, value, write) {
    const field = this.#part(name).querySelector("input, textarea");
    field[property] = value;
    field.addEventListener("input", () => {
      write(field[property]);
      if (name === "name") this.setAttribute("aria-label", `Tool ${field.value}`);
      this.#tell();
    });
  }

  /** What is empty is not said. */
  #set(name, value) {
    if (value) this.#holder[name] = value;
    else delete this.#holder[name];
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("tool-changed", { bubbles: true }));
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }
}

customElements.define("tool-form", ToolForm);
