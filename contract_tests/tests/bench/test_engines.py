"""What a wait costs on an engine, from what many cost."""

import subprocess
import sys
import time

import pytest

from benchmarks import engines


def test_a_poll_a_wait_and_the_start_are_told_apart():
    """What is the same however many waits there are, such as a program's start, counts nowhere."""

    def spent(waits, polls):
        return 5.0 + waits * (0.04 + (polls - 1) * 0.006)

    one = engines.cost(spent, 50, 200, (2, 12))
    assert one.first == pytest.approx(0.04)
    assert one.further == pytest.approx(0.006)
    assert one.of_wait(9.5) == pytest.approx(0.091)


def test_the_time_of_childrens_children_counts_while_they_live_and_after():
    """An engine's workers are processes that its own processes have started."""
    burn = """
import sys, time
while time.process_time() < 0.5: pass
print(flush=True)
sys.stdin.read()
"""
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}])"
    before = engines.children_cpu()
    command = [sys.executable, "-c", parent]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert engines.children_cpu() - before >= 0.45  # it is counted in hundredths
        process.stdin.close()
    assert engines.children_cpu() - before >= 0.45  # it is counted in hundredths


def test_what_an_engine_takes_while_idle_is_left_out(monkeypatch):
    """However long the waits take."""
    now, worked = [0.0], [0.0]
    monkeypatch.setattr(engines, "children_cpu", lambda: 0.1 * now[0] + worked[0])
    clock = {"sleep": lambda seconds: now.__setitem__(0, now[0] + seconds)}
    monkeypatch.setattr(time, "sleep", clock["sleep"])
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def run(waits, polls):
        time.sleep(30 * polls)
        worked[0] += waits * 0.25

    assert engines.without_idle(run, 20)(4, 2) == pytest.approx(1.0)
