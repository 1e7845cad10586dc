"""Print the snippet of that name from docs/interop.md: `python docs/interop/snippet.py sb3`."""

import re
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "interop.md"
SNIPPET = re.compile(r"^<!-- snippet: (\w+) -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

if __name__ == "__main__":
    snippets = dict(SNIPPET.findall(PAGE.read_text()))
    if len(sys.argv) != 2 or sys.argv[1] not in snippets:
        sys.exit(f"usage: snippet.py NAME, where NAME is one of {', '.join(snippets)}")
    sys.stdout.write(snippets[sys.argv[1]])
