from pathlib import Path

import pytest
from pydantic import Field

from dialogue.errors import ConfigError
from dialogue.section import Section
from dialogue.settings_file import read_section, read_yaml


class Leaf(Section):
    colour: str = "green"


class Tree(Section):
    name: str
    leaves: tuple[Leaf, ...] = ()
    by_season: dict[str, Leaf] = Field(default_factory=dict)


def written(folder: Path, text: str) -> Path:
    path = folder / "tree.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_becomes_values(tmp_path: Path) -> None:
    path = written(tmp_path, "name: oak\nleaves: [{colour: red}]\n")
    assert read_section(path, Tree) == Tree(name="oak", leaves=(Leaf(colour="red"),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: oak\nleafs: []", "there is no key 'leafs'; did you mean 'leaves'"),
        ("name: oak\nleaves: [{}, {color: red}]", "there is no key 'leaves.1.color'; did you mean 'colour'"),
        ("name: oak\nby_season: {autumn: {colou: red}}", "did you mean 'colour'"),
        ("leaves: []", "the key 'name' is missing"),
        ("name: [1, 2]", "'name' is \\[1, 2\\]: input should be a valid string"),
        ("name: 'oak", "not valid YAML in line 1"),
        ("- oak", "must hold 'key: value' lines, not a list"),
        ("name: &a oak\nleaves: [*a]", "in line 2: write the value out instead"),
        ("name: !!python/object/apply:os.system [ls]", "not valid YAML in line 1"),
        ("name: 2026-13-45", "cannot be read"),
        ("[" * 5000, "cannot be read"),
    ],
)
def test_a_bad_file_is_explained_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=said) as caught:
        read_section(path, Tree)
    assert str(path) in str(caught.value)


def test_a_missing_a_huge_and_an_unreadable_file_are_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="larger than 1 MB"):
        read_yaml(written(tmp_path, "a" * 1_000_001))
    (tmp_path / "tree.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path / "tree.yaml")


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read_yaml(written(tmp_path, "# nothing\n")) == {}
