"""Work in threads takes turns, with pauses in proportion to what it took."""

import asyncio

from viewer.supplies import REST, Lane


class Clock:
    """Goes on when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def waited(lane: Lane, clock: Clock, *, takes: float, longest: float, slept: list[float]) -> None:
    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        clock.now += seconds

    async def twice() -> None:
        for _ in range(2):
            async with lane.turn(longest_pause=longest, sleep=sleep):
                clock.now += takes

    asyncio.run(twice())


def test_a_turn_is_followed_by_a_pause_in_proportion() -> None:
    clock, slept = Clock(), list[float]()
    waited(Lane(clock=clock), clock, takes=0.03, longest=10, slept=slept)
    assert slept == [0, round(REST * 0.03, 6)]


def test_with_many_sockets_pauses_are_shorter() -> None:
    clock, slept = Clock(), list[float]()
    waited(Lane(clock=clock), clock, takes=0.03, longest=0.05, slept=slept)
    assert slept == [0, 0.05]


def test_nobody_waits_who_comes_later_than_that() -> None:
    clock, slept = Clock(), list[float]()
    lane = Lane(clock=clock)
    waited(lane, clock, takes=0.03, longest=10, slept=slept)
    clock.now += 1
    waited(lane, clock, takes=0.03, longest=10, slept=slept)
    assert slept[2] == 0


def test_turns_do_not_overlap_and_one_that_fails_ends() -> None:
    inside, most = 0, 0

    async def work(lane: Lane, number: int) -> None:
        nonlocal inside, most
        async with lane.turn(longest_pause=0):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            if number == 1:
                raise ValueError

    async def all_at_once() -> list[BaseException | None]:
        lane = Lane()
        works = (work(lane, number) for number in range(5))
        return await asyncio.gather(*works, return_exceptions=True)

    found = asyncio.run(all_at_once())
    assert [type(one) for one in found if one] == [ValueError]
    assert most == 1
