import { RunEvents } from "./run-events.js";
import { RunSocket } from "./run-socket.js";

// How a page may hear of its runs, best first. Where the first is blocked the next is used, for as long as the page
// lives; when even the last one fails nothing is blocked, the server is away, and it begins with the first again.
const WAYS = [
  (connection) => new RunSocket(connection),
  (connection) => new RunEvents(connection, { query: "", rest: 250, words: "connected" }),
  (connection) => new RunEvents(connection, { query: "&poll", rest: 1000, words: "polling" }),
];
// Milliseconds before the first and the slowest attempt to connect again.
const SOONEST = 500;
const LATEST = 8000;

/** What the page hears of its runs, shared by all replies that are being written. Without a follower there is none. */
class RunConnection {
  // Run id → {receive, tell, seq}
  #followers = new Map();
  #way = 0;
  #transport = WAYS[0](this);
  #failures = 0;

  /**
   * Frames of this run after number `after`, each once and in order, go to `receive`.
   * `tell` hears how the connection is: "connected", "polling", "reconnecting" or "signed out".
   */
  follow(run, after, receive, tell) {
    this.#followers.set(run, { receive, tell, seq: after });
    this.#transport.follow(run, after);
  }

  unfollow(run) {
    if (this.#followers.delete(run)) this.#transport.unfollow(run);
  }

  // What follows is for the transports.

  /** [run, the number of its last event that arrived] of each run that is followed. */
  get cursors() {
    return [...this.#followers].map(([run, { seq }]) => [run, seq]);
  }

  /** Hand on a frame, unless nobody waits for it any more. */
  receive(frame) {
    const follower = this.#followers.get(frame.run);
    // After a reconnect the server may repeat what was on its way.
    if (!follower || frame.seq <= follower.seq) return;
    follower.seq = frame.seq ?? follower.seq;
    if (frame.type === "end" || frame.type === "error") this.unfollow(frame.run);
    follower.receive(frame);
  }

  works(words) {
    this.#failures = 0;
    this.tell(words);
  }

  tell(words) {
    for (const { tell } of this.#followers.values()) tell(words);
  }

  /** Connecting failed, or the connection was lost: how many milliseconds to wait before the next attempt. */
  fails() {
    this.#failures += 1;
    if (this.#failures >= 2) this.tell("reconnecting");
    // Half of the wait is chance, so that the pages of a restarted server do not all come back at once.
    return Math.min(LATEST, SOONEST * 2 ** (this.#failures - 1)) * (0.5 + Math.random() / 2);
  }

  /** This way is blocked: take the next one. */
  giveUp() {
    this.#transport.close();
    this.#way = (this.#way + 1) % WAYS.length;
    this.#transport = WAYS[this.#way](this);
    for (const [run, after] of this.cursors) this.#transport.follow(run, after);
  }
}

export const runConnection = new RunConnection();
