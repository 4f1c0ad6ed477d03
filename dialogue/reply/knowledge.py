"""The replier that needs no model: answers from a file of knowledge, found however they are asked for.

Everything is worked out from the history alone, nothing is remembered: the same conversation gets the same reply, so
that a reply may be prepared while the user still speaks and thrown away.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from dialogue.history import Utterance
from dialogue.reply.knowledge_file import Entry, FollowUp, Knowledge, load_knowledge
from dialogue.reply.retrieval import Question, Ranked, Retriever
from dialogue.reply.words import Synonyms, words_of

ANSWER_FROM = 0.22
"""Score from which an answer is given."""
SMALL_TALK_FROM = 0.37
"""Small talk is short and made of words that every question has: it must fit better."""
CLARIFY_FROM = 0.82
"""When the second answer scores this share of the first one's score, the user is asked which."""
SHORT_WORDS = 5
"""A question this short may lean on the one before."""
KNOWN_SHARE = 0.4
"""With fewer known words than this, it was misheard rather than asked in vain."""
TOPIC_TURNS = 3
"""How many of the user's turns back a topic may lie."""

_OPENERS = ("and", "also", "what about", "how about", "but", "or")
_POINTING = frozenset("it that there they them this one ones then those these".split())
_MORE = frozenset(
    ("tell me more", "more", "more details", "tell me more about it", "tell me more about that", "what else", "go on",
     "can you explain that", "explain that", "more information")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What a question was found to mean."""

    entry: Entry
    follow_up: FollowUp | None
    """Set when it was a question that leans on the topic."""
    score: float


@dataclass(frozen=True, slots=True)
class Unclear:
    """Two answers are about equally likely."""

    first: Entry
    second: Entry


@dataclass(frozen=True, slots=True)
class NotFound:
    """No answer fits."""

    was_understood: bool


Finding = Found | Unclear | NotFound


class KnowledgeReplier:
    """`Replier` from a file of knowledge. A reply takes a few milliseconds and comes in one piece."""

    def __init__(self, knowledge: Knowledge, now: Callable[[], datetime] = datetime.now) -> None:
        """Learn the questions, some tenths of a second for a hundred entries."""
        self.knowledge, self._now = knowledge, now
        self._entries = {entry.id: entry for entry in knowledge.everything}
        synonyms = Synonyms(knowledge.synonyms)
        self._retriever = Retriever(_questions(knowledge), synonyms)
        follow_ups = {
            entry.id: [
                Question(text, str(number))
                for number, follow in enumerate(entry.follow_ups)
                for text in follow.questions
            ]
            for entry in knowledge.everything
            if entry.follow_ups
        }
        self._follow_ups = {identity: Retriever(questions, synonyms) for identity, questions in follow_ups.items()}

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a knowledge file. Raises ConfigError naming the file and the key."""
        return cls(load_knowledge(path))

    def greeting(self) -> str:
        """Give the file's greeting."""
        return self._filled(self.knowledge.greeting)

    def vocabulary(self) -> tuple[str, ...]:
        """Give the sentences that a recogniser should expect, and the names and terms in the answers."""
        questions = [question for entry in self.knowledge.everything for question in entry.questions]
        follow_ups = [
            question
            for entry in self.knowledge.everything
            for follow in entry.follow_ups
            for question in follow.questions
        ]
        return (*questions, *follow_ups, *(" ".join(group) for group in self.knowledge.synonyms))

    async def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Stream the reply; see `Replier`."""
        yield self.answer(history)

    def answer(self, history: Sequence[Utterance]) -> str:
        """Give the whole reply to a history whose last utterance is the user's."""
        knowledge, turn = self.knowledge, sum(utterance.speaker == "user" for utterance in history) - 1
        if _bare(history[-1].text) in _MORE and (topic := self._topic(history[:-1])):
            return self._filled(topic.more or f"That is all I know about {topic.about or 'that'}.")
        match self.find(history):
            case Found(entry, follow_up):
                answers = (follow_up or entry).answer
            case Unclear(first, second):
                return knowledge.clarify.format(first=first.about, second=second.about)
            case NotFound(was_understood):
                answers = knowledge.fallback if was_understood else (knowledge.not_understood,)
        return self._filled(answers[turn % len(answers)])

    def find(self, history: Sequence[Utterance]) -> Finding:
        """Tell what the last utterance, the user's, means in its conversation."""
        text = history[-1].text
        topic = self._topic(history[:-1])
        if chosen := self._choice(history):
            return Found(chosen, None, 1.0)
        ranked = self._retriever.rank(text)
        if topic and (follow_up := self._follow_up(topic, text, ranked)):
            return follow_up
        if topic and ranked[0].score < ANSWER_FROM and _refers_back(text):
            ranked = self._retriever.rank(f"{topic.about} {text}")
        return self._judged(text, ranked)

    def knows(self, history: Sequence[Utterance]) -> bool:
        """Tell whether an answer to the last utterance is sure."""
        return isinstance(self.find(history), Found)

    def nearest(self, text: str, count: int) -> tuple[Entry, ...]:
        """Give the entries most likely to hold what is asked, best first, for a language model to answer from."""
        ranked = [self._entries[found.answer] for found in self._retriever.rank(text) if found.score > ANSWER_FROM / 3]
        return tuple(ranked[:count])

    def _judged(self, text: str, ranked: Sequence[Ranked]) -> Finding:
        best = self._entries[ranked[0].answer]
        is_entry = best in self.knowledge.entries
        if ranked[0].score < (ANSWER_FROM if is_entry else SMALL_TALK_FROM):
            return NotFound(self._was_understood(text))
        if len(ranked) > 1 and ranked[1].score >= CLARIFY_FROM * ranked[0].score:
            second = self._entries[ranked[1].answer]
            if best.about and second.about:
                return Unclear(best, second)
        return Found(best, None, ranked[0].score)

    def _was_understood(self, text: str) -> bool:
        words = words_of(text)
        return sum(map(self._retriever.knows, words)) >= KNOWN_SHARE * len(words) and len(words) > 1

    def _topic(self, history: Sequence[Utterance]) -> Entry | None:
        """Find what the conversation was about before: the last of the user's questions that had an answer."""
        asked = [at for at, one in enumerate(history) if one.speaker == "user" and _bare(one.text) not in _MORE]
        for at in reversed(asked[-TOPIC_TURNS:]):
            chosen = self._choice(history[: at + 1])
            if chosen:
                return chosen
            best = self._retriever.rank(history[at].text)[0]
            entry = self._entries[best.answer]
            if best.score >= ANSWER_FROM and entry in self.knowledge.entries:
                return entry
        return None

    def _follow_up(self, topic: Entry, text: str, ranked: Sequence[Ranked]) -> Found | None:
        retriever = self._follow_ups.get(topic.id)
        if not retriever:
            return None
        best = retriever.rank(text)[0]
        needed = ANSWER_FROM if _leans(text) else 2 * ANSWER_FROM
        if best.score < max(needed, ranked[0].score if ranked[0].answer != topic.id else 0):
            return None
        return Found(topic, topic.follow_ups[int(best.answer)], best.score)

    def _choice(self, history: Sequence[Utterance]) -> Entry | None:
        """Find which of two was chosen, when the agent had just asked."""
        if len(history) < 3 or history[-2].speaker != "agent":
            return None
        asked = history[-2].text
        offered = [entry for entry in self.knowledge.entries if entry.about and entry.about in asked]
        if len(offered) != 2 or self.knowledge.clarify.split("{")[0].strip() not in asked:
            return None
        first, second = sorted(offered, key=lambda entry: asked.index(entry.about))
        words = set(words_of(history[-1].text))
        if words & {"first", "former", "yes", "yeah"}:
            return first
        if words & {"second", "latter", "last", "other"}:
            return second
        scores = {found.answer: found.score for found in self._retriever.rank(history[-1].text)}
        better = max(first, second, key=lambda entry: scores[entry.id])
        return better if scores[better.id] >= CLARIFY_FROM * max(scores.values()) else None

    def _filled(self, text: str) -> str:
        now = self._now()
        clock = now.strftime("%I:%M %p").lstrip("0").lower()
        return text.format(name=self.knowledge.persona.name, time=clock, date=now.strftime("%A, %B %d"))


def _questions(knowledge: Knowledge) -> list[Question]:
    asked = [Question(text, entry.id) for entry in knowledge.everything for text in entry.questions]
    return asked + [Question(entry.about, entry.id) for entry in knowledge.everything if entry.about]


def _bare(text: str) -> str:
    return " ".join(words_of(text)).removeprefix("please ").removesuffix(" please")


def _refers_back(text: str) -> bool:
    """Tell whether a question goes on from the one before ("and on Sundays", "how much is it there")."""
    bare = _bare(text)
    goes_on = any(bare.startswith(f"{opener} ") for opener in _OPENERS)
    return goes_on or bool(_POINTING & set(bare.split()) and len(bare.split()) <= 2 * SHORT_WORDS)


def _leans(text: str) -> bool:
    """Tell whether a question may lean on the one before: it refers back or is short."""
    return _refers_back(text) or len(_bare(text).split()) <= SHORT_WORDS
