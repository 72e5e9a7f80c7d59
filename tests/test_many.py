"""Cases that run as one test are all tried, and those that fail are named."""

import pytest

from tests.many import over


def test_every_case_is_tried_and_each_that_fails_is_named():
    tried = []

    @over(["a", {"id": "second"}, "c", "d"], parts=1)
    def small(case):
        tried.append(case)
        assert case == "a"
        pytest.fail("never reached")

    with pytest.raises(BaseExceptionGroup, match="4 cases fail: a, second, c, d") as told:
        small(0)
    assert len(tried) == 4
    assert [error.__notes__ for error in told.value.exceptions][1] == ["The case is second."]


def test_the_parts_cover_all_cases():
    tried = []
    run = over(range(10), parts=3)(tried.append)
    for part in range(3):
        run(part)
    assert sorted(tried) == list(range(10))
