"""Small changes for the worse of a source file: a sign, an index, a comparison, a term left out, a constant.

A mutant replaces one expression or statement by another that is nearly it. It is found in the syntax tree and made in
the text, so that the rest of the file, and the line numbers above it, stay as they are. Left alone is what no test of
the mathematics can see: texts, annotations, decorators, what is raised, what is reported of progress, what only spares
a library some work, and whole numbers above eight that stand for themselves at the top of a file, which are limits of
time and memory.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST_INDEX = 8
TOLERANCE = 1e-3  # a constant below it says how close is close enough, and is made so much larger
LOOSER = 1e4

SPARED = {"check_finite", "overwrite_a", "overwrite_ab", "overwrite_b"}  # arguments
PROGRESS = {
    "begin",
    "end",
}  # arguments: between which shares of the whole something is; ``report`` says where it is

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
OPERATIONS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NAMES = {
    "any": "all", "min": "max", "minimum": "maximum", "argmin": "argmax", "amin": "amax", "nanmin": "nanmax",
    "sin": "cos", "floor": "ceil", "left": "right", "logical_and": "logical_or", "zeros": "ones", "sum": "prod",
}  # fmt: skip
NAMES |= {after: before for before, after in NAMES.items() if before not in ("zeros", "sum")}


@dataclass(frozen=True)
class Mutant:
    """``after`` in place of the ``before`` that stands at ``line`` of ``path``."""

    path: str
    line: int
    start: int  # in bytes of the whole text
    stop: int
    before: str
    after: str
    function: str  # or class; empty at the top of the file
    lines: str  # the text of the lines it stands on, what is changed between « and »
    around: str  # where in which function it stands, as far as that matters

    @property
    def key(self) -> str:
        """What it is known by, also once its file has changed: ``a.py area: return «x < 0» -> (x <= 0)``."""
        return " ".join(f"{self.path} {self.function}: {self.lines} -> {self.after}".split())

    @property
    def identity(self) -> str:
        """This change of this function, also once lines outside the function have."""
        return f"{self.key} @{self.around}"

    def applied(self, text: bytes) -> bytes:
        """The file's text with the change."""
        return text[: self.start] + self.after.encode() + text[self.stop :]


def mutants_of(path: Path, name: str) -> list[Mutant]:
    """All mutants of a file, in the order of its text; ``name`` is what they call it."""
    text = path.read_bytes()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def span(node: ast.expr | ast.stmt) -> tuple[int, int]:
        end = (node.end_lineno or node.lineno) - 1
        return starts[node.lineno - 1] + node.col_offset, starts[end] + (node.end_col_offset or 0)

    tree = ast.parse(text)
    functions = [(*span(node), called) for node, called in _functions(tree)]
    found = []
    for node, after in _changes(tree):
        start, stop = span(node)
        before = text[start:stop].decode()
        if after != before:
            left, right, called = next(each for each in functions if each[0] <= start and stop <= each[1])
            around = f"{start - left} {hashlib.sha256(text[left:right]).hexdigest()[:12]}"
            first, last = starts[node.lineno - 1], starts[node.end_lineno or node.lineno]
            after_it = text[stop:last].decode().split("#")[0]
            lines = f"{text[first:start].decode()}«{before}»{after_it}"
            found.append(Mutant(name, node.lineno, start, stop, before, after, called, lines, around))
    return sorted(set(found), key=lambda mutant: (mutant.start, mutant.stop, mutant.after))


def _functions(tree: ast.Module | ast.ClassDef, called: str = "") -> Iterator[tuple[ast.stmt, str]]:
    """The functions, methods and other statements that a file is made of, and the names of what they are in."""
    for node in tree.body:
        inner = f"{called}.{node.name}" if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else called
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, inner.removeprefix("."))
        else:
            yield node, inner.removeprefix(".")


def _changes(tree: ast.AST, *, top: bool = True) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Each node to change, and the text to put in its place."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(
            node, (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr, ast.arguments)
        ):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.keyword) and node.arg in SPARED | PROGRESS:
            continue
        if isinstance(node, ast.Expr) and _reports(node.value):
            continue
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if isinstance(node, ast.FunctionDef):
                for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
                    yield from _changes(ast.Expression(default), top=True)
            for part in node.body:
                yield from _changes(ast.Module([part], []), top=isinstance(node, ast.ClassDef))
            continue
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                yield from _changes(ast.Expression(node.value), top=top)
            continue
        if isinstance(node, ast.stmt):
            yield from _statements(node, top)
        if isinstance(node, ast.expr):
            yield from ((node, f"({ast.unparse(after)})") for after in _expressions(node, top))
        yield from _changes(node, top=top)


def _reports(node: ast.expr) -> bool:
    """Whether it only says how far something is."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "report"


def _statements(node: ast.stmt, top: bool) -> Iterator[tuple[ast.stmt, str]]:
    """Without the statement, where a program may go on without it."""
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    stores = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    if not top and (is_call or stores or isinstance(node, ast.AugAssign)):
        yield node, "pass"
    if isinstance(node, ast.AugAssign) and type(node.op) in OPERATIONS:
        changed = copy.deepcopy(node)
        changed.op = OPERATIONS[type(node.op)]()
        yield node, ast.unparse(changed)


def _expressions(node: ast.expr, top: bool) -> Iterator[ast.expr]:
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                changed = copy.deepcopy(node)
                changed.ops[place] = COMPARISONS[type(operator)]()
                yield changed
        case ast.BinOp() if not top:
            if type(node.op) in OPERATIONS:
                yield ast.BinOp(node.left, OPERATIONS[type(node.op)](), node.right)
            if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
                yield node.left
        case ast.UnaryOp(op=ast.USub() | ast.Not()) if not isinstance(node.operand, ast.Constant):
            yield node.operand
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.Call(func=ast.Name(id=name)) if name in NAMES:
            yield ast.Call(ast.Name(NAMES[name]), node.args, node.keywords)
        case ast.Call(func=ast.Attribute(attr=name)) if name in NAMES:
            yield ast.Call(ast.Attribute(node.func.value, NAMES[name]), node.args, node.keywords)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)) if not top or value <= LARGEST_INDEX:
            yield ast.Constant(value + 1)
        case ast.Constant(value=float(value)):
            yield ast.Constant((LOOSER if value < TOLERANCE else 2.0) * value or 1.0)
