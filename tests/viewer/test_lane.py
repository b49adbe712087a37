"""Work in threads takes turns, with pauses in proportion to what it took."""

import asyncio

from viewer.lane import REST, Lane


class Clock:
    """Goes on when told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


def work(lane: Lane, clock: Clock, *, takes: float, longest: float) -> None:
    """Two turns, one behind the other."""

    async def twice() -> None:
        for _ in range(2):
            async with lane.turn(longest_pause=longest):
                clock.now += takes

    asyncio.run(twice())


def test_a_turn_is_followed_by_a_pause_in_proportion() -> None:
    clock = Clock()
    work(Lane(clock=clock, sleep=clock.sleep), clock, takes=0.03, longest=10)
    assert clock.slept == [0, round(REST * 0.03, 6)]


def test_with_many_sockets_pauses_are_shorter() -> None:
    clock = Clock()
    work(Lane(clock=clock, sleep=clock.sleep), clock, takes=0.03, longest=0.05)
    assert clock.slept == [0, 0.05]


def test_nobody_waits_who_comes_later_than_that() -> None:
    clock = Clock()
    lane = Lane(clock=clock, sleep=clock.sleep)
    work(lane, clock, takes=0.03, longest=10)
    clock.now += 1
    work(lane, clock, takes=0.03, longest=10)
    assert clock.slept[2] == 0


def test_turns_do_not_overlap_and_one_that_fails_ends() -> None:
    inside, most = 0, 0

    async def one(lane: Lane, number: int) -> None:
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
        works = (one(lane, number) for number in range(5))
        return await asyncio.gather(*works, return_exceptions=True)

    found = asyncio.run(all_at_once())
    assert [type(fault) for fault in found if fault] == [ValueError]
    assert most == 1
