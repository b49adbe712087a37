"""Regular expressions that people give for texts, matched in time that grows with the text alone.

A few characters of an expression can keep Python's own matcher busy for hours, so expressions are
parsed by Python's parser and run as a set of states (Thompson, Communications of the ACM 11 (1968)
419-422; the form with instructions follows R. Cox, "Regular Expression Matching: the Virtual
Machine Approach", 2009). What needs memory of the text (references to groups, looking around) is
not taken.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from re import _parser  # type: ignore[attr-defined]
from typing import Any

LONGEST_PATTERN = 500
MOST_INSTRUCTIONS = 2_000
MOST_STEPS = 2_000_000
MOST_NESTED = 60
"""The most groups and repeats inside one another: far from where Python's own stack ends."""
MOST_FORMS = 3
"""A letter as it is, small and large."""

_TOO_DEEP = "The expression is nested too deeply; use fewer groups inside one another."

Takes = Callable[[str], bool]
Holds = Callable[[str, int], bool]


class UnusablePattern(ValueError):
    """An expression that is none, or that asks for more than we do; the message is for people."""


@dataclass(frozen=True)
class _Take:
    """Goes on where a letter fits; ``cost`` is how many comparisons that may take."""

    takes: Takes
    cost: int = 1


@dataclass(frozen=True)
class _Split:
    """Goes on at each of several instructions, by their distances from this one."""

    to: tuple[int, ...]


@dataclass(frozen=True)
class _Hold:
    """Goes on where something holds between two letters."""

    holds: Holds


_Instruction = _Take | _Split | _Hold
_Program = list[_Instruction]


@dataclass(frozen=True)
class Pattern:
    """An expression that is ready to be looked for."""

    source: str
    program: Sequence[_Instruction] = field(repr=False)

    @cached_property
    def cost(self) -> int:
        """How many steps one letter of a text may take."""
        return sum(one.cost if isinstance(one, _Take) else 1 for one in self.program)

    def found_in(self, text: str) -> bool:
        """Tell whether the expression fits somewhere in ``text``, as ``re.search`` does.

        Raises `UnusablePattern` for a text that is too long for so large an expression.
        """
        if self.cost * (len(text) + 1) > MOST_STEPS:
            raise UnusablePattern("The text is too long for the form that the question asks for.")
        states: set[int] = set()
        for place in range(len(text) + 1):
            states.add(0)
            reached = self._reached(states, text, place)
            if len(self.program) in reached:
                return True
            if place == len(text):
                return False
            states = {
                state + 1
                for state in reached
                if isinstance(found := self.program[state], _Take) and found.takes(text[place])
            }
        return False

    def _reached(self, states: set[int], text: str, place: int) -> set[int]:
        """Return the states, and those that are reached from them without a letter."""
        reached: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state in reached:
                continue
            reached.add(state)
            if state == len(self.program):
                continue
            found = self.program[state]
            if isinstance(found, _Split):
                waiting.extend(state + step for step in found.to)
            elif isinstance(found, _Hold) and found.holds(text, place):
                waiting.append(state + 1)
        return reached


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> Pattern:
    """Return the expression, or raise `UnusablePattern`."""
    if len(source) > LONGEST_PATTERN:
        raise UnusablePattern(f"An expression has at most {LONGEST_PATTERN} letters.")
    try:
        return Pattern(source=source, program=tuple(_program(source)))
    except (re.error, OverflowError) as error:
        raise UnusablePattern(f"This is no regular expression: {error}.") from error
    except RecursionError as error:
        raise UnusablePattern(_TOO_DEEP) from error


def _program(source: str) -> _Program:
    tree = _parser.parse(source)
    flags = tree.state.flags & ~re.UNICODE
    if flags & ~re.IGNORECASE:
        raise UnusablePattern("Of flags, only (?i) is taken.")
    return _Compiler(ignore_case=bool(flags & re.IGNORECASE)).sequence(tree)


class _Compiler:
    """Turns Python's parse tree into instructions."""

    def __init__(self, *, ignore_case: bool) -> None:
        self.ignore_case = ignore_case
        self._depth = 0

    def sequence(self, tree: Any) -> _Program:
        if self._depth > MOST_NESTED:
            raise UnusablePattern(_TOO_DEEP)
        self._depth += 1
        try:
            return self._sequence(tree)
        finally:
            self._depth -= 1

    def _sequence(self, tree: Any) -> _Program:
        program: _Program = []
        for operator, argument in tree:
            program += self._instructions(str(operator), argument)
            if len(program) > MOST_INSTRUCTIONS:
                raise UnusablePattern("The expression repeats too much; ask for less.")
        return program

    def _instructions(self, operator: str, argument: Any) -> _Program:
        if operator in ("MAX_REPEAT", "MIN_REPEAT"):
            return self._repeat(*argument)
        if operator == "SUBPATTERN":
            _, added, removed, tree = argument
            if added or removed:
                raise UnusablePattern("Of flags, only (?i) at the start is taken.")
            return self.sequence(tree)
        if operator == "BRANCH":
            return self._branch([self.sequence(tree) for tree in argument[1]])
        if operator == "AT":
            return [_Hold(_place(str(argument)))]
        members = len(argument) if operator == "IN" else 1
        forms = MOST_FORMS if self.ignore_case else 1
        return [_Take(self._letter(operator, argument), cost=members * forms)]

    def _repeat(self, least: int, most: int, tree: Any) -> _Program:
        once = self.sequence(tree)
        if not once:
            return []  # however often: nothing
        endless = most >= int(_parser.MAXREPEAT)
        if len(once) * (least if endless else most) > MOST_INSTRUCTIONS:
            raise UnusablePattern("The expression repeats too much; ask for less.")
        program = once * least
        if endless:
            return [*program, _Split((1, len(once) + 2)), *once, _Split((-len(once) - 1,))]
        for left in range(most - least, 0, -1):
            program += [_Split((1, left * (len(once) + 1))), *once]
        return program

    def _branch(self, choices: list[_Program]) -> _Program:
        """Write the choices one after the other; each but the last jumps behind them all."""
        lengths = [len(choice) + 1 for choice in choices]
        starts = [1 + sum(lengths[:number]) for number in range(len(choices))]
        end = starts[-1] + lengths[-1]
        program: _Program = [_Split(tuple(starts))]
        for choice, start in zip(choices, starts, strict=True):
            program += [*choice, _Split((end - start - len(choice),))]
        return program

    def _letter(self, operator: str, argument: Any) -> Takes:
        if operator == "ANY":
            return lambda letter: letter != "\n"
        if operator == "LITERAL":
            return self._cased(_one(argument))
        if operator == "NOT_LITERAL":
            takes = self._cased(_one(argument))
            return lambda letter: not takes(letter)
        if operator == "IN":
            return self._set(argument)
        raise UnusablePattern(
            "References to groups, looking around and possessive repeats are not taken."
        )

    def _set(self, parts: Any) -> Takes:
        negated = str(parts[0][0]) == "NEGATE"
        wanted = [self._cased(_member(str(name), each)) for name, each in parts[negated:]]
        return lambda letter: any(takes(letter) for takes in wanted) != negated

    def _cased(self, takes: Takes) -> Takes:
        if not self.ignore_case:
            return takes
        return lambda letter: any(takes(form) for form in _forms(letter))


def _one(code: int) -> Takes:
    wanted = chr(code)
    return lambda letter: letter == wanted


def _member(name: str, argument: Any) -> Takes:
    if name == "LITERAL":
        return _one(argument)
    if name == "RANGE":
        low, high = (chr(code) for code in argument)
        return lambda letter: low <= letter <= high
    return _CATEGORIES[str(argument)]


def _forms(letter: str) -> Iterator[str]:
    yield from {letter, *(form for form in (letter.lower(), letter.upper()) if len(form) == 1)}


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


_CATEGORIES: dict[str, Takes] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_NOT_DIGIT": lambda letter: not letter.isdecimal(),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda letter: not letter.isspace(),
    "CATEGORY_WORD": _is_word,
    "CATEGORY_NOT_WORD": lambda letter: not _is_word(letter),
}


def _at_boundary(text: str, place: int) -> bool:
    before = place > 0 and _is_word(text[place - 1])
    after = place < len(text) and _is_word(text[place])
    return before != after


_PLACES: dict[str, Holds] = {
    "AT_BEGINNING": lambda text, place: place == 0,
    "AT_BEGINNING_STRING": lambda text, place: place == 0,
    "AT_END": lambda text, place: (
        place == len(text) or (place == len(text) - 1 and text[place] == "\n")
    ),
    "AT_END_STRING": lambda text, place: place == len(text),
    "AT_BOUNDARY": _at_boundary,
    "AT_NON_BOUNDARY": lambda text, place: bool(text) and not _at_boundary(text, place),
}


def _place(name: str) -> Holds:
    return _PLACES[name]
