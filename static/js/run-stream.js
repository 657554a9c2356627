import { announce } from "./announce.js";
import { finishReply } from "./finish-reply.js";
import { runConnection } from "./run-connection.js";
import { appendBlock } from "./stretches.js";
import "./tool-stream.js";

// Milliseconds until a reply that could not be fetched at its end is asked for again, doubled up to the longest.
const FETCH_AGAIN = 2000;
const FETCH_AGAIN_LONGEST = 60000;
// Characters that tell whether a block is code.
const FENCE = 3;
// The state line, by how the connection is: nothing of that while all is well.
const STATES = {
  connected: (doing) => doing,
  polling: (doing) => `${doing} Live connection blocked; updating every second.`,
  reconnecting: () => "Reconnecting… What the model writes is being kept.",
  "signed out": () => "You are signed out. The answer goes on and is kept; sign in again to see it.",
};

/**
 * A reply while it is being written. Text is appended with a painted frame; a finished block arrives as HTML that the
 * server has sanitised and takes the place of its text; at the end htmx fetches the whole reply. What goes with this
 * element is in it; reasoning and blocks stand before it in the article.
 */
class RunStream extends HTMLElement {
  #pending = "";
  #pendingReasoning = "";
  // How the block that is being written begins, as far as that tells what it is.
  #opening = "";
  #frame = 0;
  #clock = 0;
  #doing = "";
  #connection = "connected";
  #fetchAgain = FETCH_AGAIN;

  connectedCallback() {
    const { run, after } = this.dataset;
    this.#doing = this.#state.textContent;
    this.#recognise(this.#part("open").textContent);
    runConnection.follow(run, Number(after), (frame) => this.#receive(frame), (connection) => this.#tell(connection));
  }

  disconnectedCallback() {
    runConnection.unfollow(this.dataset.run);
    cancelAnimationFrame(this.#frame);
    clearInterval(this.#clock);
  }

  #receive(frame) {
    switch (frame.type) {
      case "text":
        this.#pending += frame.text;
        return this.#paintSoon();
      case "reasoning":
        this.#pendingReasoning += frame.text;
        return this.#paintSoon();
      case "tool_call":
        this.#say("Calling a tool…");
        return this.#part("calls").receive(JSON.parse(frame.text));
      case "choice":
        return this.#part("choices").hear(frame);
      case "html":
        return this.#finishBlock(frame.html);
      case "state":
        return this.#hearState(frame);
      case "end":
      case "error":
        return this.#finish();
    }
  }

  #paintSoon() {
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #paint() {
    const began = performance.now();
    if (this.#pending) this.#part("open").append(this.#pending);
    this.#recognise(this.#pending);
    if (this.#pendingReasoning) {
      this.#part("thinking").hidden = false;
      this.#part("reasoning").append(this.#pendingReasoning);
    }
    // A block that was finished meanwhile has taken the text with it.
    this.#say(this.#pendingReasoning && !this.#pending ? "Thinking…" : "Answering…");
    this.#pending = this.#pendingReasoning = "";
    // Behind the frame, which takes long on a slow computer: as much time again is left to everything else, such as typing.
    setTimeout(() => setTimeout(() => this.#paintAgain(), performance.now() - began));
  }

  #paintAgain() {
    this.#frame = 0;
    if (this.isConnected && (this.#pending || this.#pendingReasoning)) this.#paintSoon();
  }

  /** A block that begins with a fence looks like code from there on. */
  #recognise(text) {
    if (this.#opening.length >= FENCE) return;
    this.#opening = (this.#opening + text).trimStart().slice(0, FENCE);
    this.#part("open").classList.toggle("open-code", /^(```|~~~)/.test(this.#opening));
  }

  #finishBlock(html) {
    this.#pending = this.#opening = "";
    this.#part("open").replaceChildren();
    this.#part("open").classList.remove("open-code");
    const block = document.createElement("template");
    block.innerHTML = html;
    announce(block.content.textContent);
    appendBlock(this.#part("blocks"), block.content);
  }

  #hearState({ state, reason, seconds }) {
    if (reason === undefined) this.#say(state === "queued" ? "Waiting for its turn…" : "Waiting for the model…");
    else if (reason === "not_stored") this.#say("The server cannot save right now. What is shown here is safe; it ends when that works again.");
    else this.#countDown(reason === "rate_limited" ? "limits how often you may ask" : "cannot take this now", seconds);
  }

  #countDown(reason, seconds) {
    const until = Date.now() + seconds * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      this.#doing = `The provider ${reason}. Trying again in ${left} s; nothing was charged.`;
      this.#showState();
    };
    clearInterval(this.#clock);
    this.#clock = setInterval(tick, 1000);
    tick();
  }

  #tell(connection) {
    this.#connection = connection;
    this.#showState();
  }

  #say(words) {
    clearInterval(this.#clock);
    this.#doing = words;
    this.#showState();
  }

  #showState() {
    const words = STATES[this.#connection](this.#doing);
    if (this.#state.textContent !== words) this.#state.textContent = words;
  }

  async #finish() {
    const article = this.closest("article");
    const html = await this.#fetchReply(article);
    if (html) await finishReply(article, html);
    if (this.isConnected) {
      setTimeout(() => this.isConnected && this.#finish(), this.#fetchAgain);
      this.#fetchAgain = Math.min(this.#fetchAgain * 2, FETCH_AGAIN_LONGEST);
    } else {
      announce(document.getElementById(article.id)?.dataset.ending ?? "");
    }
  }

  /** The finished reply as HTML; nothing if it did not arrive, which the page's alerts have said then. */
  async #fetchReply(article) {
    let html = "";
    const take = ({ detail }) => {
      if (detail.requestConfig.elt !== this || !detail.shouldSwap) return;
      detail.shouldSwap = false;
      html = detail.serverResponse;
    };
    article.addEventListener("htmx:beforeSwap", take);
    try {
      await htmx.ajax("GET", this.dataset.href, { source: this, target: article });
    } catch {
      // Here it only matters to come back.
    }
    article.removeEventListener("htmx:beforeSwap", take);
    return html;
  }

  get #state() {
    return this.#part("state");
  }

  #part(name) {
    const part = `[data-part="${name}"]`;
    return this.querySelector(part) ?? this.closest("article").querySelector(part);
  }
}

customElements.define("run-stream", RunStream);
