"""Formulas that people type: ``sin(8*pi*x)*exp(-x)`` becomes a NumPy function, and nothing else can happen.

Three steps, none of which runs the text. Every sign must be one that formulas use; Python's own parser
makes a tree (``ast.parse`` evaluates nothing); and a walk over that tree, in which only the kinds of node
below are known, emits a postfix program of NumPy functions. All arithmetic is float64 from the first number
on, so ``9**9**9**9`` overflows to infinity at once where Python's whole numbers would not return. The
program is flat: evaluating it recurses nowhere.

Cost: one NumPy pass over the points for each operation, and no more operations than the text has signs. A comparison
is 1.0 where it holds and 0.0 elsewhere; ``a < x < b`` is the product of both, and its middle is computed once.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from nnexpr.specification import InputError
from nnexpr.splines.tent import tent
from nnexpr.targets.wording import count, printable

__all__ = ["CONSTANTS", "FUNCTIONS", "LONGEST", "Formula", "parse_formula"]

Array = NDArray[np.float64]
Operation = Callable[..., Any]
Step = tuple[
    Operation, int
]  # the operation, and how many values it takes from the stack; 0: it takes the inputs

LONGEST = 500  # characters of a formula


def triangle(x: Array) -> Array:
    """The triangle map: 2x on [0, 1/2], 2 - 2x on [1/2, 1], 0 elsewhere. Exact at dyadic numbers."""
    return tent(np.clip(x, 0.0, 1.0))


CONSTANTS: dict[str, float] = {"pi": np.pi, "e": np.e}
VARIABLES: dict[str, int] = {"x": 0, "x1": 0, "x2": 1}  # name: column of the inputs
_NUMPY: tuple[np.ufunc, ...] = (
    np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh, np.exp, np.log, np.log2,
    np.log10, np.sqrt, np.sign, np.floor, np.ceil, np.minimum, np.maximum,
)  # fmt: skip
FUNCTIONS: dict[str, Step] = {
    **{function.__name__: (function, function.nin) for function in _NUMPY},
    "abs": (np.abs, 1),
    "where": (lambda condition, yes, no: np.where(condition != 0, yes, no), 3),
    "sinc": (np.sinc, 1),  # sin(pi x)/(pi x)
    "gaussian": (lambda x: np.exp(-np.square(x)), 1),  # exp(-x^2)
    "step": (lambda x: np.heaviside(x, 1.0), 1),  # 1 from x = 0 on
    "triangle": (triangle, 1),
}
OPERATORS: dict[type[ast.unaryop | ast.operator], Step] = {
    ast.USub: (np.negative, 1),
    ast.UAdd: (np.positive, 1),
    ast.Add: (np.add, 2),
    ast.Sub: (np.subtract, 2),
    ast.Mult: (np.multiply, 2),
    ast.Div: (np.divide, 2),
    ast.Pow: (np.power, 2),
}
COMPARISONS: dict[type[ast.cmpop], Operation] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


def _chained(compare: Operation, follows: bool, goes_on: bool) -> Step:
    """A comparison in a chain: multiplies what is so far, and leaves its right side for the next one."""

    def step(*sides: Any) -> Any:
        holds = compare(*sides[-2:]).astype(np.float64)
        holds = sides[0] * holds if follows else holds
        return (holds, sides[-1]) if goes_on else holds

    return step, 2 + follows


@dataclass(frozen=True, eq=False)
class Formula:
    """A formula ready to evaluate: ``(points, dimension)`` float64 in, ``(points,)`` float64 out.

    Values may be infinite or not a number; NumPy's warnings about them are silenced here, and the caller
    checks.
    """

    text: str
    dimension: int  # 1: a function of x; 2: of x1 and x2
    program: tuple[Step, ...]

    def __reduce__(self) -> tuple[Callable[[str], Formula], tuple[str]]:
        return parse_formula, (self.text,)  # the operations are functions without a name; the text is not

    def __call__(self, inputs: Array) -> Array:
        stack: list[Any] = []
        with np.errstate(all="ignore"):
            for operation, arity in self.program:
                if arity == 0:
                    stack.append(operation(inputs))
                else:
                    arguments = stack[-arity:]
                    del stack[-arity:]
                    result = operation(*arguments)
                    stack.extend(result if isinstance(result, tuple) else (result,))
        return np.array(np.broadcast_to(stack.pop(), inputs.shape[:1]), dtype=np.float64)


class _NotAFormulaError(Exception):
    """Why a text is no formula, as one sentence."""


def parse_formula(text: str) -> Formula:
    """The function that ``text`` spells; raises :class:`InputError` on anything outside the grammar."""
    text = text.strip(" ")
    try:
        _check_signs(text)
        program: list[Step] = []
        used: set[str] = set()
        _emit(_tree(text), program, used)
        if "x" in used and len(used) > 1:
            _refuse(
                "x is for functions of one variable and x1, x2 for functions of two; use one or the other"
            )
    except _NotAFormulaError as error:
        raise InputError("target", "expr:" + printable(text), str(error)) from None
    except (RecursionError, MemoryError):
        raise InputError("target", "expr:" + printable(text), "its brackets are nested too deeply") from None
    return Formula(text, 2 if used & {"x1", "x2"} else 1, tuple(program))


def _refuse(reason: str) -> NoReturn:
    raise _NotAFormulaError(reason)


_SIGNS_OF_OTHERS = {
    "^": "write ** for a power, not ^",
    "%": "a remainder is x - n*floor(x/n); % has no meaning here",
    "×": "write * for a product",
    "·": "write * for a product",
    "÷": "write / for a quotient",
    "−": "write the minus sign as -",
    "π": "write pi",
    "²": "write **2 for a square",
    "√": "write sqrt(x)",
}
_FOREIGN = re.compile(r"[^A-Za-z0-9.+\-*/()<>=!, ]")
_NUMBER_THEN_NAME = re.compile(
    # The number is an atomic group: "1e5" must not be tried as 1 and a name e5.
    r"(?<![A-Za-z0-9.])(?>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?=[A-Za-z])"
)


def _check_signs(text: str) -> None:
    if not text:
        _refuse("it is empty; for example expr:sin(2*pi*x)")
    if len(text) > LONGEST:
        _refuse(f"a formula has at most {LONGEST} characters, and this one has {len(text)}")
    if foreign := _FOREIGN.search(text):
        sign = foreign.group()
        _refuse(_SIGNS_OF_OTHERS.get(sign, f"the sign {sign!a} has no meaning in a formula"))
    # Also keeps Python's parser from reading "1or 2" as a number and a word, about which it would warn.
    if touching := _NUMBER_THEN_NAME.search(text):
        _refuse(f"write * for a product: {touching.group()}*{text[touching.end() :][:10]}")


def _tree(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        opened, closed = text.count("("), text.count(")")
        if opened != closed:
            _refuse(f"it opens {count(opened, 'bracket')} and closes {closed}")
        if "nested" in str(error.msg):
            _refuse("its brackets are nested too deeply")
        _refuse(f"it cannot be read from character {max(1, min(error.offset or 1, len(text)))} on")
    except ValueError:
        _refuse("it cannot be read")


def _emit(node: ast.expr, program: list[Step], used: set[str]) -> None:
    """Appends the steps that put the value of ``node`` on the stack: the only way from text to computing."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            program.append(_number(value))
        case ast.Name(id=name) if name in CONSTANTS:
            program.append(_number(CONSTANTS[name]))
        case ast.Name(id=name) if name in VARIABLES:
            used.add(name)
            program.append(_variable(VARIABLES[name]))
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in OPERATORS:
            _emit(operand, program, used)
            program.append(OPERATORS[type(sign)])
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in OPERATORS:
            _emit(left, program, used)
            _emit(right, program, used)
            program.append(OPERATORS[type(operator)])
        case ast.Compare(left=left, ops=relations, comparators=others) if all(
            type(r) in COMPARISONS for r in relations
        ):
            _emit(left, program, used)
            for position, (relation, right) in enumerate(zip(relations, others, strict=True)):
                _emit(right, program, used)
                program.append(
                    _chained(COMPARISONS[type(relation)], position > 0, position < len(others) - 1)
                )
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if (
            name in FUNCTIONS and len(arguments) == FUNCTIONS[name][1]
        ):
            for argument in arguments:
                _emit(argument, program, used)
            program.append(FUNCTIONS[name])
        case _:
            _refuse(_explain(node))


def _number(value: float) -> Step:
    try:
        number = np.float64(value)
    except OverflowError:
        number = np.float64(np.inf)
    if not np.isfinite(number):
        _refuse("it has a number beyond 1.8e308, the largest there is in double precision")
    return (lambda _: number, 0)


def _variable(column: int) -> Step:
    return (lambda inputs: inputs[:, column], 0)


_OTHER_NAMES = {
    "ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "min": "minimum", "max": "maximum",
    "fabs": "abs", "sgn": "sign", "heaviside": "step", "tent": "triangle", "pow": "**", "y": "x2", "t": "x",
    "X": "x", "PI": "pi", "Pi": "pi", "E": "e",
}  # fmt: skip
_GRAMMAR = (
    "a formula is made of numbers, x (or x1 and x2), pi, e, + - * / ** ( ), comparisons and "
    + ", ".join(FUNCTIONS)
)


def _explain(node: ast.expr) -> str:
    """Why ``node`` has no place in a formula, and what to write instead."""
    match node:
        case ast.Name(id=name) if name in FUNCTIONS:
            return f"{name} needs brackets: {name}({', '.join(('x', '0', '1')[: FUNCTIONS[name][1]])})"
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return f"{name} takes {count(FUNCTIONS[name][1], 'value')}, and {len(arguments)} are given"
        case ast.Call(func=ast.Name(id=name)) if name in CONSTANTS or name in VARIABLES:
            return f"write * for a product: {name}*(...)"
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            instead = f" (did you mean {_OTHER_NAMES[name]}?)" if name in _OTHER_NAMES else ""
            return f"{printable(name, 20)} is not known{instead}; {_GRAMMAR}"
        case ast.Call(func=ast.Attribute()) | ast.Attribute():
            return "names have no dots: write sin(x), not np.sin(x)"
        case ast.Call(keywords=[]):
            return "write * for a product of two brackets: (...)*(...)"
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
            return "there is no and, or, not: multiply comparisons, for example (x > 0.2)*(x < 0.4)"
        case ast.IfExp():
            return "there is no if: write where(condition, value, other)"
        case ast.BinOp(op=ast.FloorDiv()):
            return "write floor(a/b), not a//b"
        case ast.Tuple():
            return "a comma only stands between the values of a function, and decimals have a point"
        case _:
            return _GRAMMAR
