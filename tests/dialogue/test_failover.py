from dialogue.failover import Breaker


def test_an_engine_rests_after_a_failure_and_is_tried_again() -> None:
    breaker = Breaker().failed(now_s=100, rest_s=5)
    assert not breaker.allows(104.9)
    assert breaker.allows(105)


def test_every_failure_in_a_row_doubles_the_rest_up_to_a_limit() -> None:
    breaker, rests = Breaker(), []
    for _ in range(6):
        breaker = breaker.failed(now_s=0, rest_s=5, longest_rest_s=60)
        rests.append(breaker.rests_until_s)
    assert rests == [5, 10, 20, 40, 60, 60]


def test_success_forgets_all_failures() -> None:
    assert Breaker().failed(0).failed(0).succeeded() == Breaker()
