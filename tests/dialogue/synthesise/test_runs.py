from hypothesis import given
from hypothesis import strategies as st

from dialogue.synthesise.runs import runs_of


@given(st.text(alphabet="ab \n", max_size=400), st.integers(1, 40))
def test_runs_lose_no_letter_and_keep_their_bounds(text: str, token_limit: int) -> None:
    runs = list(runs_of(text, limit=50, token_limit=token_limit))
    assert "".join(runs).replace(" ", "") == "".join(text.split())
    assert all(0 < len(run) <= 50 for run in runs)
    assert all(len(token) <= token_limit for run in runs for token in run.split())


def test_words_stay_whole() -> None:
    assert list(runs_of("one two three four", limit=9)) == ["one two", "three", "four"]
