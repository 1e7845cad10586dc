import json

import pytest

from genmarket_env import markets


@pytest.fixture
def load(tmp_path):
    """Write text (or bytes, or the content of a JSON file) to a file and load it."""

    def load(content, suffix=None, **options):
        suffix = suffix or (".json" if isinstance(content, dict) else ".csv")
        path = tmp_path / f"mine{suffix}"
        text = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        load.path = path
        return markets.load(path, **options)

    return load
