"""The most memory that a process had, as Linux alone tells it: https://docs.kernel.org/filesystems/proc.html."""

from pathlib import Path

from tests.missing import missing


def expect_peaks() -> None:
    """For a test that asks for one."""
    if not Path("/proc/self/clear_refs").exists():
        missing("Linux, which says what a process had at its peak")


def peak_bytes(process: str | int = "self") -> int:
    """The most that it had of the machine's memory at any moment since `forget_peak`."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024


def forget_peak(process: str | int = "self") -> None:
    """From now on the peak is counted from what it has."""
    Path(f"/proc/{process}/clear_refs").write_text("5")
