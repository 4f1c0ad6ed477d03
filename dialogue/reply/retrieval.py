"""Which of some known questions a new one means, however it is worded and however badly it was heard.

A question is a vector of four blocks (stems, meanings, runs of letters, runs of phones), each weighted by how few
answers use a feature and scaled to a fixed share of the vector's length; features that no known question has count into
the length, so that a question full of unknown words is near to nothing. On these vectors kernel ridge regression learns
each answer's score from all known questions; going by the single nearest one gets twice as many wrong.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import sparse

from dialogue.reply.words import Sounds, Synonyms, letters_of, stem, without_opener, words_of

SHARES = {"stems": 0.2, "meanings": 0.5, "letters": 0.15, "sounds": 0.15}
"""Each block's share of a vector's squared length."""
REMEMBERED = 64
"""Rankings kept: a conversation's last questions are looked up again with each new one."""
UNKNOWN = 1.8
"""How much a feature that no known question has weighs, against one that a single answer uses."""
RIDGE = 1.0
"""Regularisation; larger trusts single questions less."""


@dataclass(frozen=True, slots=True)
class Question:
    """One way of asking for an answer."""

    text: str
    answer: str
    """Which answer it asks for."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An answer and how well it fits: about 0 for not at all, 1 and more for a known question word for word."""

    answer: str
    score: float


class Retriever:
    """Finds the answers to questions; immutable once made. A look-up takes about a millisecond."""

    def __init__(self, questions: Sequence[Question], synonyms: Synonyms) -> None:
        """Learn from `questions`, of which there must be some; 300 take a tenth of a second."""
        self._synonyms, self._sounds = synonyms, Sounds()
        self._remembered = lru_cache(REMEMBERED)(self._ranked)
        self.answers = tuple(dict.fromkeys(question.answer for question in questions))
        numbers = np.array([self.answers.index(question.answer) for question in questions])
        features = [dict(self._features(question.text)) for question in questions]
        self._columns, self._weights = _weighed(features, [question.answer for question in questions])
        self._unknown = UNKNOWN * float(np.log(len(self.answers) + 1))
        rows = [self._vector(row) for row in features]
        self._known = sparse.vstack(rows, format="csr")
        kernel = (self._known @ self._known.T).toarray()
        wanted = (numbers[:, None] == np.arange(len(self.answers))).astype(float)
        self._coefficients = np.linalg.solve(kernel + RIDGE * np.eye(len(kernel)), wanted) * (1 + RIDGE)

    def rank(self, text: str) -> tuple[Ranked, ...]:
        """Give every answer with its score, best first. What was ranked a moment ago costs nothing again."""
        return self._remembered(text)

    def _ranked(self, text: str) -> tuple[Ranked, ...]:
        similarity = (self._known @ self._vector(dict(self._features(text))).T).toarray().ravel()
        scores: npt.NDArray[np.float64] = similarity @ self._coefficients
        order = np.argsort(-scores, kind="stable")
        return tuple(Ranked(self.answers[number], float(scores[number])) for number in order)

    def knows(self, word: str) -> bool:
        """Tell whether any known question uses a word."""
        return ("stems", stem(word)) in self._columns

    def _features(self, text: str) -> Iterator[tuple[str, Counter[str]]]:
        words = without_opener(words_of(text))
        stems = [stem(word) for word in words]
        yield "stems", Counter(stems)
        yield "meanings", Counter(self._synonyms.meanings(stems))
        yield "letters", Counter(letters_of(words))
        yield "sounds", Counter(self._sounds.runs(words))

    def _vector(self, features: Mapping[str, Counter[str]]) -> sparse.csr_matrix:
        """Put a question's features into one row of unit length or less."""
        columns: list[int] = []
        values: list[float] = []
        for block, counts in features.items():
            found, weighted, unknown = [], [], 0.0
            for feature, count in counts.items():
                column = self._columns.get((block, feature))
                if column is None:
                    unknown += self._unknown**2
                else:
                    found.append(column)
                    weighted.append((1 + np.log(count)) * self._weights[column])
            scale = np.sqrt(SHARES[block] / (sum(value * value for value in weighted) + unknown or 1.0))
            columns += found
            values += [value * scale for value in weighted]
        return sparse.csr_matrix((values, ([0] * len(columns), columns)), shape=(1, len(self._columns)))


def _weighed(
    questions: Sequence[Mapping[str, Counter[str]]], answers: Sequence[str]
) -> tuple[dict[tuple[str, str], int], npt.NDArray[np.float64]]:
    """Give each feature a column and a weight: the fewer answers use it, the more it says."""
    used_by: dict[tuple[str, str], set[str]] = defaultdict(set)
    for features, answer in zip(questions, answers, strict=True):
        for block, counts in features.items():
            for feature in counts:
                used_by[block, feature].add(answer)
    total = len(set(answers))
    weights = np.array([np.log((total + 1) / (len(users) + 0.5)) for users in used_by.values()])
    return {key: column for column, key in enumerate(used_by)}, weights
