import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.speech import PHONES
from dialogue.synthesise.ipa import phones_of_ipa


@pytest.mark.parametrize(
    ("name", "phones"),
    [
        ("tʃ", ("ch",)), ("aɪɚ", ("ay", "er")), ("əl", ("ax", "l")), ("ɔ̃", ("ao",)), ("pf", ("p", "f")),
        ("tʲ", ("t",)), ("ʔ", ("pau",)), ("", ("pau",)), ("iː", ("iy",)),
    ],
)  # fmt: skip
def test_ipa_becomes_the_nearest_phones(name: str, phones: tuple[str, ...]) -> None:
    assert phones_of_ipa(name) == phones


@given(st.text(alphabet=string.printable + "əɪʊɐɯʲːˈ̃ʈʂχ", max_size=8))
def test_every_name_gives_phones_the_face_knows(name: str) -> None:
    assert set(phones_of_ipa(name)) <= set(PHONES)
    assert phones_of_ipa(name)


def test_lips_close_for_every_bilabial() -> None:
    assert [phones_of_ipa(name)[0] for name in ("p", "b", "m", "pʰ", "bʱ")] == ["p", "b", "m", "p", "b"]
