// Milliseconds without a byte until an answer is given up. The server gives a sign of life at once and then every ten
// seconds: an answer without the first one is being held back on its way, by a proxy that collects answers.
const HELD_BACK = 5000;
const SILENT = 12000;
// Answers in a row that failed, before any ever came.
const FAILURES = 2;

/**
 * The same frames by HTTP, where WebSockets are blocked: an answer that goes on, or with `query` for it one after the
 * other, each with what there is by then. One request for all runs of the page, since a browser opens only six to a
 * server. By `fetch`, since an `EventSource` keeps the signs of life and the status of a refusal to itself.
 */
export class RunEvents {
  #connection;
  #query;
  #rest;
  #words;
  #asking = null;
  #timer = 0;
  #failures = 0;
  #hasWorked = false;

  /** `rest`: milliseconds between two answers; `words`: how the connection is called while they come. */
  constructor(connection, { query, rest, words }) {
    this.#connection = connection;
    this.#query = query;
    this.#rest = rest;
    this.#words = words;
  }

  follow() {
    // The address names all runs.
    this.#askIn(0);
  }

  unfollow() {
    if (!this.#connection.cursors.length) this.close();
  }

  close() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
  }

  #askIn(milliseconds) {
    this.close();
    this.#timer = setTimeout(() => this.#ask(), milliseconds);
  }

  async #ask() {
    const asking = (this.#asking = new AbortController());
    let hasBytes = false;
    let watch = setTimeout(() => asking.abort(), HELD_BACK);
    const live = () => {
      clearTimeout(watch);
      watch = setTimeout(() => asking.abort(), SILENT);
      if (!hasBytes) this.#connection.works(this.#words);
      hasBytes = this.#hasWorked = true;
    };
    try {
      await this.#read(await fetch(this.#address, { signal: asking.signal, redirect: "manual" }), live);
    } catch {
      // Cut, refused or silent: what counts is whether anything came.
    }
    clearTimeout(watch);
    if (asking === this.#asking) this.#ended(hasBytes, asking.signal.aborted);
  }

  get #address() {
    const cursors = this.#connection.cursors;
    const runs = cursors.map(([run]) => run).join(",");
    const after = cursors.map(([, seq]) => seq).join(",");
    return `/runs/${runs}/events/?after=${after}${this.#query}`;
  }

  async #read(answer, live) {
    if (answer.type === "opaqueredirect") return this.#signedOut();
    if (answer.status === 404) return this.#gone();
    // Some networks answer in the server's name, with a page of theirs.
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/event-stream")) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      live();
      const lines = (rest + piece.value).split("\n");
      rest = lines.pop();
      // Each frame is one line, and nothing but frames is data.
      for (const line of lines) if (line.startsWith("data: ")) this.#connection.receive(JSON.parse(line.slice(6)));
    }
  }

  #ended(hasBytes, wasSilent) {
    if (hasBytes) {
      this.#failures = 0;
      this.#askIn(this.#rest);
      return;
    }
    this.#failures += 1;
    if (!this.#hasWorked && (wasSilent || this.#failures >= FAILURES)) this.#connection.giveUp();
    else this.#askIn(this.#connection.fails());
  }

  #signedOut() {
    // Nobody asks again until the page follows another run.
    this.close();
    this.#connection.tell("signed out");
  }

  #gone() {
    for (const [run] of this.#connection.cursors) this.#connection.receive({ run, type: "error" });
  }
}
