import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattif_dagster.metering.draws import GAMMA, Purpose, below, derive, draw, fractions, mix
from wattif_dagster_tests.support.strategies import seeds

words = st.lists(st.integers(0, 2**64 - 1), max_size=20).map(lambda x: np.array(x, np.uint64))


def test_mix_gives_the_published_outputs_of_splitmix64():
    state = np.uint64(1234567)
    outputs = mix(state + np.arange(1, 6, dtype=np.uint64) * GAMMA)
    assert outputs.tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_mix_with_scratch_gives_the_same_in_place():
    given_words = np.arange(9, dtype=np.uint64)
    expected = mix(given_words.copy())
    scratch = np.empty_like(given_words)
    assert mix(given_words, scratch) is given_words
    np.testing.assert_array_equal(given_words, expected)


@given(seeds, st.lists(st.integers(0, 2**40), min_size=1, max_size=9))
def test_a_draw_does_not_depend_on_what_is_drawn_with_it(seed, keys):
    together = draw(seed, Purpose.LOAD, 5, np.array(keys))
    alone = [draw(seed, Purpose.LOAD, 5, key).item() for key in keys]
    assert together.tolist() == alone


def test_draw_broadcasts_its_keys():
    grid = draw(1, Purpose.LOAD, np.arange(3)[:, np.newaxis], np.arange(4))
    assert grid.shape == (3, 4)
    assert grid[2, 1] == draw(1, Purpose.LOAD, 2, 1).item()


def test_derive_is_draw_with_one_more_key():
    assert derive(draw(1, Purpose.LOAD, 2), 3) == draw(1, Purpose.LOAD, 2, 3)


@pytest.mark.parametrize(
    "other", [(2, Purpose.LOAD, 3, 4), (1, Purpose.SERIAL, 3, 4), (1, Purpose.LOAD, 4, 3)]
)
def test_seed_purpose_and_order_of_keys_all_count(other):
    assert draw(1, Purpose.LOAD, 3, 4) != draw(*other)


@given(words, st.integers(1, 2**31))
def test_below_stays_below(drawn, bound):
    out = np.empty(2 * len(drawn), np.int64)
    below(drawn, bound, out)
    assert ((out >= 0) & (out < bound)).all()


def test_below_reaches_both_ends():
    out = np.empty(2, np.int64)
    below(np.array([0xFFFFFFFF00000000], np.uint64), 901, out)
    assert out.tolist() == [0, 900]


@given(words)
def test_fractions_are_at_least_0_and_below_1(drawn):
    chance = fractions(drawn)
    assert ((chance >= 0) & (chance < 1)).all()
