"""Which names sources look up by a text. An image must have them as they are (short_names.py).

tailor.py refuses a name that is made up while the program runs, but for that of an intent's
function, which short_names.py knows by the table of intents.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tools import nodes

BY_TEXT = ("getattr", "setattr", "hasattr", "delattr")


def words(trees: Iterable[ast.AST]) -> frozenset[str]:
    """What these functions are asked for, arguments that are passed by name, and classes, whose
    cold methods `modules.bind` finds by the class's name."""
    found = set()
    for node in nodes.walk(*trees):
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.keyword) and node.arg is not None:
            found.add(node.arg)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in BY_TEXT:
            word = node.args[1]
            if isinstance(word, ast.Constant):
                found.add(word.value)
    return frozenset(found)
