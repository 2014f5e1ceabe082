"""The rhythm of frames, in a clock of the test's own."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr_tui.charts.pacing import PATIENCE, Pacer

few = settings(max_examples=100, deadline=None, database=None)


@few
@given(st.floats(0, 10), st.integers(0, 10**6), st.floats(0.5, 60))
def test_a_frame_waits_for_its_cost_its_bytes_and_the_rate(cost, sent, rate):
    pacer = Pacer(rate=rate)
    assert pacer.due(100.0)
    pacer.drawn(100.0, cost, sent)
    wait = max(10 * cost, sent / 25_000, 1 / rate)
    assert not pacer.due(100.0 + 0.999 * wait)
    assert pacer.due(100.0 + 1.001 * wait)


@few
@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), min_size=1, max_size=5), st.floats(0.5, 60))
def test_what_a_frame_came_to_takes_the_place_of_what_was_guessed(guess, updates, rate):
    pacer = Pacer(rate=rate)
    pacer.drawn(100.0, 0.0, guess)
    for sent in updates:
        pacer.written(sent)
    wait = max(sum(updates) / 25_000, 1 / rate)
    assert not pacer.due(100.0 + 0.999 * wait)
    assert pacer.due(100.0 + 1.001 * wait)


@few
@given(st.floats(0.001, 0.4), st.lists(st.floats(0, 1.5), min_size=1, max_size=20))
def test_a_line_has_frames_on_it_for_a_quarter_of_the_time(latency, on_their_way):
    """However far the terminal is: of an answer's time, the way there and back is nobody's frame."""
    pacer, now, busy = Pacer(), 0.0, 0.0
    for taken in (0.0, *on_their_way):
        while not pacer.due(now):
            now += 0.001
        pacer.drawn(now, 0.0)
        pacer.asked(now)
        pacer.answered(now + latency + taken)
        busy += taken
    while not pacer.due(now):
        now += 0.001
    assert busy <= now / 4 + 0.001
    if not any(on_their_way):
        assert now <= (len(on_their_way) + 1) * (1 / 15 + 0.002)


@few
@given(st.lists(st.tuples(st.floats(0, 0.2), st.integers(0, 20_000)), min_size=20, max_size=60))
def test_over_time_drawing_takes_a_tenth_and_sends_25_kilobytes_a_second(frames):
    pacer, now, start = Pacer(), 0.0, 0.0
    for cost, sent in frames:
        while not pacer.due(now):
            now += 0.001
        pacer.drawn(now, cost, sent)
    while not pacer.due(now):
        now += 0.001
    elapsed = now - start
    assert sum(cost for cost, _ in frames) <= 0.1 * elapsed + 1e-9
    assert sum(sent for _, sent in frames) <= 25_000 * elapsed + 1e-6
    assert len(frames) <= 15 * elapsed + 1e-6


def test_nothing_is_drawn_while_output_waits():
    pacer = Pacer()
    pacer.backlog(1)
    assert not pacer.due(math.inf)
    pacer.backlog(0)
    assert pacer.due(0.0)


def test_a_terminal_that_answers_gets_the_next_frame_after_its_answer():
    pacer = Pacer()
    pacer.drawn(0.0, 0.001)
    pacer.asked(0.0)
    assert pacer.due(0.5), "until it has answered once, nothing waits for it"
    pacer.answered(0.5)
    pacer.drawn(1.0, 0.001)
    pacer.asked(1.0)
    assert not pacer.asks
    assert not pacer.due(1.0 + 0.9 * PATIENCE)
    pacer.answered(1.5)
    assert pacer.due(1.0 + 0.9 * PATIENCE)


def test_an_answer_that_is_lost_does_not_stop_the_charts():
    pacer = Pacer()
    pacer.asked(0.0)
    pacer.answered(0.1)
    pacer.asked(1.0)
    assert not pacer.due(1.5)
    assert pacer.due(1.0 + PATIENCE)


@pytest.mark.parametrize("silent", [1, 2, 3])
def test_a_terminal_that_never_answers_is_asked_three_times(silent):
    pacer = Pacer()
    for i in range(silent):
        assert pacer.asks
        pacer.asked(10.0 * i)
        assert pacer.due(10.0 * i + PATIENCE)
    assert pacer.asks == (silent < 3)
