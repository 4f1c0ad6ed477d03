"""The file that says who the agent is and what it knows; see assets/knowledge/reception.yaml."""

import string
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dialogue.section import Section
from dialogue.settings_file import read_section

PLACEHOLDERS = ("name", "time", "date")
"""What answers may contain in braces: the agent's name, the time of day, today's date."""


def _as_list(value: object) -> object:
    """Accept one text where several may stand."""
    return (value,) if isinstance(value, str) else value


def _fillable(text: str) -> str:
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
    except ValueError as exc:
        raise ValueError("a brace in it has no partner; write {{ for a brace that is to be read") from exc
    for field in fields:
        if field not in PLACEHOLDERS:
            near = get_close_matches(field, PLACEHOLDERS, 1, 0.0)[0]
            raise ValueError(f"there is no {{{field}}}; did you mean {{{near}}}?")
    return " ".join(text.split())


Text = Annotated[str, Field(min_length=1, max_length=2000)]
Answer = Annotated[Text, AfterValidator(_fillable)]
Answers = Annotated[tuple[Answer, ...], BeforeValidator(_as_list), Field(min_length=1)]
Questions = Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(min_length=1)]


class Persona(Section):
    """Who the agent is."""

    name: Text = Field(description="how it calls itself")
    role: Text = Field(description="what it is, in a few words")
    style: str = Field("", description="how it speaks; for language models")
    never: tuple[Text, ...] = Field((), description="what it must not do; for language models")


class FollowUp(Section):
    """A question that makes sense only after its entry was talked about."""

    questions: Questions = Field(description='ways of asking it ("and on Sundays")')
    answer: Answers = Field(description="one answer, or several to take turns")


class Entry(Section):
    """An answer and the questions it is for."""

    id: Text = Field(description="a name for it, used once")
    about: str = Field("", description='what it is about, to be read after "Do you mean"; without it, nobody is asked')
    questions: Questions = Field(description="ways of asking it, the more different the better")
    answer: Answers = Field(description="one answer, or several to take turns")
    more: str = Field("", description='said when the user asks for more ("tell me more about that")')
    follow_ups: tuple[FollowUp, ...] = Field((), description="questions that only make sense after this one")


class Knowledge(Section):
    """A whole file."""

    persona: Persona
    greeting: Answer = Field("Hello.", description="opens a conversation")
    farewell: Answer = Field("Goodbye.", description="ends one")
    fallback: Answers = Field(("I am sorry, I do not know that.",), description="when nothing fits")
    not_understood: Answer = Field(
        "I am sorry, I did not understand that. Could you say it in other words?",
        description="when hardly a word was understood",
    )
    clarify: Text = Field("Do you mean {first}, or {second}?", description="when two answers are equally likely")
    synonyms: tuple[tuple[Text, ...], ...] = Field((), description="words and phrases that mean the same here")
    entries: tuple[Entry, ...] = Field(min_length=1, description="what the agent knows")
    small_talk: tuple[Entry, ...] = Field((), description="what people say besides")
    refusals: tuple[Entry, ...] = Field((), description="what it is asked and must not answer")

    @property
    def everything(self) -> tuple[Entry, ...]:
        """Entries, small talk and refusals."""
        return (*self.entries, *self.small_talk, *self.refusals)

    @model_validator(mode="after")
    def _no_doubles(self) -> Self:
        doubled = _first_double(entry.id for entry in self.everything)
        if doubled:
            raise ValueError(f"the id '{doubled}' is used twice: rename one")
        asked = _first_double(
            question.strip().lower() for entry in self.everything for question in set(entry.questions)
        )
        if asked:
            raise ValueError(f"the question '{asked}' has two answers: take one away")
        if {field for _, field, _, _ in string.Formatter().parse(self.clarify) if field} != {"first", "second"}:
            raise ValueError("'clarify' must contain {first} and {second}")
        return self


def _first_double(values: Iterable[str]) -> str:
    return next((value for value, count in Counter(values).items() if count > 1), "")


def load_knowledge(path: Path) -> Knowledge:
    """Read a knowledge file. Raises ConfigError naming the file, the key and the nearest right key."""
    return read_section(path, Knowledge)
