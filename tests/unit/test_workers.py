"""Worker processes of a run: results come whoever did the work, and a worker that dies is one clear line."""

import os
import signal
import time

import pytest

from pipelines.errors import KortlaegningError
from pipelines.workers import PickledOnce, Workers


def where() -> int:
    return os.getpid()


def wait_and_tell(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(message: str) -> None:
    raise KortlaegningError(message)


class Counted(PickledOnce):
    """Knows how many of its kind this process has made."""

    made = 0

    def __new__(cls) -> "Counted":
        cls.made += 1
        return super().__new__(cls)

    def __init__(self) -> None:
        self.words = ["some", "words"]

    def tell(self) -> tuple[int, int, list[str]]:
        return os.getpid(), type(self).made, self.words


def test_what_several_jobs_read_is_made_once_in_a_worker() -> None:
    first, second = Counted(), Counted()
    with Workers(1) as workers:
        jobs = [workers.give(one.tell) for one in (first, first, first, second)]
        time.sleep(2)
        told = [job.result() for job in jobs]
    assert [(made, words) for process, made, words in told if process != os.getpid()][:3] == [(1, first.words)] * 3
    assert told[0][0] == told[2][0] != os.getpid()


def test_without_processes_the_asker_does_it() -> None:
    with Workers(0) as workers:
        workers.prepare("json")
        assert workers.give(where).result() == os.getpid()


def test_a_worker_does_it_and_the_asker_takes_what_nobody_began() -> None:
    with Workers(1) as workers:
        jobs = [workers.give(wait_and_tell, 1.0) for _ in range(4)]
        time.sleep(0.5)
        last, first = jobs[-1].result(), jobs[0].result()
    assert first != os.getpid()
    assert last == os.getpid()


def test_an_error_of_ours_comes_back_as_it_is() -> None:
    with Workers(1) as workers, pytest.raises(KortlaegningError, match="what to do"):
        job = workers.give(refuse, "what to do")
        time.sleep(1)
        job.result()


def test_a_killed_worker_is_one_clear_line() -> None:
    with Workers(1) as workers:
        job = workers.give(die)
        time.sleep(2)
        with pytest.raises(KortlaegningError, match="worker process was ended from outside"):
            job.result()


def test_a_worker_that_died_is_the_same_line_to_who_comes_later() -> None:
    with Workers(1) as workers:
        workers.give(die)
        time.sleep(2)
        with pytest.raises(KortlaegningError, match="worker process was ended from outside"):
            workers.give(where)


def test_an_interrupted_worker_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with Workers(1) as workers:
        idle = workers.give(where)
        time.sleep(2)
        os.kill(idle.result(), signal.SIGINT)
        time.sleep(1)
    assert capfd.readouterr().err == ""
