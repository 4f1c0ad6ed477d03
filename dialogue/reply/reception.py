"""The receptionist's own business, before any other replier is asked: finding people and telling them who waits."""

import re
from collections.abc import AsyncIterator, Callable, Sequence

from dialogue.directory import DidYouMean, Directory, Match, NoMatch, Person
from dialogue.history import Utterance
from dialogue.reply import Replier

# What visitors say when they want a person and not a thing.
_ASKS_FOR_SOMEBODY = re.compile(
    r"\b(?:(?:i'?m|i am|we'?re|we are) (?:here )?(?:to see|to meet|for|visiting|meeting|looking for)"
    r"|here (?:for|to see)|(?:appointment|meeting|interview) with|(?:speak|talk) (?:to|with)|see|meet|visit"
    r"|find|looking? for|call|ring|fetch|tell|notify|where (?:can i find|is)|expecting me"
    r"|mister|missus|miss|doctor|mr|mrs|ms|dr)\b"
)
_YES = re.compile(r"\b(?:yes|yeah|yep|right|correct|exactly|that'?s (?:him|her|right|the one)|please)\b")
_NO = re.compile(r"\b(?:no|nope|neither|none|somebody else|someone else|another)\b")
_ORDINALS = (("first", "former"), ("second", "last one", "latter"), ("third",))

Knows = Callable[[Sequence[Utterance]], bool]
"""Tells whether the inner replier is sure of an answer: a name that is only like a word of the question gives way."""

Notify = Callable[[Person], None]
"""Tells a person that somebody waits; must not block or raise."""


class ReceptionReplier:
    """`Replier` that looks people up, asks when unsure, tells who is meant, and leaves the rest to another.

    It remembers whom it offered from one utterance to the next; `forget` wipes that between visitors.
    """

    def __init__(self, inner: Replier, knows: Knows, directory: Directory, notify: Notify) -> None:
        self._inner, self._knows, self._directory, self._notify = inner, knows, directory, notify
        self._offered: tuple[Person, ...] = ()
        self._awaits_name = False

    def greeting(self) -> str:
        """Give the inner replier's greeting."""
        return self._inner.greeting()

    def forget(self) -> None:
        """Know nothing of the visitor before."""
        self._offered, self._awaits_name = (), False

    def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Stream the reply; see `Replier`."""
        answer = self._answer(history)
        return self._inner.reply(history) if answer is None else _once(answer)

    def _answer(self, history: Sequence[Utterance]) -> str | None:
        """Give the words for a visitor who wants somebody; None where that is not what was said."""
        text = history[-1].text.lower()
        if self._offered and (chosen := self._chosen(text)):
            return self._announce(chosen)
        if self._offered and _NO.search(text):
            self._offered, self._awaits_name = (), True
            return "I am sorry. Could you spell the name for me, please?"
        if not (self._awaits_name or self._offered or _ASKS_FOR_SOMEBODY.search(text)):
            return None
        match self._directory.find(text):
            case Match(person):
                return self._announce(person)
            case DidYouMean(people) if self._awaits_name or not self._knows(history):
                self._offered, self._awaits_name = people, False
                return f"Do you mean {' or '.join(person.name for person in people)}?"
            case NoMatch() | DidYouMean() if self._awaits_name:
                self.forget()
                return "I am sorry, I cannot find that name. Shall I call a colleague?"
        return None

    def _chosen(self, text: str) -> Person | None:
        found = self._directory.find(text)
        if isinstance(found, Match) and found.person in self._offered:
            return found.person
        for person, names in zip(self._offered, _ORDINALS, strict=False):
            if any(name in text for name in names):
                return person
        return self._offered[0] if len(self._offered) == 1 and _YES.search(text) and not _NO.search(text) else None

    def _announce(self, person: Person) -> str:
        self.forget()
        self._notify(person)
        team = f" of {person.team}" if person.team else ""
        where = f" You find {person.name.split()[0]} in room {person.room}." if person.room else ""
        return f"[nod] I am letting {person.name}{team} know that you are here.{where} [smile] Please take a seat."


async def _once(text: str) -> AsyncIterator[str]:
    yield text
