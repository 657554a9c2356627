/** A dialog that a link brought: it opens as it arrives, and is gone when it closes. The browser gives the focus back. */
class PageDialog extends HTMLElement {
  connectedCallback() {
    const dialog = this.querySelector("dialog");
    dialog.addEventListener("close", () => this.remove());
    dialog.showModal();
  }
}

customElements.define("page-dialog", PageDialog);
