"""What a language model is told: who it is, how to speak, what is known, and what was said so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dialogue.history import CountTokens, Utterance, about_tokens, newest_within
from dialogue.reply.knowledge import KnowledgeReplier
from dialogue.reply.knowledge_file import Entry, Knowledge

GROUNDING_ENTRIES = 5
SPEECH_RULES = (
    "Your words are spoken aloud by a voice while people look at your face. Answer in one to three short sentences that"
    " are easy to understand when heard. No lists, no headings, no markdown, no emoji, no addresses of web pages unless"
    " asked for. You may put a stage direction in square brackets where your face should act: [smile], [nod],"
    " [look left], [look right]. If you did not understand, ask one short question."
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


def messages(
    replier: KnowledgeReplier, history: Sequence[Utterance], token_limit: int, count: CountTokens = about_tokens
) -> tuple[Message, ...]:
    """Put a chat together of at most about `token_limit` tokens.

    The entries nearest to the last utterance go into the system message; the oldest utterances are left out first.
    """
    system = system_text(replier.knowledge, replier.nearest(history[-1].text, GROUNDING_ENTRIES))
    kept = newest_within(history, token_limit - count(system), count)
    return (Message("system", system), *map(_message, kept))


def system_text(knowledge: Knowledge, entries: Sequence[Entry]) -> str:
    """Say who the model is, how it speaks, what it must not do, and what it knows for this question."""
    persona = knowledge.persona
    paragraphs = [f"You are {persona.name}, {persona.role}. {persona.style}".strip(), SPEECH_RULES]
    if persona.never:
        paragraphs.append("Never do any of this: " + "; ".join(persona.never) + ".")
    if entries:
        facts = "\n".join(
            f"- {entry.about or entry.id}: {' '.join((entry.answer[0], entry.more))}".strip() for entry in entries
        )
        paragraphs.append(
            "What you know that may help. Use it where it fits, say nothing that contradicts it, and where it does not"
            f" answer the question say that you do not know rather than guess:\n{facts}"
        )
    return "\n\n".join(paragraphs)


def _message(utterance: Utterance) -> Message:
    """Mark a reply that the user cut off: the model should know that its end was not heard."""
    if utterance.speaker == "user":
        return Message("user", utterance.text)
    return Message("assistant", utterance.text + (" ... (the user interrupted here)" if utterance.interrupted else ""))
