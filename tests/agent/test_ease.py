from agent.ease import CONTROLS, LARGEST_TEXT, Ease, eased
from agent.overlay import OverlaySettings
from dialogue.endpoint import EndpointSettings
from dialogue.history import Utterance
from dialogue.reply.commands import HANDS_FREE, Command, CommandReplier, phrases_of
from dialogue.sentences import Direction, pieces_of
from tests.dialogue.reply.test_commands import Counting

USUAL = Ease(OverlaySettings(), EndpointSettings())


async def after_saying(ease: Ease, text: str) -> Ease:
    """What the spoken words lead to, by way of the reply and its stage directions."""
    replier = CommandReplier(Counting(), obeyed=HANDS_FREE)
    async for piece in pieces_of(replier.reply([Utterance("user", text)])):
        for direction in piece.directions:
            ease = eased(ease, direction)
    return ease


async def test_what_is_said_changes_how_it_is() -> None:
    assert not (await after_saying(USUAL, "captions off, please")).overlay.captions
    assert (await after_saying(USUAL, "larger text")).overlay.caption_size > USUAL.overlay.caption_size
    assert (await after_saying(USUAL, "smaller text")).overlay.caption_size < USUAL.overlay.caption_size
    assert (await after_saying(USUAL, "wait for me")).endpoint.patience > 1
    assert not (await after_saying(USUAL, "stop listening")).listening
    assert (await after_saying(await after_saying(USUAL, "stop listening"), "wake up")).listening
    assert (await after_saying(USUAL, "pause")).paused
    assert not (await after_saying(await after_saying(USUAL, "pause"), "go on")).paused


async def test_whoever_wants_larger_text_wants_to_see_it_and_it_stays_on_the_screen() -> None:
    ease = await after_saying(USUAL, "captions off")
    for _ in range(20):
        ease = await after_saying(ease, "larger text")
    assert ease.overlay.captions
    assert ease.overlay.caption_size == LARGEST_TEXT
    OverlaySettings.model_validate(ease.overlay.model_dump())
    EndpointSettings.model_validate(ease.endpoint.model_dump())


def test_other_directions_change_nothing() -> None:
    assert eased(USUAL, Direction("smile")) == USUAL
    assert eased(USUAL, Direction("text", "purple")) == USUAL


def test_everything_that_can_be_said_can_be_reached_with_one_switch() -> None:
    assert {control.name for control in CONTROLS} == set(Command)
    assert all(phrases_of(frozenset({command})) for command in Command)
