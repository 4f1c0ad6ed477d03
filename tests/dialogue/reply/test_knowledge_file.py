from pathlib import Path

import pytest

from dialogue.errors import ConfigError
from dialogue.reply.knowledge_file import load_knowledge

GOOD = """
persona: {name: Ada, role: a receptionist}
entries:
  - id: hours
    questions: when do you open
    answer: At {time}.
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "knowledge.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_one_text_may_stand_where_several_may(tmp_path: Path) -> None:
    (entry,) = load_knowledge(written(tmp_path, GOOD)).entries
    assert entry.questions == ("when do you open",)
    assert entry.answer == ("At {time}.",)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("answer:", "anwser:"), "there is no key 'entries.0.anwser'; did you mean 'answer'"),
        (("{time}", "{tim}"), "there is no {tim}; did you mean {time}"),
        (("{time}", "{time"), "a brace in it has no partner"),
        (("id: hours", "id: ''"), "'entries.0.id' is ''"),
        (("when do you open", "[]"), "'entries.0.questions' is"),
        (("role: a receptionist", "job: x"), "'persona.role' is missing|no key 'persona.job'"),
        (("entries:", "entires:"), "'entries' is missing|no key 'entires'; did you mean 'entries'"),
        (("persona:", "clarify: What?\npersona:"), "'clarify' must contain {first} and {second}"),
        (("id: hours", "id: [a"), "not valid YAML in line"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(
        ConfigError, match=complaint.replace("{", r"\{").replace("}", r"\}").replace("'clarify'", ".*")
    ) as caught:
        load_knowledge(written(tmp_path, GOOD.replace(*change)))
    assert "knowledge.yaml" in str(caught.value)


def test_two_entries_cannot_share_a_question(tmp_path: Path) -> None:
    double = GOOD + "  - {id: other, questions: When do you open, answer: Never.}\n"
    with pytest.raises(ConfigError, match="'when do you open' has two answers"):
        load_knowledge(written(tmp_path, double))


def test_two_entries_cannot_share_a_name(tmp_path: Path) -> None:
    double = GOOD + "  - {id: hours, questions: where are you, answer: Here.}\n"
    with pytest.raises(ConfigError, match="the id 'hours' is used twice"):
        load_knowledge(written(tmp_path, double))
