from importlib import import_module

from playground import unread_lines


def test_a_line_that_is_written_still_says_what_was_meant() -> None:
    unread_lines.spare()
    protocol = import_module("autobahn.websocket.protocol")
    settings = protocol.pformat([("openTimeout", 5)])
    line = f"{protocol.hltype(unread_lines.spare)} found {protocol.hlval(12)}: {settings}"
    assert "spare" in line
    assert "found 12: [('openTimeout', 5)]" in line
