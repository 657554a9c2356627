const EMPTY = { type: "object", properties: {}, required: [], additionalProperties: false };

/**
 * Fields for what `response_format` is made of. They are filled from the parameter's own field when they are unfolded, and
 * write into it; that field is what is sent, and what is wrong with it comes from the server as with every parameter.
 */
class FormatEditor extends HTMLElement {
  connectedCallback() {
    this.querySelector("details").addEventListener("toggle", () => this.#read());
    this.addEventListener("input", (event) => event.stopPropagation());
    this.addEventListener("change", (event) => this.#changed(event));
  }

  #read() {
    let format = {};
    try {
      format = JSON.parse(this.#written.value || "{}");
    } catch {
      // A word alone, or something half written: then the fields begin anew.
      if (/^\w+$/.test(this.#written.value.trim())) format = { type: this.#written.value.trim() };
    }
    const { name = "", strict = true, schema } = format.json_schema ?? {};
    this.#field("kind").value = format.type ?? "none";
    this.#field("name").value = name;
    this.#field("strict").checked = strict;
    this.#field("schema").value = JSON.stringify(schema ?? EMPTY, null, 2);
    this.#show();
  }

  #changed(event) {
    event.stopPropagation();
    if (event.target.dataset.is === "example") this.#begin(event.target);
    this.#show();
    this.#write();
  }

  #begin(select) {
    const { value, dataset } = select.selectedOptions[0];
    if (!dataset.schema) return;
    this.#field("name").value = value;
    this.#field("schema").value = dataset.schema;
    select.value = "none";
  }

  #show() {
    for (const part of this.querySelectorAll("[data-only]")) part.hidden = part.dataset.only !== this.#field("kind").value;
  }

  #write() {
    this.#field("note").textContent = "";
    try {
      this.#written.value = this.#composed();
    } catch (error) {
      this.#field("note").textContent = `The schema is not JSON yet, so it is not taken: ${error.message}`;
      return;
    }
    this.#written.dispatchEvent(new Event("input", { bubbles: true }));
    this.#written.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #composed() {
    const type = this.#field("kind").value;
    if (type === "none") return "";
    if (type !== "json_schema") return JSON.stringify({ type });
    const schema = JSON.parse(this.#field("schema").value);
    const name = this.#field("name").value.trim() || "answer";
    return JSON.stringify({ type, json_schema: { name, strict: this.#field("strict").checked, schema } }, null, 2);
  }

  #field(name) {
    return this.querySelector(`[data-is="${name}"]`);
  }

  get #written() {
    return this.closest("parameter-control").querySelector("textarea[name]");
  }
}

customElements.define("format-editor", FormatEditor);
