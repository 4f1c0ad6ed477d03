from dialogue.recognise.stability import StablePrefix


def test_a_word_is_stable_once_enough_hypotheses_agree_on_it_and_all_before_it() -> None:
    prefix = StablePrefix(looks=2)
    assert prefix.look(["where"]) == 0
    assert prefix.look(["where", "is"]) == 1
    assert prefix.look(["where", "is", "the"]) == 2
    assert prefix.look(["wear", "is", "the", "station"]) == 0


def test_more_looks_wait_longer() -> None:
    prefix = StablePrefix(looks=3)
    assert [prefix.look(["yes"]) for _ in range(3)] == [0, 0, 1]


def test_nothing_is_stable_in_a_new_utterance() -> None:
    prefix = StablePrefix(looks=2)
    prefix.look(["yes"])
    prefix.look(["yes"])
    prefix.reset()
    assert prefix.count == 0
    assert prefix.look(["yes"]) == 0
