"""In which order checks are asked, and what becomes of their answers."""

from wattif_dagster.doctor.check import Check, Finding, UnansweredError, WrongError, examine
from wattif_dagster.errors import UserError


def answer(error: Exception | None = None) -> str:
    if error:
        raise error
    return "it is there"


def test_an_answer_becomes_a_finding() -> None:
    found = examine(
        [
            Check("a", answer),
            Check("b", lambda: answer(WrongError("It is not there.", "make it"))),
            Check("c", lambda: answer(UserError("Make it."))),
            Check("d", lambda: answer(UnansweredError("I may not ask.", "let me"))),
        ]
    )
    assert list(found) == [
        Finding("a", "fine", "it is there"),
        Finding("b", "wrong", "It is not there.", "make it"),
        Finding("c", "wrong", "Make it."),
        Finding("d", "not checked", "I may not ask.", "let me"),
    ]


def test_a_check_is_asked_unless_what_it_needs_is_wrong() -> None:
    found = examine(
        [
            Check("wrong", lambda: answer(WrongError("It is not there."))),
            Check("refused", lambda: answer(UnansweredError("I may not ask."))),
            Check("of wrong", answer, ("refused", "wrong")),
            Check("of that", answer, ("of wrong",)),
            Check("of refused", answer, ("refused",)),
        ]
    )
    assert list(found)[2:] == [
        Finding("of wrong", "not checked", "mend this first: wrong"),
        Finding("of that", "not checked", "mend this first: of wrong"),
        Finding("of refused", "fine", "it is there"),
    ]


def test_findings_come_one_by_one() -> None:
    asked: list[str] = []

    def ask() -> str:
        asked.append("asked")
        return ""

    found = examine([Check("a", ask), Check("b", ask)])
    next(found)
    assert asked == ["asked"]
