"""The playground's arithmetic, as run by Node."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

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
