"""Commands of documentation, as their reader runs them."""

import json
import re
import subprocess
from typing import Any


def blocks(text: str, language: str = "sh") -> list[str]:
    """The blocks of a page in Markdown that are in one language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def answers(script: str) -> list[dict[str, Any]]:
    """What a script prints: JSON, one object after the other."""
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    decoder, text, found = json.JSONDecoder(), run.stdout.strip(), []
    while text:
        answer, end = decoder.raw_decode(text)
        found.append(answer)
        text = text[end:].lstrip()
    return found
