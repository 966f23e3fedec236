"""The work of a sign-in says nothing about who is known, and a start costs none of it."""

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from api.sign_in import Passwords


class Work:
    """How often the slow function was called, by its name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        for name in ("hash", "verify"):
            monkeypatch.setattr(Argon2Hasher, name, self._counting(name))

    def _counting(self, name: str) -> object:
        slow = getattr(Argon2Hasher, name)

        def counted(*given: object, **named: object) -> object:
            self.done.append(name)
            return slow(*given, **named)

        return counted

    def taken(self) -> list[str]:
        done, self.done = self.done, []
        return done


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


def test_a_start_hashes_nothing(work: Work) -> None:
    Passwords(quick=True)
    assert work.taken() == []


@pytest.mark.parametrize("known", [True, False])
def test_the_first_sign_in_is_the_same_work_for_who_is_known_and_who_is_not(
    work: Work, known: bool
) -> None:
    stored = Passwords(quick=True).hash("right")
    work.taken()
    passwords = Passwords(quick=True)
    assert passwords.fits("right", stored if known else None) is known
    assert work.taken() == ["hash", "verify"]
    # And so is every later one.
    for one in (stored, None):
        passwords.fits("wrong", one)
        assert work.taken() == ["verify"]
