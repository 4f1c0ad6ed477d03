import pytest

from agent.config import ROOT, load_config, profile_names, profile_path
from dialogue.errors import ConfigError


@pytest.mark.parametrize("name", profile_names())
def test_a_shipped_profile_is_valid_and_names_files_that_are_there(name: str) -> None:
    config = load_config(ROOT / "config.yaml", profile_path(name))
    for file in (config.face.portrait, config.reply.knowledge, config.reply.directory):
        assert not file or (ROOT / file).exists()


def test_the_three_products_are_there() -> None:
    assert {"receptionist", "tutor", "companion"} <= set(profile_names())


def test_an_unknown_profile_is_answered_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="companion, receptionist, tutor"):
        profile_path("receptionst")
