"""tools/nodes.py against ast.walk, on our sources."""

import ast
from pathlib import Path

from tools import nodes

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = (ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop)


def test_all_nodes_but_contexts_and_operators():
    for path in [*ROOT.glob("firmware/**/*.py"), *ROOT.glob("tools/*.py")]:
        tree = ast.parse(path.read_text())
        found = list(nodes.walk(tree))
        expected = [node for node in ast.walk(tree) if not isinstance(node, LEFT_OUT)]
        assert {id(node) for node in found} == {id(node) for node in expected}, path
        assert len(found) == len(expected), path


def test_each_comes_before_its_own_in_the_order_of_the_source():
    tree = ast.parse("def f(a, b=c):\n    global d\n    return g(h) + i")
    names = [node.id for node in nodes.walk(tree) if isinstance(node, ast.Name)]
    assert names == ["c", "g", "h", "i"]
    first, *_ = nodes.children(tree)
    assert isinstance(first, ast.FunctionDef) and nodes.children(ast.Constant(1)) == []
