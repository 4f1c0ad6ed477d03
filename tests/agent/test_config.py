from pathlib import Path

import pytest

from agent.config import ROOT, Config, documented_defaults, load_config
from dialogue.errors import ConfigError


def written(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_documents_every_key_with_its_default() -> None:
    shipped = (ROOT / "config.yaml").read_text(encoding="utf-8")
    assert shipped == documented_defaults(), "remake it: python -m agent.config > config.yaml"
    assert load_config(ROOT / "config.yaml") == Config()


def test_what_is_left_out_keeps_its_default(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "window: {width: 800}"))
    assert config.window.width == 800
    assert config.window.height == Config().window.height


def test_a_profile_lies_over_the_configuration_key_by_key(tmp_path: Path) -> None:
    base = written(tmp_path, "window: {width: 800, fullscreen: true}\nvoice: {rate: 0.9}")
    profile = written(tmp_path, "window: {width: 900}", "profile.yaml")
    config = load_config(base, profile)
    assert (config.window.width, config.window.fullscreen, config.voice.rate) == (900, True, 0.9)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("windw: {}", "did you mean 'window'"),
        ("window: {fulscreen: true}", "did you mean 'fullscreen'"),
        ("window: {width: wide}", "'window.width' is 'wide'"),
        ("window: {width: -3}", "greater than or equal to 160"),
        ("- a\n- b", "key: value"),
        ("window: {width: 800", "line"),
    ],
)
def test_a_mistake_is_named_with_its_file(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, text))
    assert sentence in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_the_file_that_is_wrong_is_the_one_that_is_named(tmp_path: Path) -> None:
    base, profile = written(tmp_path, "{}"), written(tmp_path, "face: {portrat: x}", "profile.yaml")
    with pytest.raises(ConfigError, match=r"profile\.yaml: there is no key 'face\.portrat'"):
        load_config(base, profile)
