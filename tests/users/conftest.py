"""The application with the conformance server's game code, which can ban."""

from pathlib import Path
from typing import Any

import pytest

MODULES = str(Path(__file__).parent.parent / "conformance" / "modules")


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    return {"runtime": {"modules": [MODULES]}}
