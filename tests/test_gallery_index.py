"""Every example is in the gallery's index, with a picture of its own."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = {path.stem for path in (ROOT / "examples").glob("plot_*.py")}
INDEX = (ROOT / "examples" / "index.rst").read_text(encoding="utf-8")


def test_every_example_has_a_card_and_an_entry():
    cards = re.findall(r"^      :link: /auto_examples/(\w+)$", INDEX, flags=re.M)
    entries = re.findall(r"^   /auto_examples/(\w+)$", INDEX, flags=re.M)
    assert cards == entries  # in one order
    assert set(cards) == EXAMPLES
    assert len(cards) == len(EXAMPLES)


def test_card_has_the_title_of_its_page():
    cards = re.findall(r"grid-item-card:: (.+)\n      :link: /auto_examples/(\w+)\n", INDEX)
    for title, stem in cards:
        text = (ROOT / "examples" / f"{stem}.py").read_text(encoding="utf-8")
        assert text.split('"""')[1].strip().splitlines()[0] == title


@pytest.fixture(scope="module")
def gallery_thumbnails():
    pytest.importorskip("PIL")
    path = ROOT / "docs" / "_extensions" / "gallery_thumbnails.py"
    spec = importlib.util.spec_from_file_location("gallery_thumbnails", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_has_a_panel(gallery_thumbnails):
    assert set(gallery_thumbnails._PANELS) == EXAMPLES
    for number, (left, top, right, bottom) in gallery_thumbnails._PANELS.values():
        assert number >= 1
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1


def test_a_panel_is_cut_out_and_centred(gallery_thumbnails, tmp_path):
    from PIL import Image

    figure = Image.new("RGB", (400, 200), "red")
    figure.paste("blue", (200, 0, 400, 200))
    figure.save(tmp_path / "figure.png")
    card = gallery_thumbnails.panel(tmp_path / "figure.png", (0.5, 0.0, 1.0, 1.0))
    assert card.size == gallery_thumbnails._SIZE
    assert card.getpixel((card.width // 2, card.height // 2)) == (0, 0, 255)
    assert card.getpixel((2, 2)) == (255, 255, 255)
    assert not np.any(np.all(np.asarray(card) == (255, 0, 0), axis=-1))
