"""In the built pages, a click on a picture opens it in its full size."""

import importlib.util
from pathlib import Path

import pytest

PATH = Path(__file__).parents[1] / "docs" / "_extensions" / "enlarged_pictures.py"


@pytest.fixture(name="enlarge", scope="module")
def _enlarge():
    spec = importlib.util.spec_from_file_location("enlarged_pictures", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.enlarge


@pytest.mark.parametrize(
    "picture, target",
    [
        ('<img alt="a" class="plot-directive" src="../_images/a.png" />', "../_images/a.png"),
        (
            '<img src="../_images/a.png" srcset="../_images/a.png, ../_images/a_2_00x.png 2.00x" '
            'alt="a" class = "sphx-glr-single-img"/>',
            "../_images/a_2_00x.png",
        ),
    ],
)
def test_a_picture_leads_to_its_largest_version(enlarge, picture, target):
    page = enlarge(f"<p>before</p>{picture}<p>after</p>")
    assert f'href="{target}"' in page
    assert f">{picture}</a>" in page
    assert page.startswith("<p>before</p><a ")
    assert page.endswith("</a><p>after</p>")


def test_the_picture_of_a_card_leads_where_the_card_does(enlarge):
    card = '<img alt="a" class="sd-card-img-top" src="../_images/thumb/a.png" />'
    assert enlarge(card) == card
