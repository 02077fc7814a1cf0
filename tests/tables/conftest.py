"""What the tests of both estimators run over."""

import pytest


@pytest.fixture(params=["classes", "numbers"])
def target(request):
    """The kind of target: that of a classifier or of a regressor."""
    return request.param
