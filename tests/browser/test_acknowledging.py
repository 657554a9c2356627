"""What a page sends while very many answers come: the server takes a page that sends too much for a flood."""

import pytest

from runs.following import LARGEST_UNACKNOWLEDGED, MOST_UNACKNOWLEDGED
from runs.relay import MOST_FOLLOWED
from tests.browser.screen import Screen

pytestmark = pytest.mark.browser

# Frames of each run that come at once.
FRAMES = 60
# The page's own socket, on a server that says this all at once; what was sent before and after its timers rang.
LISTEN = """
async ([runs, frames, text]) => {
  const sent = []
  class Server extends EventTarget {
    readyState = WebSocket.OPEN
    send(message) { sent.push(JSON.parse(message)) }
    close() {}
  }
  const name = performance.getEntriesByType("resource").find(({ name }) => name.includes("run-socket")).name
  const { RunSocket } = await import(name)
  const real = window.WebSocket
  let server
  window.WebSocket = class { static OPEN = real.OPEN; constructor() { return (server = new Server()) } }
  const socket = new RunSocket({ cursors: [["1", 0]], works() {}, receive() {}, fails: () => 0 })
  socket.follow("1", 0)
  window.WebSocket = real
  for (let seq = 1; seq <= frames; seq += 1)
    for (let run = 1; run <= runs; run += 1)
      server.onmessage({ data: JSON.stringify({ run: String(run), seq, type: "text", text }) })
  const atOnce = sent.length
  await new Promise((resolve) => setTimeout(resolve, 1500))
  return [sent.slice(0, atOnce), sent.slice(atOnce)]
}
"""


def test_a_page_with_as_many_runs_as_it_may_have_says_little_and_leaves_nothing_unacknowledged(screen: Screen) -> None:
    screen.open()
    text = "x" * 40

    at_once, later = screen.page.evaluate(LISTEN, [MOST_FOLLOWED, FRAMES, text])

    for_frames = MOST_FOLLOWED * FRAMES // (MOST_UNACKNOWLEDGED // 2)
    for_characters = MOST_FOLLOWED * FRAMES * (len(text) + 60) // (LARGEST_UNACKNOWLEDGED // 4)
    assert {message["op"] for message in at_once + later} == {"ack"}
    # Neither a run's frames nor all characters reach what the server lets be on its way.
    assert MOST_FOLLOWED <= len(at_once) <= for_frames + for_characters
    assert len(later) <= MOST_FOLLOWED
    last = {message["run"]: message["seq"] for message in at_once + later}
    assert last == {str(run): FRAMES for run in range(1, MOST_FOLLOWED + 1)}
