import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.turns import (
    TABLE,
    Action,
    Cancel,
    Discard,
    Endpoint,
    Event,
    Failed,
    FalseAlarm,
    Finished,
    Hold,
    IllegalEvent,
    Interrupted,
    Listen,
    Lull,
    MicrophoneLost,
    Phase,
    Prompted,
    Recite,
    Resume,
    Sounded,
    Speak,
    SpeechOn,
    Think,
    Transcribe,
    Transcribed,
    Turn,
    Typed,
    advance,
)

EVENTS: tuple[Event, ...] = (
    SpeechOn(100),
    Lull(100, "where is"),
    Endpoint(100),
    Transcribed(100, "where is the lift"),
    Typed(100, "hello"),
    Prompted(100, "Welcome."),
    Sounded(100),
    Finished(100),
    Failed(100),
    Interrupted(100),
    FalseAlarm(100),
    MicrophoneLost(100),
)

# One row an event, one column a phase: the phase it leads to, '.' for itself, '-' where it cannot happen.
MATRIX = """
                 idle       listening  closing    thinking   speaking   doubting
SpeechOn         listening  .          listening  listening  doubting   .
Lull             -          .          -          -          -          -
Endpoint         -          closing    -          -          -          -
Transcribed      -          .          thinking   -          -          -
Typed            thinking   thinking   thinking   .          thinking   thinking
Prompted         thinking   -          -          -          -          -
Sounded          -          -          -          speaking   -          -
Finished         -          -          -          idle       idle       -
Failed           -          -          -          idle       idle       listening
Interrupted      -          -          -          -          listening  listening
FalseAlarm       -          -          -          -          -          speaking
MicrophoneLost   .          idle       .          .          .          speaking
"""


def _cells() -> list[tuple[Phase, Event, str]]:
    header, *rows = MATRIX.strip("\n").splitlines()
    phases = [Phase(name) for name in header.split()]
    cells = []
    for row, event in zip(rows, EVENTS, strict=True):
        name, *outcomes = row.split()
        assert name == type(event).__name__
        cells += [(phase, event, outcome) for phase, outcome in zip(phases, outcomes, strict=True)]
    return cells


def walk(turn: Turn, *events: Event) -> tuple[Turn, list[Action]]:
    done: list[Action] = []
    for event in events:
        turn, actions = advance(turn, event)
        done += actions
    return turn, done


def test_the_matrix_names_every_phase_and_event_and_the_table_holds_nothing_else() -> None:
    cells = _cells()
    # By name, because a slotted dataclass is made twice.
    assert len(cells) == len(Phase) * len({kind.__name__ for kind in Event.__subclasses__()})
    assert {(phase, type(event)) for phase, event, outcome in cells if outcome != "-"} == set(TABLE)


@pytest.mark.parametrize(("phase", "event", "outcome"), _cells())
def test_every_event_in_every_phase_leads_where_the_matrix_says(phase: Phase, event: Event, outcome: str) -> None:
    turn = Turn(phase, since_ms=7, said="so far", draft=None if phase is Phase.IDLE else "so far", pending=1)
    if outcome == "-":
        with pytest.raises(IllegalEvent, match=phase.value):
            advance(turn, event)
        return
    after, _ = advance(turn, event)
    assert after.phase is (phase if outcome == "." else Phase(outcome))
    if after.phase is not phase:
        assert after.since_ms == event.at_ms


def test_a_smooth_turn_listens_thinks_at_the_pause_and_speaks_after_the_endpoint() -> None:
    turn, actions = walk(
        Turn(),
        SpeechOn(0),
        Lull(900, "where is the lift"),
        Endpoint(1200),
        Transcribed(1220, "where is the lift"),
        Sounded(1260),
        Finished(3000),
    )
    assert turn == Turn(since_ms=3000)
    assert actions == [Listen(), Think("where is the lift"), Transcribe(), Speak()]


def test_a_reply_to_half_a_sentence_is_thrown_away_when_the_user_goes_on() -> None:
    _, actions = walk(Turn(), SpeechOn(0), Lull(500, "where is"), SpeechOn(800))
    assert actions == [Listen(), Think("where is"), Cancel()]


def test_a_final_transcript_that_differs_from_the_draft_is_answered_instead() -> None:
    _, actions = walk(
        Turn(), SpeechOn(0), Lull(500, "where is the left"), Endpoint(900), Transcribed(950, "where is the lift")
    )
    assert actions[-3:] == [Cancel(), Think("where is the lift"), Speak()]


def test_case_and_punctuation_do_not_make_a_draft_wrong() -> None:
    _, actions = walk(
        Turn(), SpeechOn(0), Lull(500, "where is the lift"), Endpoint(900), Transcribed(950, "Where is the lift?")
    )
    assert actions[-1] == Speak()
    assert Cancel() not in actions


def test_noise_without_words_leads_back_to_idle_without_a_reply() -> None:
    turn, actions = walk(Turn(), SpeechOn(0), Endpoint(900), Transcribed(950, " "))
    assert turn.phase is Phase.IDLE
    assert actions == [Listen(), Transcribe()]


def test_a_user_who_goes_on_after_the_endpoint_is_answered_as_a_whole() -> None:
    turn, actions = walk(
        Turn(),
        SpeechOn(0),
        Endpoint(900),
        Transcribed(950, "I would like"),
        SpeechOn(1000),
        Endpoint(2000),
        Transcribed(2050, "to see Anna"),
    )
    assert turn.said == "I would like to see Anna"
    assert actions[-3:] == [Transcribe(), Think("I would like to see Anna"), Speak()]
    assert Cancel() in actions


def test_words_transcribed_after_the_user_went_on_belong_to_the_same_turn() -> None:
    turn, _ = walk(Turn(), SpeechOn(0), Endpoint(900), SpeechOn(910), Transcribed(950, "I would like"))
    assert (turn.phase, turn.said) == (Phase.LISTENING, "I would like")


def test_a_slow_recogniser_is_waited_for_until_every_utterance_of_the_turn_is_transcribed() -> None:
    turn, actions = walk(Turn(), SpeechOn(0), Endpoint(900), SpeechOn(910), Endpoint(1500), Transcribed(2000, "one"))
    assert (turn.phase, turn.pending) == (Phase.CLOSING, 1)
    turn, actions = walk(turn, Transcribed(3000, "two"))
    assert actions == [Think("one two"), Speak()]


def test_a_transcript_of_nothing_is_refused() -> None:
    with pytest.raises(IllegalEvent, match="no utterance"):
        advance(Turn(Phase.LISTENING), Transcribed(0, "hello"))


def test_speech_during_a_reply_holds_it_and_an_interruption_cancels_it() -> None:
    speaking = Turn(Phase.SPEAKING, said="hello", draft="hello")
    turn, actions = walk(speaking, SpeechOn(0), Interrupted(300))
    assert actions == [Hold(), Listen(), Cancel()]
    assert (turn.phase, turn.said, turn.draft) == (Phase.LISTENING, "", None)


def test_a_false_alarm_lets_the_held_reply_go_on() -> None:
    speaking = Turn(Phase.SPEAKING, said="hello", draft="hello")
    turn, actions = walk(speaking, SpeechOn(0), FalseAlarm(600))
    assert actions == [Hold(), Listen(), Discard(), Resume()]
    assert turn == Turn(Phase.SPEAKING, 600, "hello", "hello")


def test_a_reply_of_which_nothing_was_heard_does_not_split_the_users_turn() -> None:
    speaking = Turn(Phase.SPEAKING, said="I would like", draft="I would like")
    turn, _ = walk(speaking, SpeechOn(0), Interrupted(150, heard=False), Endpoint(900), Transcribed(950, "some tea"))
    assert turn.said == "I would like some tea"


def test_typing_overrides_whatever_is_going_on() -> None:
    _, actions = walk(Turn(), SpeechOn(0), Lull(300, "well"), Typed(500, "where is the lift"))
    assert actions[2:] == [Discard(), Cancel(), Think("where is the lift"), Speak()]


def test_a_greeting_is_recited_and_belongs_to_no_words_of_the_user() -> None:
    turn, actions = walk(Turn(), Prompted(0, "Welcome."))
    assert actions == [Recite("Welcome."), Speak()]
    assert turn.said == ""


def test_a_greeting_interrupted_is_cancelled() -> None:
    _, actions = walk(Turn(), Prompted(0, "Welcome."), SpeechOn(10))
    assert actions == [Recite("Welcome."), Speak(), Cancel(), Listen()]


@given(st.lists(st.integers(0, len(EVENTS) - 1), max_size=60))
def test_random_conversations_never_speak_two_replies_or_leave_one_behind(choices: list[int]) -> None:
    """Walk at random and keep the books of what the actions started and stopped."""
    turn = Turn()
    replies = 0
    utterance = held = False
    for choice in choices:
        event = EVENTS[choice]
        before = turn
        try:
            turn, actions = advance(turn, event)
        except IllegalEvent:
            assert turn is before
            continue
        if isinstance(event, (Finished, Failed)):
            replies, held = 0, False
        for action in actions:
            match action:
                case Think() | Recite():
                    replies += 1
                case Cancel():
                    assert replies == 1
                    replies, held = 0, False
                case Hold():
                    assert replies == 1
                    assert not held
                    held = True
                case Resume():
                    assert held
                    held = False
                case Speak():
                    assert replies == 1
                case Listen():
                    assert not utterance
                    utterance = True
                case Transcribe():
                    assert utterance
                    utterance = False
                case Discard():
                    utterance = False
        assert replies == (turn.draft is not None)
        assert held == (turn.phase is Phase.DOUBTING)
        assert utterance == (turn.phase in (Phase.LISTENING, Phase.DOUBTING))
