"""How the code is cut: lines, names, flags below the command line, and cycles.

``python scripts/measure.py [SOURCE ...]`` prints one column for each source folder (``src/hone`` unless named), so
that a checkout of another version can stand beside this one. The numbers are signs, not targets.
"""

import ast
import io
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "src" / "hone"
COMMANDS = ROOT / "docs" / "commands.md"
LONG = 40
"""Lines of a function beyond which it counts as long."""

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
BASIC = {"str", "int", "float", "bool", "bytes", "None"}


class Code:
    """The modules of one source folder, parsed once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts = {path.relative_to(folder): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}
        if not self.texts:
            message = f"{folder} holds no Python files; name the folder of the package, as src/hone"
            raise SystemExit(message)
        self.trees = {path: ast.parse(text) for path, text in self.texts.items()}

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield each function and method."""
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node


def lines(code: Code) -> int:
    """Lines of all modules, blank ones and comments included."""
    return sum(text.count("\n") for text in code.texts.values())


def files(code: Code) -> int:
    """Modules, the ``__init__.py`` files included."""
    return len(code.texts)


def rooms(code: Code) -> int:
    """Packages at the top, and the modules beside them."""
    return len({path.parts[0] for path in code.texts} - {"__init__.py"})


def _classes(code: Code) -> dict[str, set[Path]]:
    homes: dict[str, set[Path]] = defaultdict(set)
    for path, tree in code.trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].add(path)
    return homes


def classes_twice(code: Code) -> str:
    """Names of public classes that stand in more than one module, of all class names."""
    homes = _classes(code)
    return _share(sum(len(where) > 1 for where in homes.values()), len(homes))


def functions_twice(code: Code) -> str:
    """Names of public functions at the top of a module that stand in more than one module, of all such names."""
    homes: dict[str, set[Path]] = defaultdict(set)
    for path, tree in code.trees.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                homes[node.name].add(path)
    return _share(sum(len(where) > 1 for where in homes.values()), len(homes))


def public_names(code: Code) -> str:
    """Public classes and functions at the top of a module, for each 1,000 lines."""
    count = sum(
        isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
        for tree in code.trees.values()
        for node in tree.body
    )
    return f"{1000 * count / lines(code):.1f}"


def flags_below_cli(code: Code) -> int:
    """Flags of our own commands in strings of modules outside ``cli``, docstrings left out.

    A string that is nothing but a flag goes to another program, or names a colour of a style sheet.
    """
    ours = set(FLAG.findall(COMMANDS.read_text(encoding="utf-8")))
    count = 0
    for path, tree in code.trees.items():
        if path.parts[0] == "cli":
            continue
        docstrings = {id(node) for node in _docstrings(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                flags = FLAG.findall(node.value)
                count += sum(flag in ours for flag in flags) if flags != [node.value.strip()] else 0
    return count


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield each string that stands alone as a statement: a docstring of a module, class, function or attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def fmt_skips(code: Code) -> int:
    """Comments that keep the formatter off a line."""
    return sum(
        token.type == tokenize.COMMENT and bool(re.search(r"fmt:\s*(skip|off)", token.string))
        for text in code.texts.values()
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
    )


def unlike_tuples(code: Code) -> int:
    """Parameters that are annotated as a tuple of unlike things."""
    count = 0
    for function in code.functions():
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        count += sum(_is_unlike(argument.annotation) for argument in arguments)
    return count


def _is_unlike(annotation: ast.expr | None) -> bool:
    if not (isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "tuple"):
        return False
    if not isinstance(annotation.slice, ast.Tuple):
        return False
    parts = {ast.unparse(part) for part in annotation.slice.elts if ast.unparse(part) != "..."}
    return len(parts) > 1


def long_functions(code: Code) -> str:
    """Functions and methods of more than 40 lines, docstring included, of all."""
    lengths = [(node.end_lineno or node.lineno) - node.lineno + 1 for node in code.functions()]
    return _share(sum(length > LONG for length in lengths), len(lengths))


def cycles(code: Code) -> int:
    """Groups of rooms that import each other in a circle, at any depth of a function."""
    graph: dict[str, set[str]] = defaultdict(set)
    for path, tree in code.trees.items():
        for module in _imports(tree):
            if module[:1] and module[0] != _room(path):
                graph[_room(path)].add(module[0])
    reach = {room: _reached(graph, room) for room in graph}
    return len({frozenset(b for b in reach[a] if a in reach.get(b, ())) for a in reach if a in reach[a]})


def _room(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for room in graph.get(waiting.pop(), ()):
            if room not in seen:
                seen.add(room)
                waiting.append(room)
    return seen


def _imports(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """Yield each module of the package that a module imports, as its parts below the package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "hone":
            base = tuple(node.module.split(".")[1:])
            yield from ((*base, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (tuple(a.name.split(".")[1:]) for a in node.names if a.name.split(".")[0] == "hone")


def _share(some: int, of: int) -> str:
    return f"{some} of {of} ({100 * some / of:.1f}%)"


def repeated(code: Code) -> list[str]:
    """The class names that stand in more than one module, each with how often."""
    counts = Counter({name: len(where) for name, where in _classes(code).items() if len(where) > 1})
    return [f"{name} x{count}" for name, count in counts.most_common()]


MEASURES: dict[str, Callable[[Code], object]] = {
    "lines": lines,
    "files": files,
    "rooms": rooms,
    "class names in more than one module": classes_twice,
    "function names in more than one module": functions_twice,
    "public names for each 1,000 lines": public_names,
    "flags below cli": flags_below_cli,
    "fmt: skip": fmt_skips,
    "parameters that are tuples of unlike things": unlike_tuples,
    "functions over 40 lines": long_functions,
    "cycles between rooms": cycles,
}


def main(folders: list[str]) -> None:
    """Print the table, in Markdown."""
    sources = [Code(Path(folder)) for folder in folders or [str(HERE)]]
    titles = [str(source.folder) for source in sources]
    print("| | " + " | ".join(titles) + " |\n|---|" + "---|" * len(sources))
    for name, measure in MEASURES.items():
        values = [measure(source) for source in sources]
        cells = [f"{value:,}" if isinstance(value, int) else str(value) for value in values]
        print(f"| {name} | {' | '.join(cells)} |")
    for source in sources:
        print(f"\n{source.folder}: " + (", ".join(repeated(source)) or "no class name stands twice"))


if __name__ == "__main__":
    main(sys.argv[1:])
