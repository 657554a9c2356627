const KEPT = "What you wrote is kept.";
const WORDS = {
  403: `The server did not accept that: this page is too old. ${KEPT} Reload the page and try again.`,
  404: "That is no longer there. It may have been deleted in another tab; reload the page.",
  413: `That is too long for this server. ${KEPT} Shorten it and try again.`,
  429: `That was too much at once. ${KEPT} Wait a little and try again.`,
  503: `The server is busy. ${KEPT} Wait a little and try again.`,
};
const BROKEN = `The server made a mistake of its own. ${KEPT} Try again; if it stays, tell the operator.`;
const UNREACHABLE = `The server cannot be reached. ${KEPT} Check your connection, then try again.`;
const OFFLINE = "You are offline. Answers go on at the server; this page catches up when you are back.";
// They ask by themselves: what becomes of that is no news about what the person did.
const UNASKED = ["troubles", "context-meter"];
const SIGNED_OUT = `You are signed out. ${KEPT} Sign in again in another tab, then try again here.`;

/** Requests that failed, in words. One notice at a time; the next request of the person that works takes it away. */
class PageAlerts extends HTMLElement {
  #listeners = new AbortController();

  connectedCallback() {
    const { signal } = this.#listeners;
    // In the capture phase: the composer must not take a refused answer for a sent message.
    const on = (name, act) => document.addEventListener(name, act, { signal, capture: true });
    on("htmx:beforeSwap", (event) => this.#refuseSignInPage(event));
    on("htmx:afterRequest", ({ detail }) => detail.successful && !UNASKED.includes(detail.elt.id) && this.#clear());
    // Nobody waits for the context meter, so nobody misses it.
    const onFailed = (name, act) => on(name, (event) => event.detail.elt?.id !== "context-meter" && act(event));
    onFailed("htmx:responseError", (event) => this.#sayWhy(event.detail.xhr));
    onFailed("htmx:sendError", () => this.#say(navigator.onLine ? UNREACHABLE : OFFLINE));
    onFailed("htmx:timeout", () => this.#say(UNREACHABLE));
    window.addEventListener("offline", () => this.#say(OFFLINE), { signal });
    window.addEventListener("online", () => this.#clear(), { signal });
  }

  disconnectedCallback() {
    this.#listeners.abort();
  }

  #refuseSignInPage(event) {
    // An ended session answers with the sign-in page; it must not take the place of what the person wrote.
    if (!event.detail.pathInfo.responsePath?.startsWith(this.dataset.signIn)) return;
    event.detail.shouldSwap = false;
    event.detail.isError = true;
    this.#say(SIGNED_OUT);
  }

  #sayWhy({ status, responseText }) {
    // The server may know why (templates/_trouble.html); what a proxy answers in its place has no such words.
    const answer = new DOMParser().parseFromString(status === 503 ? responseText : "", "text/html");
    const words = answer.querySelector("[data-trouble]")?.textContent.trim();
    if (status >= 400) this.#say(words ?? WORDS[status] ?? BROKEN);
  }

  #say(words) {
    const notice = document.createElement("p");
    notice.className = "notice notice-error";
    notice.textContent = words;
    this.replaceChildren(notice);
  }

  #clear() {
    this.replaceChildren();
  }
}

customElements.define("page-alerts", PageAlerts);
