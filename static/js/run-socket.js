// When what arrives is acknowledged: all of it after this long, and a run of which so many frames have come, or whose
// frame is the last of so many characters of all runs. These two are half and a quarter of what may be on its way here,
// so a quick answer does not wait for the first.
const ACKNOWLEDGE_MILLISECONDS = 1000;
const ACKNOWLEDGE_FRAMES = 32;
const ACKNOWLEDGE_CHARACTERS = 64 * 1024;
// The close code of a server that no longer knows who we are.
const SIGNED_OUT = 4401;
// A network that lets no socket through refuses it, or cuts it soon: so many refusals in a row without it ever having
// been open, or so many connections in a row that lasted less than these milliseconds.
const REFUSALS = 2;
const CUTS = 3;
const SOON = 5000;

/** One WebSocket for all runs of the page. */
export class RunSocket {
  #connection;
  #socket = null;
  // Run id → {count, seq} of the events that are not acknowledged yet
  #unacknowledged = new Map();
  #unacknowledgedCharacters = 0;
  #reconnectTimer = 0;
  #acknowledgeTimer = 0;
  #refusals = 0;
  #cuts = 0;
  #wasOpen = false;
  #openSince = 0;

  constructor(connection) {
    this.#connection = connection;
  }

  follow(run, after) {
    if (this.#isOpen) this.#send({ op: "follow", run, after });
    else this.#connect();
  }

  unfollow(run) {
    this.#send({ op: "unfollow", run });
    if (!this.#connection.cursors.length) this.close();
  }

  close() {
    const socket = this.#socket;
    this.#socket = null;
    this.#openSince = 0;
    this.#forgetUnacknowledged();
    clearTimeout(this.#reconnectTimer);
    socket?.close();
  }

  get #isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #connect() {
    clearTimeout(this.#reconnectTimer);
    if (this.#socket || !this.#connection.cursors.length) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/`);
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data), event.data.length);
    socket.onclose = (event) => socket === this.#socket && this.#lost(event.code);
  }

  #opened() {
    this.#wasOpen = true;
    this.#openSince = Date.now();
    this.#connection.works("connected");
    for (const [run, after] of this.#connection.cursors) this.#send({ op: "follow", run, after });
  }

  #receive(frame, characters) {
    this.#connection.receive(frame);
    // All that arrives is acknowledged, wanted or not: until then it takes the place of other runs on the way here.
    if (frame.seq === undefined || !this.#isOpen) return;
    const count = (this.#unacknowledged.get(frame.run)?.count ?? 0) + 1;
    this.#unacknowledged.set(frame.run, { count, seq: frame.seq });
    this.#unacknowledgedCharacters += characters;
    const isMuch = count >= ACKNOWLEDGE_FRAMES || this.#unacknowledgedCharacters >= ACKNOWLEDGE_CHARACTERS;
    // Of this run alone: it arrived last, so the server knows that all characters before it have arrived too. With a
    // message for each run, a page with many of them would be taken for a flood.
    if (isMuch) this.#acknowledge(frame.run);
    else this.#acknowledgeTimer ||= setTimeout(() => this.#acknowledgeAll(), ACKNOWLEDGE_MILLISECONDS);
  }

  #acknowledge(run) {
    this.#send({ op: "ack", run, seq: this.#unacknowledged.get(run).seq });
    this.#unacknowledged.delete(run);
    this.#unacknowledgedCharacters = 0;
  }

  #acknowledgeAll() {
    this.#acknowledgeTimer = 0;
    for (const run of this.#unacknowledged.keys()) this.#acknowledge(run);
  }

  #forgetUnacknowledged() {
    this.#unacknowledged.clear();
    this.#unacknowledgedCharacters = 0;
  }

  #lost(code) {
    this.#socket = null;
    this.#forgetUnacknowledged();
    if (this.#openSince) this.#cuts = Date.now() - this.#openSince < SOON ? this.#cuts + 1 : 0;
    else if (!this.#wasOpen) this.#refusals += 1;
    this.#openSince = 0;
    if (code === SIGNED_OUT) this.#connection.tell("signed out");
    else if (this.#refusals >= REFUSALS || this.#cuts >= CUTS) this.#connection.giveUp();
    else this.#reconnectTimer = setTimeout(() => this.#connect(), this.#connection.fails());
  }

  #send(message) {
    if (this.#isOpen) this.#socket.send(JSON.stringify(message));
  }
}
