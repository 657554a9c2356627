import { recall, remember } from "./memory.js";

// Lists that this page has shown: only the first of a name brings back what an earlier page had.
const seen = new Set();
// Files that came while others were on their way.
const waiting = [];

/**
 * What a message that is being written carries. Files that are pasted or dropped into its form go the way of chosen
 * ones. A list with a name (`data-memory`) is kept in this browser until the message was sent.
 */
class AttachmentList extends HTMLElement {
  #listeners = new AbortController();
  #form = null;
  // Where a file may be pasted or dropped to come here: one message, of several in a form.
  #scope = null;

  connectedCallback() {
    const { signal } = this.#listeners;
    this.#form = this.closest("form");
    this.#scope = this.closest("fieldset, form");
    this.addEventListener("htmx:beforeRequest", () => this.#hold(true), { signal });
    this.addEventListener("htmx:afterRequest", () => this.#hold(false), { signal });
    this.#scope.addEventListener("paste", (event) => this.#take(event, event.clipboardData), { signal });
    this.#scope.addEventListener("dragover", (event) => this.#invite(event, true), { signal });
    this.#scope.addEventListener("dragleave", (event) => this.#invite(event, false), { signal });
    this.#scope.addEventListener("drop", (event) => this.#take(event, event.dataTransfer), { signal });
    this.#form.addEventListener("message-sent", () => remember(this.#memory, ""), { signal });
    // Before htmx knows this element nobody hears what happens in it.
    document.addEventListener("htmx:load", (event) => event.target.contains(this) && this.#begin(), { signal });
    this.#hold(false);
  }

  disconnectedCallback() {
    this.#listeners.abort();
    this.#scope.classList.remove("is-dropping");
  }

  #begin() {
    if (waiting.length) this.#attach(waiting.splice(0));
    else if (this.#input.files.length) this.#input.dispatchEvent(new Event("change", { bubbles: true }));
    else if (this.#memory) this.#recall();
  }

  #recall() {
    const isFirst = !seen.has(this.#memory);
    seen.add(this.#memory);
    const parts = [...this.querySelectorAll("input[type=hidden]")].map((input) => input.value);
    const kept = recall(this.#memory);
    if (!isFirst || parts.length || !kept) return remember(this.#memory, parts.join("\n"));
    for (const value of kept.split("\n")) {
      this.append(Object.assign(document.createElement("input"), { type: "hidden", name: "part", value }));
    }
    this.dispatchEvent(new CustomEvent("attachments-restored"));
  }

  #invite(event, isOver) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.#scope.classList.toggle("is-dropping", isOver);
  }

  #take(event, transfer) {
    if (!transfer?.files.length) return;
    event.preventDefault();
    this.#scope.classList.remove("is-dropping");
    if (this.querySelector(".htmx-request")) waiting.push(...transfer.files);
    else this.#attach([...transfer.files]);
  }

  #attach(files) {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    this.#input.files = transfer.files;
    this.#input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Nothing is sent while a file is on its way: it would be missing. */
  #hold(isUploading) {
    this.#form.querySelector("button.button-primary").disabled = isUploading;
  }

  get #input() {
    return this.querySelector("input[type=file]");
  }

  get #memory() {
    return this.dataset.memory ? `attached ${this.dataset.memory}` : "";
  }
}

customElements.define("attachment-list", AttachmentList);
