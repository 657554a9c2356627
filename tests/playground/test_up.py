"""`manage.py up` with real processes and real signals."""

import fcntl
import os
import signal
import socket
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from tests.playground.running import PATIENCE, alive, status_of, up, wait_until


def test_the_link_is_printed_once_and_signs_the_owner_in(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = browser.open(running.link)

        assert page.status == 200
        assert "/accounts/login/" not in page.url
        assert running.output.count("/welcome/") == 1


def test_ctrl_c_ends_everything_and_is_no_failure(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        assert status_of(running.url + "/healthz") == 200
        wait_until(lambda: len(running.children()) == 2)
        children = running.children()

        running.process.send_signal(signal.SIGINT)

        assert running.process.wait(PATIENCE) == 0
        assert not children & alive()


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        assert status_of(running.url + "/healthz") == 200
        [before] = running.child("serve")

        os.kill(before, signal.SIGKILL)

        # The listening socket outlives the child: this request waits for the new one.
        assert status_of(running.url + "/healthz") == 200
        assert running.child("serve").isdisjoint({before})
        wait_until(lambda: "The web process ended (SIGKILL); starting it again in 0.5 s." in running.output)
        assert running.output.count("/welcome/") == 1


def test_no_child_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with up(tmp_path) as running:
        assert running.link
        wait_until(lambda: len(running.children()) == 2)
        children = running.children()

        running.process.kill()

        wait_until(lambda: not children & alive())


def test_a_second_one_in_the_same_folder_says_so(tmp_path: Path) -> None:
    with (tmp_path / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with up(tmp_path) as second:
            assert second.process.wait(PATIENCE) == 1

    assert second.hear_out() == f"Another `manage.py up` already uses {tmp_path}.\n"


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with up(tmp_path, "--port", str(port)) as second:
            assert second.process.wait(PATIENCE) == 1

    assert second.hear_out() == f"Cannot listen on 127.0.0.1:{port}: Address already in use. Try --port.\n"


def test_a_setting_that_is_nonsense_is_one_line(tmp_path: Path) -> None:
    with up(tmp_path, PLAYGROUND_BASE_URL="example.org") as running:
        assert running.process.wait(PATIENCE) == 1

    assert (
        running.hear_out() == "PLAYGROUND_BASE_URL must look like https://playground.example.org, not 'example.org'.\n"
    )
