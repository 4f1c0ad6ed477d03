"""Lessons as files: what to say, what to expect, how to help, where to go on.

A step says something. With `expect` it waits for an answer, with `pronounce` for that sentence to be said after the
tutor, with neither it goes straight on. `assets/lessons` holds examples.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from dialogue.errors import ConfigError
from dialogue.section import Section
from dialogue.settings_file import read_section

END = "end"
"""The step that ends a lesson."""

_ID = r"^[a-z0-9_]{1,40}$"


class Expected(Section):
    """One kind of answer and what comes of it; give `any_of` or `number`."""

    any_of: tuple[str, ...] = Field((), max_length=50, description="phrases; one that means the same will do")
    number: int | None = Field(None, ge=0, lt=10**9, description="or this number, in words or digits")
    reply: str = Field("", max_length=500, description="said to this answer; empty: praise of the lesson's own")
    go_to: str = Field("", description="step to go on with; empty: the next one")
    right: bool = Field(True, description="false: a likely mistake, answered by `reply`; the learner tries again")

    @field_validator("any_of", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.any_of) == (self.number is not None):
            raise ValueError("an expected answer needs either any_of or number")
        if not self.right and not self.reply:
            raise ValueError("a likely mistake needs a reply that helps")
        return self


class Step(Section):
    """One thing said, and what is done with the answer."""

    id: str = Field(pattern=_ID, description="its name, for go_to and for remembering")
    say: str = Field(min_length=1, max_length=1000, description="said; stage directions like [smile] are allowed")
    picture: str = Field("", description="file beside the lesson, shown while this is said and answered")
    expect: tuple[Expected, ...] = Field(
        (), max_length=20, description="answers and likely mistakes; the one that fits best counts"
    )
    hints: tuple[str, ...] = Field((), max_length=5, description="said one by one after wrong answers")
    answer: str = Field("", max_length=500, description="said when hints are used up")
    pronounce: str = Field("", max_length=120, description="a sentence to be said after the tutor; words are marked")
    remember: bool = Field(False, description="comes back in later lessons until it is known by heart")
    go_to: str = Field("", description="step to go on with; empty: the next one")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.pronounce and self.expect:
            raise ValueError(f"step '{self.id}' has both expect and pronounce: make two steps of it")
        if self.expect and not any(expected.right for expected in self.expect):
            raise ValueError(f"step '{self.id}' expects only mistakes: add a right answer")
        if self.expect and not self.answer:
            raise ValueError(f"step '{self.id}' needs an 'answer' to give when the hints are used up")
        if self.remember and not self.expect:
            raise ValueError(f"step '{self.id}' cannot be remembered: only a question can come back")
        return self

    @property
    def waits(self) -> bool:
        """Whether the learner is to say something."""
        return bool(self.expect or self.pronounce)


class Lesson(Section):
    """A lesson file."""

    title: str = Field(min_length=1, max_length=100, description="said and shown")
    subject: Literal["language", "arithmetic", "other"] = Field("other", description="what kind of lesson it is")
    level: str = Field("", max_length=40, description="for whom")
    minutes: int = Field(10, ge=1, le=120, description="about how long it takes")
    goals: tuple[str, ...] = Field((), max_length=10, description="what the learner can do afterwards")
    welcome_back: str = Field("Welcome back. Let us go on where we stopped.", description="said when a lesson goes on")
    review: str = Field("First, a few things from last time.", description="said before what comes back from memory")
    praise: tuple[str, ...] = Field(
        ("[smile] Right.", "[nod] Yes, exactly.", "[smile] Very good.", "[nod] That is right."),
        min_length=1, description="said in turn to right answers",
    )  # fmt: skip
    nearly: tuple[str, ...] = Field(
        ("Nearly. Say it once more, with all the words.", "You are close. Try the whole sentence."),
        min_length=1, description="said in turn to answers that are almost right",
    )  # fmt: skip
    wrong: tuple[str, ...] = Field(
        ("Not quite. Try again.", "That is not it yet. Take your time."),
        min_length=1, description="said in turn to wrong answers when there is no hint",
    )  # fmt: skip
    synonyms: tuple[tuple[str, ...], ...] = Field((), max_length=200, description="groups of words that mean the same")
    steps: tuple[Step, ...] = Field(min_length=1, max_length=500, description="in order")

    @model_validator(mode="after")
    def _connected(self) -> Self:
        names = [step.id for step in self.steps]
        double = next((name for number, name in enumerate(names) if name in names[:number]), None)
        if double:
            raise ValueError(f"two steps are called '{double}': rename one")
        if END in names:
            raise ValueError(f"no step may be called '{END}': that is where lessons end")
        for step in self.steps:
            for target in filter(None, (step.go_to, *(expected.go_to for expected in step.expect))):
                if target not in names and target != END:
                    raise ValueError(f"step '{step.id}' goes to '{target}', which does not exist")
        lost = set(names) - self._reachable()
        if lost:
            raise ValueError(f"nothing leads to step '{min(lost, key=names.index)}'")
        if self._talks_in_circles():
            raise ValueError("steps lead round in a circle without ever asking anything")
        return self

    def step(self, name: str) -> Step:
        """Find a step by its name; raises KeyError."""
        return {step.id: step for step in self.steps}[name]

    def has(self, name: str) -> bool:
        """Tell whether there is such a step."""
        return any(step.id == name for step in self.steps)

    def after(self, name: str) -> str:
        """Give the step that follows a step by itself."""
        step = self.step(name)
        at = self.steps.index(step) + 1
        return step.go_to or (self.steps[at].id if at < len(self.steps) else END)

    def _reachable(self) -> set[str]:
        reached: set[str] = set()
        waiting = [self.steps[0].id]
        while waiting:
            name = waiting.pop()
            if name == END or name in reached:
                continue
            reached.add(name)
            waiting += [self.after(name), *(e.go_to for e in self.step(name).expect if e.go_to)]
        return reached

    def _talks_in_circles(self) -> bool:
        for step in self.steps:
            name, seen = step.id, set()
            while name != END and not self.step(name).waits:
                if name in seen:
                    return True
                seen.add(name)
                name = self.after(name)
        return False


def load_lesson(path: Path) -> Lesson:
    """Read a lesson. Raises ConfigError naming the file, the key and the nearest right one, or the missing picture."""
    lesson = read_section(path, Lesson)
    for step in lesson.steps:
        if step.picture and not (path.parent / step.picture).is_file():
            raise ConfigError(f"{path}: step '{step.id}' shows {step.picture}, which is not beside the lesson")
    return lesson
