"""A clip: which snapshots its frames show, for how long, and what cannot be one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from clip_recordings import trained

from nnexpr.specification import FitSpecification, InputError
from nnexpr_tui.exports.clip import HOLD, ClipSpecification, labels_of, make_clip


def test_frames_go_from_the_first_snapshot_to_the_last_each_later_than_the_one_before() -> None:
    recording = trained()
    for frames in (2, 5, 11, 12, 60):
        clip = make_clip([recording], ClipSpecification(frames=frames, seconds=3.0))
        assert len(clip) == min(frames, len(recording.snapshots))
        assert (clip.epochs[0], clip.epochs[-1]) == (0, recording.snapshots[-1].epoch)
        assert list(clip.epochs) == sorted(set(clip.epochs))
        assert (clip.times[0], clip.times[-1], clip.duration) == (0, 3000, 3000 + HOLD)
        intervals = [b - a for a, b in zip(clip.times, clip.times[1:], strict=False)]
        assert max(intervals) - min(intervals) <= 1


def test_runs_of_other_epochs_keep_step_each_with_its_last_snapshot_that_is_not_later() -> None:
    short, long = trained("short", snapshots=6, every=3, seed=1), trained("long", snapshots=9, every=5)
    clip = make_clip([short, long], ClipSpecification(frames=100))
    for frame, epoch in enumerate(clip.epochs):
        for run, recording in enumerate((short, long)):
            passed = [snapshot.epoch for snapshot in recording.snapshots if snapshot.epoch <= epoch]
            assert clip.snapshot(frame, run).epoch == passed[-1]
    assert clip.snapshot(-1, 0) is short.snapshots[-1]
    assert clip.snapshot(-1, 1) is long.snapshots[-1]


def test_an_epoch_has_come_in_the_first_frame_that_is_not_earlier() -> None:
    clip = make_clip([trained()], ClipSpecification(frames=5))
    for epoch in range(clip.epochs[-1] + 1):
        frame = clip.frame_of(epoch)
        assert clip.epochs[frame] >= epoch
        assert frame == 0 or clip.epochs[frame - 1] < epoch
    assert clip.frame_of(10**9) == len(clip) - 1


def test_runs_are_told_apart_by_what_they_differ_in() -> None:
    make = FitSpecification.make
    assert labels_of([make(width=(8,)), make(width=(16,))]) == ("width 8", "width 16")
    assert labels_of([make(seed=1, threads=1), make(seed=2, threads=2)]) == ("seed 1", "seed 2")
    both = labels_of([make(lr=0.1, activation="sine"), make(lr=0.2, activation="relu")])
    assert both == ("activation sine, lr 0.1", "activation relu, lr 0.2")
    alike = labels_of([make(), make()])
    assert len(set(alike)) == 2
    assert labels_of([make(depth=4)]) == ("mlp, depth 4, width 16, relu",)
    deep = make(network="mmnn", rank=2, residual=True)
    assert labels_of([deep]) == ("mmnn, depth 4, width 100, rank 2, relu, residual",)


def test_what_cannot_be_a_clip_is_refused_in_a_sentence() -> None:
    recording, usual = trained(), ClipSpecification()
    unmoved = replace(recording, snapshots=recording.snapshots[:1])
    refused = [
        ([], "a clip shows one to 4 of them"),
        ([recording] * 5, "a clip shows one to 4 of them"),
        ([replace(recording, snapshots=())], "no snapshots of it were recorded"),
        ([unmoved], "only epoch 0 of it was recorded, so nothing moves"),
    ]
    for recordings, why in refused:
        with pytest.raises(InputError, match=why):
            make_clip(recordings, usual)
    # a run of which one snapshot is there stands still beside one that moves
    assert len(make_clip([unmoved, recording], usual)) == len(recording.snapshots)


@pytest.mark.parametrize("size", ["", "80", "80x", "x24", "80x24x2", "1x1", "99999x10", "-80x24", "80 by 24"])
def test_a_size_is_two_numbers_within_bounds(size: str) -> None:
    with pytest.raises(
        InputError, match=r"it must be a width and a height between 40x16 and 400x200, as 120x40"
    ):
        ClipSpecification(size=size).extent((120, 40), (40, 16), (400, 200))


def test_sizes_that_can_be() -> None:
    for size, meant in (("auto", (120, 40)), ("80x24", (80, 24)), (" 100 × 30 ", (100, 30))):
        assert ClipSpecification(size=size).extent((120, 40), (40, 16), (400, 200)) == meant
