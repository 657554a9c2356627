import { announce } from "./announce.js"

// <model-picker>: a text field that suggests models. ARIA's combobox with a listbox:
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
// The options are HTML from the server. What is typed counts even when nothing is chosen, so the field works without this.
class ModelPicker extends HTMLElement {
  #typing = false
  #active = null

  connectedCallback() {
    for (const type of ["input", "click", "mousedown", "keydown", "focusout", "htmx:configRequest", "htmx:afterSwap"]) {
      this.addEventListener(type, this)
    }
  }

  handleEvent(event) {
    switch (event.type) {
      case "input": return this.#typed()
      case "click": return this.#clicked(event.target)
      case "keydown": return this.#pressed(event)
      case "focusout": return this.#close()
      // The field keeps the focus while the list is clicked or scrolled.
      case "mousedown": return event.target.closest("ul") && event.preventDefault()
      case "htmx:configRequest": return event.target === this.#field && this.#ask(event.detail)
      case "htmx:afterSwap": return event.target === this.#list && this.#listed()
    }
  }

  get #field() { return this.querySelector("[role=combobox]") }
  get #chosen() { return this.querySelector("[name=language_model]") }
  get #list() { return this.querySelector("[role=listbox]") }
  get #options() { return [...this.#list.querySelectorAll("[role=option]:not([aria-disabled])")] }
  get #isOpen() { return !this.#list.hidden }

  #typed() {
    this.#typing = true
    this.#chosen.value = ""
    this.#show()
  }

  #clicked(target) {
    // A pin is the server's to turn; the list stays open.
    if (target.closest(".pin-mark")) return
    const option = target.closest("[role=option]:not([aria-disabled])")
    if (option) this.#choose(option)
    else if (target === this.#field && !this.#isOpen) this.#open()
  }

  #pressed(event) {
    const { key } = event
    if (event.isComposing || event.ctrlKey || event.metaKey) return
    // By its place on the keyboard: with Alt some write another letter.
    if (event.altKey && event.code === "KeyP" && this.#active) this.#pin(this.#active)
    else if (key === "ArrowDown" || key === "ArrowUp") this.#isOpen ? this.#move(key === "ArrowDown" ? 1 : -1) : this.#open()
    else if (key === "Home" && this.#isOpen) this.#activate(this.#options.at(0))
    else if (key === "End" && this.#isOpen) this.#activate(this.#options.at(-1))
    else if (key === "Escape" && this.#isOpen) this.#close()
    // Never sends the message that the field belongs to.
    else if (key === "Enter") this.#active ? this.#choose(this.#active) : this.#close()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  // All models, until something is typed.
  #open() {
    this.#typing = false
    this.#show()
    this.#field.dispatchEvent(new Event("model-picker-opened"))
  }

  #ask(request) {
    request.parameters = { q: this.#typing ? this.#field.value : "", selected: this.#chosen.value }
  }

  #listed() {
    this.#list.querySelectorAll("[role=option]").forEach((option, i) => { option.id = `${this.#list.id}-${i}` })
    this.#activate(null)
    this.#list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" })
  }

  #move(step) {
    const options = this.#options
    const start = this.#active ? options.indexOf(this.#active) : step > 0 ? -1 : 0
    this.#activate(options.at((start + step) % options.length))
  }

  #activate(option) {
    this.#active?.removeAttribute("data-active")
    this.#active = option ?? null
    this.#active?.setAttribute("data-active", "")
    this.#active?.scrollIntoView({ block: "nearest" })
    if (this.#active) this.#field.setAttribute("aria-activedescendant", this.#active.id)
    else this.#field.removeAttribute("aria-activedescendant")
  }

  #pin(option) {
    const mark = option.querySelector(".pin-mark")
    const id = option.querySelector(".model-option-id").textContent
    announce(`${id} ${mark.dataset.pinned === "true" ? "is no longer pinned" : "is pinned"}`)
    mark.click()
  }

  #choose(option) {
    const { model, languageModel } = option.dataset
    this.#field.value = model
    this.#chosen.value = languageModel
    this.#close()
    this.dispatchEvent(new CustomEvent("model-chosen", { bubbles: true, detail: { model, languageModel } }))
  }

  #show() {
    this.#list.hidden = false
    this.#field.setAttribute("aria-expanded", "true")
  }

  #close() {
    this.#list.hidden = true
    this.#field.setAttribute("aria-expanded", "false")
    this.#activate(null)
  }
}

customElements.define("model-picker", ModelPicker)
