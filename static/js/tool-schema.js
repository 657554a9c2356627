import { freeName, isObject } from "./tool-json.js";

// Types that the list offers; others, several at once or none, are left as they stand in the JSON.
const TYPES = ["string", "number", "integer", "boolean", "array", "object"];

/**
 * A schema: its parameters as rows, and all of it as JSON. What is written there and is no JSON yet is handed on as the
 * text that it is, so that it is not lost, and the server says what is wrong with it.
 */
class ToolSchema extends HTMLElement {
  #schema;

  show(schema) {
    this.#schema = schema ?? { type: "object", properties: {} };
    this.#json.value = typeof this.#schema === "string" ? this.#schema : JSON.stringify(this.#schema, null, 2);
    this.#draw();
    this.#json.addEventListener("input", () => this.#readJson());
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("[data-do]")));
    this.#rows.addEventListener("input", ({ target }) => this.#edit(target.closest("li"), target));
  }

  #readJson() {
    try {
      this.#schema = JSON.parse(this.#json.value);
      this.#complain("");
    } catch (error) {
      this.#schema = this.#json.value;
      this.#complain(`This is not JSON yet: ${error.message}`);
    }
    this.#draw();
    this.#tell();
  }

  #clicked(button) {
    if (button?.dataset.do === "add-property") this.#add();
    else if (button?.dataset.do === "remove-property") this.#remove(button.closest("li").dataset.name);
  }

  #add() {
    if (!isObject(this.#schema.properties)) this.#schema.properties = {};
    const name = freeName("parameter", Object.keys(this.#schema.properties));
    this.#schema.properties[name] = { type: "string" };
    this.#changed();
    this.#draw();
    this.#rows.lastElementChild.querySelector("input").select();
  }

  #remove(name) {
    delete this.#schema.properties[name];
    this.#require(name, false);
    this.#changed();
    this.#draw();
    this.querySelector("[data-do=add-property]").focus();
  }

  #edit(row, field) {
    const name = row.dataset.name;
    switch (field.dataset.field) {
      case "name":
        return this.#rename(row, name, field.value);
      case "type":
        if (field.value !== "other") this.#set(name, "type", field.value);
        break;
      case "description":
        this.#set(name, "description", field.value);
        break;
      case "required":
        this.#require(name, field.checked);
    }
    this.#changed();
  }

  #rename(row, old, name) {
    const { properties, required } = this.#schema;
    const isTaken = name !== old && (!name || Object.hasOwn(properties, name));
    row.querySelector(".field-error").hidden = !isTaken || !name;
    if (isTaken) return;
    const entries = Object.entries(properties).map(([key, value]) => [key === old ? name : key, value]);
    this.#schema.properties = Object.fromEntries(entries);
    if (Array.isArray(required)) this.#schema.required = required.map((key) => (key === old ? name : key));
    row.dataset.name = name;
    row.firstElementChild.setAttribute("aria-label", `Parameter ${name}`);
    this.#changed();
  }

  #set(name, keyword, value) {
    const { properties } = this.#schema;
    if (!isObject(properties[name])) properties[name] = {};
    if (value) properties[name][keyword] = value;
    else delete properties[name][keyword];
  }

  #require(name, isRequired) {
    const others = (Array.isArray(this.#schema.required) ? this.#schema.required : []).filter((each) => each !== name);
    if (isRequired) this.#schema.required = [...others, name];
    else if (others.length) this.#schema.required = others;
    else delete this.#schema.required;
  }

  #draw() {
    const isReadable = isObject(this.#schema);
    const properties = isReadable && isObject(this.#schema.properties) ? this.#schema.properties : {};
    this.querySelector("[data-do=add-property]").disabled = !isReadable;
    this.#rows.replaceChildren(...Object.entries(properties).map(([name, property]) => this.#row(name, property)));
  }

  #row(name, property) {
    const row = document.importNode(this.querySelector("template").content, true).querySelector("li");
    const field = (field) => row.querySelector(`[data-field="${field}"]`);
    row.dataset.name = name;
    row.firstElementChild.setAttribute("aria-label", `Parameter ${name}`);
    field("name").value = name;
    field("type").value = TYPES.includes(property?.type) ? property.type : "other";
    field("description").value = property?.description ?? "";
    field("required").checked = Array.isArray(this.#schema.required) && this.#schema.required.includes(name);
    return row;
  }

  #changed() {
    this.#json.value = JSON.stringify(this.#schema, null, 2);
    this.#complain("");
    this.#tell();
  }

  #complain(words) {
    const place = this.querySelector('[data-part="unreadable"]');
    place.textContent = words;
    place.hidden = !words;
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("schema-changed", { detail: this.#schema }));
  }

  get #json() {
    return this.querySelector('[data-part="json"]');
  }

  get #rows() {
    return this.querySelector('[data-part="properties"]');
  }
}

customElements.define("tool-schema", ToolSchema);
