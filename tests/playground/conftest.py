"""The playground: its arithmetic as run by Node, and its page in a browser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from devtools import Browser, Page, find_chromium

PLAYGROUND = Path(__file__).parents[2] / "docs" / "playground"


@pytest.fixture(scope="session")
def playground():
    """The folder of the page and of its sources."""
    return PLAYGROUND


@pytest.fixture(scope="session")
def ask(playground):
    """Call a function of ``arithmetic.mjs``: ``ask(name, *arguments)``, all of it as JSON."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed: the playground's arithmetic is not checked")

    def ask(name, *arguments):
        answer = subprocess.run(
            [node, Path(__file__).with_name("arithmetic.mjs"), playground / "src"],
            input=json.dumps([name, *arguments]),
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    return ask


@pytest.fixture(scope="session")
def page(tmp_path_factory):
    """A page of a headless Chromium."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("Chromium is not installed: the playground's page is not looked at")
    with Browser(executable, tmp_path_factory.mktemp("profile")) as browser:
        yield Page(browser)
